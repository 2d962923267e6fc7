"""A plan that follows another: what may be sent as before is; what is promised cannot be followed."""

import json
import threading
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.planning import worker
from app.planning.plans import service
from app.planning.worker import Worker
from tests.dispatch.city import Office, faults_of
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere

Sent = dict[str, str]
"""The lot that each facility gets, all of it."""


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Lots B and C, each wanted by one hospital as a whole; it is all the same which gets which."""
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    for lot in "BC":
        receive(client, "n95", 300, lot)
    for facility in ("designated", "third"):
        need(client, facility, "n95", 300)
    return Office(client, app)


@pytest.fixture
def sent_by(database: Database) -> Callable[[str], Sent]:
    def sent(plan: str) -> Sent:
        with database.read() as session:
            lines = service.plan_by_code(session, plan).lines
            assert {line.quantity for line in lines} == {300}
            return {line.demand.facility.code: line.source_key[4] for line in lines}

    return sent


def one_more(office: Office) -> None:
    """Lot A comes in, and another hospital asks for as much."""
    receive(office.client, "n95", 300, "A")
    need(office.client, "second", "n95", 300)


def test_lots_stay_where_they_were_to_go(office: Office, sent_by: Callable[[str], Sent]) -> None:
    first = office.propose()
    assert sent_by(first) == {"designated": "B", "third": "C"}
    one_more(office)
    assert sent_by(office.propose()) == {"designated": "A", "third": "B", "second": "C"}
    near = office.propose(follows=first)
    assert sent_by(near) == {"designated": "B", "third": "C", "second": "A"}
    assert office.get(f"/plans/{near}")["follows"] == first


def test_days_that_have_passed_are_left_out_and_the_others_keep_their_day(office: Office, database: Database) -> None:
    first = office.propose()
    near = office.propose(follows=first, start="2020-02-01")
    with database.read() as session:
        problem = json.loads(service.plan_by_code(session, near).problem_json)
    assert problem.get("previous", []) == []  # everything was to leave on the first day
    later = office.propose(follows=near, start="2020-01-31")
    with database.read() as session:
        problem = json.loads(service.plan_by_code(session, later).problem_json)
    assert sorted(row["period"] for row in problem["previous"]) == [1, 1]
    assert problem["change_penalty"] > 0


def test_a_run_in_the_background_stays_near_too(
    office: Office, database: Database, clock: Clock, sent_by: Callable[[str], Sent]
) -> None:
    first = office.propose()
    one_more(office)
    run = office.post("/plan-runs", {"program": "medical", "follows": first}, by="planner", status=202)["code"]
    assert Worker(database, clock, time_limit_seconds=60).step(threading.Event())
    done = office.get(f"/plan-runs/{run}")
    assert (done["state"], done["follows"]) == ("DONE", first)
    assert sent_by(done["plan"]) == {"designated": "B", "third": "C", "second": "A"}


def test_it_is_approved_as_any_other(office: Office) -> None:
    near = office.propose(follows=office.propose())
    one_more(office)
    newest = office.propose(follows=near)
    office.approve(newest)
    assert (office.state_of(newest), office.state_of(near)) == ("DISPATCHING", "SUPERSEDED")
    assert office.propose(follows=near)


def test_what_is_promised_or_of_another_program_or_unknown_is_not_followed(office: Office) -> None:
    approved = office.approved()
    ask = {"program": "medical", "follows": approved}
    for path in ("/plans", "/plan-runs"):
        refused = office.post(path, ask, by="planner", status=409)
        assert faults_of(refused) == [("follows", "already_promised")]
        assert office.post(path, {**ask, "follows": "PLAN-X"}, by="planner", status=404)["code"] == "not_found"
    policy = {
        "program": "living",
        "title_zh": "生活",
        "title_en": "Living",
        "horizon_days": 7,
        "bands": [{"name_zh": "全部", "name_en": "All", "caps": [{"tier": 1, "cap_permille": 1000}]}],
        "tiers": [{"facility_type": "hospital", "tier": 1}],
        "reserves": [],
    }
    office.post("/policies", policy, by="leader", status=201)
    refused = office.post("/plans", {**ask, "program": "living"}, by="planner", status=409)
    assert faults_of(refused) == [("follows", "other_program"), ("follows", "already_promised")]
