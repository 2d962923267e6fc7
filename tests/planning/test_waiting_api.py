"""`POST /plans` never computes: it answers with a run at once, or waits for it if the caller prefers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.errors import Fault
from app.planning import worker
from app.planning.runs.waiting import WAIT_SECONDS_MAX, seconds_to_wait
from app.planning.solving.process import PlanFailedError
from app.planning.worker import Worker
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere, work_all

ASK = {"program": "medical"}


@pytest.fixture(autouse=True)
def solve_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)


@pytest.fixture
def city(client: TestClient, planning_city: None) -> TestClient:
    receive(client, "n95", 50, "A")
    need(client, "second", "n95", 100)
    return client


@contextmanager
def working(app: FastAPI) -> Iterator[None]:
    """While the block runs, a worker works."""
    stop = threading.Event()
    one = Worker(app.state.database, app.state.clock, time_limit_seconds=60)
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("respond-async", 0),
        ("wait=5", 5),
        ("respond-async, wait=5", 5),
        ('Wait = "7"; x=1', 7),
        ("wait=-1", 0),
        ("wait=now", 0),
        ("await=9", 0),
        ("wait=999999999", WAIT_SECONDS_MAX),
    ],
)
def test_seconds_to_wait(prefer: str | None, seconds: int) -> None:
    assert seconds_to_wait(prefer) == seconds


def test_it_answers_at_once_with_the_run(app: FastAPI, city: TestClient) -> None:
    answer = city.post("/api/v1/plans", json=ASK)
    assert (answer.status_code, answer.json()["state"]) == (202, "QUEUED")
    assert answer.headers["Location"] == f"/api/v1/plan-runs/{answer.json()['code']}"
    work_all(app)
    run = city.get(answer.headers["Location"]).json()
    assert run["state"] == "DONE"
    assert city.get(f"/api/v1/plans/{run['plan']}").json()["state"] == "PROPOSED"


def test_who_prefers_to_wait_gets_the_plan(app: FastAPI, city: TestClient) -> None:
    with working(app):
        answer = city.post("/api/v1/plans", json=ASK, headers={"Prefer": "wait=60"})
    assert (answer.status_code, answer.json()["state"]) == (201, "PROPOSED")
    assert answer.headers["Location"] == f"/api/v1/plans/{answer.json()['code']}"
    assert answer.headers["Preference-Applied"] == "wait=60"


def test_waiting_ends_in_time_and_the_run_goes_on(app: FastAPI, city: TestClient) -> None:
    began = time.monotonic()
    answer = city.post("/api/v1/plans", json=ASK, headers={"Prefer": "wait=1"})
    assert 1 <= time.monotonic() - began < 20
    assert (answer.status_code, answer.json()["state"]) == (202, "QUEUED")
    work_all(app)
    assert city.get(answer.headers["Location"]).json()["state"] == "DONE"


def test_a_run_that_fails_is_a_refusal_with_its_reasons(
    app: FastAPI, city: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_process: SolvedHere, _seconds: float) -> None:
        raise PlanFailedError(
            Fault("solver_time_limit", "No plan was found within {seconds} seconds.", "", {"seconds": "9"})
        )

    monkeypatch.setattr(SolvedHere, "wait", fail)
    with working(app):
        answer = city.post("/api/v1/plans", json=ASK, headers={"Prefer": "wait=60", "Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_failed")
    assert answer.json()["faults"][0]["detail"] == "No plan was found within 9 seconds."


def test_it_is_asked_for_once_however_often_it_is_sent(app: FastAPI, city: TestClient) -> None:
    headers = {"Idempotency-Key": "k"}
    first = city.post("/api/v1/plans", json=ASK, headers=headers)
    with working(app):
        again = city.post("/api/v1/plans", json=ASK, headers={**headers, "Prefer": "wait=60"})
    assert (first.status_code, again.status_code) == (202, 201)
    assert city.get(first.headers["Location"]).json()["plan"] == again.json()["code"]
    assert len(city.get("/api/v1/plan-runs").json()["items"]) == 1


def test_forty_that_wait_leave_threads_for_others(app: FastAPI, city: TestClient) -> None:
    """More waiting calls than request threads: others are answered meanwhile."""
    app_threads = app.state.settings.pool_size
    waiting = [
        threading.Thread(target=lambda: city.post("/api/v1/plans", json=ASK, headers={"Prefer": "wait=8"}))
        for _ in range(2 * app_threads)
    ]
    for one in waiting:
        one.start()
    time.sleep(3)
    began = time.monotonic()
    assert city.get("/api/v1/plan-runs", params={"limit": 1}).status_code == 200
    seconds = time.monotonic() - began
    assert all(one.is_alive() for one in waiting), "they wait still"
    assert seconds < 4
    for one in waiting:
        one.join(timeout=60)


def test_a_faulty_ask_is_refused_at_once(city: TestClient) -> None:
    assert city.post("/api/v1/plans", json={**ASK, "policy_version": 9}).status_code == 404
    assert city.post("/api/v1/plans", json={**ASK, "more": 1}).status_code == 422
