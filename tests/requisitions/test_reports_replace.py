"""A newer report takes the place of the older one; what was promised to it stays, and counts."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.auth import Actor
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.core.work import Work
from app.requisitions.fulfilment import give_back, mark_planned, open_needs, record_deliveries
from app.requisitions.lifecycle import requisition_by_code
from app.requisitions.models import Requisition
from tests.requisitions.city import REPORT, REQUISITIONS, build_city, day, draft, enter, line
from tests.seeding import seeding

PLANNER = Actor.system("planner", ALL_RIGHTS)


@pytest.fixture
def api(client: TestClient, database: Database) -> Iterator[TestClient]:
    """A client of a city with facilities, items and norms."""
    with seeding(database) as session:
        build_city(session)
    return client


def report(api: TestClient, *lines: dict[str, Any], review: bool = True, **more: Any) -> str:
    code = enter(api, *lines, **{**REPORT, **more})
    if review:
        answer = api.post(f"{REQUISITIONS}/{code}/review", json={"basis": "requested"})
        assert answer.status_code == 200, answer.json()
    return code


def shown(api: TestClient, code: str) -> Any:
    return api.get(f"{REQUISITIONS}/{code}").json()


def needs(database: Database, promised: Mapping[int, int] | None = None) -> dict[str, int]:
    with database.read() as session:
        found = open_needs(session, Program.MEDICAL, day("2020-01-31"), 9, promised_units=promised or {})
    return {f"{need.requisition}/{need.item}": need.remaining_units for need in found}


def line_ids(database: Database, code: str) -> list[int]:
    with database.read() as session:
        return [one.id for one in requisition_by_code(session, code, actor=PLANNER).lines]


def test_the_need_does_not_grow_when_reports_are_repeated(api: TestClient, database: Database) -> None:
    codes = [report(api, line("suit", 100, f"2020-02-0{n}"), line("cap", 5)) for n in (3, 4, 5)]
    other = report(api, line("suit", 7), facility="clinic-2")
    assert needs(database) == {f"{codes[2]}/suit": 100, f"{codes[2]}/cap": 5, f"{other}/suit": 7}
    assert [(shown(api, one)["state"], shown(api, one)["replaced_by"]) for one in codes] == [
        ("REPLACED", codes[1]),
        ("REPLACED", codes[2]),
        ("REVIEWED", None),
    ]


def test_an_extra_adds_and_needs_a_reason(api: TestClient, database: Database) -> None:
    first = report(api, line("suit", 100))
    answer = api.post(REQUISITIONS, json=draft(line("suit", 1), kind="EXTRA", extra_reason=""))
    assert [(one["code"], one["where"]) for one in answer.json()["faults"]] == [
        ("extra_reason_missing", "extra_reason")
    ]
    extra = report(api, line("suit", 30), kind="EXTRA", extra_reason="a new ward")
    assert needs(database) == {f"{first}/suit": 100, f"{extra}/suit": 30}
    assert shown(api, extra)["extra_reason"] == "a new ward"


def test_a_report_waiting_for_review_is_replaced_too_and_an_older_one_comes_too_late(api: TestClient) -> None:
    older, draft_of = (report(api, line("suit", 1), review=False) for _ in range(2))
    newest = report(api, line("suit", 2))
    assert [shown(api, one)["state"] for one in (older, draft_of)] == ["REPLACED", "REPLACED"]
    late = report(api, line("suit", 3), review=False, reported_on="2020-01-30")
    answer = api.post(f"{REQUISITIONS}/{late}/review", json={"basis": "requested"})
    assert (answer.status_code, answer.json()["faults"][0]["code"]) == (409, "newer_report")
    assert newest in answer.json()["faults"][0]["detail"]


def test_reports_of_one_facility_reviewed_together_leave_the_newest(api: TestClient, database: Database) -> None:
    codes = [report(api, line("suit", units), review=False) for units in (1, 2, 3)]
    reviews = [{"requisition": code, "basis": "requested"} for code in reversed(codes)]
    assert api.post("/api/v1/requisition-reviews", json={"reviews": reviews}).status_code == 200
    assert needs(database) == {f"{codes[2]}/suit": 3}


def test_what_was_promised_to_the_older_report_stays_and_counts(
    api: TestClient, database: Database, clock: Clock
) -> None:
    first = report(api, line("suit", 100))
    (suit,) = line_ids(database, first)
    with database.write() as session:
        mark_planned(Work(session, PLANNER, clock), [suit], plan="AP-1")
    second = report(api, line("suit", 30), line("suit", 60, "2020-02-05"))
    assert needs(database, {suit: 40}) == {f"{second}/suit": 50}, "30 and 10 of the 90 are on their way"
    with database.write() as session:
        record_deliveries(Work(session, PLANNER, clock), {suit: 40}, reference="TO-1")
    assert needs(database) == {f"{second}/suit": 50}, "what came does not make the need grow again"
    found = shown(api, second)["lines"]
    assert [(one["delivered_units"], one["carried_units"]) for one in found] == [(0, 30), (0, 10)]
    assert (shown(api, first)["state"], shown(api, first)["lines"][0]["delivered_units"]) == ("REPLACED", 40)
    with database.write() as session:
        assert give_back(Work(session, PLANNER, clock), [suit], plan="AP-1", still_owed=()) == []


def test_the_database_holds_one_open_report_and_the_reason_of_an_extra(api: TestClient, database: Database) -> None:
    report(api, line("suit", 1))
    extra = report(api, line("suit", 2), kind="EXTRA", extra_reason="a new ward")
    with database.read() as session:
        key = requisition_by_code(session, extra, actor=PLANNER).id
    for changed in ({"kind": "REPORT"}, {"extra_reason": ""}, {"state": "REPLACED"}):
        change = update(Requisition).where(Requisition.id == key).values(changed)
        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(change)


def test_split_reports_do_not_add_up_but_extras_do(api: TestClient) -> None:
    report(api, line("suit", 150))
    assert shown(api, report(api, line("suit", 151)))["lines"][0]["claimed_units"] == 0
    extra = enter(api, line("suit", 90))
    assert shown(api, extra)["lines"][0]["flags"] == ["ABOVE_NORM_IN_SUM"]
