"""Plans subproblems in parallel: in this process and in worker processes."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.connection import Connection
from operator import attrgetter
from threading import RLock
from types import TracebackType
from typing import Any

from ..arrays.decompose import SHARED, Subproblem
from ..leximin.sequential_lp import Progress
from ..lp.clock import Clock
from ..model.bulk_rows import rows_of
from ..model.problem import Problem
from ..model.schema import TABLES
from ..processes import SPAWN, WorkerPool
from .planner import Planner, PlanningTask, SubproblemPlan
from .progress import Place, ProgressMeter, SubproblemReporter

Columns = dict[str, dict[str, list[Any]]]
Tables = dict[str, tuple[Any, ...]]
_NONE: Tables = {table.name: () for table in TABLES}


class SubproblemWorkers:
    """Plans subproblems with so many processes, this one among them; a context manager, after which no other is left.

    Each process takes the next subproblem when it has planned one, the largest first. What a process that ended before
    its time was to plan is planned by this one.
    """

    def __init__(
        self, processes: int, subproblems: Sequence[Subproblem], task: PlanningTask, clock: Clock, meter: ProgressMeter
    ) -> None:
        self._subproblems = subproblems
        self._task = task
        self._clock = clock
        self._meter = meter
        self._left = deque(sorted(range(len(subproblems)), key=lambda at: (-len(subproblems[at].demands), at)))
        self._flying: dict[Future[SubproblemPlan], int] = {}
        # Held while a subproblem passes from hand to hand: the pool's own thread gives the next one to a process.
        self._handing = RLock()
        self._others = min(processes, len(subproblems)) - 1
        self._reports, self._reporting = SPAWN.Pipe(duplex=False)
        head = _head(subproblems[0].problem)
        self._pool = WorkerPool(self._others, _begin, (self._reporting, SPAWN.Lock(), head, task, meter.told))

    def __enter__(self) -> SubproblemWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close(at_once=kind is not None)
        self._reports.close()
        self._reporting.close()

    def planned(self) -> Iterator[tuple[Subproblem, SubproblemPlan]]:
        """Every subproblem with its plan, as they are done.

        Raises SolverFailedError, SolverTimeLimitError, CancelledError.
        """
        for _ in range(self._others):
            self._hand_on()
        planner = Planner(self._subproblems[0].problem, self._task)
        while True:
            subproblem = self._next()
            if subproblem is not None:
                reporter = SubproblemReporter(self._meter, subproblem)
                yield subproblem, planner.planned(subproblem, self._clock, reporter, self._pause)
            elif not self._flying:
                return
            yield from self._arrived(0.0 if subproblem is not None else self._task.parameters.engine.poll_seconds)

    def _next(self) -> Subproblem | None:
        with self._handing:
            return self._subproblems[self._left.popleft()] if self._left else None

    def _hand_on(self, done: Future[SubproblemPlan] | None = None) -> None:
        """Gives the next subproblem to a process; the one that it has done, if any, must have gone well."""
        if done is not None and (done.cancelled() or done.exception() is not None):
            return
        with self._handing:
            subproblem = self._next()
            if subproblem is None:
                return
            head = replace(subproblem, problem=_with(subproblem.problem, _NONE))
            try:
                future = self._pool.submit(_planned, head, _dealt(subproblem.problem), self._clock.seconds())
            except RuntimeError:  # it is broken, or being closed
                self._left.appendleft(subproblem.number)
                return
            self._flying[future] = subproblem.number
        future.add_done_callback(self._hand_on)

    def _arrived(self, timeout: float) -> Iterator[tuple[Subproblem, SubproblemPlan]]:
        """What other processes have planned by now; looks at the clock."""
        done, _ = wait(list(self._flying), timeout=timeout, return_when=FIRST_COMPLETED)
        self._pause()
        for future in sorted(done, key=self._flying.__getitem__):
            with self._handing:
                number = self._flying.pop(future)
            subproblem, error = self._subproblems[number], future.exception()
            if isinstance(error, BrokenProcessPool):
                with self._handing:
                    self._left.append(number)
            elif error is not None:
                raise error
            else:
                self._meter.finished += len(subproblem.demands)
                yield subproblem, future.result()

    def _pause(self) -> None:
        """Passes on what the other processes tell; looks at the clock."""
        self._clock.check()
        while self._reports.poll():
            number, place, progress = self._reports.recv()
            self._meter.report(int(self._subproblems[number].groups[place.demand]), place, progress)


def _columns(problem: Problem, names: Sequence[str]) -> Columns:
    """Rows as columns: these are handed over ten times as fast."""
    return {
        table.name: {
            column.attribute: list(map(attrgetter(column.attribute), getattr(problem, table.name)))
            for column in table.columns
        }
        for table in TABLES
        if table.name in names
    }


def _rows(columns: Columns) -> Tables:
    return {table.name: tuple(rows_of(table.row, columns[table.name])) for table in TABLES if table.name in columns}


def _with(problem: Problem, tables: Tables) -> Problem:
    """The problem with some of its tables replaced."""
    changed: dict[str, Any] = dict(tables)
    return replace(problem, **changed)


def _head(problem: Problem) -> tuple[Problem, Columns]:
    """What all subproblems share."""
    return _with(problem, _NONE), _columns(problem, SHARED)


def _dealt(problem: Problem) -> Columns:
    return _columns(problem, [table.name for table in TABLES if table.name not in SHARED])


class _Worker:
    """The state of a worker process: what all subproblems share, and the pipe for its progress."""

    def __init__(
        self, reporting: Connection, lock: Any, head: tuple[Problem, Columns], task: PlanningTask, told: bool
    ) -> None:
        self._reporting = reporting
        self._lock = lock
        self._told = told
        self._parameters = task.parameters.engine
        self._next_report = 0.0
        self._head = _with(head[0], _rows(head[1]))
        self._planner = Planner(self._head, task)

    def planned(self, subproblem: Subproblem, columns: Columns, seconds: float | None) -> SubproblemPlan:
        """The plan of a subproblem whose rows come as columns."""
        subproblem = replace(subproblem, problem=_with(self._head, _rows(columns)))
        clock = Clock(seconds)
        reporter = _PipeReporter(self, subproblem.number)
        return self._planner.planned(subproblem, clock, reporter, clock.check).without_rows()

    @property
    def told(self) -> bool:
        """Whether anyone listens."""
        return self._told

    def tell(self, number: int, place: Place, progress: Progress) -> None:
        """Sends the progress of a component, at most every ``progress_seconds``, and not while the pipe is full: the
        first process may be busy."""
        now = time.monotonic()
        if now < self._next_report:
            return
        self._next_report = now + self._parameters.progress_seconds
        progress = replace(progress, levels=progress.levels[-self._parameters.progress_levels_max :])
        with self._lock:
            if select.select([], [self._reporting], [], 0)[1]:
                self._reporting.send((number, place, progress))


class _PipeReporter:
    """Sends the progress of one subproblem; finished demands are counted when the subproblem is done."""

    def __init__(self, worker: _Worker, number: int) -> None:
        self._worker = worker
        self._number = number
        self.told = worker.told

    def report(self, place: Place, progress: Progress) -> None:
        self._worker.tell(self._number, place, progress)

    def finish(self, demands: int) -> None:
        pass


_worker: _Worker | None = None


def _begin(reporting: Connection, lock: Any, head: tuple[Problem, Columns], task: PlanningTask, told: bool) -> None:
    global _worker
    _worker = _Worker(reporting, lock, head, task, told)


def _planned(subproblem: Subproblem, columns: Columns, seconds: float | None) -> SubproblemPlan:
    assert _worker is not None
    return _worker.planned(subproblem, columns, seconds)
