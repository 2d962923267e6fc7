"""A city with a plan to approve."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.planning import worker
from tests.dispatch.city import Office
from tests.planning.approving import offer
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    """500 of lot A in stock, 800 asked for; a fund of 3,000 yuan and an offer of 200 masks at 10 yuan in a day."""
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    office = Office(client, app)
    office.post(
        "/partners", {"code": "trader", "name_zh": "商", "name_en": "T", "kind": "supplier"}, by="b", status=201
    )
    fund = {"code": "city", "name_zh": "市", "name_en": "City", "amount_fen": 300_000, "on_overspend": "STOP"}
    office.post("/funds", fund, by="b", status=201)
    offer(office, 200)
    receive(client, "n95", 500, "A")
    need(client, "designated", "n95", 800)
    return office
