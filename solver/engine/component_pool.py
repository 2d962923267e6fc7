"""Solves the components of one subproblem in parallel worker processes.

Subproblems are solved in parallel by ``subproblem_pool``. Where all items are coupled there is only one, which may
still consist of components that share no limit: regions with stores, trucks and funds of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from ..arrays.components import Component
from ..explain.answers import ComponentAnswer
from ..leximin.sequential_lp import Progress
from ..lp.clock import Clock
from ..parameters import EngineParameters
from ..processes import WorkerPool
from .component import SolveStrategy, answer_component

Tell = Callable[[int, Progress], None]


class ComponentWorkers:
    """Worker processes for components, started when there is enough to do; a context manager after which none is
    left."""

    def __init__(self, others: int, parameters: EngineParameters) -> None:
        """``others``: workers besides this process."""
        self._others = others
        self._parameters = parameters
        self._pool = WorkerPool(others)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close(at_once=kind is not None)

    def worth_it(self, components: Sequence[Component]) -> bool:
        """Whether there is enough to do for more than one process."""
        arcs = [len(component.arcs) for component in components]
        return self._others > 0 and sum(arcs) - max(arcs, default=0) >= self._parameters.parallel_arcs_min

    def answers(
        self,
        components: Sequence[Component],
        change_penalty: float,
        strategy: SolveStrategy,
        clock: Clock,
        tell: Tell | None,
        finished: Callable[[Component], None],
    ) -> list[ComponentAnswer]:
        """The answers in the order of the components; the largest are begun first.

        ``tell`` hears how far a component of this process is, ``finished`` of each that is done. Raises
        SolverFailedError, SolverTimeLimitError, CancelledError.
        """
        left = deque(sorted(range(len(components)), key=lambda at: (-len(components[at].arcs), at)))
        found: dict[int, ComponentAnswer] = {}
        flying: dict[Future[ComponentAnswer], int] = {}

        def hand_out() -> None:
            # One is for this process.
            while len(left) > 1 and len(flying) < self._others * self._parameters.components_queued:
                at = left.popleft()
                try:
                    future = self._pool.submit(_answer, components[at], change_penalty, strategy, clock.seconds())
                except BrokenProcessPool:
                    left.append(at)
                    return
                flying[future] = at

        while left or flying:
            hand_out()
            if left:
                at = left.popleft()
                told = None if tell is None else (lambda progress, at=at: tell(at, progress))
                found[at] = answer_component(components[at], change_penalty, strategy, clock, told)
                finished(components[at])
            done, _ = wait(
                list(flying), timeout=0.0 if left else self._parameters.poll_seconds, return_when=FIRST_COMPLETED
            )
            clock.check()
            for future in done:
                at = flying.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    left.append(at)  # The process ended before its time; this one goes on without it.
                    self._others = 0
                    continue
                found[at] = future.result()
                finished(components[at])
        return [found[at] for at in range(len(components))]


def _answer(
    component: Component, change_penalty: float, strategy: SolveStrategy, seconds: float | None
) -> ComponentAnswer:
    return answer_component(component, change_penalty, strategy, Clock(seconds))
