"""Reviews, one and many; the census; reporting gaps; what planning and dispatch do to requisitions."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.auth import Actor
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError, InvalidInputError, NotFoundError
from app.core.rights import ALL_RIGHTS
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.requisitions.fulfilment import give_back, mark_planned, open_needs, record_deliveries
from app.requisitions.models import RequisitionLine
from tests.requisitions.city import REPORT, REQUISITIONS, SOON, build_city, day, enter, line
from tests.seeding import seeding

PLANNER = Actor.system("planner", ALL_RIGHTS)


@pytest.fixture
def api(client: TestClient, database: Database) -> Iterator[TestClient]:
    """A client of a city with facilities, items and norms."""
    with seeding(database) as session:
        build_city(session)
    return client


def decision(item: str, units: int, reason: str = "") -> dict[str, Any]:
    return {"item": item, "needed_by": SOON, "approved_units": units, "reason": reason}


def review(api: TestClient, code: str, *lines: dict[str, Any], **more: Any) -> Any:
    return api.post(f"{REQUISITIONS}/{code}/review", json={"lines": list(lines), **more})


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(fault["code"], fault["where"]) for fault in answer.json()["faults"]]


def test_a_review_sets_quantities_and_may_be_corrected(api: TestClient, database: Database) -> None:
    code = enter(api, line("suit", 300), line("cap", 10))
    first = review(api, code, decision("cap", 10), decision("suit", 200, "the norm")).json()
    assert (first["state"], first["reviewed_by"]) == ("REVIEWED", "operator")
    assert [(one["approved_units"], one["approval_reason"]) for one in first["lines"]] == [(200, "the norm"), (10, "")]
    second = review(api, code, decision("suit", 0, "has enough"), basis="requested").json()
    assert [one["approved_units"] for one in second["lines"]] == [0, 10]
    with database.read() as session:
        actions = [one.action for one in session.scalars(select(AuditRecord).order_by(AuditRecord.seq))]
    assert actions[2:] == ["REQUISITION_REVIEWED", "REQUISITION_REVIEWED"]


def test_a_review_needs_a_decision_on_every_line_and_a_reason_for_every_difference(api: TestClient) -> None:
    code = enter(api, line("suit", 300), line("cap", 10), line("mask", 5))
    answer = review(api, code, decision("suit", 200), decision("gown", 1), decision("mask", 5))
    assert answer.status_code == 422
    assert faults(answer) == [("unknown_line", "lines.1"), ("reason_missing", "lines.0"), ("no_decision", "lines")]
    assert api.get(f"{REQUISITIONS}/{code}").json()["state"] == "SUBMITTED"


def test_only_what_was_submitted_can_be_reviewed(api: TestClient) -> None:
    code = enter(api, line("suit", 1), submit=False)
    assert review(api, code, basis="requested").status_code == 409
    assert review(api, "RQ-0", basis="requested").status_code == 404


def test_the_database_itself_wants_a_reason_for_a_difference(api: TestClient, database: Database) -> None:
    enter(api, line("suit", 10))
    with pytest.raises(IntegrityError), database.write() as session:
        session.scalars(select(RequisitionLine)).one().approved_units = 9


def bulk(api: TestClient, *reviews: dict[str, Any]) -> Any:
    return api.post("/api/v1/requisition-reviews", json={"reviews": list(reviews)})


def test_many_are_reviewed_at_once(api: TestClient) -> None:
    codes = [enter(api, line("suit", 900), facility=f"clinic-{n}") for n in (1, 2)]
    answer = bulk(api, *({"requisition": code, "basis": "assessed", "reason": "the norm"} for code in codes[::-1]))
    assert answer.status_code == 200
    assert [(one["code"], one["lines"][0]["approved_units"]) for one in answer.json()] == [
        (codes[1], 4 * 4 * 5),
        (codes[0], 4 * 10 * 5),
    ]


def test_when_one_of_many_reviews_is_wrong_none_is_made_and_all_faults_are_told(api: TestClient) -> None:
    good, no_norm, short = enter(api, line("suit", 5)), enter(api, line("cap", 5)), enter(api, line("mask", 9999))
    answer = bulk(
        api,
        {"requisition": good, "basis": "requested"},
        {"requisition": no_norm, "basis": "assessed", "reason": "the norm"},
        {"requisition": short, "basis": "assessed"},
        {"requisition": good, "basis": "requested"},
    )
    assert answer.status_code == 422
    assert faults(answer) == [
        ("repeated", "reviews.3.requisition"),
        ("no_decision", "reviews.1.lines"),
        ("reason_missing", "reviews.2.lines"),
    ]
    assert {one["state"] for one in api.get(REQUISITIONS).json()["items"]} == {"SUBMITTED"}
    unknown = bulk(api, {"requisition": "RQ-1"}, {"requisition": "RQ-2"})
    assert (unknown.status_code, len(faults(unknown))) == (404, 2)
    draft = enter(api, line("suit", 5), submit=False)
    assert bulk(api, {"requisition": draft, "basis": "requested"}).status_code == 409


def test_the_census_counts_needs_by_item_zone_and_tier(api: TestClient) -> None:
    code = enter(api, line("suit", 300), line("cap", 10))
    enter(api, line("suit", 50), line("suit", 7, "2020-02-10"), facility="clinic-2")
    enter(api, line("suit", 1), facility="school-1")
    enter(api, line("suit", 999), submit=False)
    review(api, code, decision("suit", 200, "the norm"), decision("cap", 10))
    rows = api.get("/api/v1/needs-census?program=medical&tier=fever_clinic:1&needed_to=2020-02-05").json()["rows"]
    keys = (
        "item",
        "zone",
        "tier",
        "facility_count",
        "line_count",
        "lines_without_norm",
        "requested_units",
        "assessed_units",
        "approved_units",
        "delivered_units",
    )
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("cap", "north", 1, 1, 1, 1, 10, 0, 10, 0),
        ("suit", "north", 1, 1, 1, 0, 300, 200, 200, 0),
        ("suit", "north", None, 1, 1, 1, 1, 0, 0, 0),
        ("suit", "south", 1, 1, 1, 0, 50, 80, 0, 0),
    ]
    everything = api.get("/api/v1/needs-census?program=medical").json()["rows"]
    assert sum(row["requested_units"] for row in everything) == 300 + 10 + 50 + 7 + 1
    assert api.get("/api/v1/needs-census?program=living").json() == {"program": "living", "rows": []}
    assert api.get("/api/v1/needs-census?program=medical&tier=fever_clinic").status_code == 422


def test_facilities_that_have_not_reported_are_listed(api: TestClient) -> None:
    enter(api, line("suit", 1), facility="clinic-1", reported_on="2020-01-30", **REPORT)
    enter(api, line("suit", 1), facility="clinic-2", reported_on="2020-01-25", **REPORT)
    enter(api, line("cap", 1), facility="school-2", reported_on="2020-01-20", **REPORT)
    enter(api, line("cap", 1), facility="school-2", reported_on="2020-01-30")  # an extra is no report
    enter(api, line("suit", 1), facility="clinic-2", submit=False)
    gaps = api.get("/api/v1/reporting-gaps?program=medical").json()["items"]
    assert [(gap["facility"], gap["last_reported_on"], gap["days_since"]) for gap in gaps] == [
        ("clinic-2", "2020-01-25", 6),
        ("school-2", "2020-01-20", 11),
    ]
    all_silent_today = api.get("/api/v1/reporting-gaps?program=medical&within_days=0&limit=1").json()
    assert ([gap["facility"] for gap in all_silent_today["items"]], bool(all_silent_today["next"])) == (
        ["clinic-1"],
        True,
    )
    assert api.get("/api/v1/reporting-gaps?program=living").json()["items"] == []
    assert api.get("/api/v1/reporting-gaps").status_code == 422


def needs(database: Database, promised_units: Mapping[int, int] | None = None) -> list[tuple[str, str, int, int]]:
    promised = promised_units or {}
    with database.read() as session:
        found = open_needs(session, Program.MEDICAL, day("2020-02-02"), 7, promised_units=promised)
    return [(need.facility, need.item, need.remaining_units, need.due_period) for need in found]


def test_open_needs_are_what_is_approved_and_due_in_the_horizon(api: TestClient, database: Database) -> None:
    code = enter(
        api, line("suit", 30), line("cap", 10, "2020-02-08"), line("mask", 8, "2020-02-09"), line("goggles", 4)
    )
    enter(api, line("suit", 5), facility="clinic-2")
    assert needs(database) == []
    review(api, code, decision("goggles", 0, "none"), basis="requested")
    with seeding(database) as session:
        session.scalars(select(Item).where(Item.code == "goggles")).one().durable = True
    overdue = enter(api, line("suit", 6, "2020-02-01"), line("goggles", 2, "2020-02-01"), facility="clinic-2")
    review(api, overdue, basis="requested")
    # Suits of yesterday would come too late; goggles are still owed.
    assert needs(database) == [("clinic-1", "suit", 30, 1), ("clinic-1", "cap", 10, 6), ("clinic-2", "goggles", 2, 0)]


def lines_of(database: Database, item: str) -> list[int]:
    with database.read() as session:
        return [
            one.id
            for one in session.scalars(select(RequisitionLine).order_by(RequisitionLine.id))
            if one.item.code == item
        ]


def test_a_plan_takes_needs_up_and_deliveries_close_them(api: TestClient, database: Database, clock: Clock) -> None:
    code = enter(api, line("suit", 30), line("cap", 10))
    review(api, code, basis="requested")
    (suit,), (cap,) = lines_of(database, "suit"), lines_of(database, "cap")
    with database.write() as session:
        mark_planned(Work(session, PLANNER, clock), [suit, cap], plan="AP-1")
    assert needs(database, {suit: 30, cap: 10}) == []
    assert needs(database, {suit: 12, cap: 10}) == [("clinic-1", "suit", 18, 1)], "the rest stays open"
    assert review(api, code, basis="requested").status_code == 409
    with database.write() as session:
        record_deliveries(Work(session, PLANNER, clock), {suit: 12, cap: 10}, reference="TO-1")
    assert api.get(f"{REQUISITIONS}/{code}").json()["state"] == "PLANNED"
    with database.write() as session:
        assert give_back(Work(session, PLANNER, clock), [suit], plan="AP-2", still_owed={cap}) == []
    assert api.get(f"{REQUISITIONS}/{code}").json()["state"] == "PLANNED", "another plan owes it something"
    for _ in range(2):
        with database.write() as session:
            give_back(Work(session, PLANNER, clock), [suit, cap], plan="AP-1", still_owed=())
    assert needs(database) == [("clinic-1", "suit", 18, 1)]
    assert faults(review(api, code, decision("suit", 11, "less"), basis="requested")) == [
        ("below_delivered", "lines.0")
    ]
    with database.write() as session:
        record_deliveries(Work(session, PLANNER, clock), {suit: 20}, reference="TO-2")
    shown = api.get(f"{REQUISITIONS}/{code}").json()
    assert (shown["state"], [one["delivered_units"] for one in shown["lines"]]) == ("FULFILLED", [32, 10])
    with database.read() as session:
        records = session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
    assert [one.action for one in records][3:] == [
        "REQUISITION_PLANNED",
        "REQUISITION_DELIVERED",
        "REQUISITION_GIVEN_BACK",
        "REQUISITION_DELIVERED",
    ]
    assert '"plan":"AP-1"' in records[3].after


def test_impossible_steps_of_planning_are_refused_with_every_requisition(
    api: TestClient, database: Database, clock: Clock
) -> None:
    enter(api, line("suit", 30))
    enter(api, line("suit", 30), submit=False)
    both = lines_of(database, "suit")
    with pytest.raises(ConflictError) as refusal, database.write() as session:
        mark_planned(Work(session, PLANNER, clock), both, plan="AP-1")
    assert len(refusal.value.faults) == 2
    with pytest.raises(NotFoundError) as unknown, database.write() as session:
        mark_planned(Work(session, PLANNER, clock), [both[0], 998, 999], plan="AP-1")
    assert len(unknown.value.faults) == 2
    with pytest.raises(InvalidInputError), database.write() as session:
        record_deliveries(Work(session, PLANNER, clock), {both[0]: 0}, reference="TO-1")
