"""Workers against each other, and workers that are lost: every run is computed by one, and none is forgotten."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.auth import Actor
from app.catalog.types import Program
from app.commands.worker import work, workers_beside
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError
from app.core.rights import ALL_RIGHTS
from app.core.settings import Settings
from app.core.work import Work
from app.planning.plans.models import AllocationPlan
from app.planning.plans.schemas import NewPlan
from app.planning.runs import service as runs
from app.planning.runs.models import PlanRun
from app.planning.runs.service import STALE_AFTER, Claim, RunLostError
from app.planning.runs.types import RunState
from app.planning.worker import Worker
from tests.planning.city import need, receive
from tests.seeding import seeding

WORKERS = 16
RUNS = 40
ASKER = Actor.system("planner", ALL_RIGHTS)
NEVER = threading.Event()


@pytest.fixture(autouse=True)
def city(client: TestClient, planning_city: None) -> None:
    receive(client, "n95", 50, "L1")
    need(client, "second", "n95", 100)


def ask(database: Database, clock: Clock, count: int = 1) -> list[str]:
    with database.write() as session:
        new = NewPlan(program=Program.MEDICAL)
        return [runs.ask_for_plan(Work(session, ASKER, clock), new).code for _ in range(count)]


def run_of(database: Database, code: str) -> PlanRun:
    with database.read() as session:
        return runs.run_by_code(session, code)


def later(clock: Clock, seconds: float) -> Clock:
    return Clock(clock.city_zone, lambda: clock.now() + timedelta(seconds=seconds))


def claims_of(claim: Callable[[str], str | None]) -> Counter[str]:
    """How often each run was claimed when many workers claim until there is nothing left."""
    start = threading.Barrier(WORKERS, timeout=60)

    def take(name: str) -> list[str]:
        taken, misses = [], 0
        start.wait()
        while misses < 3:
            try:
                code = claim(name)
            except BusyError:
                continue
            misses = 0 if code is not None else misses + 1
            taken += [code] if code is not None else []
        return taken

    with ThreadPoolExecutor(WORKERS) as pool:
        return Counter(code for taken in pool.map(take, [f"w{n}" for n in range(WORKERS)]) for code in taken)


def claim_all(database: Database, clock: Clock) -> Counter[str]:
    """As many rounds as it takes: who loses three races in a row goes home."""
    counts: Counter[str] = Counter()

    def claim(name: str) -> str | None:
        found = runs.claim_next(database, name, clock)
        return found.code if found is not None else None

    while True:
        with database.read() as session:
            if session.scalars(select(PlanRun).where(PlanRun.state == RunState.QUEUED)).first() is None:
                return counts
        counts += claims_of(claim)


def test_each_run_is_claimed_by_one_worker(database: Database, clock: Clock) -> None:
    codes = ask(database, clock, RUNS)
    assert claim_all(database, clock) == dict.fromkeys(codes, 1)


def test_looking_before_writing_is_not_enough(database: Database, clock: Clock) -> None:
    """The same harness with a claim that looks and then writes: runs are claimed more than once, so it bites."""
    codes = ask(database, clock, RUNS)

    def claim(name: str) -> str | None:
        with database.read() as session:
            run = session.scalars(select(PlanRun).where(PlanRun.state == RunState.QUEUED).order_by(PlanRun.id)).first()
        if run is None:
            return None
        time.sleep(0.001)
        with seeding(database) as session:
            taken = {"state": RunState.RUNNING, "token": name, "version": PlanRun.version + 1}
            session.execute(update(PlanRun).where(PlanRun.id == run.id).values(taken))
        return run.code

    counts = claims_of(claim)
    assert set(counts) <= set(codes)
    assert max(counts.values()) > 1


def test_who_has_lost_a_run_can_write_nothing_more(database: Database, clock: Clock) -> None:
    (code,) = ask(database, clock)
    first = runs.claim_next(database, "first", clock)
    assert first is not None
    assert runs.requeue_stale(database, "second", clock) == []
    past = later(clock, STALE_AFTER.total_seconds() + 1)
    assert runs.requeue_stale(database, "second", past) == [code]
    second = runs.claim_next(database, "second", past)
    assert second is not None
    assert second.token != first.token
    acts: list[Callable[[Claim], Any]] = [
        lambda claim: runs.report(database, claim, None, past),
        lambda claim: _finish(database, claim, past),
    ]
    for act in acts:
        with pytest.raises(RunLostError):
            act(first)
    runs.release(database, first, past)
    assert not runs.is_held(database, first)
    assert runs.is_held(database, second)
    assert run_of(database, code).worker == "second"
    with database.read() as session:
        assert session.scalars(select(AllocationPlan)).all() == []


def _finish(database: Database, claim: Claim, clock: Clock) -> None:
    with database.write() as session:
        runs.fail(session, runs.lock_claimed(session, claim), [], clock=clock)


def test_a_run_that_loses_every_worker_fails(database: Database, clock: Clock) -> None:
    (code,) = ask(database, clock)
    for attempt in range(1, runs.ATTEMPTS_MAX + 1):
        past = later(clock, 60 * attempt)
        assert runs.claim_next(database, "weak", past) is not None
        assert runs.requeue_stale(database, "strong", later(past, 30)) == [code]
    run = run_of(database, code)
    assert (run.state, run.faults[0]["code"], run.attempts) == (RunState.FAILED, "worker_lost", runs.ATTEMPTS_MAX)


def test_a_cancel_and_an_end_at_once_are_one_of_the_two(database: Database, clock: Clock) -> None:
    """Whichever comes first holds; the other is told."""
    outcomes: Counter[str] = Counter()
    for _ in range(20):
        (code,) = ask(database, clock)
        claim = runs.claim_next(database, "w", clock)
        assert claim is not None
        start = threading.Barrier(2, timeout=30)

        def end(claim: Claim = claim, start: threading.Barrier = start) -> bool:
            start.wait()
            try:
                _finish(database, claim, clock)
            except RunLostError:
                return False
            return True

        def cancel(code: str = code, start: threading.Barrier = start) -> bool:
            start.wait()
            try:
                with database.write() as session:
                    runs.cancel_run(Work(session, ASKER, clock), code)
            except runs.RunStateError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            ended, cancelled = pool.submit(end), pool.submit(cancel)
        assert ended.result() != cancelled.result()
        state = run_of(database, code).state
        assert state is (RunState.CANCELLED if cancelled.result() else RunState.FAILED)
        outcomes[state.value] += 1
    assert sum(outcomes.values()) == 20


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends_at, "waited for a minute"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Is it there and not a zombie?"""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_the_run_of_a_killed_worker_is_taken_up_again(database: Database, settings: Settings) -> None:
    """kill -9 in the middle of the solve: the solver ends by itself, and the next worker makes the plan."""
    clock = Clock(settings.city_zone)
    (code,) = ask(database, clock)
    process = get_context("spawn").Process(target=work, args=(settings, clock))
    process.start()
    assert process.pid is not None
    wait_until(lambda: run_of(database, code).stage == "snapshot" and children_of(process.pid or 0) != [])
    solvers = children_of(process.pid)
    # It must not finish before it is killed, however slow this test is.
    for solver in solvers:
        os.kill(solver, signal.SIGSTOP)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    process.close()
    for solver in solvers:
        os.kill(solver, signal.SIGCONT)
    wait_until(lambda: not any(map(is_alive, solvers)))
    lost = run_of(database, code)
    assert (lost.state, lost.attempts) == (RunState.RUNNING, 1)
    second = Worker(database, later(clock, STALE_AFTER.total_seconds() + 60), time_limit_seconds=60)
    assert second.step(NEVER)
    done = run_of(database, code)
    assert (done.state, done.attempts) == (RunState.DONE, 2)
    with database.read() as session:
        assert [plan.id for plan in session.scalars(select(AllocationPlan)).unique()] == [done.plan_id]


def test_a_worker_beside_the_service_is_started_again(database: Database, settings: Settings) -> None:
    clock = Clock(settings.city_zone)
    with workers_beside(settings, clock, 1):
        (first,) = ask(database, clock)
        wait_until(lambda: run_of(database, first).state is RunState.DONE)
        os.kill(int(run_of(database, first).worker.rpartition(":")[2]), signal.SIGKILL)
        (second,) = ask(database, clock)
        wait_until(lambda: run_of(database, second).state is RunState.DONE)
    assert run_of(database, first).worker != run_of(database, second).worker
    (third,) = ask(database, clock)
    time.sleep(1.5)
    assert run_of(database, third).state is RunState.QUEUED
