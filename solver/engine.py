"""From a problem to a proved plan: its answers, explanation, and the check; again in a slower way where one fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solver.answer import Ways
from solver.assemble import assemble_plan
from solver.backends import Choice
from solver.check import check_plan
from solver.errors import SolverFailedError
from solver.gains import LimitGain, quote_gains
from solver.highs import Clock
from solver.plan import FairnessPrice, Plan
from solver.price import prices_of_fairness
from solver.problem import Problem
from solver.progress import Step
from solver.run import Run
from solver.tables import tables_of

__all__ = ["Options", "Step", "solve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to solve: solver and method, seconds allowed in all, processes side by side, how many limits to quote
    a gain for (each costs a re-solve), whom to tell, whom to ask whether to go on.

    ``partial``: when the time limit passes, give the plan of the bands that are settled, marked ``partial``, in
    place of the error. Bands are then settled one after the other for all components, by one process.
    ``price_of_fairness``: also tell how much more of the need could be met if nobody were owed a fair share.
    """

    choice: Choice = "auto"
    method: str = "auto"
    time_limit_seconds: float | None = None
    processes: int = 1
    gains_max: int = 12
    progress: Callable[[Step], None] | None = None
    cancelled: Callable[[], bool] | None = None
    check: bool = True
    partial: bool = False
    price_of_fairness: bool = False


def solve(problem: Problem, options: Options | None = None) -> Plan:
    """The fair plan of a problem, explained and proved.

    Raises SolverTimeLimitError, CancelledError, and SolverFailedError when no solver answers or the plan fails
    its own check: a wrong plan is never returned.
    """
    options = options or Options()
    clock = Clock(options.time_limit_seconds, options.cancelled)
    clock.check()
    tables = tables_of(problem)
    said: list[str] = []
    for ways in _ways(options):
        try:
            run = Run(tables, ways, clock, options.processes, options.progress, in_step=options.partial)
            return _proved_plan(problem, run, options)
        except SolverFailedError as error:
            said.append(str(error))
    raise SolverFailedError("; then ".join(dict.fromkeys(said)))


def _ways(options: Options) -> list[Ways]:
    """What was asked for; where that leaves the choice, slower ways for when it fails or its plan is not proved."""
    ways = [Ways(choice=options.choice, method="program" if options.method == "program" else "auto")]
    if options.method != "program":
        ways.append(Ways(choice=options.choice, method="program"))
    if options.choice == "auto":
        ways.append(Ways(choice="cbc", method="program"))
    return ways


def _proved_plan(problem: Problem, run: Run, options: Options) -> Plan:
    answers = run.answers()
    parts = [part for answer in answers for part in answer.parts]
    gains: dict[tuple[int, int], LimitGain] = {}
    prices: tuple[FairnessPrice, ...] = ()
    if run.complete:
        run.meter.stage("gains")
        gains = quote_gains(parts, run.ways, run.clock, options.gains_max)
        if options.price_of_fairness:
            prices = prices_of_fairness(run.tables, parts, run.ways, run.clock)
    plan = assemble_plan(
        run.tables,
        answers,
        gains,
        status="optimal" if run.complete else "partial",
        prices=prices,
        stop=run.clock.check,
    )
    if options.check:
        run.meter.stage("check")
        findings = check_plan(problem, plan, stop=run.clock.check)
        if findings:
            more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
            raise SolverFailedError(f"the plan failed its own check: {findings[0]}{more}")
    return plan
