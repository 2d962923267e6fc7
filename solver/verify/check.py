"""Proves a plan, apart from the code that made it: feasible in whole packs, attainable, and max-min fair.

With certificates and relaxed shipments in the plan the proof needs nothing but this package's own arithmetic;
what they do not cover is probed by linear programs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ..formats.problem_json import problem_digest
from ..model.bulk_rows import collection_paused
from ..model.certificate import RelaxedShipment
from ..model.plan import STATUSES, Plan
from ..model.problem import Problem
from .chain import Held
from .facts import Facts, Finding, LaneIndex, finding
from .fairness import certified, open_demands
from .feasibility import feasibility_findings
from .paths import Paths
from .pools import Pools
from .relaxed import Relaxed, attainability_findings, relaxed_cost, relaxed_findings
from .shares import share_findings

if TYPE_CHECKING:
    from .probe import ProbeLP

__all__ = ["Finding", "check_plan", "check_subproblem"]

_COST_TOLERANCE = 1e-6


def check_plan(problem: Problem, plan: Plan, *, stop: Callable[[], None] = lambda: None) -> tuple[Finding, ...]:
    """Everything that is wrong with a plan for the problem; empty when the plan is proved.

    Raises nothing for a wrong plan. ``stop`` is called now and then and may raise to end the work. Time is linear
    in the plan and the problem's lanes where the plan carries its certificates and relaxed shipments.
    """
    if plan.problem_digest != problem_digest(problem):
        message = "the plan was made for another problem: its digest is {told}"
        return (finding("digest_mismatch", message, told=plan.problem_digest),)
    return check_subproblem(problem, plan, LaneIndex(problem), stop=stop)


def check_subproblem(
    subproblem: Problem, plan: Plan, lane_index: LaneIndex, *, stop: Callable[[], None] = lambda: None
) -> tuple[Finding, ...]:
    """Everything that is wrong with a plan for a problem, or for a part of one that shares no limit with the rest.

    Its digest is not looked at. ``lane_index`` is that of the whole problem. Module ``merged`` says what else must hold
    so that subproblems without a finding make a whole without one.
    """
    with collection_paused():
        return tuple(_findings(Facts(subproblem, lane_index), plan, stop))


def _findings(facts: Facts, plan: Plan, stop: Callable[[], None]) -> list[Finding]:
    findings = list(_rows(facts, plan))
    if findings:
        # Without one row for each demand, and shares after the same bands, nothing else can be read.
        return findings
    paths = Paths(facts, plan.demands)
    bands = len(plan.demands[0].shares) if plan.demands else len(plan.bands)
    stop()
    findings += feasibility_findings(facts, plan)
    stop()
    findings += share_findings(facts, plan, paths, bands)
    findings += _fairness(facts, plan, paths, bands, stop)
    return findings


def _rows(facts: Facts, plan: Plan) -> Iterator[Finding]:
    """Each demand there exactly once, with a share after each band."""
    if plan.status not in STATUSES:
        yield finding("unknown_status", "the status is {status}", status=plan.status)
    seen: set[str] = set()
    for outcome in plan.demands:
        if outcome.demand not in facts.demands:
            yield finding("unknown_demand", "no such demand: {demand}", demand=outcome.demand)
        elif outcome.demand in seen:
            yield finding("duplicate_demand", "{demand} is there twice", demand=outcome.demand)
        seen.add(outcome.demand)
    for name in facts.demands:
        if name not in seen:
            yield finding("missing_demand", "the plan says nothing of {demand}", demand=name)
    lengths = {len(outcome.shares) for outcome in plan.demands}
    bands = len(facts.problem.bands)
    proper = lengths <= {bands} if plan.status == "optimal" else len(lengths) <= 1 and max(lengths, default=0) <= bands
    if not proper:
        message = "there must be one share a demand for each of {bands} bands"
        yield finding("shares_incomplete", message, bands=bands)


def _fairness(facts: Facts, plan: Plan, paths: Paths, bands: int, stop: Callable[[], None]) -> list[Finding]:
    findings: list[Finding] = []
    pools = Pools(facts)
    stop()
    probe = Probe(facts)
    if plan.relaxed or not any(path.shares and path.shares[-1] > 0 for path in paths):
        relaxed = Relaxed(facts, plan.relaxed)
        wrong = list(relaxed_findings(facts, relaxed, paths))
        findings += wrong or _cost_findings(facts, plan, relaxed)
    else:
        relaxed = Relaxed(facts, probe.attaining(paths, findings))
        findings += attainability_findings(facts, relaxed, paths)
    held = Held(facts, pools, paths, relaxed)
    stop()
    proved = certified(pools, paths, held, bands, plan.certificates, findings, stop=stop)
    for band in range(bands):
        stop()
        findings += probe.findings(pools, paths, held, band, open_demands(pools, paths, band, proved[band]), stop)
    return findings


def _cost_findings(facts: Facts, plan: Plan, relaxed: Relaxed) -> Iterator[Finding]:
    cost = relaxed_cost(facts, relaxed)
    if cost is not None and abs(cost - plan.cost) > _COST_TOLERANCE * (1 + abs(cost)):
        message = "the cost is told as {told} yuan, and the relaxed shipments cost {cost}"
        yield finding("cost_mismatch", message, told=plan.cost, cost=cost)


class Probe:
    """The programs that look for what a plan does not bring; made when they are wanted.

    So a plan with shipments and certificates is proved without numpy and scipy.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _program(self) -> ProbeLP:
        from .probe import ProbeLP

        return ProbeLP(self._facts)

    def attaining(self, paths: Paths, findings: list[Finding]) -> Sequence[RelaxedShipment]:
        """Shipments that attain the last shares as far as possible."""
        found = self._program.attaining(self._facts, paths)
        if found is None:
            findings.append(finding("probe_failed", "the program that looks for relaxed shipments did not end well"))
        return found or ()

    def findings(
        self, pools: Pools, paths: Paths, held: Held, band: int, doubtful: Sequence[str], stop: Callable[[], None]
    ) -> Iterator[Finding]:
        """The doubtful demands of a band that are not proved."""
        if doubtful:
            from .probe import Prober

            yield from Prober(pools=pools, paths=paths, held=held, program=self._program, stop=stop).findings(
                band, doubtful
            )
