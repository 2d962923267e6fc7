"""Components answered side by side, each in a process of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context

from solver.answer import Answer, Ways, answer_component
from solver.components import Component
from solver.errors import SolverFailedError
from solver.highs import Clock

POLL_SECONDS = 0.2
BATCHES_A_PROCESS = 4
"""Enough parts that no process waits long for the last one, few enough that handing over stays cheap."""


def answer_side_by_side(
    components: Sequence[Component], change_penalty: float, ways: Ways, clock: Clock, processes: int
) -> list[Answer]:
    """The answers, in the order of the components; the same as one process would give.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError; then no process is left running.
    """
    batches = _batches(components, processes * BATCHES_A_PROCESS)
    pool = ProcessPoolExecutor(min(processes, len(batches)), mp_context=get_context("spawn"))
    try:
        seconds = None if math.isinf(clock.remaining()) else clock.remaining()
        futures = [
            pool.submit(_answer_batch, [components[at] for at in batch], change_penalty, ways, seconds)
            for batch in batches
        ]
        _wait(futures, clock)
        answers: dict[int, Answer] = {}
        for batch, future in zip(batches, futures, strict=True):
            answers.update(zip(batch, future.result(), strict=True))
        return [answers[at] for at in range(len(components))]
    except BaseException:
        _stop(pool)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _answer_batch(
    components: Sequence[Component], change_penalty: float, ways: Ways, seconds: float | None
) -> list[Answer]:
    clock = Clock(seconds)
    return [answer_component(component, change_penalty, ways, clock) for component in components]


def _wait(futures: Sequence[Future[list[Answer]]], clock: Clock) -> None:
    pending = set(futures)
    while pending:
        clock.check()
        done, pending = wait(pending, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION)
        for future in done:
            error = future.exception()
            if error is None:
                continue
            if type(error).__name__ == "BrokenProcessPool":
                raise SolverFailedError("a solving process ended before it had answered") from error
            raise error


def _stop(pool: ProcessPoolExecutor) -> None:
    """Ends the workers at once: they hold nothing that could be left half done."""
    for process in list((pool._processes or {}).values()):
        process.terminate()


def _batches(components: Sequence[Component], count: int) -> list[list[int]]:
    """Parts of about equal work, by arcs; the largest components are dealt first."""
    loads = [0] * min(count, len(components))
    parts: list[list[int]] = [[] for _ in loads]
    for at in sorted(range(len(components)), key=lambda at: (-len(components[at].arcs), at)):
        lightest = loads.index(min(loads))
        loads[lightest] += len(components[at].arcs) + 1
        parts[lightest].append(at)
    return [part for part in parts if part]
