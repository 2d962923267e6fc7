"""One component answered: its bands settled, then its shipments at least cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays.components import Component
from ..arrays.grouping import distinct
from ..arrays.limit_system import Floats, LimitSystem
from ..leximin.sequential_lp import Progress, settle_bands_by_lps
from ..leximin.settlement import Event, Settlement
from ..leximin.strategy import settle_fast
from ..lp.backends import Backend, Choice
from ..lp.formulation import AllocationLP
from ..lp.highs import Clock
from ..mincost.lp_mincost import least_cost
from ..mincost.network_mincost import least_cost_flow
from ..mincost.polish import polished, refined
from ..model.errors import SolverFailedError
from .options import Method

LEVEL_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveStrategy:
    """How to compute: ``program`` uses the linear program alone, ``auto`` a faster exact way where one fits."""

    choice: Choice = "auto"
    method: Method = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentAnswer:
    """Of one component: shares after each band, the events that prove them, units shipped on each arc, and the
    seconds that settling each band took."""

    shares: Floats
    events: tuple[Event, ...]
    shipped: Floats
    seconds: tuple[float, ...]


class BandTimer:
    """Counts the seconds of each band, and passes on how far it is."""

    def __init__(self, system: LimitSystem, report: Callable[[Progress], None] | None) -> None:
        self.seconds = [0.0] * len(system.caps)
        self._caps = system.caps
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
        levels = distinct(np.round(np.minimum(1.0, shares[served] / caps[served]), LEVEL_DIGITS))
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
    backend = Backend(strategy.choice, clock)
    watch = BandTimer(component.system, report)
    program: AllocationLP | None = None
    settlement = _fast(component.system, strategy, backend, watch)
    if settlement is None:
        program = program_of(component, change_penalty)
        settlement = settle_bands_by_lps(program, backend, watch.told)
    last = settlement.shares[-1] if len(settlement.shares) else np.zeros(len(component.demands))
    shipped: Floats | None = None
    if not last.any():
        shipped = np.zeros(len(component.arcs))
    elif strategy.method == "auto":
        shipped = cheapest_flow(component, settlement, last, change_penalty, stop=clock.check)
    if shipped is None:
        program = program or program_of(component, change_penalty)
        program.close(np.flatnonzero(settlement.idle))
        shipped = least_cost(program, backend, last, component.preference, change_penalty)
        shipped = refined(program, backend, last, settlement.idle, shipped)
    else:
        shipped = polished(component.system, last, shipped)
    return ComponentAnswer(
        shares=settlement.shares, events=settlement.events, shipped=shipped, seconds=tuple(watch.seconds)
    )


def settle(system: LimitSystem, strategy: SolveStrategy, clock: Clock) -> Settlement:
    """Only the shares and what proves them: what a changed limit is tried with.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError.
    """
    backend = Backend(strategy.choice, clock)
    return _fast(system, strategy, backend) or settle_bands_by_lps(AllocationLP(system), backend)


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
    *,
    stop: Callable[[], None] = lambda: None,
) -> Floats | None:
    """The cheapest shipments of a flow; None where it is none, or too badly scaled for whole numbers."""
    idle, preference, previous = settlement.idle, component.preference, component.previous
    try:
        return least_cost_flow(component.system, shares, idle, preference, previous, change_penalty, stop)
    except SolverFailedError:
        return None


def program_of(component: Component, change_penalty: float) -> AllocationLP:
    """The linear program of a component."""
    return AllocationLP(component.system, previous=component.previous if change_penalty > 0.0 else None)
