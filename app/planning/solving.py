"""Calls the solver in a process of its own: it never slows the answers of the service, and it can be killed."""

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any, Self

from app.errors import ConflictError, ServiceError
from solver import SolverError, parse_problem
from solver.engine import Options, Step, solve
from solver.errors import SolverTimeLimitError
from solver.plan_json import plan_to_json

TELL_SECONDS = 0.2
"""The solver's process tells how far it is so often at most."""


class PlanFailedError(ConflictError):
    """The solver gave no proved plan within its limits; the reason is named and nothing was planned."""

    code = "plan_failed"
    title = "No plan could be computed."


class SolverGoneError(PlanFailedError):
    """The solver's process ended without a word: it was killed, or the machine ran out of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a solve is; the words are those of `solver.Step`, `done` is the part of all needs that is settled."""

    stage: str
    done: float
    band: str = ""
    component: int = 0
    components: int = 0
    group: int = 0
    groups: int = 0


def _failed(error: SolverError, time_limit_seconds: float) -> ServiceError:
    if isinstance(error, SolverTimeLimitError):
        message = "No plan was found within {seconds} seconds."
        return PlanFailedError.of(message, code="solver_time_limit", seconds=f"{time_limit_seconds:g}")
    return PlanFailedError.of("The solver stopped: {reason}.", reason=str(error))


def solve_document(
    problem_json: str, time_limit_seconds: float, tell: Callable[[Progress], None] | None = None
) -> dict[str, Any]:
    """The `tongchou.plan/1` document of a `tongchou.problem/1` text; raises `PlanFailedError`."""

    def pass_on(step: Step) -> None:
        assert tell is not None
        tell(
            Progress(
                stage=step.stage, done=step.done, band=step.band, component=step.component,
                components=step.components, group=step.group, groups=step.groups,
            )
        )  # fmt: skip

    options = Options(time_limit_seconds=time_limit_seconds, progress=pass_on if tell is not None else None)
    try:
        plan = solve(parse_problem(json.loads(problem_json)), options)
    except SolverError as error:
        raise _failed(error, time_limit_seconds) from error
    return plan_to_json(plan)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os.killpg(os.getpid(), signal.SIGKILL)


def _work(connection: Connection, problem_json: str, time_limit_seconds: float) -> None:
    # A group of its own: it is ended as a whole, and Ctrl-C in a terminal is for the service to decide on.
    os.setpgrp()
    # Whoever asked may be killed without a chance to end this process; then nobody waits for the answer.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    told_at = 0.0

    def tell(progress: Progress) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= TELL_SECONDS:
            told_at = now
            connection.send(progress)

    try:
        connection.send(solve_document(problem_json, time_limit_seconds, tell))
    except PlanFailedError as error:
        connection.send(error.faults)
    connection.close()


class SolverProcess:
    """A solve in a spawned process. Use it as a context: at the end of the block the process is gone."""

    def __init__(self, problem_json: str, time_limit_seconds: float) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_work, args=(theirs, problem_json, time_limit_seconds), name="tongchou-solver"
        )
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kills the process and those it has started, unless they have ended by themselves."""
        if self._process.is_alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
            self._process.kill()
        self._process.join()
        self._process.close()
        self._connection.close()

    @property
    def _pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    def wait(self, seconds: float) -> Progress | dict[str, Any] | None:
        """What it says next: how far it is, or the plan's document; None when it says nothing for so long.

        Raises `PlanFailedError` when it gives no plan.
        """
        if not self._connection.poll(seconds):
            return None
        try:
            said = self._connection.recv()
        except EOFError as error:
            message = "The solver's process ended before it had a plan."
            raise SolverGoneError.of(message, code="solver_gone") from error
        if isinstance(said, tuple):
            raise PlanFailedError(*said)
        told: Progress | dict[str, Any] = said
        return told


def solve_apart(problem_json: str, time_limit_seconds: float) -> dict[str, Any]:
    """As `solve_document`, in a process of its own; one that dies is a `PlanFailedError` too."""
    with SolverProcess(problem_json, time_limit_seconds) as process:
        while True:
            said = process.wait(60.0)
            if isinstance(said, dict):
                return said
