"""Weighed goods on the pages of dispatch: people type and read kilograms, the ledger has grams."""

from html import unescape

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.catalog.models import Item
from app.catalog.types import BaseUnit
from app.core.database import Database
from app.planning import worker
from tests.dispatch.city import TRUCK, Office
from tests.dispatch.people import HOSPITAL, KEEPER, look, send, shown_form
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere


def test_weighed_goods_leave_and_arrive_in_kilograms(
    client: TestClient, planning_city: None, app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    client.follow_redirects = False
    client.headers["Cookie"] = "tongchou_language=en"
    with database.engine.begin() as connection:
        connection.execute(update(Item).where(Item.code == "n95").values(base_unit=BaseUnit.GRAM))
    office = Office(client, app)
    receive(client, "n95", 300_500, "A")
    need(client, "designated", "n95", 300_500)
    [made] = office.dispatch(office.approved())
    path = f"/transfer-orders/{made['code']}/ship"
    form = shown_form(look(office, KEEPER, f"/transfer-orders/{made['code']}"), path)
    assert form["lots.0.quantity"] == "300.5"
    over = send(office, KEEPER, path, {**form, **TRUCK, "lots.0.quantity": "301"})
    assert "301 kg are to leave, 300.5 kg are reserved" in unescape(over.text)
    assert send(office, KEEPER, path, {**form, **TRUCK, "lots.0.quantity": "３００.2"}).status_code == 303
    path = f"/deliveries/{made['code']}"
    form = shown_form(look(office, HOSPITAL, path), path)
    assert form["lots.0.accepted_units"] == "300.2"
    told = {**form, "received_by": "Li", "lots.0.accepted_units": "300", "lots.0.missing_units": "0.1"}
    wrong = unescape(send(office, HOSPITAL, path, {**told, "lots.0.missing_reason": "spilled"}).text)
    assert "make 300.1 kg, but 300.2 kg were shipped" in wrong
    told["lots.0.missing_units"] = "0.2"
    assert send(office, HOSPITAL, path, {**told, "lots.0.missing_reason": "spilled"}).status_code == 303
    [line] = office.get(f"/transfer-orders/{made['code']}")["lines"]
    assert (line["accepted_units"], line["lots"][0]["missing_units"]) == (300_000, 200)
