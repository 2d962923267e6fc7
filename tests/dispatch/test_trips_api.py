"""Trips: made of a day's orders, changed, loaded, shipped as one with exceptions, called off."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from app.core.rights import Role
from app.planning import worker
from tests.core.etags import changed, seen
from tests.dispatch.city import API, Office, assert_balanced, faults_of, stock_of
from tests.dispatch.people import GROUP, HOSPITAL, KEEPER, look, person, send, shown_form
from tests.planning.city import need, post, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as

DAY = {"warehouse": "wh", "day": "2020-01-31"}
TRUCK = {"vehicle": "湘B·12345", "driver": "王师傅"}


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    client.headers["Cookie"] = "tongchou_language=en"
    client.follow_redirects = False
    changed(client, f"{API}/items/n95", {"volume_mm3_per_unit": 1_000_000})
    names = {"name_zh": "车", "name_en": "Van"}
    post(client, "/vehicle-classes", {"code": "van", **names, "volume_litres": 250})
    post(client, "/vehicle-classes", {"code": "truck", **names, "volume_litres": 1000})
    return Office(client, app)


@pytest.fixture
def orders(office: Office) -> dict[str, dict[str, Any]]:
    """By facility: 200, 100 and 100 litres of masks that leave today."""
    receive(office.client, "n95", 500, "A", expiry="2020-02-20")
    for facility, units in (("designated", 200), ("second", 100), ("third", 100)):
        need(office.client, facility, "n95", units)
    return {one["facility"]: one for one in office.dispatch(office.approved())}


def planned(office: Office) -> list[dict[str, Any]]:
    made = office.post("/trips/plan", DAY, by="keeper", status=201)
    assert made["too_large"] == []
    return list(made["trips"])


def test_the_orders_of_a_day_go_together_by_volume(office: Office, orders: dict[str, Any]) -> None:
    [trip] = planned(office)
    assert (trip["vehicle_class"], {one["facility"] for one in trip["orders"]}) == ("truck", set(orders))
    nothing = office.post("/trips/plan", DAY, by="keeper", status=409)
    assert faults_of(nothing) == [("", "nothing_to_put_together")]
    loading = office.get(f"/trips/{trip['code']}/loading-list")
    assert (loading["litres"], loading["carried_litres"]) == (400, 1000)
    assert {stop["facility"]: stop["lots"][0]["quantity"] for stop in loading["stops"]} == {
        "designated": 200,
        "second": 100,
        "third": 100,
    }


def test_the_class_that_a_lane_names_is_taken(office: Office, orders: dict[str, Any]) -> None:
    for facility in orders:
        changed(office.client, f"{API}/lanes/wh/{facility}", {"vehicle_class": "van"})
    trips = planned(office)
    assert [trip["vehicle_class"] for trip in trips] == ["van", "van"]
    assert [{one["facility"] for one in trip["orders"]} for trip in trips] == [{"designated"}, {"second", "third"}]


def test_an_order_that_no_vehicle_holds_stays_by_itself(office: Office, orders: dict[str, Any]) -> None:
    changed(office.client, f"{API}/vehicle-classes/truck", {"active": False})
    changed(office.client, f"{API}/vehicle-classes/van", {"volume_litres": 150})
    made = office.post("/trips/plan", DAY, by="keeper", status=201)
    assert made["too_large"] == [{"order": orders["designated"]["code"], "litres": 200}]
    assert len(made["trips"]) == 2
    office.ship(orders["designated"]["code"])


def test_a_trip_leaves_as_one_with_exceptions(office: Office, orders: dict[str, Any], database: Database) -> None:
    [trip] = planned(office)
    code, second, third = trip["code"], orders["second"]["code"], orders["third"]["code"]
    alone = office.ship(second, status=409)
    assert faults_of(alone) == [("", "on_a_trip")]
    lot_id = office.get(f"/trips/{code}/loading-list")["stops"][0]["lots"][0]["lot_id"]
    less = {"order": second, "line": 1, "lot_id": lot_id, "quantity": 60}
    stays = {"order": third, "line": 1, "lot_id": lot_id, "quantity": 0}
    shipped = office.post(f"/trips/{code}/ship", {**TRUCK, "exceptions": [less, stays]}, by="keeper")
    assert (shipped["state"], shipped["vehicle"]) == ("SHIPPED", "湘B·12345")
    assert {one["facility"] for one in shipped["orders"]} == {"designated", "second"}
    sent = office.get(f"/transfer-orders/{second}")
    assert (sent["state"], sent["driver"], sent["lines"][0]["shipped_units"]) == ("SHIPPED", "王师傅", 60)
    stayed = office.get(f"/transfer-orders/{third}")
    assert (stayed["state"], stayed["trip"]) == ("OPEN", None)
    assert stock_of(database)["A"] == (240, 100)
    [other] = planned(office)
    office.post(f"/trips/{other['code']}/ship", TRUCK, by="keeper")
    for order in orders.values():
        office.deliver(order["code"])
    assert office.get(f"/transfer-orders/{third}")["state"] == "DELIVERED"
    assert_balanced(database)


def test_all_that_is_wrong_with_a_shipment_is_told_at_its_line(office: Office, orders: dict[str, Any]) -> None:
    [trip] = planned(office)
    code, second = trip["code"], orders["second"]["code"]
    lot_id = office.get(f"/trips/{code}/loading-list")["stops"][0]["lots"][0]["lot_id"]
    line = {"order": second, "line": 1, "lot_id": lot_id, "quantity": 1}
    wrong = [line, line, {**line, "lot_id": lot_id + 1}, {**line, "order": "TO-2020-99999"}]
    refused = office.post(f"/trips/{code}/ship", {**TRUCK, "exceptions": wrong}, by="keeper", status=422)
    assert faults_of(refused) == [
        ("exceptions.0.lot_id", "named_twice"),
        ("exceptions.1.lot_id", "named_twice"),
        ("exceptions.2.lot_id", "lot_not_reserved"),
        ("exceptions.3.lot_id", "lot_not_reserved"),
    ]
    more = office.post(
        f"/trips/{code}/ship", {**TRUCK, "exceptions": [{**line, "quantity": 101}]}, by="keeper", status=409
    )
    assert faults_of(more) == [("exceptions.0.quantity", "over_shipment")]
    office.post(f"/lots/{lot_id}/block", {"reason": "torn"}, by="keeper")
    blocked = office.post(f"/trips/{code}/ship", TRUCK, by="keeper", status=409)
    assert faults_of(blocked) == [("exceptions", "lot_blocked")] * 3
    late = office.post(f"/trips/{code}/ship", {**TRUCK, "shipped_on": "2020-02-01"}, by="keeper", status=422)
    assert faults_of(late) == [("shipped_on", "day_in_the_future")]


def test_named_orders_go_into_a_vehicle_that_holds_them(office: Office, orders: dict[str, Any]) -> None:
    codes = [orders[name]["code"] for name in ("designated", "second")]
    new = {**DAY, "vehicle_class": "van", "orders": codes}
    large = office.post("/trips", new, by="keeper", status=409)
    assert faults_of(large) == [("vehicle_class", "trip_too_large")]
    assert large["faults"][0]["params"] == {"litres": 300, "vehicle_class": "van", "carried": 250}
    wrong = {**new, "vehicle_class": "cart", "day": "2020-02-01", "orders": [codes[0], codes[0], "TO-2020-99999"]}
    refused = office.post("/trips", wrong, by="keeper", status=422)
    assert faults_of(refused) == [
        ("vehicle_class", "unknown_id"),
        ("orders.2", "unknown_id"),
        ("orders.0", "other_day_or_warehouse"),
        ("orders.1", "named_twice"),
        ("orders.1", "other_day_or_warehouse"),
    ]
    trip = office.post("/trips", {**new, "vehicle_class": "truck"}, by="keeper", status=201)
    again = office.post("/trips", {**new, "vehicle_class": "truck"}, by="keeper", status=422)
    assert faults_of(again) == [("orders.0", "on_a_trip"), ("orders.1", "on_a_trip")]
    smaller = {"vehicle_class": "van", "orders": codes[1:]}
    address = f"{API}/trips/{trip['code']}"
    after = office.client.put(address, json=smaller, headers=seen(office.client, address)).json()
    assert [one["code"] for one in after["orders"]] == codes[1:]
    cancelled = office.post(f"/trips/{trip['code']}/cancel", {"reason": "snow"}, by="keeper")
    assert (cancelled["state"], cancelled["orders"]) == ("CANCELLED", [])
    office.ship(codes[1])


def test_a_trip_is_its_warehouses(office: Office, orders: dict[str, Any]) -> None:
    [trip] = planned(office)
    act_as(office.app, person("far", Role.WAREHOUSE, "second"))
    assert office.client.post(f"{API}/trips/plan", json=DAY).status_code == 403
    reason = {"reason": "because"}
    assert office.client.post(f"{API}/trips/{trip['code']}/cancel", json=reason).status_code == 403
    act_as(office.app, HOSPITAL)
    assert office.client.get(f"{API}/trips/{trip['code']}").status_code == 403


def test_the_pages_of_trips(office: Office, orders: dict[str, Any]) -> None:
    page = look(office, KEEPER, "/trips")
    form = shown_form(page, "/trips/plan") | {"plan.warehouse": "wh", "plan.day": "2020-01-31"}
    made = send(office, KEEPER, "/trips/plan", form)
    assert made.headers["location"] == "/trips?warehouse=wh&day=2020-01-31&made=1"
    again = send(office, KEEPER, "/trips/plan", form | {"form_key": "another-key-of-a-form"})
    assert again.status_code == 409
    [trip] = office.get("/trips")["items"]
    path = f"/trips/{trip['code']}"
    assert "Loading list" in look(office, GROUP, f"{path}/loading-list")
    page = look(office, KEEPER, path)
    typed = shown_form(page, f"{path}/ship") | TRUCK
    too_much = typed | {"exceptions.1.quantity": "900"}
    refused = send(office, KEEPER, f"{path}/ship", too_much)
    assert (refused.status_code, 'value="900"' in refused.text) == (409, True)
    assert send(office, KEEPER, f"{path}/ship", typed | {"exceptions.2.quantity": ""}).status_code == 303
    states = [one["state"] for one in office.get("/transfer-orders", trip=trip["code"])["items"]]
    assert states == ["SHIPPED", "SHIPPED"]
