"""Ways back: a vehicle that turns round, and what facilities give back."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.auth import Actor
from app.core.database import Database
from app.core.rights import ALL_RIGHTS, Role
from app.planning import worker
from tests.dispatch.city import API, Office, assert_balanced, faults_of, stock_of
from tests.dispatch.people import KEEPER, look, person, send, shown_form
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    client.headers["Cookie"] = "tongchou_language=en"
    client.follow_redirects = False
    return Office(client, app)


@pytest.fixture
def sent(office: Office) -> dict[str, Any]:
    """An order on the road to `designated` with 300 of lot A, of which 500 came."""
    receive(office.client, "n95", 500, "A", expiry="2020-02-20")
    need(office.client, "designated", "n95", 300)
    [order] = office.dispatch(office.approved())
    shipped: dict[str, Any] = office.ship(order["code"])
    return shipped


def test_a_vehicle_that_turns_round_brings_all_of_it_back(
    office: Office, sent: dict[str, Any], database: Database
) -> None:
    code = sent["code"]
    early = office.post(
        f"/transfer-orders/{code}/turn-back", {"reason": "snow", "returned_on": "2020-01-30"}, by="keeper", status=422
    )
    assert faults_of(early) == [("returned_on", "before_shipment")]
    back = office.post(f"/transfer-orders/{code}/turn-back", {"reason": "The road is closed."}, by="keeper")
    assert (back["state"], back["closing_reason"]) == ("RETURNED", "The road is closed.")
    assert stock_of(database) == {"A": (500, 0)}
    assert faults_of(office.deliver(code, status=409)) == [("state", "wrong_state")]
    again = office.post(f"/transfer-orders/{code}/turn-back", {"reason": "twice"}, by="keeper", status=409)
    assert faults_of(again) == [("state", "wrong_state")]
    assert office.state_of(sent["plan"]) == "CLOSED"
    assert office.get("/delivery-cases")["items"] == []
    plan = office.propose()
    [demand] = office.get(f"/plans/{plan}/demands")["items"]
    assert demand["wanted_units"] == 300, "the need is open again"
    assert_balanced(database)


def test_an_order_that_has_not_left_cannot_turn_round(office: Office) -> None:
    receive(office.client, "n95", 300, "A", expiry="2020-02-20")
    need(office.client, "designated", "n95", 300)
    [order] = office.dispatch(office.approved())
    refused = office.post(f"/transfer-orders/{order['code']}/turn-back", {"reason": "x"}, by="keeper", status=409)
    assert faults_of(refused) == [("state", "wrong_state")]


def give_back(office: Office, lot_id: int, *, status: int = 201, **line: int) -> Any:
    body = {"facility": "designated", "warehouse": "wh", "reason": "Too many", "lines": [{"lot_id": lot_id, **line}]}
    return office.post("/facility-returns", body, by="keeper", status=status)


def test_what_a_facility_gives_back_is_stock_again_as_far_as_it_is_usable(
    office: Office, sent: dict[str, Any], database: Database
) -> None:
    office.deliver(sent["code"])
    lot_id = sent["lines"][0]["lots"][0]["lot_id"]
    done = give_back(office, lot_id, usable_units=70, destroyed_units=30)
    assert done["lines"][0]["usable_units"] == 70
    assert stock_of(database) == {"A": (270, 0)}
    where = office.get(f"/lots/{lot_id}/conservation")
    assert (where["delivered"], where["lost"], where["difference"]) == (200, 30, 0)
    assert [one["code"] for one in office.get("/facility-returns", facility="designated")["items"]] == [done["code"]]
    more = give_back(office, lot_id, usable_units=201, status=409)
    assert more["faults"][0]["code"] == "insufficient_stock"
    nothing = give_back(office, lot_id, status=422)
    assert faults_of(nothing) == [("lines.0.usable_units", "nothing_returned")]
    assert_balanced(database)


def test_a_recalled_lot_comes_back_blocked(office: Office, sent: dict[str, Any]) -> None:
    office.deliver(sent["code"])
    lot_id = sent["lines"][0]["lots"][0]["lot_id"]
    office.post(f"/lots/{lot_id}/block", {"reason": "recall 7"}, by="keeper")
    give_back(office, lot_id, usable_units=300)
    assert [(one["end"], one["units"]) for one in office.get(f"/lots/{lot_id}/holders")["holders"]] == [
        ("WAREHOUSE", 500)
    ]
    [row] = office.get("/stock")["items"]
    assert row["unusable"] == ["lot_blocked"]


def test_goods_come_back_into_ones_own_warehouse(office: Office, sent: dict[str, Any]) -> None:
    office.deliver(sent["code"])
    act_as(office.app, person("far", Role.WAREHOUSE, "second"))
    line = {"lot_id": 1, "usable_units": 1}
    body = {"facility": "designated", "warehouse": "wh", "reason": "x", "lines": [line]}
    assert office.client.post(f"{API}/facility-returns", json=body).status_code == 403
    reason = {"reason": "x"}
    assert office.client.post(f"{API}/transfer-orders/{sent['code']}/turn-back", json=reason).status_code == 403


def test_the_pages_take_goods_back(office: Office, sent: dict[str, Any], database: Database) -> None:
    path = f"/transfer-orders/{sent['code']}"
    form = shown_form(look(office, KEEPER, path), f"{path}/turn-back")
    refused = send(office, KEEPER, f"{path}/turn-back", form | {"reason": ""})
    assert refused.status_code == 422
    assert send(office, KEEPER, f"{path}/turn-back", form | {"reason": "snow"}).status_code == 303
    assert "snow" in look(office, KEEPER, path)
    act_as(office.app, Actor.system("group", ALL_RIGHTS))
    need(office.client, "second", "n95", 100)
    orders = {one["facility"]: one for one in office.dispatch(office.approved())}
    office.ship(orders["second"]["code"])
    office.deliver(orders["second"]["code"])
    lot = f"/lots/{sent['lines'][0]['lots'][0]['lot_id']}"
    typed = shown_form(look(office, KEEPER, lot), f"{lot}/take-back") | {
        "back.facility": "second",
        "back.warehouse": "wh",
        "back.reason": "Too many",
    }
    too_many = send(office, KEEPER, f"{lot}/take-back", typed | {"back.usable_units": "101"})
    assert (too_many.status_code, 'value="101"' in too_many.text) == (409, True)
    assert send(office, KEEPER, f"{lot}/take-back", typed | {"back.usable_units": "40"}).status_code == 303
    assert_balanced(database)
