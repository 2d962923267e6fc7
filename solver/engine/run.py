"""Solves one subproblem by one strategy: groups of items, their components, and whole packs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.components import Component, components_of
from ..arrays.limit_system import Floats
from ..arrays.network import Network, groups_of, network_of
from ..arrays.tables import Tables
from ..explain.answers import AnsweredComponent, ComponentAnswer
from ..explain.shortfalls import shortfalls
from ..leximin.sequential_lp import Progress
from ..leximin.settlement import Event
from ..lp.clock import Clock
from ..model.bulk_rows import collection_paused
from ..rounding.rounding import round_to_packs
from .assemble import NetworkAnswer
from .component import SolveStrategy, answer_component
from .component_pool import ComponentWorkers
from .partial import settle_in_step
from .progress import Place, Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """One group of items: its network and the components of that."""

    network: Network
    components: list[Component]


class Run:
    """One run of a strategy through a subproblem.

    ``complete`` is false once time ran out before all bands were settled; ``finished`` counts the demands that are
    settled in all bands.
    """

    def __init__(
        self,
        tables: Tables,
        strategy: SolveStrategy,
        clock: Clock,
        reporter: Reporter,
        *,
        in_step: bool,
        pause: Callable[[], None],
        workers: ComponentWorkers | None = None,
    ) -> None:
        """``in_step``: settle band after band for all components, and keep what is settled when time runs out.
        ``pause`` is called between steps and may raise to end the work. ``workers`` are other processes, if any."""
        self.tables = tables
        self.strategy = strategy
        self.clock = clock
        self.complete = True
        self.finished = 0
        self._pause = pause
        self._teller = reporter
        self._in_step = in_step
        self._workers = workers
        self._penalty = tables.problem.change_penalty

    def answers(self) -> list[NetworkAnswer]:
        """Everything about the demands of each group.

        Raises SolverFailedError, SolverTimeLimitError, CancelledError.
        """
        if self._in_step:
            return self._band_by_band()
        return [self._finish(group, self._one_by_one(group)) for group in self._groups()]

    def _groups(self) -> Iterator[_Group]:
        """The groups, made when they are wanted."""
        for demands in groups_of(self.tables):
            self._pause()
            network = network_of(self.tables, demands)
            yield _Group(network=network, components=components_of(network))

    def _one_by_one(self, group: _Group) -> list[ComponentAnswer]:
        answers = []
        report = self._reporter([group])
        components = group.components
        if self._workers is not None and self._workers.worth_it(components):
            tell = report if self._teller.told else None
            return self._workers.answers(components, self._penalty, self.strategy, self.clock, tell, self._finished)
        for at, component in enumerate(components):
            self._pause()
            told = (lambda progress, at=at: report(at, progress)) if self._teller.told else None
            answers.append(answer_component(component, self._penalty, self.strategy, self.clock, told))
            self._finished(component)
        return answers

    def _finished(self, component: Component) -> None:
        self._teller.finish(len(component.demands))
        self.finished += len(component.demands)

    def _band_by_band(self) -> list[NetworkAnswer]:
        groups = list(self._groups())
        components = [component for group in groups for component in group.components]
        bands = len(self.tables.problem.bands)
        settled = settle_in_step(components, bands, self._penalty, self.strategy, self.clock, self._reporter(groups))
        if not settled.complete:
            self.complete = False
            self.clock = self.clock.without_limit()
            self._pause = self.clock.check
            groups = [_under_first_bands(group, settled.bands) for group in groups]
        return self._finish_all(groups, settled.answers)

    def _finish_all(self, groups: Sequence[_Group], answers: Sequence[ComponentAnswer]) -> list[NetworkAnswer]:
        return [self._finish(group, part) for group, part in _by_group(groups, answers)]

    def _finish(self, group: _Group, answers: Sequence[ComponentAnswer]) -> NetworkAnswer:
        """Whole packs, and who fell short when, of one group."""
        self._pause()
        shares, shipped = _together(group, answers)
        with collection_paused():
            packed = round_to_packs(group.network, shipped, shares, self.strategy.parameters.rounding, stop=self._pause)
        self._pause()
        parts = tuple(
            AnsweredComponent(
                network=group.network,
                component=component,
                answer=answer,
                short=tuple(shortfalls(component.system, _unmet(component, answer))),
            )
            for component, answer in zip(group.components, answers, strict=True)
        )
        return NetworkAnswer(network=group.network, shares=shares, shipped=shipped, packed=packed, parts=parts)

    def _reporter(self, groups: Sequence[_Group]) -> Callable[[int, Progress], None]:
        """Passes on how far a component is; they are counted through all of the groups."""
        places = [
            Place(
                demand=int(group.network.demand_at[0]),
                component=at,
                components=len(group.components),
                demands=len(component.demands),
            )
            for group in groups
            for at, component in enumerate(group.components)
        ]
        return lambda number, progress: self._teller.report(places[number], progress)


def _unmet(component: Component, answer: ComponentAnswer) -> tuple[Event, ...]:
    """The events without demands that get all they ask now, though not all that they asked before."""
    if component.system.asked_before is None or not len(answer.shares):
        return answer.events
    short = answer.shares[-1] < 1.0
    return tuple(replace(event, demands=event.demands[short[event.demands]]) for event in answer.events)


def _under_first_bands(group: _Group, bands: int) -> _Group:
    return _Group(
        network=replace(group.network, system=group.network.system.first_bands(bands)),
        components=[replace(each, system=each.system.first_bands(bands)) for each in group.components],
    )


def _by_group(
    groups: Sequence[_Group], answers: Sequence[ComponentAnswer]
) -> Iterator[tuple[_Group, Sequence[ComponentAnswer]]]:
    first = 0
    for group in groups:
        yield group, answers[first : first + len(group.components)]
        first += len(group.components)


def _together(group: _Group, answers: Sequence[ComponentAnswer]) -> tuple[Floats, Floats]:
    """The components' answers in the network's own order; what no component holds gets nothing."""
    system = group.network.system
    shares = np.zeros_like(system.caps)
    shipped = np.zeros(system.arcs)
    for component, answer in zip(group.components, answers, strict=True):
        shares[:, component.demands] = answer.shares
        shipped[component.arcs] = answer.shipped
    return shares, shipped
