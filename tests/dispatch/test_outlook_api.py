"""What a facility is told about its supplies, and what happens when it needs less."""

from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from app.dispatch.lowering_rules import lowering_faults
from app.planning.commitments.giving_back import Promise, units_to_give_back
from tests.dispatch.city import Office, assert_balanced, faults_of
from tests.dispatch.people import HOSPITAL, OTHER_HOSPITAL
from tests.planning.city import need, receive


def promise(line: int, day: int, units: int, *, pack: int = 10, ratio: int = 1000) -> Promise:
    return Promise(line_id=line, ship_on=date(2020, 2, day), units=units, pack_units=pack, ratio_permille=ratio)


@pytest.mark.parametrize(
    ("promises", "kept", "back"),
    [
        ([promise(1, 1, 100), promise(2, 2, 100)], 150, {2: 50}),
        ([promise(1, 1, 100), promise(2, 2, 100)], 60, {2: 100, 1: 40}),
        ([promise(1, 1, 100), promise(2, 2, 100)], 145, {2: 50}),  # a pack is not broken
        ([promise(1, 1, 95)], 0, {1: 95}),  # nothing is kept: the broken pack goes, too
        ([promise(1, 1, 100, ratio=500)], 30, {1: 40}),  # 60 of the substitute count for 30
        ([promise(1, 1, 100)], 100, {}),
        ([], 0, {}),
    ],
)
def test_what_goes_back_leaves_enough(promises: list[Promise], kept: int, back: dict[int, int]) -> None:
    assert units_to_give_back(promises, kept) == back


@pytest.mark.parametrize(
    ("units", "code"), [(100, "not_lower"), (101, "not_lower"), (39, "below_underway"), (40, None), (99, None)]
)
def test_a_need_is_lowered_to_no_less_than_what_is_underway(units: int, code: str | None) -> None:
    faults = lowering_faults(units, item="n95", approved_units=100, delivered_units=30, on_the_road_units=10)
    assert [fault.code for fault in faults] == ([code] if code else [])


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """Two hospitals ask, there is half of it, and the plan of that is approved."""
    receive(client, "n95", 300, "A")
    need(client, "designated", "n95", 200)
    need(client, "second", "n95", 400)
    found = Office(client, app)
    found.approve(found.propose())
    return found


def lower(office: Office, units: int, status: int = 200, requisition: str = "RQ-2020-00002") -> dict[str, object]:
    body = {"item": "n95", "needed_by": "2020-02-02", "units": units, "reason": "a donation came"}
    answer: dict[str, object] = office.post(f"/requisitions/{requisition}/lower", body, by="second", status=status)
    return answer


def test_a_facility_is_told_what_comes_and_why_no_more(office: Office) -> None:
    told = office.get("/facilities/second/outlook", by=OTHER_HOSPITAL)
    [comes] = told["coming"]
    assert (comes["item"], comes["units"], comes["state"]) == ("n95", 120, "FIRM")
    assert comes["transfer_order"].startswith("TO-2020-")
    [want] = told["needs"]
    assert (want["requested_units"], want["firm_units"], want["open_units"]) == (400, 120, 280)
    assert any("used up" in reason for reason in want["reasons"])
    assert any("“Key points” served" in reason for reason in want["reasons"])
    [policy] = told["policies"]
    assert policy["tier"] == 2
    assert policy["steps"][0] == "Floor: tier 1 up to 50%, tier 2 up to 30%"


def test_another_facility_is_told_nothing_of_it(office: Office) -> None:
    office.get("/facilities/second/outlook", by=HOSPITAL, status=404)


def test_what_was_rejected_stays_visible_with_its_reason(office: Office, client: TestClient) -> None:
    code = need(client, "second", "kn95", 10)
    office.post(f"/requisitions/{code}/reject", {"reason": "asked twice"}, by="group")
    [turned] = office.get("/facilities/second/outlook", by=OTHER_HOSPITAL)["turned_down"]
    assert (turned["requisition"], turned["reason"]) == (code, "asked twice")


def test_what_is_needed_no_more_is_free_at_once(office: Office, database: Database) -> None:
    before = {row["state"] for row in office.get("/transfer-orders", facility="second")["items"]}
    answer = lower(office, 60)
    [line] = answer["lines"]  # type: ignore[misc]
    assert (line["approved_units"], line["approval_reason"]) == (60, "a donation came")
    [order] = office.get("/transfer-orders", facility="second")["items"]
    assert before == {"OPEN"}
    assert (order["state"], order["lines"][0]["ordered_units"]) == ("OPEN", 60)
    picks = office.get(f"/transfer-orders/{order['code']}/pick-list")["picks"]
    assert [pick["quantity"] for pick in picks] == [60]
    assert office.get("/stock", item="n95")["items"][0]["available"] == 60
    assert_balanced(database)


def test_a_declined_need_takes_its_order_with_it(office: Office, database: Database) -> None:
    answer = lower(office, 0)
    assert answer["state"] == "WITHDRAWN"
    [order] = office.get("/transfer-orders", facility="second")["items"]
    assert (order["state"], order["closing_reason"]) == ("CANCELLED", "a donation came")
    assert office.get("/facilities/second/outlook")["coming"] == []
    assert office.get("/stock", item="n95")["items"][0]["available"] == 120
    lower(office, 0, status=409)
    assert_balanced(database)


def test_only_less_can_be_said(office: Office) -> None:
    for units in (400, 500):
        assert faults_of(lower(office, units, status=422)) == [("units", "not_lower")]
    unknown = {"item": "kn95", "needed_by": "2020-02-02", "units": 1, "reason": "x"}
    refused = office.post("/requisitions/RQ-2020-00002/lower", unknown, by="second", status=422)
    assert faults_of(refused) == [("item", "unknown_line")]


def test_what_is_on_the_road_comes(office: Office) -> None:
    [order] = office.get("/transfer-orders", facility="second")["items"]
    office.ship(order["code"])
    assert faults_of(lower(office, 110, status=422)) == [("units", "below_underway")]
    assert lower(office, 120)["state"] == "PLANNED"
    [comes] = office.get("/facilities/second/outlook")["coming"]
    assert (comes["state"], comes["units"]) == ("ON_THE_ROAD", 120)


def promised_on(office: Office, day: str) -> None:
    """A donor has promised 200 for this day, and it is counted on."""
    gift = {"partner": "donor", "item": "n95", "warehouse": "wh", "quantity": 200, "expected_on": day}
    code = office.post("/pledges", gift, by="buyer", status=201)["code"]
    office.post(f"/pledges/{code}/confirm", {}, by="buyer")


def test_later_days_are_expected_and_only_by_the_plan_approved_last(office: Office, client: TestClient) -> None:
    promised_on(office, "2020-02-04")
    need(client, "third", "n95", 200, needed_by="2020-02-05")
    assert office.get("/facilities/third/outlook")["needs"][0]["reasons"] == [
        "The plan that was approved last does not know this need: the next one will."
    ]
    office.propose()
    assert office.get("/facilities/third/outlook")["coming"] == []  # a proposal is nobody's promise
    office.approve("PLAN-2020-00002")
    told = office.get("/facilities/third/outlook")
    [comes] = told["coming"]
    assert (comes["state"], comes["units"], comes["leaves_on"], comes["transfer_order"]) == (
        "EXPECTED",
        200,
        "2020-02-04",
        None,
    )
    [want] = told["needs"]
    assert (want["firm_units"], want["expected_units"], want["open_units"]) == (0, 200, 200)
    # Nothing is promised yet: lowering it gives nothing back, and the next plan foresees less.
    body = {"item": "n95", "needed_by": "2020-02-05", "units": 50, "reason": "x"}
    assert office.post("/requisitions/RQ-2020-00003/lower", body, by="third")["state"] == "REVIEWED"
    office.approve(office.propose())
    assert office.get("/facilities/third/outlook")["coming"][0]["units"] == 50


def test_what_is_waited_for_is_given_up_before_lots(office: Office, client: TestClient, database: Database) -> None:
    promised_on(office, "2020-02-01")
    office.approve(office.propose())  # of the gift beside the 120 reserved before
    before = sorted(one["units"] for one in office.get("/facilities/second/outlook")["coming"])
    assert before == [120, 180]
    answer = lower(office, 130)
    assert answer["state"] == "PLANNED"
    coming = office.get("/facilities/second/outlook")["coming"]
    assert sorted(one["units"] for one in coming) == [10, 120]
    assert_balanced(database)
