"""The whole way: need, plan, approval, shipment, a delivery with a difference, and the next plan for the rest."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from app.planning import worker
from tests.dispatch.city import Office, assert_balanced, stock_of
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    return Office(client, app)


def _delivered_with_differences(office: Office, order: str, picks: list[dict[str, Any]]) -> Any:
    """Of 600 of lot A 500 are taken, 60 refused and 40 missing; of 400 of lot B 350 are taken and 50 thrown away."""
    by_lot = {pick["lot"]: pick for pick in picks}
    return office.deliver(
        order,
        {
            "line": by_lot["A"]["line"],
            "lot_id": by_lot["A"]["lot_id"],
            "accepted_units": 500,
            "rejected_units": 60,
            "rejection_reason": "Cartons crushed",
            "missing_reason": "Not on the truck",
        },
        {
            "line": by_lot["B"]["line"],
            "lot_id": by_lot["B"]["lot_id"],
            "accepted_units": 350,
            "rejected_units": 50,
            "rejection_reason": "Soaked",
            "rejected_goods": "WRITTEN_OFF",
        },
    )


def test_from_need_to_door_and_the_rest_to_the_next_plan(office: Office, database: Database) -> None:
    receive(office.client, "n95", 600, "A", expiry="2021-01-01")
    receive(office.client, "n95", 400, "B", expiry="2020-06-01")
    asked = need(office.client, "designated", "n95", 1000)
    plan = office.approved()
    assert stock_of(database) == {"A": (600, 600), "B": (400, 400)}
    assert office.requisition_state(asked) == ("PLANNED", 0)
    assert_balanced(database)

    [order] = office.dispatch(plan)
    assert office.state_of(plan) == "DISPATCHING"
    picks = office.get(f"/transfer-orders/{order['code']}/pick-list")
    assert {(pick["lot"], pick["quantity"]) for pick in picks["picks"]} == {("A", 600), ("B", 400)}
    assert picks["waiting"] == []

    shipped = office.ship(order["code"])
    assert shipped["state"] == "SHIPPED"
    assert stock_of(database) == {"A": (0, 0), "B": (0, 0)}
    assert_balanced(database)

    delivered = _delivered_with_differences(office, order["code"], picks["picks"])
    assert delivered["state"] == "DELIVERED_WITH_DISCREPANCY"
    assert stock_of(database) == {"A": (60, 0), "B": (0, 0)}
    assert_balanced(database)
    assert office.state_of(plan) == "CLOSED"
    assert office.requisition_state(asked) == ("REVIEWED", 850)

    [case] = office.get("/delivery-cases", order=order["code"])["items"]
    assert case["state"] == "OPEN"
    office.post(f"/delivery-cases/{case['code']}/settle", {"outcome": "too early"}, by="group", status=409)
    office.post(f"/delivery-cases/{case['code']}/warehouse-statement", {"statement": "Counted twice"}, by="keeper")
    heard = office.post(f"/delivery-cases/{case['code']}/facility-statement", {"statement": "40 short"}, by="hospital")
    assert heard["state"] == "HEARD"
    settled = office.post(f"/delivery-cases/{case['code']}/settle", {"outcome": "Driver pays"}, by="group")
    assert (settled["state"], settled["settled_by"]) == ("SETTLED", "group")

    second = office.propose()
    [rest] = office.get(f"/plans/{second}/demands")["items"]
    assert (rest["wanted_units"], rest["planned_units"]) == (150, 60)
    office.approve(second)
    [order] = office.dispatch(second)
    office.ship(order["code"])
    office.deliver(order["code"])
    assert office.state_of(second) == "CLOSED"
    assert office.requisition_state(asked) == ("REVIEWED", 910)
    assert_balanced(database)
