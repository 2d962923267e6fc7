"""Plans one subproblem: solves it, assembles and proves its plan; by a slower strategy where one fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..arrays.decompose import Subproblem
from ..arrays.tables import Tables, roads_of, tables_of
from ..explain.price_of_fairness import prices_of_fairness
from ..explain.sensitivity import Candidate, candidates_of
from ..lp.clock import Clock
from ..model.bulk_rows import collection_paused
from ..model.errors import SolverFailedError
from ..model.plan import FairnessPrice, Plan
from ..model.problem import Problem
from ..parameters import Parameters
from ..probe.check import LazyProbe
from ..verify.check import check_subproblem
from ..verify.facts import LaneIndex
from .assemble import NetworkAnswer, PlanColumns, assemble_columns, plan_of
from .component import SolveStrategy
from .component_pool import ComponentWorkers
from .progress import Reporter
from .run import Run

Pause = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningTask:
    """What is wanted of each subproblem; ``strategies`` are tried in turn.

    ``in_step``: settle band after band for all components, while there is time.
    """

    strategies: tuple[SolveStrategy, ...]
    gains_max: int
    prices: bool
    check: bool
    in_step: bool
    parameters: Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class SubproblemPlan:
    """A subproblem's plan as columns, the limits that are worth a try, how many arcs it has, and the price of fairness.

    ``plan`` has the rows of the piece, where they were made already.
    """

    piece: PlanColumns
    candidates: tuple[Candidate, ...]
    arcs: int
    prices: tuple[FairnessPrice, ...]
    complete: bool
    plan: Plan | None

    def without_rows(self) -> SubproblemPlan:
        """The same without rows: what is sent to another process."""
        return replace(self, plan=None)


class Planner:
    """Plans subproblems of a problem; what they have in common is made once."""

    def __init__(self, problem: Problem, task: PlanningTask, workers: ComponentWorkers | None = None) -> None:
        """``problem`` needs only the tables that all subproblems share; ``workers`` solve components in parallel."""
        self._task = task
        self._workers = workers
        self._roads = roads_of(problem)
        self._lane_index = LaneIndex(problem) if task.check else None

    def planned(self, subproblem: Subproblem, clock: Clock, reporter: Reporter, pause: Pause) -> SubproblemPlan:
        """The proved plan of a subproblem.

        ``pause`` is called now and then and may raise to end the work. Raises SolverTimeLimitError, CancelledError,
        and SolverFailedError when no solver answers or the plan fails its own check: a wrong plan is never returned.
        """
        tables = tables_of(subproblem.problem, self._roads)
        said: list[str] = []
        for strategy in self._task.strategies:
            run = Run(tables, strategy, clock, reporter, in_step=self._task.in_step, pause=pause, workers=self._workers)
            try:
                answers = run.answers()
                with collection_paused():
                    # Once the time limit has passed it is not asked any more.
                    return self._proved(subproblem, tables, run, answers, pause if run.complete else run.clock.check)
            except SolverFailedError as error:
                said.append(str(error))
                reporter.finish(-run.finished)
        raise SolverFailedError("; then ".join(dict.fromkeys(said)))

    def _proved(
        self, subproblem: Subproblem, tables: Tables, run: Run, answers: list[NetworkAnswer], pause: Pause
    ) -> SubproblemPlan:
        parameters = self._task.parameters
        parts = [part for answer in answers for part in answer.parts]
        candidates: list[Candidate] = []
        prices: tuple[FairnessPrice, ...] = ()
        if run.complete:
            candidates = candidates_of(parts, self._task.gains_max, parameters.explain, subproblem.number)
            if self._task.prices:
                prices = prices_of_fairness(tables, parts, run.strategy.choice, run.clock, parameters)
        arcs = sum(part.component.system.arcs for part in parts)
        piece = assemble_columns(tables, answers, subproblem.demands, parameters, stop=pause)
        plan: Plan | None = None
        if self._lane_index is not None:
            plan = plan_of(piece, subproblem.problem, status="optimal" if run.complete else "partial")
            findings = check_subproblem(
                subproblem.problem, plan, self._lane_index, parameters.proof, probe=LazyProbe, stop=pause
            )
            if findings:
                more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
                raise SolverFailedError(f"the plan failed its own check: {findings[0]}{more}")
        return SubproblemPlan(
            piece=piece, candidates=tuple(candidates), arcs=arcs, prices=prices, complete=run.complete, plan=plan
        )
