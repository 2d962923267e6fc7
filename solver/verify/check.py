"""Proves a plan, apart from the code that made it: feasible in whole packs, attainable, and max-min fair.

With certificates and relaxed shipments in the plan the proof needs nothing but this package's own arithmetic, in exact
integers. What they do not cover is left to a ``Probe``, if one is given (``solver.probe`` has one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from ..formats.problem_json import problem_digest
from ..model.bulk_rows import collection_paused
from ..model.certificate import RelaxedShipment
from ..model.plan import STATUSES, Plan
from ..model.problem import Problem
from ..parameters import DEFAULT, ProofParameters
from .chain import Held
from .facts import Facts, Finding, LaneIndex, finding
from .fairness import certified, open_demands
from .feasibility import feasibility_findings
from .paths import Paths
from .pools import Pools
from .relaxed import Relaxed, attainability_findings, relaxed_cost, relaxed_findings
from .shares import share_findings

__all__ = ["Finding", "MakeProbe", "Probe", "check_plan", "check_subproblem", "not_proved"]


class Probe(Protocol):
    """Looks for what a plan does not bring: relaxed shipments, and duals that prove its shares.

    What it finds is verified like what a plan brings, so a probe may err, but never prove what is false.
    """

    def attaining(self, paths: Paths) -> Sequence[RelaxedShipment] | None:
        """Shipments that attain the last shares as far as possible; None when it found none."""

    def findings(
        self, pools: Pools, paths: Paths, held: Held, band: int, doubtful: Sequence[str], stop: Callable[[], None]
    ) -> Iterator[Finding]:
        """The doubtful demands of a band that are not proved."""


MakeProbe = Callable[[Facts], Probe]


def check_plan(
    problem: Problem,
    plan: Plan,
    parameters: ProofParameters = DEFAULT.proof,
    *,
    probe: MakeProbe | None = None,
    stop: Callable[[], None] = lambda: None,
) -> tuple[Finding, ...]:
    """Everything that is wrong with a plan for the problem; empty when the plan is proved.

    ``probe`` looks for what the plan does not prove by its certificates and relaxed shipments; without one that is a
    finding. Raises nothing for a wrong plan. ``stop`` is called now and then and may raise to end the work. Time is
    linear in the plan and the problem's lanes where the plan carries its own proof.
    """
    if plan.problem_digest != problem_digest(problem):
        message = "the plan was made for another problem: its digest is {told}"
        return (finding("digest_mismatch", message, told=plan.problem_digest),)
    return check_subproblem(problem, plan, LaneIndex(problem), parameters, probe=probe, stop=stop)


def check_subproblem(
    subproblem: Problem,
    plan: Plan,
    lane_index: LaneIndex,
    parameters: ProofParameters,
    *,
    probe: MakeProbe | None,
    stop: Callable[[], None] = lambda: None,
) -> tuple[Finding, ...]:
    """Everything that is wrong with a plan for a problem, or for a part of one that shares no limit with the rest.

    Its digest is not looked at. ``lane_index`` is that of the whole problem. Module ``merged`` says what else must hold
    so that subproblems without a finding make a whole without one.
    """
    with collection_paused():
        return tuple(_findings(Facts(subproblem, parameters, lane_index), plan, probe, stop))


def _findings(facts: Facts, plan: Plan, probe: MakeProbe | None, stop: Callable[[], None]) -> list[Finding]:
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
    findings += _fairness(facts, plan, paths, bands, probe and probe(facts), stop)
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


def _fairness(
    facts: Facts, plan: Plan, paths: Paths, bands: int, probe: Probe | None, stop: Callable[[], None]
) -> list[Finding]:
    findings: list[Finding] = []
    pools = Pools(facts)
    stop()
    if plan.relaxed or not any(path.shares and path.shares[-1] > 0 for path in paths):
        relaxed = Relaxed(facts, plan.relaxed)
        wrong = list(relaxed_findings(facts, relaxed, paths))
        findings += wrong or _cost_findings(facts, plan, relaxed)
    elif probe is None:
        return [finding("not_proved", "the plan has no relaxed shipments, and none were looked for")]
    else:
        shipments = probe.attaining(paths)
        if shipments is None:
            findings.append(finding("probe_failed", "the program that looks for relaxed shipments did not end well"))
        relaxed = Relaxed(facts, shipments or ())
        findings += attainability_findings(facts, relaxed, paths)
    held = Held(facts, pools, paths, relaxed)
    stop()
    proved = certified(pools, paths, held, bands, plan.certificates, findings, stop=stop)
    for band in range(bands):
        stop()
        doubtful = open_demands(pools, paths, band, proved[band])
        if probe is None:
            findings += [not_proved(band, name) for name in doubtful]
        elif doubtful:
            findings += probe.findings(pools, paths, held, band, doubtful, stop)
    return findings


def not_proved(band: int, demand: str) -> Finding:
    """The finding of a demand for which neither a certificate nor a probe proves that it can have no more."""
    message = "nothing proves that {demand} can have no more in band {band}"
    return finding("not_proved", message, demand=demand, band=band)


def _cost_findings(facts: Facts, plan: Plan, relaxed: Relaxed) -> Iterator[Finding]:
    cost = relaxed_cost(facts, relaxed)
    if cost is not None and abs(cost - plan.cost) > facts.parameters.cost * (1 + abs(cost)):
        message = "the cost is told as {told} yuan, and the relaxed shipments cost {cost}"
        yield finding("cost_mismatch", message, told=plan.cost, cost=cost)
