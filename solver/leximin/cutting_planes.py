"""Relax and check: fair shares of a coupled component from its flows, mended by cuts until some plan attains them.

Without what couples it (trucks, funds) a component is often a flow, whose fair shares and full cuts cost almost
nothing. Ask one program whether some plan attains these shares. If so they are the fair shares: the fairest of a
relaxation, and attainable. If not, the program's duals are a cut that was missing; fill again under all cuts
known, and ask again. All bands are settled at once: who attains the last shares attains the earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..arrays.grouping import distinct
from ..arrays.limit_system import Integers, LimitSystem
from ..lp.backends import Backend
from .cut_pool import CutPool
from .flow_settlement import settle_as_flow
from .separation import SeparationLP
from .settlement import Settlement

__all__ = ["settle_by_cuts"]

ROUNDS_MAX = 600
"""Programs to solve before giving up. Each goes on from the last."""

SPREAD_MAX = 1e6
"""Largest quantity beside the smallest. Beyond it the tolerance of a program on what is large is much of what is
small, and no answer of one program about all of them is exact enough."""

SHORT = 5e-9
"""Part of a demand that may be missing in the last answer of a program, within its tolerance."""

EXACT = 1e-14
"""Part of a demand that may be missing in the last answer without tolerances."""


def settle_by_cuts(
    system: LimitSystem, backend: Backend, *, stop: Callable[[], None] | None = None
) -> Settlement | None:
    """The max-min fair shares, proved by cuts; None when too many programs did not lead there.

    ``stop`` is called between steps and may raise to end the work. Raises SolverFailedError, SolverTimeLimitError,
    CancelledError.
    """
    if system.demand_quantity.max() > SPREAD_MAX * system.demand_quantity.min():
        return None
    pool = CutPool(system)
    for part in _uncoupled(system):
        settlement = settle_as_flow(part.system, stop=stop)
        if settlement is None and len(part.arcs) < system.arcs:
            settlement = settle_by_cuts(part.system, backend, stop=stop)
        for event in settlement.events if settlement is not None else ():
            duals = np.zeros(system.limits)
            duals[part.limits[event.limits]] = event.duals
            pool.add(duals)
    filled = pool.fill()
    separation = SeparationLP(system, backend)
    for _ in range(ROUNDS_MAX):
        wanted = filled.shares[-1]
        separation.separate(wanted)
        if separation.gap <= SHORT:
            # What is short within the tolerance of a program may be a cut that is missing still.
            exact = separation.separate_exactly()
            if not exact or separation.gap <= EXACT or not pool.add(separation.duals, wanted):
                return Settlement(shares=filled.shares, events=filled.events, idle=np.zeros(system.arcs, bool))
        elif not pool.add(separation.duals, wanted):
            return None
        filled = pool.fill()
    return None


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
    nodes = system.demands + system.limits
    edges = (system.arc_demand[system.entry_arc[entries]], system.demands + system.entry_limit[entries])
    label = connected_components(coo_array((np.ones(len(entries)), edges), shape=(nodes, nodes)), directed=False)[1]
    part_of_arc, part_of_entry = label[system.arc_demand], label[edges[1]]
    return [
        _part(system, np.flatnonzero(part_of_arc == one), entries[part_of_entry == one])
        for one in distinct(part_of_arc).tolist()
    ]


def _part(system: LimitSystem, arcs: Integers, entries: Integers) -> _RelaxedPart:
    demands = distinct(system.arc_demand[arcs])
    sources = distinct(system.arc_source[arcs])
    limits = distinct(np.concatenate((sources, system.entry_limit[entries])))
    return _RelaxedPart(
        arcs=arcs,
        limits=limits,
        system=LimitSystem(
            arc_source=np.searchsorted(sources, system.arc_source[arcs]),
            arc_demand=np.searchsorted(demands, system.arc_demand[arcs]),
            arc_period=system.arc_period[arcs],
            arc_ratio=system.arc_ratio[arcs],
            arc_cost=system.arc_cost[arcs],
            entry_limit=np.searchsorted(limits, system.entry_limit[entries]),
            entry_arc=np.searchsorted(arcs, system.entry_arc[entries]),
            entry_factor=system.entry_factor[entries],
            limit_bound=system.limit_bound[limits],
            demand_quantity=system.demand_quantity[demands],
            caps=system.caps[:, demands],
        ),
    )
