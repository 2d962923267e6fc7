"""Max-min fair shares of a coupled component by cutting planes.

Without what couples it (trucks, funds) a component is often a flow, whose fair shares and tight cuts cost almost
nothing. These cuts start the pool. Then: fill under the cuts; ask one program whether some plan attains the shares
(separation). If so they are the fair shares: the fairest of a relaxation, and attainable. If not, the duals of the
program are a violated cut; add it and repeat (Kelley's method, with water-filling as the master problem). All bands
are settled at once: a plan that attains the last shares attains the earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays.grouping import distinct
from ..arrays.limit_system import Floats, Integers, LimitSystem
from ..lp.backends import Backend
from .cut_pool import CutPool
from .flow_settlement import settle_as_flow
from .separation import SeparationLP
from .settlement import Settlement

__all__ = ["settle_by_cuts"]


def settle_by_cuts(
    system: LimitSystem, backend: Backend, *, stop: Callable[[], None] | None = None
) -> Settlement | None:
    """The max-min fair shares, proved by cuts; None when too many programs did not lead there.

    ``stop`` is called between steps and may raise to end the work. Raises SolverFailedError, SolverTimeLimitError,
    CancelledError.
    """
    parameters = backend.parameters.leximin
    if system.demand_quantity.max() > parameters.spread_max * system.demand_quantity.min():
        return None
    pool = CutPool(system, parameters)
    if system.topped:
        pool.add(_own_limits(system))
    for part in _uncoupled(system):
        settlement = settle_as_flow(part.system, backend.parameters.flow, stop=stop)
        if settlement is None and len(part.arcs) < system.arcs:
            settlement = settle_by_cuts(part.system, backend, stop=stop)
        for event in settlement.events if settlement is not None else ():
            duals = np.zeros(system.limits)
            duals[part.limits[event.limits]] = event.duals
            pool.add(duals)
    filled = pool.fill()
    separation = SeparationLP(system, backend)
    for _ in range(parameters.cut_rounds_max):
        wanted = filled.shares[-1]
        separation.separate(wanted)
        if separation.gap <= parameters.cut_short:
            # A lack within the solver's tolerance may hide a cut that is still missing.
            exact = separation.separate_exactly()
            if not exact or separation.gap <= parameters.cut_short_exact or not pool.add(separation.duals, wanted):
                return Settlement(shares=filled.shares, events=filled.events, idle=np.zeros(system.arcs, bool))
        elif not pool.add(separation.duals, wanted):
            return None
        filled = pool.fill()
    return None


def _own_limits(system: LimitSystem) -> Floats:
    """Duals that are the cut of each demand whose arcs all lie under limits that only it uses.

    Of several on an arc it is the last: what stops a demand at what it asks stands behind sources and trucks.
    """
    low, high = np.full(system.limits, system.demands), np.full(system.limits, -1)
    demand = system.arc_demand[system.entry_arc]
    np.minimum.at(low, system.entry_limit, demand)
    np.maximum.at(high, system.entry_limit, demand)
    own = np.flatnonzero((low == high)[system.entry_limit])
    last = np.full(system.arcs, -1)
    np.maximum.at(last, system.entry_arc[own], system.entry_limit[own])
    duals = np.zeros(system.limits)
    duals[last[last >= 0]] = 1.0
    return duals


@dataclass(frozen=True, slots=True, kw_only=True)
class _RelaxedPart:
    """A component of the relaxed system; ``arcs`` and ``limits`` are where its own stand in the whole."""

    system: LimitSystem
    arcs: Integers
    limits: Integers


def _uncoupled(system: LimitSystem) -> list[_RelaxedPart]:
    """The components of the system under the limits alone that hold whole sources, unit for unit: supplies, offers,
    reserves; without trucks and funds."""
    sources = int(system.arc_source.max(initial=-1)) + 1
    arcs_of_source = np.bincount(system.arc_source, minlength=sources)
    source = system.arc_source[system.entry_arc]
    pair, count = np.unique(system.entry_limit * sources + source, return_counts=True)
    kept = np.ones(system.limits, bool)
    kept[pair[count < arcs_of_source[pair % sources]] // sources] = False
    kept[system.entry_limit[system.entry_factor != 1.0]] = False
    kept[:sources] = True
    entries = np.flatnonzero(kept[system.entry_limit])
    demand_label, limit_label = system.components(entries)
    part_of_arc, part_of_entry = demand_label[system.arc_demand], limit_label[system.entry_limit[entries]]
    return [
        _part(system, np.flatnonzero(part_of_arc == one), entries[part_of_entry == one])
        for one in distinct(part_of_arc).tolist()
    ]


def _part(system: LimitSystem, arcs: Integers, entries: Integers) -> _RelaxedPart:
    demands = distinct(system.arc_demand[arcs])
    sources = distinct(system.arc_source[arcs])
    limits = distinct(np.concatenate((sources, system.entry_limit[entries])))
    return _RelaxedPart(
        system=system.restricted(arcs=arcs, entries=entries, demands=demands, limits=limits), arcs=arcs, limits=limits
    )
