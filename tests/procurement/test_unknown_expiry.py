"""Goods of unknown expiry, lot numbers as printed, and what arrivals and offers keep by their item's shelf life."""

from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.catalog.types import Program
from app.core.database import Database
from app.planning import worker
from app.planning.policies.service import policy_in_force
from app.planning.snapshot.facts import take_snapshot
from tests.core.etags import changed
from tests.dispatch.city import API, Office, faults_of
from tests.planning.city import START, need, post, receive
from tests.planning.working import SolvedHere


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    return Office(client, app)


def receipt(lot: str | None, units: int = 100, **line: object) -> dict[str, Any]:
    return {
        "partner": "donor",
        "supply_channel": "DONATION",
        "warehouse": "wh",
        "received_on": START.isoformat(),
        "confirmed_not_duplicate": True,
        "lines": [{"item": "n95", "lot_code": lot, "accepted_units": units, **line}],
    }


def test_goods_of_unknown_expiry_are_taken_in_and_marked(office: Office) -> None:
    neither = office.post("/receipts", receipt("A"), by="keeper", status=422)
    assert faults_of(neither) == [("lines.0.expiry_date", "expiry_missing")]
    both = receipt("A", expiry_date="2020-03-01", expiry_unknown=True)
    refused = office.post("/receipts", both, by="keeper", status=422)
    assert faults_of(refused) == [("lines.0.expiry_unknown", "expiry_known")]
    office.post("/receipts", receipt("A", expiry_unknown=True), by="keeper", status=201)
    [lot] = office.get("/lots")["items"]
    assert (lot["expiry_date"], lot["expiry_unknown"]) == (None, True)
    office.post("/receipts", receipt("A", expiry_unknown=True), by="keeper", status=201)
    other = office.post("/receipts", receipt("A", expiry_date="2020-03-01"), by="keeper", status=409)
    assert faults_of(other) == [("lines.0.lot_code", "lot_differs")]


def test_goods_of_unknown_expiry_are_used_first(office: Office) -> None:
    receive(office.client, "n95", 300, "B", expiry="2020-02-20")
    office.post("/receipts", receipt("Z", 300, expiry_unknown=True), by="keeper", status=201)
    need(office.client, "designated", "n95", 400, needed_by="2020-02-02")
    [order] = office.dispatch(office.approved())
    picks = office.get(f"/transfer-orders/{order['code']}/pick-list")["picks"]
    assert {pick["lot"]: pick["quantity"] for pick in picks} == {"Z": 300, "B": 100}


@pytest.mark.parametrize("code", ["20200131/03 b", "批号：甲-7", "a" * 64, "LOT (2)@wh#1"])
def test_lot_numbers_are_taken_as_they_are_printed(office: Office, code: str) -> None:
    office.post("/receipts", receipt(code, 300, expiry_date="2020-02-20"), by="keeper", status=201)
    [lot] = office.get("/lots", code=code)["items"]
    assert lot["code"] == code
    need(office.client, "designated", "n95", 300)
    plan = office.approved()
    [order] = office.dispatch(plan)
    shipped = office.ship(order["code"])
    assert shipped["lines"][0]["lots"][0]["lot"] == code
    assert code in office.get(f"/plans/{plan}/lines")["items"][0]["source"]


@pytest.mark.parametrize("code", ["", "a" * 65, "two\nlines", "a\tb", "nul\u0000"])
def test_what_cannot_be_a_lot_number_is_refused_at_its_field(office: Office, code: str) -> None:
    refused = office.post("/receipts", receipt(code, expiry_date="2020-02-20"), by="keeper", status=422)
    assert {where for where, _ in faults_of(refused)} == {"lines.0.lot_code"}


def test_arrivals_and_offers_keep_as_long_as_their_item(office: Office, database: Database) -> None:
    changed(office.client, f"{API}/items/n95", {"shelf_life_days": 3})
    names = {"name_zh": "商", "name_en": "Trader"}
    post(office.client, "/partners", {"code": "trader", **names, "kind": "supplier"})
    offer = {
        "partner": "trader",
        "supply_channel": "MARKET_PURCHASE",
        "item": "n95",
        "warehouse": "wh",
        "quantity": 100,
        "unit_price_microyuan": 1_000_000,
        "lead_days": 2,
        "valid_until": "2020-02-20",
    }
    post(office.client, "/offers", offer)
    for day, expiry in ((1, None), (0, START + timedelta(days=5))):
        pledge = {
            "partner": "donor",
            "supply_channel": "DONATION",
            "item": "n95",
            "warehouse": "wh",
            "quantity": 50 + day,
            "expected_on": (START + timedelta(days=day)).isoformat(),
        }
        code = post(office.client, "/pledges", pledge | ({"expiry_date": expiry.isoformat()} if expiry else {}))["code"]
        post(office.client, f"/pledges/{code}/confirm", {})
    need(office.client, "designated", "n95", 300, needed_by="2020-02-06")
    with database.read() as session:
        policy = policy_in_force(session, Program.MEDICAL)
        problem = take_snapshot(session, policy, date(2020, 1, 31)).problem
    assert {(one.start_period, one.until_period) for one in problem.supplies} == {(1, 3), (0, 5)}
    assert [(one.start_period, one.until_period) for one in problem.offers] == [(2, 4)]
    plan = office.propose()
    assert [row["planned_units"] for row in office.get(f"/plans/{plan}/demands")["items"]] == [0]
