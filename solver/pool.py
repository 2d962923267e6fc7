"""Components answered side by side, by processes of their own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from types import TracebackType
from typing import Any

from solver.answer import Answer, Ways, answer_component
from solver.bands import Progress
from solver.components import Component
from solver.errors import SolverFailedError
from solver.highs import Clock
from solver.packs import round_to_packs
from solver.packs_limits import PackFacts
from solver.system import Floats, Integers

POLL_SECONDS = 0.1
TELL_SECONDS = 0.1
LEVELS_TOLD_MAX = 128
"""The latest levels: a message this short passes a pipe as a whole, so one of a process that dies is never half."""

BATCHES_A_PROCESS = 4
"""Enough parts that no process waits long for the last one, few enough that handing over stays cheap."""


class Workers:
    """Processes that answer components; a context manager, after which none is left running."""

    def __init__(self, processes: int, change_penalty: float, ways: Ways, clock: Clock) -> None:
        self._processes = processes
        self._change_penalty = change_penalty
        self._ways = ways
        self._clock = clock
        # Spawned, not forked: a service has threads, and locks that a fork would copy in whatever state.
        context = get_context("spawn")
        self._queue: Any = context.SimpleQueue()
        self._pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(self._queue,))

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            # They hold nothing that could be left half done, and must not finish what nobody waits for.
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._queue.close()

    def answers(
        self,
        components: Sequence[Component],
        report: Callable[[int, Progress], None] | None = None,
        finish: Callable[[int], None] | None = None,
    ) -> list[Answer]:
        """The answers, in the order of the components; the same as one process would give.

        ``report`` is told, by numbers of components, how far those at work are (several times a second at most from
        each process), and ``finish`` which are done, both in this thread. Raises SolverFailedError,
        SolverTimeLimitError, CancelledError.
        """
        self._clock.check()
        left = self._clock.remaining()
        seconds = None if math.isinf(left) else left
        batches = _batches(components, self._processes * BATCHES_A_PROCESS)
        futures = [
            self._pool.submit(
                _answer_batch,
                batch,
                [components[at] for at in batch],
                self._change_penalty,
                self._ways,
                seconds,
                report is not None,
            )
            for batch in batches
        ]
        self._wait(dict(zip(futures, batches, strict=True)), report, finish)
        answers: dict[int, Answer] = {}
        for batch, future in zip(batches, futures, strict=True):
            answers.update(zip(batch, future.result(), strict=True))
        return [answers[at] for at in range(len(components))]

    def packs(self, relaxed: Sequence[tuple[PackFacts, Floats, Floats]]) -> list[Integers]:
        """What ``round_to_packs`` gives for each network with its relaxed shipments and its shares.

        Raises SolverFailedError, SolverTimeLimitError, CancelledError.
        """
        futures = [self._pool.submit(round_to_packs, *each) for each in relaxed]
        self._wait({future: [] for future in futures})
        return [future.result() for future in futures]

    def _wait(
        self,
        futures: Mapping[Future[Any], list[int]],
        report: Callable[[int, Progress], None] | None = None,
        finish: Callable[[int], None] | None = None,
    ) -> None:
        pending = set(futures)
        while pending:
            self._clock.check()
            done, pending = wait(pending, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            while report is not None and not self._queue.empty():
                report(*self._queue.get())
            for future in done:
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    raise SolverFailedError("a solving process ended before it had answered") from error
                if error is not None:
                    raise error
                if finish is not None:
                    for number in futures[future]:
                        finish(number)


_queue: Any = None
"""In a process of the pool: where to tell its progress."""


def _begin(queue: Any) -> None:
    global _queue
    _queue = queue


class _Teller:
    """Tells how far a process is, but not so often that telling costs more than working."""

    def __init__(self) -> None:
        self._next = 0.0

    def tell(self, number: int, progress: Progress) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + TELL_SECONDS
            _queue.put((number, replace(progress, levels=progress.levels[-LEVELS_TOLD_MAX:])))


def _answer_batch(
    numbers: Sequence[int],
    components: Sequence[Component],
    change_penalty: float,
    ways: Ways,
    seconds: float | None,
    told: bool,
) -> list[Answer]:
    clock, teller = Clock(seconds), _Teller()
    return [
        answer_component(component, change_penalty, ways, clock, partial(teller.tell, number) if told else None)
        for number, component in zip(numbers, components, strict=True)
    ]


def _batches(components: Sequence[Component], count: int) -> list[list[int]]:
    """Parts of about equal work, by arcs; the largest components are dealt first."""
    loads = [0] * min(count, len(components))
    parts: list[list[int]] = [[] for _ in loads]
    for at in sorted(range(len(components)), key=lambda at: (-len(components[at].arcs), at)):
        lightest = loads.index(min(loads))
        loads[lightest] += len(components[at].arcs) + 1
        parts[lightest].append(at)
    return [part for part in parts if part]
