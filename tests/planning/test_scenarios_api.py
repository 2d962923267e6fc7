"""Scenarios through the API: made from a plan, computed by a worker, compared, and never anything but a what-if."""

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.planning.worker import Worker
from solver import check, parse_plan, parse_problem
from tests.planning.city import need, post, receive
from tests.planning.working import computed

API = "/api/v1/scenarios"
NEVER = threading.Event()


@pytest.fixture
def worker(database: Database, clock: Clock) -> Worker:
    return Worker(database, clock, time_limit_seconds=60)


@pytest.fixture
def plan(client: TestClient, planning_city: None) -> str:
    """Of 140 masks the designated hospital (tier 1) gets its 100, the two hospitals (tier 2) 20 of 100 each."""
    receive(client, "n95", 140, "L1")
    pledge = {
        "partner": "donor",
        "supply_channel": "DONATION",
        "item": "n95",
        "warehouse": "wh",
        "quantity": 60,
        "expected_on": "2020-02-01",
    }
    code = post(client, "/pledges", pledge)["code"]
    post(client, f"/pledges/{code}/confirm", {})
    for facility in ("designated", "second", "third"):
        need(client, facility, "n95", 100)
    return str(computed(client, {"program": "medical"})["code"])


def make(client: TestClient, plan: str, *changes: dict[str, Any]) -> str:
    answer = client.post(API, json={"title": "What if", "base_plan": plan, "changes": list(changes)})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{API}/{answer.json()['code']}"
    return str(answer.json()["code"])


def test_more_need_and_no_donations_beside_the_plan(client: TestClient, plan: str, worker: Worker) -> None:
    code = make(
        client, plan, {"kind": "need", "percent": 100, "tier": 1}, {"kind": "channel_lost", "channel": "DONATION"}
    )
    waiting = client.get(f"{API}/{code}").json()
    assert (waiting["state"], waiting["base_plan"], waiting["cost_fen"]) == ("QUEUED", plan, None)
    assert client.get(f"{API}/{code}/comparison").json()["code"] == "not_computed"
    assert worker.step(NEVER)
    done = client.get(f"{API}/{code}").json()
    assert (done["state"], done["cost_fen"]) == ("DONE", 0)
    found = client.get(f"{API}/{code}/comparison", headers={"Accept-Language": "en"}).json()
    # 140 for 200 + 100 + 100: the floors ask for 100 + 30 + 30; in packs of ten 80 + 30 + 30, which is 2.8 days of 7.
    tiers = {tier["key"]: tier for tier in found["tiers"]}
    assert tiers["1"]["base_share"] == 1.0
    assert tiers["1"]["share"] == 0.4
    assert (tiers["1"]["gain"], tiers["1"]["lose"]) == (0, 1)
    assert (tiers["1"]["base_first_short_on"], tiers["1"]["base_cover_days"]) == (None, 7.0)
    assert tiers["1"]["first_short_on"] == "2020-02-02"
    assert tiers["1"]["first_short_item"] == "n95"
    assert found["lose"] == 3
    assert {row["key"] for row in found["facilities"]} == {"designated", "second", "third"}
    assert [row["name"] for row in found["items"]] == ["Medical respirator"]
    assert [row["key"] for row in found["zones"]] == ["city"]
    problem = parse_problem(client.get(f"{API}/{code}/problem").json())
    assert check(problem, parse_plan(client.get(f"{API}/{code}/document").json())) == ()


def test_a_scenario_is_no_plan(client: TestClient, plan: str, worker: Worker) -> None:
    before = client.get("/api/v1/plans").json()["items"]
    code = make(
        client,
        plan,
        {"kind": "purchase", "item": "n95", "warehouse": "wh", "quantity": 200, "arrives_on": "2020-02-01"},
    )
    worker.step(NEVER)
    found = client.get(f"{API}/{code}/comparison").json()
    assert (found["gain"], found["lose"], found["mean_share"]) == (2, 0, 1.0)
    assert client.get("/api/v1/plans").json()["items"] == before
    assert client.post(f"/api/v1/plans/{code}/approve", json={}).status_code == 404
    run = client.get("/api/v1/plan-runs", params={"kind": "SCENARIO"}).json()["items"][0]
    assert (run["state"], run["plan"], run["follows"]) == ("DONE", None, plan)


def test_what_cannot_be_is_refused_with_every_fault(client: TestClient, plan: str) -> None:
    changes = [{"kind": "warehouse_lost", "warehouse": "north"}, {"kind": "need", "percent": 0}]
    answer = client.post(API, json={"title": "t", "base_plan": plan, "changes": changes})
    assert answer.status_code == 422
    assert [fault["where"] for fault in answer.json()["faults"]] == ["changes.0.warehouse", "changes.1.percent"]
    shapes = client.post(API, json={"title": "", "base_plan": plan, "changes": [{"kind": "need"}, {"kind": "x"}]})
    assert shapes.status_code == 422
    assert len(shapes.json()["faults"]) == 3
    assert client.post(API, json={"title": "t", "base_plan": "P-X", "changes": changes}).status_code == 404
    assert client.get(API).json()["items"] == []


def test_a_scenario_is_cancelled_and_lists_are_narrowed(client: TestClient, plan: str, worker: Worker) -> None:
    code = make(client, plan, {"kind": "cap", "band": 0, "tier": 2, "cap_permille": 900})
    answer = post(client, f"/scenarios/{code}/cancel", {})
    assert answer["state"] == "CANCELLED"
    assert client.post(f"{API}/{code}/cancel").status_code == 409
    assert not worker.step(NEVER)
    assert client.get(f"{API}/{code}/document").status_code == 409
    assert [row["code"] for row in client.get(API, params={"base_plan": plan}).json()["items"]] == [code]
    assert client.get(API, params={"program": "living"}).json()["items"] == []
