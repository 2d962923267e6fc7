"""Calls the solver in a process of its own: it never slows the answers of the service, and it can be killed."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from app.core.errors import ConflictError, Fault, ServiceError
from app.planning.solving.joining import join_departures
from solver import Options, SolverError, SolverTimeLimitError, Step, parse_problem, plan_to_json, solve

CHILD = "app.planning.solving.child"
CHUNK_BYTES = 2**20


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
    problem_json: str,
    time_limit_seconds: float,
    tell: Callable[[Progress], None] | None = None,
    *,
    processes: int = 1,
) -> dict[str, Any]:
    """The `tongchou.plan/1` document of a `tongchou.problem/1` text, with the price of fairness and joined departures.

    When the time limit passes, the solver is given as long again to settle band after band: the bands that it has
    proved by then are a partial plan. Raises `PlanFailedError` where not even one is.
    """

    def pass_on(step: Step) -> None:
        assert tell is not None
        tell(
            Progress(
                stage=step.stage,
                done=step.done,
                band=step.band,
                component=step.component,
                components=step.components,
                group=step.group,
                groups=step.groups,
            )
        )

    options = Options(
        time_limit_seconds=time_limit_seconds,
        processes=processes,
        progress=pass_on if tell is not None else None,
        price_of_fairness=True,
    )
    problem = parse_problem(json.loads(problem_json))
    try:
        try:
            plan = solve(problem, options)
        except SolverTimeLimitError:
            # Whole first: band by band it cannot be divided, and takes longer.
            plan = solve(problem, replace(options, partial=True, processes=1, price_of_fairness=False))
    except SolverError as error:
        raise _failed(error, time_limit_seconds) from error
    return plan_to_json(join_departures(problem, plan))


class SolverProcess:
    """A solve in a process of its own. Use it as a context: at the end of the block the process is gone."""

    def __init__(self, problem_json: str, time_limit_seconds: float, processes: int = 1) -> None:
        # A group of its own: it is ended as a whole, and Ctrl-C in a terminal is for the service to decide on.
        self._process = subprocess.Popen(  # noqa: S603 - our own program, nobody's words in it
            [sys.executable, "-m", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asking, self._answers = self._process.stdin, self._process.stdout
        self._heard: list[bytes] = []
        asked = json.dumps({"problem": problem_json, "time_limit_seconds": time_limit_seconds, "processes": processes})
        # In a thread: a large problem goes only as fast as it is read, and a process that hangs may never read.
        self._teller = threading.Thread(target=self._ask, args=(asked.encode() + b"\n",), daemon=True)
        self._teller.start()

    def _ask(self, asked: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it is gone; `wait` says so
            self._asking.write(asked)
            self._asking.flush()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kills the process and those it has started, unless they have ended by themselves."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._teller.join()
        with contextlib.suppress(BrokenPipeError):
            self._asking.close()
        self._answers.close()

    @property
    def pid(self) -> int:
        """The number of the process, which is also that of its group."""
        return self._process.pid

    def wait(self, seconds: float) -> Progress | dict[str, Any] | None:
        """What it says next: how far it is, or the plan's document; None when it says nothing for so long.

        Raises `PlanFailedError` when it gives no plan.
        """
        line = self._line(seconds)
        if line is None:
            return None
        said = json.loads(line)
        if "progress" in said:
            return Progress(**said["progress"])
        if "faults" in said:
            raise PlanFailedError(*(Fault(**fault) for fault in said["faults"]))
        document: dict[str, Any] = said["plan"]
        return document

    def _line(self, seconds: float) -> bytes | None:
        """The next whole line, None when it does not come in time; raises `SolverGoneError`."""
        ready = select.poll()
        ready.register(self._answers, select.POLLIN | select.POLLHUP)
        ends_at = time.monotonic() + seconds
        while not self._heard or b"\n" not in self._heard[-1]:
            if not ready.poll(max(0.0, ends_at - time.monotonic()) * 1000):
                return None
            heard = os.read(self._answers.fileno(), CHUNK_BYTES)
            if not heard:
                message = "The solver's process ended before it had a plan."
                raise SolverGoneError.of(message, code="solver_gone")
            self._heard.append(heard)
        last, _, rest = self._heard.pop().partition(b"\n")
        line = b"".join([*self._heard, last])
        self._heard = [rest] if rest else []
        return line
