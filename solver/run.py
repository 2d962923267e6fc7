"""The answers of one solve: groups of items, their components one by one or side by side, and whole packs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.answer import Answer, Ways, answer_component
from solver.assemble import NetworkAnswer
from solver.bands import Progress
from solver.components import Component, components_of
from solver.explain import shortfalls
from solver.gains import Part
from solver.highs import Clock
from solver.network import Network, groups_of, network_of
from solver.packs import round_to_packs
from solver.packs_limits import pack_facts
from solver.partial import first_bands, settle_in_step
from solver.pool import Workers
from solver.progress import Meter, Step
from solver.system import Floats, Integers
from solver.tables import Tables

WAVE_ARCS = 500_000
"""Networks with so many arcs together are handed to the workers at once: enough work for all of them, and no
more in memory than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """One group of items: its number, its network and the components of that."""

    number: int
    network: Network
    components: list[Component]


class Run:
    """One way through a problem. ``complete`` is false once time ran out before all bands were settled."""

    def __init__(
        self,
        tables: Tables,
        ways: Ways,
        clock: Clock,
        processes: int,
        tell: Callable[[Step], None] | None,
        *,
        in_step: bool,
    ) -> None:
        """``in_step``: settle band after band for all components, and keep what is settled when time runs out."""
        self.tables = tables
        self.ways = ways
        self.clock = clock
        self.complete = True
        self._groups = groups_of(tables)
        self.meter = Meter(tables, len(self._groups), tell)
        self._processes = processes
        self._in_step = in_step
        self._penalty = tables.problem.change_penalty

    def answers(self) -> list[NetworkAnswer]:
        """Everything about the demands of each group.

        Raises SolverFailedError, SolverTimeLimitError, CancelledError.
        """
        if self._in_step:
            return self._band_by_band()
        if self._processes > 1:
            return self._side_by_side()
        return [self._finish(group, self._one_by_one(group)) for group in self._parts()]

    def _parts(self) -> Iterator[_Group]:
        """The groups, made when they are wanted."""
        for number, demands in enumerate(self._groups):
            self.clock.check()
            network = network_of(self.tables, demands)
            yield _Group(number=number, network=network, components=components_of(network))

    def _one_by_one(self, group: _Group) -> list[Answer]:
        answers = []
        report = self._reporter([group])
        for at, component in enumerate(group.components):
            self.clock.check()
            told = (lambda progress, at=at: report(at, progress)) if self.meter.told else None
            answers.append(answer_component(component, self._penalty, self.ways, self.clock, told))
            self.meter.finish(component)
        return answers

    def _side_by_side(self) -> list[NetworkAnswer]:
        found: list[NetworkAnswer] = []
        with Workers(self._processes, self._penalty, self.ways, self.clock) as workers:
            for wave in _waves(self._parts()):
                components = [component for group in wave for component in group.components]
                report = self._reporter(wave) if self.meter.told else None
                answers = workers.answers(components, report, self._finisher(components))
                parts = list(_by_group(wave, answers))
                together = [_together(group, part) for group, part in parts]
                facts = [pack_facts(group.network) for group in wave]
                packs = workers.packs(
                    [(each, shipped, shares) for each, (shares, shipped) in zip(facts, together, strict=True)]
                )
                for (group, part), (shares, shipped), packed in zip(parts, together, packs, strict=True):
                    found.append(self._told(group, part, shares, shipped, packed))
        return found

    def _band_by_band(self) -> list[NetworkAnswer]:
        groups = list(self._parts())
        components = [component for group in groups for component in group.components]
        bands = len(self.tables.problem.bands)
        settled = settle_in_step(components, bands, self._penalty, self.ways, self.clock, self._reporter(groups))
        if not settled.complete:
            self.complete = False
            self.clock = self.clock.without_limit()
            groups = [_under_first_bands(group, settled.bands) for group in groups]
        return self._finish_all(groups, settled.answers)

    def _finish_all(self, groups: Sequence[_Group], answers: Sequence[Answer]) -> list[NetworkAnswer]:
        return [self._finish(group, part) for group, part in _by_group(groups, answers)]

    def _finish(self, group: _Group, answers: Sequence[Answer]) -> NetworkAnswer:
        """Whole packs, and who fell short when, of one group."""
        self.clock.check()
        shares, shipped = _together(group, answers)
        packed = round_to_packs(group.network, shipped, shares)
        return self._told(group, answers, shares, shipped, packed)

    def _told(
        self, group: _Group, answers: Sequence[Answer], shares: Floats, shipped: Floats, packed: Integers
    ) -> NetworkAnswer:
        self.clock.check()
        parts = tuple(
            Part(
                network=group.network,
                component=component,
                answer=answer,
                short=tuple(shortfalls(component.system, answer.events)),
            )
            for component, answer in zip(group.components, answers, strict=True)
        )
        return NetworkAnswer(network=group.network, shares=shares, shipped=shipped, packed=packed, parts=parts)

    def _reporter(self, groups: Sequence[_Group]) -> Callable[[int, Progress], None]:
        """Passes on how far a component is; they are counted through all of the groups."""
        places = [(group, at) for group in groups for at in range(len(group.components))]

        def report(number: int, progress: Progress) -> None:
            group, at = places[number]
            self.meter.report(group.number, at, len(group.components), group.components[at], progress)

        return report

    def _finisher(self, components: Sequence[Component]) -> Callable[[int], None]:
        return lambda number: self.meter.finish(components[number])


def _under_first_bands(group: _Group, bands: int) -> _Group:
    return _Group(
        number=group.number,
        network=replace(group.network, system=first_bands(group.network.system, bands)),
        components=[replace(each, system=first_bands(each.system, bands)) for each in group.components],
    )


def _by_group(groups: Sequence[_Group], answers: Sequence[Answer]) -> Iterator[tuple[_Group, Sequence[Answer]]]:
    first = 0
    for group in groups:
        yield group, answers[first : first + len(group.components)]
        first += len(group.components)


def _waves(groups: Iterable[_Group]) -> Iterator[list[_Group]]:
    wave: list[_Group] = []
    arcs = 0
    for group in groups:
        wave.append(group)
        arcs += group.network.system.arcs
        if arcs >= WAVE_ARCS:
            yield wave
            wave, arcs = [], 0
    if wave:
        yield wave


def _together(group: _Group, answers: Sequence[Answer]) -> tuple[Floats, Floats]:
    """The components' answers in the network's own order; what no component holds gets nothing."""
    system = group.network.system
    shares = np.zeros_like(system.caps)
    shipped = np.zeros(system.arcs)
    for component, answer in zip(group.components, answers, strict=True):
        shares[:, component.demands] = answer.shares
        shipped[component.arcs] = answer.shipped
    return shares, shipped
