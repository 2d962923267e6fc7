"""The worker: takes up plan runs one after the other, lets a solver process compute, and writes what came of it.

The same code runs beside an SQLite service (`tongchou serve` starts it) and on any number of machines beside a
PostgreSQL server (`tongchou worker`). Nothing is kept but the rows: a worker that is killed loses only its time.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError, DatabaseUnavailableError, Fault, ServiceError
from app.core.trail import acting_from
from app.core.work import Work
from app.planning.commitments.service import bind_received
from app.planning.lapsing import CALENDAR, lapse_all, lapse_passed
from app.planning.plans.service import (
    begin_plan,
    fail_plan,
    keep_answer,
    problem_text,
    problem_without_directives,
)
from app.planning.policies.models import Policy
from app.planning.runs import service as runs
from app.planning.runs.service import Claim, RunLostError
from app.planning.runs.signs import SIGN_SECONDS, sign
from app.planning.runs.types import RunKind
from app.planning.scenarios import service as scenarios
from app.planning.snapshot.facts import Snapshot, take_snapshot
from app.planning.snapshot.previous import staying_near
from app.planning.solving.process import PlanFailedError, Progress, SolverGoneError, SolverProcess

IDLE_SECONDS = 0.5
"""A worker without work looks for some so often."""

OUTAGE_SECONDS_MAX = 30.0
"""While the database does not answer, it is asked after twice as long each time, up to so long."""

LOOK_SECONDS = 0.25
"""While the solver works, the worker looks so often whether the run is still its own: a cancel takes effect then."""

REPORT_SECONDS = 0.5
"""How far the solver is is written so often at most."""

HEARTBEAT_SECONDS = 3.0
"""A sign of life is written so often at least; far below `runs.STALE_AFTER`."""

SWEEP_SECONDS = 3.0
"""So often a worker looks for runs whose workers are silent."""

CHORE_SECONDS = SIGN_SECONDS
"""The chores of other domains are done so often, with the sign of life."""

TRIES = 5
"""What finds the database busy is tried so often."""

_log = logging.getLogger(__name__)

Found = TypeVar("Found")


class StopFlag(Protocol):
    """What tells a worker to stop; `threading.Event` and `multiprocessing.Event` do."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


class StoppedError(Exception):
    """The worker was told to stop in the middle of a run."""


def worker_name() -> str:
    """This process by machine and number."""
    return f"worker {socket.gethostname()}:{os.getpid()}"[:200]


class Outage:
    """A database that does not answer: told in one line when it begins and when it ends, and asked less and less."""

    def __init__(self) -> None:
        self._wait = IDLE_SECONDS / 2

    def goes_on(self, error: DatabaseUnavailableError) -> float:
        """How many seconds to wait now."""
        if self._wait < IDLE_SECONDS:
            _log.warning("The database does not answer (%s); it is asked again.", error.__cause__)
        self._wait = min(self._wait * 2, OUTAGE_SECONDS_MAX)
        return self._wait

    def is_over(self) -> None:
        """The database has answered."""
        if self._wait >= IDLE_SECONDS:
            _log.warning("The database answers again.")
        self._wait = IDLE_SECONDS / 2


class Worker:
    """Takes up runs until it is told to stop."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        time_limit_seconds: float,
        processes: int = 1,
        name: str | None = None,
        chores: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._time_limit_seconds = time_limit_seconds
        self._processes = processes
        self._name = name or worker_name()
        self._sweep_at = 0.0
        self._lapsed_on: date | None = None
        self._chores = chores
        self._chore_at = 0.0

    def run(self, stop: StopFlag) -> None:
        """Work until the flag is set. A database that does not answer is asked again; nothing ends a worker."""
        outage = Outage()
        while not stop.is_set():
            try:
                worked = self.step(stop)
                outage.is_over()
            except DatabaseUnavailableError as error:
                stop.wait(outage.goes_on(error))
                continue
            except Exception:
                _log.exception("A worker's step failed; it goes on.")
                worked = False
            if not worked:
                stop.wait(IDLE_SECONDS)

    def step(self, stop: StopFlag) -> bool:
        """Queue again what others have lost, and carry out one run; was there one?"""
        with acting_from(self._name):
            now = time.monotonic()
            if now >= self._sweep_at:
                self._sweep_at = now + SWEEP_SECONDS
                runs.requeue_stale(self._database, self._name, self._clock)
                self._begin_day()
            if now >= self._chore_at:
                self._chore_at = now + CHORE_SECONDS
                self._do_chores()
            claim = runs.claim_next(self._database, self._name, self._clock)
            if claim is None:
                return False
            try:
                self._carry_out(claim, stop)
            except RunLostError:
                _log.info("Run %s was taken away.", claim.code)
            except StoppedError:
                runs.release(self._database, claim, self._clock)
            except ServiceError as refusal:
                self._fail(claim, refusal.faults or (Fault(refusal.code, refusal.title),))
            except Exception:
                _log.exception("Run %s ended in an error of the program.", claim.code)
                self._fail(claim, (Fault("internal", "The program itself made a mistake; its log says more."),))
            return True

    def _begin_day(self) -> None:
        """Once a day, and when the worker starts: needs whose days have passed lapse."""
        today = self._clock.today()
        if today != self._lapsed_on:
            self._try(lambda: lapse_all(self._database, self._clock))
            self._lapsed_on = today

    def _do_chores(self) -> None:
        for chore in (self._sign, *self._chores):
            try:
                chore()
            except DatabaseUnavailableError:
                raise
            except Exception:
                _log.exception("A chore failed; plans are computed all the same.")

    def _sign(self) -> None:
        sign(self._database, self._name, self._clock)

    def _carry_out(self, claim: Claim, stop: StopFlag) -> None:
        if claim.kind is RunKind.SCENARIO:
            problem_json = self._try(lambda: scenarios.problem_of_run(self._database, claim))
            document = self._solve(claim, problem_json, stop)
            self._try(lambda: scenarios.keep_answer(self._database, claim, document, clock=self._clock))
            return
        snapshot = self._try(lambda: self._snapshot(claim))
        try:
            document = self._solve(claim, problem_text(snapshot), stop)
        except PlanFailedError as error:
            failure = error
            self._try(lambda: self._keep(claim, snapshot, failure))
        else:
            without = self._solve_without_directives(claim, snapshot, stop)
            self._try(lambda: self._keep(claim, snapshot, document, without))

    def _solve_without_directives(self, claim: Claim, snapshot: Snapshot, stop: StopFlag) -> dict[str, Any] | None:
        """The answer without the directives, for what they cost; None where there are none, or no answer in time."""
        text = problem_without_directives(snapshot)
        try:
            return self._solve(claim, text, stop) if text is not None else None
        except PlanFailedError as error:
            _log.warning("What the directives of run %s cost is not known: %s", claim.code, error)
            return None

    def _snapshot(self, claim: Claim) -> Snapshot:
        runs.report(self._database, claim, Progress(stage="snapshot", done=0.0), self._clock)
        with self._database.write() as session:
            run = runs.lock_claimed(session, claim)
            bind_received(Work(session, claim.asked_by, self._clock), run.program)
        with self._database.write() as session:
            run = runs.lock_claimed(session, claim)
            lapse_passed(Work(session, CALENDAR, self._clock), run.program)
        with self._database.write() as session:
            run = runs.lock_claimed(session, claim)
            return staying_near(take_snapshot(session, run.policy, run.start), run.follows)

    def _solve(self, claim: Claim, problem_json: str, stop: StopFlag) -> dict[str, Any]:
        """The solver's answer. Raises `PlanFailedError`; `RunLostError` and `StoppedError` with the solver killed."""
        news: Progress | None = None
        heard_at, looked_at = time.monotonic(), 0.0
        with SolverProcess(problem_json, self._time_limit_seconds, self._processes) as process:
            while True:
                said = process.wait(LOOK_SECONDS)
                if isinstance(said, dict):
                    return said
                news = said or news
                if stop.is_set():
                    raise StoppedError
                now = time.monotonic()
                if now - heard_at >= (REPORT_SECONDS if news is not None else HEARTBEAT_SECONDS):
                    if self._report(claim, news):
                        heard_at, news = now, None
                elif now - looked_at >= LOOK_SECONDS:
                    looked_at = now
                    if not self._is_held(claim):
                        raise RunLostError(claim.code)

    def _is_held(self, claim: Claim) -> bool:
        """Whether the run is still this worker's; while the database cannot say so, the solver works on."""
        try:
            return runs.is_held(self._database, claim)
        except BusyError:
            return True

    def _report(self, claim: Claim, news: Progress | None) -> bool:
        try:
            runs.report(self._database, claim, news, self._clock)
        except BusyError:
            return False  # tried again at the next look
        return True

    def _keep(
        self,
        claim: Claim,
        snapshot: Snapshot,
        answer: dict[str, Any] | PlanFailedError,
        without: dict[str, Any] | None = None,
    ) -> None:
        """Store the plan and end the run in one transaction, fenced by the token: twice is impossible."""
        actor, clock = claim.asked_by, self._clock
        with self._database.write() as session:
            run = runs.lock_claimed(session, claim)
            if isinstance(answer, SolverGoneError):
                runs.fail(session, run, answer.faults, clock=clock)
                return
            policy = session.get_one(Policy, run.policy_id)
            plan = begin_plan(Work(session, actor, clock), policy, run.start, run.follows, snapshot)
            if isinstance(answer, PlanFailedError):
                fail_plan(Work(session, actor, clock), plan, answer)
                runs.fail(session, run, answer.faults, clock=clock, plan=plan)
            else:
                keep_answer(Work(session, actor, clock), plan, snapshot, answer, without)
                runs.finish(session, run, plan, clock=clock)

    def _fail(self, claim: Claim, faults: tuple[Fault, ...]) -> None:
        def write() -> None:
            with self._database.write() as session:
                runs.fail(session, runs.lock_claimed(session, claim), faults, clock=self._clock)

        try:
            self._try(write)
        except RunLostError:
            _log.info("Run %s was taken away.", claim.code)

    def _try(self, act: Callable[[], Found]) -> Found:
        """What the act gives; a busy database is given time, and one that does not answer as much as it needs.

        So an answer that took minutes to compute outlives an outage: whether the run is still this worker's is asked
        by the act itself.
        """
        tries, outage = 0, Outage()
        while True:
            try:
                found = act()
            except DatabaseUnavailableError as error:
                time.sleep(outage.goes_on(error))
            except BusyError:
                tries += 1
                if tries == TRIES:
                    raise
                time.sleep(IDLE_SECONDS)
            else:
                outage.is_over()
                return found
