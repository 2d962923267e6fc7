"""Needs lapse with their days: consumables are recorded as unmet, durable goods and what is promised stay owed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.auth import Actor
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.core.work import Work
from app.planning.lapsing import lapse_all
from app.requisitions.fulfilment import mark_planned, open_needs, record_deliveries
from app.requisitions.lapsing import lapse_needs
from app.requisitions.lifecycle import requisition_by_code
from app.requisitions.past_models import PastNeed
from app.requisitions.past_rules import ApprovedDays, needed_before
from tests.conftest import NOON
from tests.requisitions.city import REPORT, REQUISITIONS, build_city, day, enter, line
from tests.seeding import seeding

PLANNER = Actor.system("planner", ALL_RIGHTS)


@pytest.fixture
def api(client: TestClient, database: Database) -> Iterator[TestClient]:
    """A client of a city in which goggles are used again and again."""
    with seeding(database) as session:
        build_city(session)
        session.scalars(select(Item).where(Item.code == "goggles")).one().durable = True
    return client


def later(clock: Clock, days: int) -> Clock:
    return Clock(clock.city_zone, lambda: NOON + timedelta(days=days))


def report(api: TestClient, *lines: dict[str, Any], **more: Any) -> str:
    code = enter(api, *lines, **{**REPORT, **more})
    assert api.post(f"{REQUISITIONS}/{code}/review", json={"basis": "requested"}).status_code == 200
    return code


def lapse(database: Database, clock: Clock, promised: dict[int, int] | None = None) -> list[str]:
    with database.write() as session:
        work = Work(session, PLANNER, clock)
        return [one.code for one in lapse_needs(work, Program.MEDICAL, promised or {})]


def line_ids(database: Database, code: str) -> list[int]:
    with database.read() as session:
        return [one.id for one in requisition_by_code(session, code, actor=PLANNER).lines]


def past(database: Database) -> list[tuple[str, int, int, int]]:
    with database.read() as session:
        rows = session.scalars(select(PastNeed).order_by(PastNeed.id)).unique()
        return [(row.item.code, row.approved_units, row.got_units, row.unmet_units) for row in rows]


def needs(database: Database, start: str) -> dict[str, int]:
    with database.read() as session:
        found = open_needs(session, Program.MEDICAL, day(start), 9, promised_units={})
    return {need.item: need.remaining_units for need in found}


def test_consumables_lapse_after_their_days_and_durable_goods_stay(
    api: TestClient, database: Database, clock: Clock
) -> None:
    code = report(api, line("suit", 100), line("mask", 40, "2020-02-09"), line("goggles", 5))
    assert lapse(database, later(clock, 3)) == [], "on its last day a need is still open"
    assert lapse(database, later(clock, 4)) == [code]
    assert lapse(database, later(clock, 4)) == [], "once"
    shown = api.get(f"{REQUISITIONS}/{code}").json()
    assert (shown["state"], [one["lapsed_units"] for one in shown["lines"]]) == ("REVIEWED", [100, 0, 0])
    assert past(database) == [("suit", 100, 0, 100)]
    assert needs(database, "2020-02-04") == {"mask": 40, "goggles": 5}


def test_a_plan_does_not_serve_what_will_have_lapsed(api: TestClient, database: Database) -> None:
    report(api, line("suit", 100), line("goggles", 5))
    assert needs(database, "2020-02-03") == {"suit": 100, "goggles": 5}
    assert needs(database, "2020-02-04") == {"goggles": 5}


def test_what_is_promised_comes_late_and_the_rest_lapses(api: TestClient, database: Database, clock: Clock) -> None:
    code = report(api, line("suit", 100))
    (suit,) = line_ids(database, code)
    with database.write() as session:
        mark_planned(Work(session, PLANNER, clock), [suit], plan="AP-1")
    with database.write() as session:
        record_deliveries(Work(session, PLANNER, clock), {suit: 30}, reference="TO-1")
    lapse(database, later(clock, 4), {suit: 50})
    shown = api.get(f"{REQUISITIONS}/{code}").json()
    assert (shown["state"], shown["lines"][0]["lapsed_units"]) == ("PLANNED", 20)
    assert past(database) == [("suit", 50, 30, 20)]
    with database.write() as session:
        record_deliveries(Work(session, PLANNER, later(clock, 5)), {suit: 50}, reference="TO-2")
    assert api.get(f"{REQUISITIONS}/{code}").json()["state"] == "LAPSED", "all has come that was still owed"


def test_the_daily_step_lets_every_program_lapse(api: TestClient, database: Database, clock: Clock) -> None:
    code, rice = report(api, line("suit", 100)), report(api, line("rice", 7), program="living")
    lapse_all(database, later(clock, 9))
    assert [api.get(f"{REQUISITIONS}/{one}").json()["state"] for one in (code, rice)] == ["LAPSED", "LAPSED"]
    census = api.get("/api/v1/needs-census", params={"program": "medical"}).json()
    assert census["rows"] == []
    trail = [one["action"] for one in api.get("/api/v1/audit-records?limit=200").json()["items"]]
    assert trail.count("REQUISITION_LAPSED") == 2


def test_a_newer_report_leaves_a_record_of_the_days_gone(api: TestClient, database: Database, clock: Clock) -> None:
    report(api, line("suit", 90, "2020-01-31", on_hand_units=10), reported_on="2020-01-27")
    report(api, line("suit", 60), reported_on="2020-01-30")
    assert past(database) == [("suit", 50, 0, 50)], "of five days and 100 suits three days and 60 suits, 10 were there"


def test_the_database_holds_that_records_only_grow(api: TestClient, database: Database, clock: Clock) -> None:
    report(api, line("suit", 100))
    lapse(database, later(clock, 4))
    for change in ("UPDATE past_need SET got_units = 1", "DELETE FROM past_need"):
        with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.exec_driver_sql(change)


@pytest.mark.parametrize(
    ("on", "on_hand", "found"),
    [
        ("2020-02-01", 0, [0, 0]),
        ("2020-02-02", 0, [10, 0]),
        ("2020-02-03", 0, [20, 0]),
        ("2020-02-04", 0, [20, 10]),
        ("2020-02-04", 60, [20, 0]),
        ("2020-03-01", 60, [20, 80]),
    ],
)
def test_what_was_needed_before_a_day(on: str, on_hand: int, found: list[int]) -> None:
    lines = [
        ApprovedDays(needed_by=day("2020-02-02"), approved_units=20),
        ApprovedDays(needed_by=day("2020-02-10"), approved_units=80),
    ]
    assert needed_before(day(on), day("2020-02-01"), lines, on_hand) == found
    assert needed_before(day(on), day("2020-02-01"), [], on_hand) == []
