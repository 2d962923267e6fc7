"""Two facilities become one: what is open moves, what is past stays, and what is in hand forbids it."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.models import Account, AccountPlace
from app.core.database import Database
from app.core.rights import Role
from app.core.trail.models import AuditRecord
from app.facilities.models import Facility, Lane
from app.interop.sheet_facts import facility_index
from app.stock.models import Lot
from tests.conftest import NOON
from tests.core.etags import changed
from tests.dispatch.city import Office, assert_balanced, faults_of
from tests.planning.city import need, receive
from tests.seeding import seeding


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """100 respirators are there."""
    receive(client, "n95", 100, "A")
    return Office(client, app)


def merge(office: Office, into: str, *, status: int = 200, check: bool = False, gone: str = "third") -> Any:
    return office.post(
        f"/facilities/{gone}/merge{'?check=true' if check else ''}", {"into": into}, by="o", status=status
    )


def moved(answer: Any) -> dict[str, list[str]]:
    return {one["what"]: one["keys"] for one in answer["moved"]}


def test_a_check_tells_what_a_merge_does_and_changes_nothing(office: Office, database: Database) -> None:
    asked = need(office.client, "third", "n95", 40)
    told = merge(office, "second", check=True)
    assert (told["entered"], moved(told)) == (
        False,
        {"requisitions": [asked], "lanes_dropped": ["wh>third"], "new_aliases": ["third"]},
    )
    assert office.get("/facilities/third")["merged_into"] is None
    done = merge(office, "second")
    assert (done["entered"], moved(done)) == (True, moved(told))
    gone = office.get("/facilities/third")
    assert (gone["active"], gone["merged_into"]) == (False, "second")
    assert office.get(f"/requisitions/{asked}")["facility"] == "second"
    with database.read() as session:
        lanes = session.scalars(select(Lane)).unique()
        assert {row.facility.code for row in lanes} == {"designated", "second"}
        records = session.execute(select(AuditRecord.action, AuditRecord.subject_key).order_by(AuditRecord.seq)).all()
    assert records[-2:] == [("REQUISITION_MOVED", asked), ("FACILITY_MERGED", "third")]


def test_of_two_open_reports_the_moved_one_comes_on_top_as_an_extra(office: Office) -> None:
    kept, gone = (need(office.client, place, "n95", 40, kind="REPORT") for place in ("second", "third"))
    merge(office, "second")
    shown = [office.get(f"/requisitions/{code}") for code in (kept, gone)]
    assert [(one["facility"], one["kind"], one["state"]) for one in shown] == [
        ("second", "REPORT", "REVIEWED"),
        ("second", "EXTRA", "REVIEWED"),
    ]


def test_its_needs_are_planned_for_the_one_that_stays_and_sheets_find_it(office: Office, database: Database) -> None:
    need(office.client, "third", "n95", 40)
    changed(office.client, "/api/v1/facilities/third", {"name_zh": "人民医院南院"})
    merge(office, "second")
    plan = office.approved()
    assert {row["facility"]: row["planned_units"] for row in office.get(f"/plans/{plan}/demands")["items"]} == {
        "second": 40
    }
    with database.read() as session:
        index = facility_index(session)
    assert [index.codes(name) for name in ("人民医院（南院）", "third", "second")] == [("second",)] * 3
    for order in office.get("/transfer-orders", plan=plan)["items"]:
        office.ship(order["code"])
        office.deliver(order["code"])
    assert_balanced(database)


def test_a_lane_that_the_other_has_not_and_an_earmark_move(office: Office, database: Database) -> None:
    receive(office.client, "n95", 20, "FOR-THIRD", earmark=["third"])
    with seeding(database) as session:
        place = select(Facility.id).where(Facility.code == "second").scalar_subquery()
        session.delete(session.scalars(select(Lane).where(Lane.facility_id == place)).unique().one())
    assert moved(merge(office, "second")) == {
        "lanes": ["wh>third"],
        "earmarked_lots": ["FOR-THIRD"],
        "new_aliases": ["third"],
    }
    with database.read() as session:
        lot = session.scalars(select(Lot).where(Lot.code == "FOR-THIRD")).unique().one()
        assert [row.facility.code for row in lot.earmarks] == ["second"]
    need(office.client, "second", "n95", 120)
    plan = office.approved()
    assert [row["planned_units"] for row in office.get(f"/plans/{plan}/demands")["items"]] == [120]


def test_people_of_both_see_what_both_had(office: Office, database: Database) -> None:
    with seeding(database) as session:
        for place in ("second", "third"):
            session.add(
                Account(
                    login=f"clerk-{place}",
                    name=place,
                    role=Role.FACILITY,
                    password_hash="x",
                    must_change_password=False,
                    second_factor=False,
                    active=True,
                    demo=False,
                    created_at=NOON,
                    created_by="x",
                    places=[AccountPlace(place=place)],
                )
            )
    assert moved(merge(office, "second"))["accounts"] == ["clerk-second", "clerk-third"]
    for login in ("clerk-second", "clerk-third"):
        assert office.get(f"/accounts/{login}")["places"] == ["second", "third"]


def test_what_is_on_the_way_forbids_it_until_it_has_come(office: Office) -> None:
    asked = need(office.client, "third", "n95", 40)
    plan = office.approved()
    refused = merge(office, "second", status=409)
    assert faults_of(refused) == [("", "merge_deliveries_open"), ("", "merge_plan_owes")]
    [order] = office.get("/transfer-orders", plan=plan)["items"]
    assert all(key in str(refused["faults"]) for key in (asked, order["code"]))
    office.ship(order["code"])
    assert ("", "merge_deliveries_open") in faults_of(merge(office, "second", status=409))
    office.deliver(order["code"])
    assert moved(merge(office, "second"))["requisitions"] == [asked]
    assert office.get(f"/transfer-orders/{order['code']}")["facility"] == "third"
    assert office.get(f"/requisitions/{asked}")["lines"][0]["delivered_units"] == 40


def test_a_proposal_that_names_it_is_outdated(office: Office) -> None:
    need(office.client, "third", "n95", 40)
    plan = office.propose()
    merge(office, "second")
    assert faults_of(office.approve(plan, status=409)) != []
    assert office.approved() != plan


def test_a_directive_in_hand_forbids_it(office: Office) -> None:
    new = {"facility": "third", "item": "n95", "quantity": 10, "needed_by": "2020-02-02", "reason": "ward"}
    directive = office.post("/directives", new, by="leader", status=201)
    refused = merge(office, "second", status=409)
    assert faults_of(refused) == [("", "merge_directives_open")]
    office.post(f"/directives/{directive['code']}/end", {"reason": "no"}, by="leader")
    merge(office, "second")


def test_a_warehouse_with_stock_stays(office: Office, database: Database) -> None:
    with seeding(database) as session:
        old = session.scalars(select(Facility).where(Facility.code == "wh")).unique().one()
        session.add(
            Facility(code="wh-2", name_zh="二库", name_en="Two", facility_type=old.facility_type, zone=old.zone)
        )
    assert faults_of(merge(office, "wh-2", gone="wh", status=409)) == [("", "merge_stock_there")]
    assert moved(merge(office, "wh", gone="wh-2"))["new_aliases"] == ["二库", "two", "wh-2"]


@pytest.mark.parametrize(
    ("gone", "into", "status", "fault"),
    [
        ("third", "third", 422, ("into", "merge_with_itself")),
        ("third", "wh", 422, ("into", "merge_other_kind")),
        ("third", "nowhere", 422, ("into", "unknown_id")),
        ("nowhere", "third", 404, ("", "unknown_id")),
    ],
)
def test_what_can_never_be_one(office: Office, gone: str, into: str, status: int, fault: tuple[str, str]) -> None:
    assert faults_of(merge(office, into, gone=gone, status=status)) == [fault]


def test_what_is_merged_stays_merged(office: Office) -> None:
    merge(office, "second")
    assert faults_of(merge(office, "designated", status=422)) == [("", "merged_already")]
    assert faults_of(merge(office, "third", gone="second", status=422)) == [("into", "merged_already")]
    again = changed(office.client, "/api/v1/facilities/third", {"active": True})
    assert (again.status_code, faults_of(again.json())) == (409, [("", "merged")])
    merge(office, "designated", gone="second")
    assert office.get("/facilities/third")["merged_into"] == "designated"
