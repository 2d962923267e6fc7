"""Parts of a network that share nothing: each can be settled and priced by itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .limit_system import Floats, Integers, LimitSystem
from .network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A connected part of a network: its own system, and where its demands, arcs and limits stand in it."""

    system: LimitSystem
    demands: Integers
    arcs: Integers
    limits: Integers
    previous: Floats
    preference: Floats


def components_of(network: Network) -> list[Component]:
    """The connected parts, in the order of their first demands. Demands without an arc are in none."""
    system = network.system
    demands, limits = len(system.demand_quantity), len(system.limit_bound)
    owner = system.arc_demand[system.entry_arc]
    edges = (np.ones(len(owner)), (owner, demands + system.entry_limit))
    graph = coo_array(edges, shape=(demands + limits, demands + limits))
    _, label = connected_components(graph, directed=False)
    reached = np.flatnonzero(np.bincount(system.arc_demand, minlength=demands))
    # Numbered by first demand, so that the order of the parts is that of the ids.
    found, first = np.unique(label[reached], return_index=True)
    number = np.full(label.max(initial=-1) + 1, -1)
    number[found[np.argsort(first)]] = np.arange(len(found))
    part = number[label]
    preference = _preference(network)
    cut = _Cut(len(found))
    return [
        _component(network, preference, *places)
        for places in zip(
            cut(part[reached], reached),
            cut(part[system.arc_demand], np.arange(len(system.arc_demand))),
            cut(part[demands:], np.arange(limits)),
            cut(part[owner], np.arange(len(owner))),
            strict=True,
        )
    ]


class _Cut:
    """Cuts an array into its parts."""

    def __init__(self, parts: int) -> None:
        self.parts = parts

    def __call__(self, part: Integers, values: Integers) -> list[Integers]:
        order = np.argsort(part, kind="stable")
        bounds = np.searchsorted(part[order], np.arange(self.parts + 1))
        return [values[order[a:b]] for a, b in pairwise(bounds)]


def _component(
    network: Network,
    preference: Floats,
    demands: Integers,
    arcs: Integers,
    limits: Integers,
    entries: Integers,
) -> Component:
    system = network.system
    _, arc_source = np.unique(system.arc_source[arcs], return_inverse=True)
    return Component(
        demands=demands,
        arcs=arcs,
        limits=limits,
        previous=network.arc_previous[arcs].astype(float),
        preference=preference[system.arc_source[arcs]],
        system=LimitSystem(
            arc_source=arc_source,
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


def _preference(network: Network) -> Floats:
    """0..1 for each source of the network: what expires first comes first, then what is there first."""
    tables, at = network.tables, network.source_at
    order = np.lexsort((at, tables.source_start[at], tables.source_until[at]))
    rank = np.empty(len(at))
    rank[order] = np.arange(len(at))
    return rank / max(1, len(at))
