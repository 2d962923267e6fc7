"""One portion planned: answered, put together, and proved; again in a slower way where one fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..arrays.decompose import Portion
from ..arrays.tables import Tables, roads_of, tables_of
from ..explain.price_of_fairness import prices_of_fairness
from ..explain.sensitivity import Candidate, candidates_of
from ..lp.highs import Clock
from ..model.bulk_rows import no_collecting
from ..model.errors import SolverFailedError
from ..model.plan import FairnessPrice, Plan
from ..model.problem import Problem
from ..verify.check import check_portion
from ..verify.facts import Ways as KnownWays
from .assemble import NetworkAnswer, Piece, assemble_piece, plan_of
from .component import Ways
from .component_pool import Beside
from .progress import Teller
from .run import Run

Pause = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is wanted of each portion; ``ways`` are tried in turn. ``in_step``: band after band, while there is time."""

    ways: tuple[Ways, ...]
    gains_max: int
    prices: bool
    check: bool
    in_step: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A portion's plan as columns, the limits that are worth a try, how many arcs it has, and the price of fairness.

    ``plan`` has the rows of the piece, where they were made already.
    """

    piece: Piece
    candidates: tuple[Candidate, ...]
    arcs: int
    prices: tuple[FairnessPrice, ...]
    complete: bool
    plan: Plan | None

    def without_rows(self) -> Planned:
        """What is handed to another process."""
        return replace(self, plan=None)


class Planner:
    """Plans portions of a problem; what they have in common is made once."""

    def __init__(self, problem: Problem, task: Task, beside: Beside | None = None) -> None:
        """``problem`` needs only the tables that all portions share. ``beside`` are other processes for components."""
        self._task = task
        self._beside = beside
        self._roads = roads_of(problem)
        self._known = KnownWays(problem) if task.check else None

    def planned(self, portion: Portion, clock: Clock, teller: Teller, pause: Pause) -> Planned:
        """The proved plan of a portion.

        ``pause`` is called now and then and may raise to end the work. Raises SolverTimeLimitError, CancelledError,
        and SolverFailedError when no solver answers or the plan fails its own check: a wrong plan is never returned.
        """
        tables = tables_of(portion.problem, self._roads)
        said: list[str] = []
        for ways in self._task.ways:
            run = Run(tables, ways, clock, teller, in_step=self._task.in_step, pause=pause, beside=self._beside)
            try:
                answers = run.answers()
                with no_collecting():
                    # Once the time limit has passed it is not asked any more.
                    return self._proved(portion, tables, run, answers, pause if run.complete else run.clock.check)
            except SolverFailedError as error:
                said.append(str(error))
                teller.finish(-run.finished)
        raise SolverFailedError("; then ".join(dict.fromkeys(said)))

    def _proved(
        self, portion: Portion, tables: Tables, run: Run, answers: list[NetworkAnswer], pause: Pause
    ) -> Planned:
        parts = [part for answer in answers for part in answer.parts]
        candidates: list[Candidate] = []
        prices: tuple[FairnessPrice, ...] = ()
        if run.complete:
            candidates = candidates_of(parts, self._task.gains_max, portion.number)
            if self._task.prices:
                prices = prices_of_fairness(tables, parts, run.ways, run.clock)
        arcs = sum(part.component.system.arcs for part in parts)
        piece = assemble_piece(tables, answers, portion.demands, stop=pause)
        plan: Plan | None = None
        if self._known is not None:
            plan = plan_of(piece, portion.problem, status="optimal" if run.complete else "partial")
            findings = check_portion(portion.problem, plan, self._known, stop=pause)
            if findings:
                more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
                raise SolverFailedError(f"the plan failed its own check: {findings[0]}{more}")
        return Planned(
            piece=piece, candidates=tuple(candidates), arcs=arcs, prices=prices, complete=run.complete, plan=plan
        )
