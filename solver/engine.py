"""From a problem to a proved plan: groups of items, their components, packs, explanation, check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from solver.answer import Answer, Ways, answer_component
from solver.assemble import NetworkAnswer, assemble_plan
from solver.backends import Choice
from solver.bands import Progress
from solver.check import check_plan
from solver.components import Component, components_of
from solver.errors import SolverFailedError
from solver.explain import explain_network
from solver.highs import Clock
from solver.network import Network, groups_of, network_of
from solver.packs import round_to_packs
from solver.plan import Plan
from solver.pool import answer_side_by_side
from solver.problem import Problem
from solver.tables import Tables, tables_of

SHIPPED_DUST = 1e-9
"""Parts of a demand smaller than this are the solver's rounding, not shipments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where the work is: the items' group, its component, the band, and how much of it is settled."""

    group: int
    groups: int
    component: int
    components: int
    band: str
    settled: int
    served: int
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to solve: solver and method, seconds allowed in all, processes side by side, how many limits to quote
    a gain for (each costs a re-solve of its component), whom to tell, whom to ask whether to go on."""

    choice: Choice = "auto"
    method: str = "auto"
    time_limit_seconds: float | None = None
    processes: int = 1
    gains_max: int = 20
    progress: Callable[[Step], None] | None = None
    cancelled: Callable[[], bool] | None = None
    check: bool = field(default=True)


def solve(problem: Problem, options: Options | None = None) -> Plan:
    """The fair plan of a problem, explained and proved.

    Raises SolverTimeLimitError, CancelledError, and SolverFailedError when no solver answers or the plan fails
    its own check: a wrong plan is never returned.
    """
    options = options or Options()
    clock = Clock(options.time_limit_seconds, options.cancelled)
    run = _Run(tables_of(problem), options, clock)
    plan = assemble_plan(run.tables, [run.group(number) for number in range(len(run.groups))])
    clock.check()
    if options.check:
        findings = check_plan(problem, plan)
        if findings:
            more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
            raise SolverFailedError(f"the plan failed its own check: {findings[0]}{more}")
    return plan


class _Run:
    """One solve: the facts as columns, the options, and the groups to go through."""

    def __init__(self, tables: Tables, options: Options, clock: Clock) -> None:
        self.tables = tables
        self.options = options
        self.clock = clock
        self.groups = groups_of(tables)
        self.ways = Ways(choice=options.choice, method="program" if options.method == "program" else "auto")
        self.gains_left = options.gains_max

    def group(self, number: int) -> NetworkAnswer:
        """Everything about the demands of one group."""
        network = network_of(self.tables, self.groups[number])
        components = components_of(network)
        answers = self._answers(number, components)
        shares, shipped, seconds = _together(network, components, answers)
        packed = round_to_packs(network, shipped, shares)
        explained = explain_network(network, components, answers, self.ways, self.clock, self.gains_left)
        self.gains_left -= explained.resolves
        return NetworkAnswer(
            network=network,
            shares=shares,
            shipped=shipped,
            packed=packed,
            seconds=seconds,
            explained=explained,
            events=tuple((component, answer.events) for component, answer in zip(components, answers, strict=True)),
        )

    def _answers(self, number: int, components: Sequence[Component]) -> list[Answer]:
        penalty = self.tables.problem.change_penalty
        if self.options.processes > 1 and len(components) > 1:
            return answer_side_by_side(components, penalty, self.ways, self.clock, self.options.processes)
        answers = []
        for at, component in enumerate(components):
            self.clock.check()
            report = self._reporter(number, at, len(components))
            answers.append(answer_component(component, penalty, self.ways, self.clock, report))
        return answers

    def _reporter(self, group: int, component: int, components: int) -> Callable[[Progress], None] | None:
        tell = self.options.progress
        if tell is None:
            return None
        names = [band.name for band in self.tables.problem.bands]

        def report(progress: Progress) -> None:
            tell(
                Step(
                    group=group,
                    groups=len(self.groups),
                    component=component,
                    components=components,
                    band=names[progress.band],
                    settled=progress.settled,
                    served=progress.served,
                    level=progress.level,
                )
            )

        return report


def _together(
    network: Network, components: Sequence[Component], answers: Sequence[Answer]
) -> tuple[np.ndarray, np.ndarray, float]:
    """The components' answers in the network's own order; what no component holds gets nothing."""
    system = network.system
    shares = np.zeros_like(system.caps)
    shipped = np.zeros(len(system.arc_demand))
    for component, answer in zip(components, answers, strict=True):
        shares[:, component.demands] = answer.shares
        shipped[component.arcs] = answer.shipped
    unit = system.demand_quantity[system.arc_demand] / system.arc_ratio
    shipped[shipped < SHIPPED_DUST * unit] = 0.0
    return shares, shipped, sum(answer.seconds for answer in answers)
