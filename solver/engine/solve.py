"""Solves a problem: decomposes it, plans the subproblems, merges and proves their plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..arrays.decompose import Decomposition, Subproblem
from ..arrays.limit_system import LimitSystem
from ..explain.sensitivity import LimitGain, quote_gains
from ..formats.problem_json import problem_digest
from ..leximin.settlement import Settlement
from ..lp.clock import Clock
from ..model.bulk_rows import collection_paused
from ..model.errors import SolverFailedError
from ..model.plan import Plan
from ..model.problem import Problem
from ..verify.facts import Finding
from ..verify.merged import division_findings, merged_findings
from .component import SolveStrategy, settle
from .component_pool import ComponentWorkers
from .merge import Merger
from .options import Options
from .planner import Planner, PlanningTask, SubproblemPlan
from .progress import ProgressMeter, SubproblemReporter
from .subproblem_pool import SubproblemWorkers

__all__ = ["solve"]


def solve(problem: Problem, options: Options | None = None) -> Plan:
    """The fair plan of a problem, explained and proved.

    Raises SolverTimeLimitError, CancelledError, and SolverFailedError when no solver answers or the plan fails
    its own check: a wrong plan is never returned.
    """
    options = options or Options()
    clock = Clock(options.time_limit_seconds, options.cancelled)
    clock.check()
    cut = Decomposition(problem, options.parameters.engine.subproblem_demands, whole=options.partial)
    subproblems = [cut.cut(number) for number in range(cut.count)]
    if options.check and len(subproblems) > 1:
        _refuse(division_findings(problem, [subproblem.problem for subproblem in subproblems]))
    meter = ProgressMeter(problem, cut.groups, options.progress)
    merger = Merger(problem, subproblems, options.gains_max)
    for subproblem, planned in _planned(subproblems, options, clock, meter):
        merger.add(subproblem, planned)
    clock = clock if merger.complete else clock.without_limit()
    clock.check()
    gains: dict[str, LimitGain] = {}
    if merger.complete:
        meter.stage("gains")
        gains = _gains(merger, options, clock)
    with collection_paused():
        plan = merger.plan(problem_digest(problem), gains)
        clock.check()
        if options.check:
            meter.stage("check")
            _refuse(merged_findings(problem, plan, merger.plans, options.parameters.proof))
    return plan


def _planned(
    subproblems: Sequence[Subproblem], options: Options, clock: Clock, meter: ProgressMeter
) -> Iterator[tuple[Subproblem, SubproblemPlan]]:
    """The subproblems with their plans, as they are done: here, or by several processes where there are subproblems
    for them."""
    task = PlanningTask(
        strategies=tuple(_strategies(options)),
        gains_max=options.gains_max,
        prices=options.price_of_fairness,
        check=options.check,
        in_step=options.partial,
        parameters=options.parameters,
    )
    if options.processes > 1 and len(subproblems) > 1:
        with SubproblemWorkers(options.processes, subproblems, task, clock, meter) as workers:
            yield from workers.planned()
        return
    # One subproblem has components, which may be answered side by side.
    with ComponentWorkers(options.processes - 1, options.parameters.engine) as workers:
        planner = Planner(subproblems[0].problem, task, workers)
        for subproblem in subproblems:
            yield subproblem, planner.planned(subproblem, clock, SubproblemReporter(meter, subproblem), clock.check)


def _strategies(options: Options) -> list[SolveStrategy]:
    """The strategy asked for, then slower ones for when it fails or its plan is not proved."""
    strategies = [SolveStrategy(choice=options.choice, method=options.method, parameters=options.parameters)]
    if options.method != "program":
        strategies.append(replace(strategies[0], method="program"))
    if options.choice == "auto":
        strategies.append(replace(strategies[0], choice="cbc", method="program"))
    return strategies


def _gains(merger: Merger, options: Options, clock: Clock) -> dict[str, LimitGain]:
    said: list[str] = []
    for strategy in _strategies(options):
        try:
            settle_again = partial(_settle, strategy, clock)
            return quote_gains(
                merger.candidates, merger.arcs, settle_again, options.gains_max, options.parameters.explain
            )
        except SolverFailedError as error:
            said.append(str(error))
    raise SolverFailedError("; then ".join(dict.fromkeys(said)))


def _settle(strategy: SolveStrategy, clock: Clock, system: LimitSystem) -> Settlement:
    clock.check()
    return settle(system, strategy, clock)


def _refuse(findings: Iterable[Finding]) -> None:
    for finding in findings:
        raise SolverFailedError(f"the plan failed its own check: {finding}")
