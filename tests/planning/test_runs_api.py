"""Plan runs through the API: asked for, carried out, failed with the reason, cancelled, followed."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.clock import Clock
from app.core.database import Database
from app.core.trail.models import AuditRecord
from app.planning import worker as runs_worker
from app.planning.solving.process import SolverProcess
from app.planning.worker import Worker
from tests.planning.city import need, post, receive
from tests.planning.working import computed

ASK = {"program": "medical"}
API = "/api/v1/plan-runs"
NEVER = threading.Event()


@pytest.fixture
def city(client: TestClient, planning_city: None) -> TestClient:
    receive(client, "n95", 50, "L1")
    need(client, "second", "n95", 100)
    return client


@pytest.fixture
def worker(database: Database, clock: Clock) -> Worker:
    return Worker(database, clock, time_limit_seconds=60, name="worker here")


def ask(client: TestClient, **more: object) -> str:
    answer = client.post(API, json={**ASK, **more})
    assert answer.status_code == 202, answer.text
    code: str = answer.json()["code"]
    assert answer.headers["location"] == f"{API}/{code}"
    return code


def show(client: TestClient, code: str, language: str = "en") -> dict[str, Any]:
    answer = client.get(f"{API}/{code}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends_at, "waited for 30 seconds"
        time.sleep(0.02)


class Stopped(SolverProcess):
    """A solver that never says anything: its process is stopped as soon as it is there."""

    pids: list[int]

    def __enter__(self) -> Self:
        os.kill(self.pid, signal.SIGSTOP)
        self.pids.append(self.pid)
        return self


class Killed(SolverProcess):
    """A solver that is killed from outside, as a machine without memory does."""

    def __enter__(self) -> Self:
        os.kill(self.pid, signal.SIGKILL)
        return self


@contextmanager
def at_work(worker: Worker) -> Iterator[threading.Event]:
    """The worker in a thread of its own, until the block or the flag that it gives says stop."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive()


def test_a_run_makes_the_plan_that_waiting_for_it_makes(city: TestClient, worker: Worker) -> None:
    code = ask(city)
    queued = show(city, code)
    assert (queued["state"], queued["asked_by"], queued["attempts"], queued["plan"]) == ("QUEUED", "operator", 0, None)
    assert queued["progress"]["text"] == "Waiting for a free worker"
    assert worker.step(NEVER)
    done = show(city, code)
    assert (done["state"], done["attempts"], done["worker"]) == ("DONE", 1, "worker here")
    waited_for = computed(city, ASK)
    plan = city.get(f"/api/v1/plans/{done['plan']}").json()
    assert (plan["state"], plan["proposed_by"]) == ("PROPOSED", "operator")
    assert plan["snapshot_digest"] == waited_for["snapshot_digest"]
    rows = [city.get(f"/api/v1/plans/{one}/demands").json()["items"] for one in (plan["code"], waited_for["code"])]
    assert [row[0]["planned_units"] for row in rows] == [50, 50]
    assert not worker.step(NEVER)


def test_a_run_is_asked_for_once_however_often_it_is_sent(city: TestClient) -> None:
    answers = [city.post(API, json=ASK, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert len({one.headers["location"] for one in answers}) == 1
    assert len(city.get(API).json()["items"]) == 1


def test_what_cannot_be_is_refused_at_once(city: TestClient) -> None:
    answers = [city.post(API, json={**ASK, **more}) for more in ({"policy_version": 9}, {"follows": "PLAN-X"})]
    assert [one.status_code for one in answers] == [404, 404]
    answer = city.post(API, json={"program": "other", "start": 5, "more": 1})
    assert answer.status_code == 422
    assert {fault["where"] for fault in answer.json()["faults"]} == {"program", "start", "more"}
    assert city.get(API).json()["items"] == []


def test_lists_are_narrowed(city: TestClient, worker: Worker) -> None:
    codes = [ask(city), ask(city)]
    worker.step(NEVER)

    def found(**by: str) -> list[str]:
        return [row["code"] for row in city.get(API, params=by).json()["items"]]

    assert found() == codes
    assert (found(state="QUEUED"), found(state="DONE")) == ([codes[1]], [codes[0]])
    assert (found(kind="SCENARIO"), found(program="living")) == ([], [])


def test_facts_that_cannot_be_planned_fail_the_run_with_every_reason(city: TestClient, worker: Worker) -> None:
    for code in ("school", "market"):
        post(city, "/facility-types", {"code": code, "name_zh": code, "name_en": code})
        new = {"code": f"a-{code}", "name_zh": code, "name_en": code, "facility_type": code, "zone": "city"}
        post(city, "/facilities", new)
        need(city, f"a-{code}", "n95", 10)
    code = ask(city)
    worker.step(NEVER)
    failed = show(city, code)
    assert (failed["state"], failed["plan"]) == ("FAILED", None)
    assert [(one["code"], one["params"]["type"]) for one in failed["faults"]] == [
        ("no_tier", "market"),
        ("no_tier", "school"),
    ]
    assert "没有" in show(city, code, "zh-CN")["faults"][0]["detail"]


def test_a_solve_out_of_time_is_named_and_its_problem_kept(city: TestClient, database: Database, clock: Clock) -> None:
    code = ask(city)
    Worker(database, clock, time_limit_seconds=1e-9).step(NEVER)
    failed = show(city, code)
    assert (failed["state"], failed["faults"][0]["code"]) == ("FAILED", "solver_time_limit")
    plan = city.get(f"/api/v1/plans/{failed['plan']}").json()
    assert (plan["state"], plan["failure"]) == ("FAILED", "No plan was found within 1e-09 seconds.")
    assert city.get(f"/api/v1/plans/{failed['plan']}/problem").json()["format"] == "tongchou.problem/1"


def test_a_solver_that_is_killed_is_named(city: TestClient, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_worker, "SolverProcess", Killed)
    code = ask(city)
    worker.step(NEVER)
    failed = show(city, code)
    assert (failed["state"], failed["faults"][0]["code"]) == ("FAILED", "solver_gone")


def test_a_mistake_of_the_program_ends_the_run_and_not_the_worker(
    city: TestClient, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(*_: object) -> None:
        raise KeyError("mistake")

    monkeypatch.setattr(runs_worker, "take_snapshot", mistake)
    code = ask(city)
    assert worker.step(NEVER)
    failed = show(city, code)
    assert (failed["state"], failed["faults"][0]["code"]) == ("FAILED", "internal")
    assert "mistake" not in json.dumps(failed["faults"][0]["params"])


def test_a_solver_that_never_reads_its_problem_holds_nobody_up() -> None:
    """The text is larger than a pipe holds; whoever writes it must not wait for ever."""
    with type("Silent", (Stopped,), {"pids": []})("x" * 2_000_000, 60.0) as process:
        assert process.wait(0.05) is None
    assert not is_running(process.pid)


def test_a_run_that_waits_is_cancelled(city: TestClient, worker: Worker) -> None:
    code = ask(city)
    answer = post(city, f"/plan-runs/{code}/cancel", {})
    assert (answer["state"], answer["ended_by"]) == ("CANCELLED", "operator")
    assert not worker.step(NEVER)
    again = city.post(f"{API}/{code}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


@pytest.fixture
def solvers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The process numbers of solvers that never answer."""
    pids: list[int] = []
    monkeypatch.setattr(runs_worker, "SolverProcess", type("Silent", (Stopped,), {"pids": pids}))
    return pids


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_cancel_kills_the_solver_and_leaves_no_plan(city: TestClient, worker: Worker, solvers: list[int]) -> None:
    code = ask(city)
    with at_work(worker):
        wait_until(lambda: bool(solvers))
        assert is_running(solvers[0])
        assert post(city, f"/plan-runs/{code}/cancel", {})["state"] == "CANCELLED"
        wait_until(lambda: not is_running(solvers[0]))
    assert show(city, code)["state"] == "CANCELLED"
    assert city.get("/api/v1/plans").json()["items"] == []


def test_a_worker_that_is_told_to_stop_gives_its_run_back(
    city: TestClient, worker: Worker, solvers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = ask(city)
    with at_work(worker) as stop:
        wait_until(lambda: bool(solvers))
        stop.set()
    given_back = show(city, code)
    assert (given_back["state"], given_back["attempts"]) == ("QUEUED", 0)
    assert not is_running(solvers[0])
    monkeypatch.undo()
    worker.step(NEVER)
    assert show(city, code)["state"] == "DONE"


def events_of(stream: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of each event of a stream that has ended."""
    found = []
    for block in stream.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_a_run_is_followed_to_its_end(city: TestClient, worker: Worker) -> None:
    code = ask(city)
    with at_work(worker):
        answer = city.get(f"{API}/{code}/events", params={"lang": "zh-CN"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer.text)
    assert [name for name, _ in events] == ["run"] * (len(events) - 1) + ["end"]
    states = [data["state"] for _, data in events]
    assert states == sorted(states, key=["QUEUED", "RUNNING", "DONE"].index)
    assert states[-1] == "DONE"
    assert events[-1][1]["plan"] == show(city, code)["plan"]
    told = [data["progress"]["text"] for _, data in events if data["state"] == "RUNNING"]
    assert all("正在" in text or "排队" in text for text in told)
    # Who comes late hears the end at once.
    assert [name for name, _ in events_of(city.get(f"{API}/{code}/events").text)] == ["end"]
    assert city.get(f"{API}/RUN-X/events").status_code == 404


def test_every_step_is_in_the_audit_trail(city: TestClient, worker: Worker, database: Database) -> None:
    done, cancelled = ask(city), ask(city)
    worker.step(NEVER)
    post(city, f"/plan-runs/{cancelled}/cancel", {})
    with database.read() as session:
        query = select(AuditRecord).where(AuditRecord.subject_kind == "plan_run").order_by(AuditRecord.seq)
        trail = [(row.subject_key, row.action, row.actor) for row in session.scalars(query)]
    assert trail == [
        (done, "PLAN_RUN_QUEUED", "operator"),
        (cancelled, "PLAN_RUN_QUEUED", "operator"),
        (done, "PLAN_RUN_STARTED", "worker here"),
        (done, "PLAN_RUN_DONE", "worker here"),
        (cancelled, "PLAN_RUN_CANCELLED", "operator"),
    ]
