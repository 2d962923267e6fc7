"""Solves one component: settles its bands, then finds its shipments at least cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays.components import Component
from ..arrays.grouping import distinct
from ..arrays.limit_system import Floats, LimitSystem
from ..explain.answers import ComponentAnswer
from ..leximin.history import History
from ..leximin.sequential_lp import Progress, settle_bands_by_lps
from ..leximin.settlement import Settlement
from ..leximin.strategy import settle_fast
from ..lp.backends import Backend, Choice
from ..lp.clock import Clock
from ..lp.formulation import AllocationLP
from ..mincost.lp_mincost import least_cost
from ..mincost.network_mincost import least_cost_flow
from ..mincost.polish import polished, refined
from ..model.errors import SolverFailedError
from ..parameters import DEFAULT, EngineParameters, Parameters
from .options import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveStrategy:
    """How to solve: by which LP solver, by which method (see ``Method``), with which parameters."""

    choice: Choice = "auto"
    method: Method = "auto"
    parameters: Parameters = DEFAULT

    def backend(self, clock: Clock | None = None) -> Backend:
        """A backend for one component."""
        return Backend(self.choice, clock, self.parameters)


class BandTimer:
    """Counts the seconds of each band, and passes on how far it is."""

    def __init__(
        self, system: LimitSystem, parameters: EngineParameters, report: Callable[[Progress], None] | None
    ) -> None:
        self.seconds = [0.0] * len(system.caps)
        self._caps = system.caps
        self._digits = parameters.level_digits
        self._report = report
        self._last = time.monotonic()

    def told(self, progress: Progress) -> None:
        """Takes what a sequence of programs reports."""
        now = time.monotonic()
        self.seconds[progress.band] += now - self._last
        self._last = now
        if self._report is not None:
            self._report(progress)

    def settled(self, band: int, shares: Floats) -> None:
        """Takes the shares after a band that was settled as a whole."""
        caps = self._caps[band]
        served = caps > 0.0
        levels = distinct(np.round(np.minimum(1.0, shares[served] / caps[served]), self._digits))
        count = int(served.sum())
        self.told(Progress(band=band, settled=count, served=count, levels=tuple(levels.tolist())))


def answer_component(
    component: Component,
    change_penalty: float,
    strategy: SolveStrategy,
    clock: Clock,
    report: Callable[[Progress], None] | None = None,
) -> ComponentAnswer:
    """Settles the bands and finds the cheapest shipments.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError.
    """
    backend = strategy.backend(clock)
    history = History(component.system)
    watch = BandTimer(history.whole, strategy.parameters.engine, report)
    program: AllocationLP | None = None
    settlement = _fast(history.whole, strategy, backend, watch)
    if settlement is None and history.whole is component.system:
        program = program_of(component, change_penalty)
        settlement = settle_bands_by_lps(program, backend, watch.told)
    settlement = history.of_now(settlement or settle_bands_by_lps(AllocationLP(history.whole), backend, watch.told))
    last = settlement.shares[-1] if len(settlement.shares) else np.zeros(len(component.demands))
    shipped: Floats | None = None
    if not last.any():
        shipped = np.zeros(len(component.arcs))
    elif strategy.method == "auto":
        shipped = cheapest_flow(component, settlement, last, change_penalty, strategy.parameters, stop=clock.check)
    if shipped is None:
        program = program or program_of(component, change_penalty)
        program.close(np.flatnonzero(settlement.idle))
        shipped = least_cost(program, backend, last, component.preference, change_penalty)
        shipped = refined(program, backend, last, settlement.idle, shipped)
    else:
        shipped = polished(component.system, last, shipped, strategy.parameters.mincost)
    return ComponentAnswer(
        shares=settlement.shares, events=settlement.events, shipped=shipped, seconds=tuple(watch.seconds)
    )


def settle(system: LimitSystem, strategy: SolveStrategy, clock: Clock) -> Settlement:
    """Only the shares and what proves them: what a changed limit is tried with.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError.
    """
    backend, history = strategy.backend(clock), History(system)
    settlement = _fast(history.whole, strategy, backend)
    return history.of_now(settlement or settle_bands_by_lps(AllocationLP(history.whole), backend))


def _fast(
    system: LimitSystem, strategy: SolveStrategy, backend: Backend, watch: BandTimer | None = None
) -> Settlement | None:
    """A faster exact way than the sequence of programs, if there is one."""
    if strategy.method != "auto":
        return None
    return settle_fast(system, backend, None if watch is None else watch.settled)


def cheapest_flow(
    component: Component,
    settlement: Settlement,
    shares: Floats,
    change_penalty: float,
    parameters: Parameters,
    *,
    stop: Callable[[], None] = lambda: None,
) -> Floats | None:
    """The cheapest shipments of a flow; None where it is none, or too badly scaled for whole numbers."""
    idle, preference, previous = settlement.idle, component.preference, component.previous
    try:
        return least_cost_flow(
            component.system, shares, idle, preference, previous, change_penalty, parameters=parameters, stop=stop
        )
    except SolverFailedError:
        return None


def program_of(component: Component, change_penalty: float) -> AllocationLP:
    """The linear program of a component."""
    return AllocationLP(component.system, previous=component.previous if change_penalty > 0.0 else None)
