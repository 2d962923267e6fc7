"""The way of a plan that stays near another over the pages: from the plan, over the form, to the new plan."""

import threading

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import Role
from app.planning import worker
from app.planning.worker import Worker
from tests.dispatch.city import Office
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as
from tests.requisitions.desk import person


@pytest.fixture
def plan(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> str:
    """A proposed plan; somebody of the supplies group looks at it."""
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    receive(client, "n95", 300, "B")
    need(client, "third", "n95", 300)
    code = Office(client, app).propose()
    act_as(app, person(Role.SUPPLIES_GROUP))
    client.follow_redirects = False
    client.headers["Cookie"] = "tongchou_language=en"
    return code


def test_from_a_plan_to_one_that_stays_near_it(
    plan: str, client: TestClient, app: FastAPI, database: Database, clock: Clock
) -> None:
    address = f"/plan-runs/new?program=medical&follows={plan}"
    assert address.replace("&", "&amp;") in client.get(f"/plans/{plan}").text
    form = client.get(address).text
    assert f'<option value="{plan}" selected>{plan}, from 2020-01-31 on</option>' in form
    fields = {"program": "medical", "start": "2020-01-31", "policy_version": "1", "follows": plan}
    run = client.post("/plan-runs", data=fields).headers["location"]
    assert f'<dt>Stay near</dt><dd><a href="/plans/{plan}">' in client.get(run).text
    assert Worker(database, clock, time_limit_seconds=60).step(threading.Event())
    found = "/plans/PLAN-2020-00002"
    assert f'href="{found}"' in client.get(run).text
    assert f'<a href="{found}/comparison?other={plan}">stays near {plan}</a>' in client.get(found).text
    act_as(app, person(Role.AUDITOR))
    assert "Compute anew" not in client.get(f"/plans/{plan}").text


def test_a_plan_that_is_promised_is_not_offered_and_refused_by_name(
    plan: str, client: TestClient, app: FastAPI
) -> None:
    Office(client, app).approve(plan)
    act_as(app, person(Role.SUPPLIES_GROUP))
    assert "Stay near" not in client.get("/plan-runs/new?program=medical").text
    assert "Compute anew" not in client.get(f"/plans/{plan}").text
    fields = {"program": "medical", "start": "2020-01-31", "policy_version": "1", "follows": plan}
    answer = client.post("/plan-runs", data=fields)
    assert answer.status_code == 409
    assert f"What plan {plan} sends is promised" in answer.text
