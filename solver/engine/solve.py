"""From a problem to a proved plan: planned in portions, which are joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..arrays.decompose import Portion, Portions
from ..explain.sensitivity import LimitGain, quote_gains
from ..formats.problem_json import problem_digest
from ..lp.highs import Clock
from ..model.bulk_rows import no_collecting
from ..model.errors import SolverFailedError
from ..model.plan import Plan
from ..model.problem import Problem
from ..verify.facts import Finding
from ..verify.merged import division_findings, joined_findings
from .component import Ways
from .component_pool import Beside
from .merge import Joined
from .options import Options
from .planner import Planned, Planner, Task
from .portion_pool import Workers
from .progress import Meter, PortionTeller

__all__ = ["solve"]


def solve(problem: Problem, options: Options | None = None) -> Plan:
    """The fair plan of a problem, explained and proved.

    Raises SolverTimeLimitError, CancelledError, and SolverFailedError when no solver answers or the plan fails
    its own check: a wrong plan is never returned.
    """
    options = options or Options()
    clock = Clock(options.time_limit_seconds, options.cancelled)
    clock.check()
    cut = Portions(problem, whole=options.partial)
    portions = [cut.cut(number) for number in range(cut.count)]
    if options.check and len(portions) > 1:
        _refuse(division_findings(problem, [portion.problem for portion in portions]))
    meter = Meter(problem, cut.groups, options.progress)
    joined = Joined(problem, portions, options.gains_max)
    for portion, planned in _planned(portions, options, clock, meter):
        joined.add(portion, planned)
    clock = clock if joined.complete else clock.without_limit()
    clock.check()
    gains: dict[str, LimitGain] = {}
    if joined.complete:
        meter.stage("gains")
        gains = _gains(joined, options, clock)
    with no_collecting():
        plan = joined.plan(problem_digest(problem), gains)
        clock.check()
        if options.check:
            meter.stage("check")
            _refuse(joined_findings(problem, plan, joined.plans))
    return plan


def _planned(
    portions: Sequence[Portion], options: Options, clock: Clock, meter: Meter
) -> Iterator[tuple[Portion, Planned]]:
    """The portions with their plans, as they are done: here, or by several processes where there are portions
    for them."""
    task = Task(
        ways=tuple(_ways(options)),
        gains_max=options.gains_max,
        prices=options.price_of_fairness,
        check=options.check,
        in_step=options.partial,
    )
    if options.processes > 1 and len(portions) > 1:
        with Workers(options.processes, portions, task, clock, meter) as workers:
            yield from workers.planned()
        return
    # One portion has components, which may be answered side by side.
    with Beside(options.processes - 1) as beside:
        planner = Planner(portions[0].problem, task, beside)
        for portion in portions:
            yield portion, planner.planned(portion, clock, PortionTeller(meter, portion), clock.check)


def _ways(options: Options) -> list[Ways]:
    """What was asked for; where that leaves the choice, slower ways for when it fails or its plan is not proved."""
    ways = [Ways(choice=options.choice, method=options.method)]
    if options.method != "program":
        ways.append(Ways(choice=options.choice, method="program"))
    if options.choice == "auto":
        ways.append(Ways(choice="cbc", method="program"))
    return ways


def _gains(joined: Joined, options: Options, clock: Clock) -> dict[str, LimitGain]:
    said: list[str] = []
    for ways in _ways(options):
        try:
            return quote_gains(joined.candidates, joined.arcs, ways, clock, options.gains_max)
        except SolverFailedError as error:
            said.append(str(error))
    raise SolverFailedError("; then ".join(dict.fromkeys(said)))


def _refuse(findings: Iterable[Finding]) -> None:
    for finding in findings:
        raise SolverFailedError(f"the plan failed its own check: {finding}")
