"""Losses of promised goods: recorded, taken from the lowest tier and the latest day, told to whom they concern."""

from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from app.dispatch.loss_rules import StandingPromise, short_units, taken_from
from app.planning import worker
from tests.dispatch.city import Office, assert_balanced, faults_of, stock_of
from tests.dispatch.people import HOSPITAL, KEEPER, OTHER_HOSPITAL, look, send, shown_form
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere


def promise(line: int, tier: int, day: int, units: int) -> StandingPromise:
    return StandingPromise(line_id=line, tier=tier, ship_on=date(2020, 2, day), units=units)


@pytest.mark.parametrize(
    ("promises", "short", "taken"),
    [
        ([], 5, {}),
        ([promise(1, 1, 1, 10)], 0, {}),
        ([promise(1, 1, 1, 10), promise(2, 2, 1, 10)], 4, {2: 4}),
        ([promise(1, 1, 1, 10), promise(2, 2, 1, 10)], 14, {1: 4, 2: 10}),
        ([promise(1, 2, 1, 10), promise(2, 2, 3, 10), promise(3, 2, 2, 10)], 15, {2: 10, 3: 5}),
        ([promise(1, 2, 1, 10), promise(2, 2, 1, 10)], 3, {2: 3}),
        ([promise(1, 1, 1, 10)], 99, {1: 10}),
    ],
)
def test_the_lowest_tier_and_the_latest_day_lose_first(
    promises: list[StandingPromise], short: int, taken: dict[int, int]
) -> None:
    assert taken_from(promises, short) == taken


@pytest.mark.parametrize(
    ("on_hand", "reserved", "lost", "short"), [(10, 4, 6, 0), (10, 4, 7, 1), (10, 10, 10, 10), (10, 10, 11, 0)]
)
def test_only_what_is_promised_is_short(on_hand: int, reserved: int, lost: int, short: int) -> None:
    assert short_units(on_hand=on_hand, reserved=reserved, lost=lost) == short


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    client.headers["Cookie"] = "tongchou_language=en"
    client.follow_redirects = False
    return Office(client, app)


@pytest.fixture
def orders(office: Office) -> dict[str, dict[str, Any]]:
    """400 of lot A of which 300 are promised: 200 to `designated` (tier 1), 100 to `second` (tier 2)."""
    receive(office.client, "n95", 400, "A", expiry="2020-02-20")
    need(office.client, "designated", "n95", 200)
    need(office.client, "second", "n95", 100)
    return {one["facility"]: one for one in office.dispatch(office.approved())}


def lose(office: Office, units: int, *, status: int = 201, **more: object) -> Any:
    [lot] = office.get("/lots")["items"]
    movement = {
        "kind": "LOSS",
        "lot_id": lot["id"],
        "quantity": units,
        "from_warehouse": "wh",
        "occurred_on": "2020-01-31",
        "reason": "Flooded.",
        **more,
    }
    return office.post("/stock-movements", {"movements": [movement]}, by="keeper", status=status)


def test_a_loss_of_free_units_touches_nobody(office: Office, orders: dict[str, Any]) -> None:
    assert lose(office, 100)["touched"] == []
    assert office.get("/notices")["items"] == []


def test_a_loss_of_promised_units_names_the_orders_that_lose_them(
    office: Office, orders: dict[str, Any], database: Database
) -> None:
    touched = lose(office, 250)["touched"]
    assert touched == [
        {"order": orders["second"]["code"], "facility": "second", "item": "n95", "units": 100},
        {"order": orders["designated"]["code"], "facility": "designated", "item": "n95", "units": 50},
    ] or touched == [
        {"order": orders["designated"]["code"], "facility": "designated", "item": "n95", "units": 50},
        {"order": orders["second"]["code"], "facility": "second", "item": "n95", "units": 100},
    ]
    assert stock_of(database) == {"A": (150, 150)}
    [notice] = office.get("/notices", by=HOSPITAL)["items"]
    assert (notice["kind"], notice["params"]["units"]) == ("promise_reduced", 50)
    [other] = office.get("/notices", by=OTHER_HOSPITAL)["items"]
    assert other["params"]["units"] == 100
    told = office.get("/notices", kind="promised_goods_lost")["items"]
    assert {(one["role"], one["place"]) for one in told} == {("supplies_group", None), (None, "wh")}
    assert orders["second"]["code"] in told[0]["text"]
    assert faults_of(office.ship(orders["second"]["code"], status=409)) == [("", "nothing_to_ship")]
    assert office.ship(orders["designated"]["code"])["lines"][0]["shipped_units"] == 150
    assert_balanced(database)


def test_what_is_not_there_cannot_be_lost_and_promised_goods_are_not_moved_away(
    office: Office, orders: dict[str, Any], database: Database
) -> None:
    assert faults_of(lose(office, 401, status=409)) == [("movements.0.quantity", "insufficient_stock")]
    back = lose(office, 150, status=409, kind="RETURN")
    assert faults_of(back) == [("movements.0.quantity", "insufficient_stock")]
    assert stock_of(database) == {"A": (400, 300)}
    assert office.get("/notices")["items"] == []


def test_a_count_below_what_is_promised_is_posted(office: Office, orders: dict[str, Any], database: Database) -> None:
    [lot] = office.get("/lots")["items"]
    counted = {"lot_id": lot["id"], "counted_units": 260, "reason": "Not on the shelf"}
    count = {"warehouse": "wh", "counted_on": "2020-01-31", "lines": [counted]}
    code = office.post("/physical-inventories", count, by="keeper", status=201)["code"]
    posted = office.post(f"/physical-inventories/{code}/post", by="keeper")
    assert posted["state"] == "POSTED"
    assert stock_of(database) == {"A": (260, 260)}
    [notice] = office.get("/notices", by=OTHER_HOSPITAL)["items"]
    assert (notice["params"]["units"], notice["params"]["reason"]) == (40, "Not on the shelf")
    assert_balanced(database)


def test_the_next_plan_sees_to_what_was_lost(office: Office, orders: dict[str, Any]) -> None:
    lose(office, 250)
    receive(office.client, "n95", 500, "B", expiry="2020-02-20")
    plan = office.propose()
    wanted = {row["facility"]: row["wanted_units"] for row in office.get(f"/plans/{plan}/demands")["items"]}
    assert wanted == {"designated": 50, "second": 100}


def test_the_page_of_a_lot_records_the_loss(office: Office, orders: dict[str, Any]) -> None:
    [lot] = office.get("/lots")["items"]
    path = f"/lots/{lot['id']}"
    form = shown_form(look(office, KEEPER, path), f"{path}/movements") | {
        "move.kind": "LOSS",
        "move.quantity": "350",
        "move.from_warehouse": "wh",
        "move.reason": "Flooded",
    }
    assert send(office, KEEPER, f"{path}/movements", form).status_code == 303
    assert "350" not in look(office, KEEPER, "/notices")
    assert "250 pcs of promised" in look(office, KEEPER, "/notices")
    page = look(office, KEEPER, f"/transfer-orders/{orders['second']['code']}")
    assert "Nothing is reserved for this order any more" in page
