"""Dispatch through the API: what may leave, what a proof of delivery must say, who sees what, what arrivals become."""

from datetime import timedelta
from functools import partial
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.auth import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.core.settings import Settings
from app.dispatch import orders
from app.main import create_app
from app.planning import worker
from tests.conftest import NOON
from tests.core.etags import changed, removed, seen
from tests.dispatch.city import TRUCK, Office, assert_balanced, faults_of, stock_of
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    return Office(client, app)


@pytest.fixture
def order(office: Office) -> dict[str, Any]:
    """300 of lot A and 200 of lot B, both for `designated`, in one order."""
    receive(office.client, "n95", 300, "A", expiry="2020-02-20")
    receive(office.client, "n95", 200, "B")
    need(office.client, "designated", "n95", 500)
    [made] = office.dispatch(office.approved())
    return dict(made)


def picks_of(office: Office, order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    picks = office.get(f"/transfer-orders/{order['code']}/pick-list")["picks"]
    return {pick["lot"]: {"line": pick["line"], "lot_id": pick["lot_id"]} for pick in picks}


def test_what_expires_first_is_picked_first(office: Office, order: dict[str, Any]) -> None:
    picks = office.get(f"/transfer-orders/{order['code']}/pick-list")["picks"]
    assert [(pick["lot"], pick["quantity"], pick["unusable"]) for pick in picks] == [("A", 300, []), ("B", 200, [])]


def test_no_more_leaves_than_is_reserved(office: Office, order: dict[str, Any], database: Database) -> None:
    a, b = picks_of(office, order).values()
    other = {"line": 7, "lot_id": a["lot_id"]}
    lots = [{**a, "quantity": 301}, {**b, "quantity": 1}, {**b, "quantity": 1}, {**other, "quantity": 1}]
    refused = office.ship(order["code"], lots=lots, status=409)
    assert refused["code"] == "over_shipment"
    assert faults_of(refused) == [
        ("lots.0.quantity", "over_shipment"),
        ("lots.1.lot_id", "named_twice"),
        ("lots.2.lot_id", "named_twice"),
        ("lots.3.lot_id", "lot_not_reserved"),
    ]
    assert stock_of(database) == {"A": (300, 300), "B": (200, 200)}
    assert faults_of(office.ship(order["code"], shipped_on="2020-02-01", status=422)) == [
        ("shipped_on", "day_in_the_future")
    ]


def test_a_blocked_lot_does_not_leave_and_the_rest_is_given_back(
    office: Office, order: dict[str, Any], database: Database
) -> None:
    a, b = picks_of(office, order).values()
    office.post(f"/lots/{a['lot_id']}/block", {"reason": "recall"}, by="keeper")
    refused = office.ship(order["code"], status=409)
    assert faults_of(refused) == [("lots.0.lot_id", "lot_blocked")]
    shipped = office.ship(order["code"], lots=[{**b, "quantity": 150}])
    assert sum(line["shipped_units"] for line in shipped["lines"]) == 150
    assert stock_of(database) == {"A": (300, 0), "B": (50, 0)}
    assert_balanced(database)
    assert faults_of(office.ship(order["code"], status=409)) == [("state", "wrong_state")]
    office.deliver(order["code"])
    assert office.requisition_state("RQ-2020-00001") == ("REVIEWED", 150)


def test_an_expired_lot_does_not_leave(office: Office, order: dict[str, Any], settings: Settings, clock: Clock) -> None:
    later = Clock(clock.city_zone, partial(NOON.__add__, timedelta(days=21)))
    app = create_app(settings, later)
    with TestClient(app) as client:
        refused = Office(client, app).ship(order["code"], status=409)
    assert faults_of(refused) == [("lots.0.lot_id", "lot_expired")]


def test_what_is_no_longer_an_allowed_substitute_does_not_leave(office: Office) -> None:
    receive(office.client, "kn95", 100, "K")
    need(office.client, "second", "n95", 100)
    first = office.approved()
    [made] = office.dispatch(first)
    assert made["lines"][0]["item"] == "kn95"
    assert made["lines"][0]["serves_item"] == "n95"
    assert removed(office.client, "/api/v1/substitutions/kn95/n95").status_code == 204
    assert faults_of(office.ship(made["code"], status=409)) == [("", "misgraded")]


def test_a_substitute_counts_by_its_ratio(office: Office) -> None:
    changed(office.client, "/api/v1/substitutions/kn95/n95", {"ratio_permille": 500})
    receive(office.client, "kn95", 200, "K")
    asked = need(office.client, "second", "n95", 100)
    [made] = office.dispatch(office.approved())
    office.ship(made["code"])
    office.deliver(made["code"])
    assert office.requisition_state(asked) == ("FULFILLED", 100)


def test_a_cancelled_order_gives_back_and_ends_the_plan(
    office: Office, order: dict[str, Any], database: Database
) -> None:
    cancelled = office.post(f"/transfer-orders/{order['code']}/cancel", {"reason": "road closed"}, by="keeper")
    assert (cancelled["state"], cancelled["closing_reason"]) == ("CANCELLED", "road closed")
    assert stock_of(database) == {"A": (300, 0), "B": (200, 0)}
    assert office.state_of(order["plan"]) == "CLOSED"
    assert office.requisition_state("RQ-2020-00001") == ("REVIEWED", 0)
    assert faults_of(office.ship(order["code"], status=409)) == [("state", "wrong_state")]
    assert_balanced(database)


def test_a_plan_is_not_cancelled_while_an_order_is_on_the_road(office: Office, database: Database) -> None:
    receive(office.client, "n95", 300, "A")
    for facility in ("designated", "second"):
        need(office.client, facility, "n95", 100)
    plan = office.approved()
    first, second = office.dispatch(plan)
    office.ship(first["code"])
    refused = office.post(f"/plans/{plan}/cancel", {"reason": "no"}, by="leader", status=409)
    assert refused["faults"][0]["params"] == {"order": first["code"]}
    office.deliver(first["code"])
    office.post(f"/plans/{plan}/cancel", {"reason": "no"}, by="leader")
    assert office.get(f"/transfer-orders/{second['code']}")["state"] == "CANCELLED"
    assert stock_of(database) == {"A": (200, 0)}
    assert_balanced(database)


def test_a_proof_of_delivery_says_everything(office: Office, order: dict[str, Any]) -> None:
    a, b = picks_of(office, order).values()
    assert faults_of(office.deliver(order["code"], status=409)) == [("state", "wrong_state")]
    office.ship(order["code"])
    told = [
        {**a, "accepted_units": 290, "rejected_units": 11},
        {**a, "accepted_units": 0},
        {"line": 9, "lot_id": b["lot_id"], "accepted_units": 1},
    ]
    refused = office.deliver(order["code"], *told, delivered_on="2020-01-30", status=422)
    assert faults_of(refused) == [
        ("delivered_on", "before_shipment"),
        ("lots.0.accepted_units", "more_than_shipped"),
        ("lots.0.rejection_reason", "reason_missing"),
        ("lots.0.lot_id", "named_twice"),
        ("lots.1.missing_reason", "reason_missing"),
        ("lots.1.lot_id", "named_twice"),
        ("lots.2.lot_id", "not_shipped"),
        ("lots", "lot_not_mentioned"),
    ]
    full = office.deliver(order["code"], {**a, "accepted_units": 300}, accepted_in_full=True, status=422)
    assert faults_of(full) == [("lots", "lots_not_fitting")]
    assert office.deliver(order["code"])["state"] == "DELIVERED"
    assert office.requisition_state("RQ-2020-00001") == ("FULFILLED", 500)
    assert office.get("/delivery-cases")["items"] == []


def test_what_arrives_later_is_shipped_once_it_is_in_a_lot(office: Office, database: Database) -> None:
    pledge = {"partner": "donor", "item": "n95", "warehouse": "wh", "quantity": 100, "expected_on": "2020-02-01"}
    code = office.post("/pledges", pledge, by="b", status=201)["code"]
    office.post(f"/pledges/{code}/confirm", {}, by="b")
    need(office.client, "designated", "n95", 100)
    [made] = office.dispatch(office.approved())
    picked = office.get(f"/transfer-orders/{made['code']}/pick-list")
    assert picked["picks"] == []
    assert picked["waiting"] == [{"line": 1, "item": "n95", "source": f"{code}/n95", "units": 100}]
    assert faults_of(office.ship(made["code"], status=409)) == [("", "nothing_to_ship")]
    receive(office.client, "n95", 500, "OTHER")
    assert faults_of(office.ship(made["code"], status=409)) == [("", "nothing_to_ship")], "it came for somebody else"
    for lot, expiry in (("LATE", "2022-01-01"), ("SOON", "2020-06-01")):
        line = {"item": "n95", "lot_code": lot, "accepted_units": 40, "expiry_date": expiry}
        body = {"pledge": code, "received_on": "2020-01-31", "confirmed_not_duplicate": True, "lines": [line]}
        office.post("/receipts", body, by="keeper", status=201)
    shipped = office.ship(made["code"])
    assert [(lot["lot"], lot["quantity"]) for lot in shipped["lines"][0]["lots"]] == [("SOON", 40), ("LATE", 40)]
    office.deliver(made["code"])
    assert office.requisition_state("RQ-2020-00001") == ("REVIEWED", 80)
    assert_balanced(database)


def test_orders_are_listed_and_the_waybill_is_a_picture(office: Office, order: dict[str, Any]) -> None:
    page = office.get("/transfer-orders", warehouse="wh", facility="designated", day=order["ship_on"], state="OPEN")
    assert [one["code"] for one in page["items"]] == [order["code"]]
    for other in ({"facility": "second"}, {"state": "SHIPPED"}, {"day": "2020-03-01"}, {"plan": "PLAN-9"}):
        assert office.get("/transfer-orders", **other)["items"] == []
    assert faults_of(office.get("/transfer-orders/TO-9", status=404)) == [("", "unknown_id")]
    office.ship(order["code"])
    answer = office.client.get(f"/api/v1/transfer-orders/{order['code']}/waybill")
    assert answer.headers["content-type"] == "image/svg+xml"
    picture = ElementTree.fromstring(answer.text)
    words = [part.text or "" for part in picture if part.tag.endswith(("title", "desc"))]
    assert words[0] == order["code"]
    assert "保畅-0042" in words[1]


NURSE = Actor.system("nurse", ALL_RIGHTS, facilities=frozenset({"designated"}))
STRANGER = Actor.system("stranger", ALL_RIGHTS, facilities=frozenset({"second"}))
ELSEWHERE = Actor.system("elsewhere", ALL_RIGHTS, warehouses=frozenset({"wh-2"}))


def refusal(office: Office, path: str, body: object, actor: Actor) -> tuple[int, str]:
    act_as(office.app, actor)
    headers = seen(office.client, f"/api/v1{path.rpartition('/')[0]}")
    answer = office.client.post(f"/api/v1{path}", json=body, headers=headers)
    return answer.status_code, answer.json()["faults"][0]["code"] if answer.status_code >= 400 else ""


def test_a_facility_sees_its_own_and_a_warehouse_sends_its_own(office: Office, order: dict[str, Any]) -> None:
    path = f"/transfer-orders/{order['code']}"
    assert office.get("/transfer-orders", by=STRANGER)["items"] == []
    for address in (path, f"{path}/pick-list", f"{path}/waybill"):
        office.get(address, by=STRANGER, status=404)
    assert office.get(path, by=NURSE)["code"] == order["code"]
    assert office.get(path, by=ELSEWHERE)["code"] == order["code"]
    assert refusal(office, f"{path}/ship", TRUCK, ELSEWHERE) == (403, "outside_reach")
    assert refusal(office, f"{path}/cancel", {"reason": "no"}, ELSEWHERE) == (403, "outside_reach")
    office.ship(order["code"])
    proof = {"received_by": "x", "accepted_in_full": True}
    assert refusal(office, f"{path}/deliver", proof, STRANGER) == (404, "unknown_id")
    assert refusal(office, f"{path}/deliver", proof, NURSE) == (200, "")


def test_a_plan_is_dispatched_by_who_has_all_its_warehouses(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(office.client, "n95", 100, "A")
    need(office.client, "designated", "n95", 100)
    monkeypatch.setattr(orders, "FIRM_LINES_MAX", 0)  # as of a plan that is too large for its orders to be made at once
    plan = office.approved()
    assert refusal(office, f"/plans/{plan}/transfer-orders", None, ELSEWHERE) == (403, "outside_reach")
    assert office.state_of(plan) == "APPROVED"
    own = Actor.system("keeper", ALL_RIGHTS, warehouses=frozenset({"wh"}))
    assert refusal(office, f"/plans/{plan}/transfer-orders", None, own) == (201, "")


def test_a_case_is_stated_by_its_ends_and_settled_by_neither(office: Office, order: dict[str, Any]) -> None:
    office.ship(order["code"])
    lots = [{**pick, "accepted_units": 0, "missing_reason": "stolen"} for pick in picks_of_shipped(office, order)]
    office.deliver(order["code"], *lots)
    assert office.get("/delivery-cases", by=STRANGER)["items"] == []
    [case] = office.get("/delivery-cases", by=NURSE)["items"]
    path, said = f"/delivery-cases/{case['code']}", {"statement": "so it was"}
    office.get(path, by=STRANGER, status=404)
    assert refusal(office, f"{path}/facility-statement", said, STRANGER) == (404, "unknown_id")
    assert refusal(office, f"{path}/warehouse-statement", said, ELSEWHERE) == (403, "outside_reach")
    assert refusal(office, f"{path}/facility-statement", said, NURSE) == (200, "")
    own = Actor.system("keeper", ALL_RIGHTS, warehouses=frozenset({"wh"}))
    assert refusal(office, f"{path}/warehouse-statement", said, own) == (200, "")
    assert refusal(office, f"{path}/settle", {"outcome": "paid"}, own) == (403, "own_case")


def picks_of_shipped(office: Office, order: dict[str, Any]) -> list[dict[str, Any]]:
    lines = office.get(f"/transfer-orders/{order['code']}")["lines"]
    return [{"line": line["position"], "lot_id": lot["lot_id"]} for line in lines for lot in line["lots"]]


def test_shares_add_up_and_who_stays_below_the_floor_raises_an_alarm(office: Office) -> None:
    """`designated` is served in full; `second` gets 10 of 100, below its floor of 30, in plan after plan."""
    for n in range(3):
        need(office.client, "designated", "n95", 100, needed_by="2020-01-31")
        receive(office.client, "n95", 100, f"D{n}", earmark=["designated"])
        receive(office.client, "n95", 10, f"S{n}", earmark=["second"])
        need(office.client, "second", "n95", 100, needed_by="2020-01-31")
        for one in office.dispatch(office.approved()):
            office.ship(one["code"])
            office.deliver(one["code"])
    rows = {row["facility"]: row for row in office.get("/fairness", program="medical")["items"]}
    assert (rows["designated"]["share_permille"], rows["designated"]["alarm"]) == (1000, False)
    assert (rows["second"]["approved_units"], rows["second"]["delivered_units"]) == (300, 30)
    assert (rows["second"]["share_permille"], rows["second"]["plans_below_floor"]) == (100, 3)
    assert rows["second"]["alarm"]
    alarms = office.get("/fairness", program="medical", alarm=True)["items"]
    assert [row["facility"] for row in alarms] == ["second"]
    assert office.get("/fairness", program="medical", alarm=True, alarm_after_plans=4)["items"] == []
