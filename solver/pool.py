"""Components answered side by side, by processes of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType

from solver.answer import Answer, Ways, answer_component
from solver.components import Component
from solver.errors import SolverFailedError
from solver.highs import Clock

POLL_SECONDS = 0.2
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
        self._pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))

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

    def answers(self, components: Sequence[Component]) -> list[Answer]:
        """The answers, in the order of the components; the same as one process would give.

        Raises SolverFailedError, SolverTimeLimitError, CancelledError.
        """
        self._clock.check()
        left = self._clock.remaining()
        seconds = None if math.isinf(left) else left
        batches = _batches(components, self._processes * BATCHES_A_PROCESS)
        futures = [
            self._pool.submit(
                _answer_batch, [components[at] for at in batch], self._change_penalty, self._ways, seconds
            )
            for batch in batches
        ]
        self._wait(futures)
        answers: dict[int, Answer] = {}
        for batch, future in zip(batches, futures, strict=True):
            answers.update(zip(batch, future.result(), strict=True))
        return [answers[at] for at in range(len(components))]

    def _wait(self, futures: Sequence[Future[list[Answer]]]) -> None:
        pending = set(futures)
        while pending:
            self._clock.check()
            done, pending = wait(pending, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION)
            for future in done:
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    raise SolverFailedError("a solving process ended before it had answered") from error
                if error is not None:
                    raise error


def _answer_batch(
    components: Sequence[Component], change_penalty: float, ways: Ways, seconds: float | None
) -> list[Answer]:
    clock = Clock(seconds)
    return [answer_component(component, change_penalty, ways, clock) for component in components]


def _batches(components: Sequence[Component], count: int) -> list[list[int]]:
    """Parts of about equal work, by arcs; the largest components are dealt first."""
    loads = [0] * min(count, len(components))
    parts: list[list[int]] = [[] for _ in loads]
    for at in sorted(range(len(components)), key=lambda at: (-len(components[at].arcs), at)):
        lightest = loads.index(min(loads))
        loads[lightest] += len(components[at].arcs) + 1
        parts[lightest].append(at)
    return [part for part in parts if part]
