"""Orders that did not leave on their day are given back; a plan is withdrawn, or computed again for a leader."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.main import create_app
from app.planning import worker
from tests.conftest import NOON
from tests.dispatch.city import Office, assert_balanced, faults_of, stock_of
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere, work_all


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    receive(client, "n95", 500, "A")
    need(client, "designated", "n95", 300)
    return Office(client, app)


def test_orders_come_with_the_approval_and_are_answered_again(office: Office) -> None:
    plan = office.approved()
    assert office.state_of(plan) == "DISPATCHING"
    there = office.get("/transfer-orders", plan=plan)["items"]
    assert [one["code"] for one in office.dispatch(plan)] == [one["code"] for one in there] != []


def test_what_did_not_leave_is_given_back_and_planned_again(
    office: Office, database: Database, settings: Settings, clock: Clock
) -> None:
    plan = office.approved()
    assert stock_of(database) == {"A": (500, 300)}
    path = f"/plans/{plan}/give-back"
    assert faults_of(office.post(path, {"reason": "x"}, by="keeper", status=409)) == [("", "nothing_lapsed")]
    app = create_app(settings, Clock(clock.city_zone, lambda: NOON + timedelta(days=2)))
    with TestClient(app) as client:
        later = Office(client, app)
        [lapsed] = later.post(path, {"reason": "no lorry"}, by="keeper")
        assert lapsed["state"] == "CANCELLED"
        assert stock_of(database) == {"A": (500, 0)}
        assert later.state_of(plan) == "CLOSED", "nothing else is to be sent"
        again = later.propose()
        assert [row["planned_units"] for row in later.get(f"/plans/{again}/demands")["items"]] == [300]
    assert_balanced(database)


def test_a_plan_is_withdrawn_with_its_orders(office: Office, database: Database) -> None:
    plan = office.approved()
    office.post(f"/plans/{plan}/cancel", {"reason": "new figures"}, by="leader")
    assert {one["state"] for one in office.get("/transfer-orders", plan=plan)["items"]} == {"CANCELLED"}
    assert stock_of(database) == {"A": (500, 0)}
    assert_balanced(database)


def test_a_plan_computed_again_for_a_leader_may_be_approved_by_that_leader(office: Office) -> None:
    plan = office.propose()
    receive(office.client, "n95", 10, "B")
    path = f"/plans/{plan}/compute-anew"
    run, same = (office.post(path, by="leader", status=202) for _ in range(2))
    assert run["code"] == same["code"], "one at a time"
    assert (run["asked_by"], run["brought_to"], run["follows"]) == ("planner", "leader", plan)
    work_all(office.app)
    new = office.get(f"/plan-runs/{run['code']}")["plan"]
    assert office.get(f"/plans/{new}")["proposed_by"] == "planner"
    assert office.approve(new)["approval"]["approved_by"] == "leader"
    assert office.state_of(plan) == "SUPERSEDED"
