"""From a problem to a proved plan: groups of items, their components, packs, explanation, check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from solver.answer import Answer, Ways, answer_component
from solver.assemble import NetworkAnswer, assemble_plan
from solver.backends import Choice
from solver.bands import Progress
from solver.check import check_plan
from solver.components import Component, components_of
from solver.errors import SolverFailedError
from solver.explain import shortfalls
from solver.gains import Part, quote_gains
from solver.highs import Clock
from solver.network import Network, groups_of, network_of
from solver.packs import round_to_packs
from solver.plan import Plan
from solver.pool import Workers
from solver.problem import Problem
from solver.system import Floats
from solver.tables import Tables, tables_of

_Part = tuple[Network, list[Component]]

WAVE_ARCS = 500_000
"""Networks with so many arcs together are handed to the workers at once: enough work for all of them, and no
more in memory than that."""

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
    levels: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to solve: solver and method, seconds allowed in all, processes side by side, how many limits to quote
    a gain for (each costs a re-solve of its component), whom to tell, whom to ask whether to go on."""

    choice: Choice = "auto"
    method: str = "auto"
    time_limit_seconds: float | None = None
    processes: int = 1
    gains_max: int = 12
    progress: Callable[[Step], None] | None = None
    cancelled: Callable[[], bool] | None = None
    check: bool = True


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
            return _proved_plan(problem, _Run(tables, options, clock, ways))
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


def _proved_plan(problem: Problem, run: _Run) -> Plan:
    answers = run.answers()
    parts = [part for answer in answers for part in answer.parts]
    gains = quote_gains(parts, run.ways, run.clock, run.options.gains_max)
    plan = assemble_plan(run.tables, answers, gains, stop=run.clock.check)
    run.clock.check()
    if run.options.check:
        findings = check_plan(problem, plan)
        if findings:
            more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
            raise SolverFailedError(f"the plan failed its own check: {findings[0]}{more}")
    return plan


class _Run:
    """One solve: the facts as columns, the options, and the groups to go through."""

    def __init__(self, tables: Tables, options: Options, clock: Clock, ways: Ways) -> None:
        self.tables = tables
        self.options = options
        self.clock = clock
        self.groups = groups_of(tables)
        self.ways = ways

    def answers(self) -> list[NetworkAnswer]:
        """Everything about the demands of each group, side by side where that was asked for."""
        if self.options.processes == 1:
            return [self._finish(*part, self._one_by_one(number, part[1])) for number, part in self._parts()]
        penalty = self.tables.problem.change_penalty
        found: list[NetworkAnswer] = []
        with Workers(self.options.processes, penalty, self.ways, self.clock) as workers:
            for wave in _waves(part for _, part in self._parts()):
                answers = iter(workers.answers([each for _, components in wave for each in components]))
                found += [
                    self._finish(network, components, list(islice(answers, len(components))))
                    for network, components in wave
                ]
        return found

    def _parts(self) -> Iterator[tuple[int, _Part]]:
        """The network of each group and its components, made when they are wanted."""
        for number, demands in enumerate(self.groups):
            self.clock.check()
            network = network_of(self.tables, demands)
            yield number, (network, components_of(network))

    def _finish(self, network: Network, components: Sequence[Component], answers: Sequence[Answer]) -> NetworkAnswer:
        """Whole packs and explanation of one group."""
        shares, shipped = _together(network, components, answers)
        self.clock.check()
        packed = round_to_packs(network, shipped, shares)
        parts = [
            Part(
                network=network,
                component=component,
                answer=answer,
                short=tuple(shortfalls(component.system, answer.events)),
            )
            for component, answer in zip(components, answers, strict=True)
        ]
        return NetworkAnswer(network=network, shares=shares, shipped=shipped, packed=packed, parts=tuple(parts))

    def _one_by_one(self, number: int, components: Sequence[Component]) -> list[Answer]:
        penalty = self.tables.problem.change_penalty
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
                    levels=progress.levels,
                )
            )

        return report


def _waves(parts: Iterable[_Part]) -> Iterator[list[_Part]]:
    wave: list[_Part] = []
    arcs = 0
    for network, components in parts:
        wave.append((network, components))
        arcs += len(network.system.arc_demand)
        if arcs >= WAVE_ARCS:
            yield wave
            wave, arcs = [], 0
    if wave:
        yield wave


def _together(network: Network, components: Sequence[Component], answers: Sequence[Answer]) -> tuple[Floats, Floats]:
    """The components' answers in the network's own order; what no component holds gets nothing."""
    system = network.system
    shares = np.zeros_like(system.caps)
    shipped = np.zeros(len(system.arc_demand))
    for component, answer in zip(components, answers, strict=True):
        shares[:, component.demands] = answer.shares
        shipped[component.arcs] = answer.shipped
    unit = system.demand_quantity[system.arc_demand] / system.arc_ratio
    shipped[shipped < SHIPPED_DUST * unit] = 0.0
    return shares, shipped
