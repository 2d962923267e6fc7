"""Settles band after band for all components, so that what is settled when time runs out is a plan.

Otherwise each component goes through all bands at once; here all of them are kept in memory between the bands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.components import Component
from ..arrays.limit_system import Floats
from ..explain.answers import ComponentAnswer
from ..leximin.flow_settlement import settle_as_flow
from ..leximin.history import History
from ..leximin.sequential_lp import BandSequence, Progress
from ..leximin.settlement import Settlement
from ..lp.clock import Clock
from ..lp.formulation import AllocationLP
from ..mincost.lp_mincost import least_cost
from ..mincost.polish import polished
from ..model.errors import SolverTimeLimitError
from .component import BandTimer, SolveStrategy, cheapest_flow, program_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The answers of all components after the first ``bands`` bands; ``complete``: at least cost, and all bands."""

    bands: int
    complete: bool
    answers: list[ComponentAnswer]


def settle_in_step(
    components: Sequence[Component],
    bands: int,
    change_penalty: float,
    strategy: SolveStrategy,
    clock: Clock,
    report: Callable[[int, Progress], None],
) -> Settled:
    """Settles band after band until all are settled or the time limit has passed.

    Raises SolverTimeLimitError when not even the first band was settled in time; SolverFailedError,
    CancelledError.
    """
    steps: list[_Steps] = []
    settled = 0
    try:
        for number, component in enumerate(components):
            clock.check()
            steps.append(_Steps(component, change_penalty, strategy, clock, _numbered(report, number)))
        for band in range(bands):
            for step in steps:
                clock.check()
                step.settle(band)
            settled = band + 1
        return Settled(bands=bands, complete=True, answers=[step.cheapest() for step in steps])
    except SolverTimeLimitError:
        if not settled:
            raise
        return Settled(bands=settled, complete=False, answers=[step.so_far(settled) for step in steps])


def _numbered(report: Callable[[int, Progress], None], number: int) -> Callable[[Progress], None]:
    return lambda progress: report(number, progress)


class _Steps:
    """One component: settled in one go where it is a flow, by a sequence of programs otherwise."""

    def __init__(
        self,
        component: Component,
        change_penalty: float,
        strategy: SolveStrategy,
        clock: Clock,
        report: Callable[[Progress], None],
    ) -> None:
        self.component = component
        self.change_penalty = change_penalty
        self.strategy = strategy
        self.history = History(component.system)
        self.watch = BandTimer(self.history.whole, strategy.parameters.engine, report)
        self.backend = strategy.backend(clock)
        self.flow: Settlement | None = None
        if strategy.method == "auto":
            self.flow = settle_as_flow(
                self.history.whole, strategy.parameters.flow, stop=clock.check, settled=self.watch.settled
            )
        self.sequence: BandSequence | None = None
        if self.flow is None:
            self.sequence = BandSequence(self._program(), self.backend, self.watch.told)
        self.shares: list[Floats] = []
        self.shipped: list[Floats] = []

    def _program(self) -> AllocationLP:
        if self.history.whole is self.component.system:
            return program_of(self.component, self.change_penalty)
        return AllocationLP(self.history.whole)

    def settle(self, band: int) -> None:
        """The next band; of a flow all bands are settled already."""
        if self.sequence is None:
            return
        self.sequence.settle_band(band)
        self.shares.append(self.component.system.of_now(self.sequence.held.copy()))
        self.shipped.append(self._delivering(self.shares[-1]))

    def _delivering(self, shares: Floats) -> Floats:
        """Shipments that deliver just these shares: those of the last answer, less where they deliver more."""
        assert self.sequence is not None
        program, system = self.sequence.program, self.component.system
        if not len(program.problem.values):
            return np.zeros(system.arcs)
        shipped = program.shipped()[: system.arcs]
        delivered = np.bincount(system.arc_demand, shipped * system.arc_ratio, minlength=system.demands)
        wanted = shares * system.demand_quantity
        part = np.ones(system.demands)
        np.divide(wanted, delivered, out=part, where=delivered > wanted)
        return shipped * part[system.arc_demand]

    def cheapest(self) -> ComponentAnswer:
        """The answer of all bands, shipped at least cost."""
        last = len(self.component.system.caps)
        if self.flow is not None:
            return self.so_far(last)
        assert self.sequence is not None
        shares = np.array(self.shares).reshape(last, self.component.system.demands)
        program = self.sequence.program
        if program.system is not self.component.system:
            program = program_of(self.component, self.change_penalty)
        shipped = least_cost(program, self.backend, shares[-1], self.component.preference, self.change_penalty)
        return replace(self.so_far(last), shipped=self._polished(shares[-1], shipped))

    def so_far(self, bands: int) -> ComponentAnswer:
        """The answer of the first bands; by programs, its shipments deliver the shares at whatever cost."""
        seconds = tuple(self.watch.seconds[:bands])
        if self.sequence is not None:
            sequence = self.sequence
            return ComponentAnswer(
                shares=np.array(self.shares[:bands]),
                events=self.history.events_of_now(
                    tuple(
                        sorted(
                            (event for event in sequence.events if event.band < bands),
                            key=lambda event: (event.band, event.level),
                        )
                    )
                ),
                shipped=self._polished(self.shares[bands - 1], self.shipped[bands - 1]),
                seconds=seconds,
            )
        cut = replace(self.component, system=self.component.system.first_bands(bands))
        history = History(cut.system)
        settled = settle_as_flow(history.whole, self.strategy.parameters.flow)
        assert settled is not None, "fewer bands leave a flow a flow"
        flow = history.of_now(settled)
        shipped = cheapest_flow(cut, flow, flow.shares[-1], self.change_penalty, self.strategy.parameters)
        if shipped is None:
            program = program_of(cut, self.change_penalty)
            shipped = least_cost(program, self.strategy.backend(), flow.shares[-1], cut.preference, self.change_penalty)
        shipped = self._polished(flow.shares[-1], shipped)
        return ComponentAnswer(shares=flow.shares, events=flow.events, shipped=shipped, seconds=seconds)

    def _polished(self, shares: Floats, shipped: Floats) -> Floats:
        return polished(self.component.system, shares, shipped, self.strategy.parameters.mincost)
