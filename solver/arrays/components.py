"""The connected components of a network: they share no limit, so each is solved by itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

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
    demand_label, limit_label = system.components()
    reached = np.flatnonzero(np.bincount(system.arc_demand, minlength=system.demands))
    # Numbered by first demand, so that the order of the parts is that of the ids.
    found, first = np.unique(demand_label[reached], return_index=True)
    number = np.full(max(demand_label.max(initial=-1), limit_label.max(initial=-1)) + 1, -1)
    number[found[np.argsort(first)]] = np.arange(len(found))
    part, part_of_limit = number[demand_label], number[limit_label]
    preference = _preference(network)
    cut = _Cut(len(found))
    return [
        _component(network, preference, *places)
        for places in zip(
            cut(part[reached], reached),
            cut(part[system.arc_demand], np.arange(len(system.arc_demand))),
            cut(part_of_limit, np.arange(system.limits)),
            cut(part_of_limit[system.entry_limit], np.arange(len(system.entry_limit))),
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
    return Component(
        demands=demands,
        arcs=arcs,
        limits=limits,
        previous=network.arc_previous[arcs].astype(float),
        preference=preference[system.arc_source[arcs]],
        system=system.restricted(arcs=arcs, entries=entries, demands=demands, limits=limits),
    )


def _preference(network: Network) -> Floats:
    """0..1 for each source of the network: what expires first comes first, then what is there first."""
    tables, at = network.tables, network.source_at
    order = np.lexsort((at, tables.source_start[at], tables.source_until[at]))
    rank = np.empty(len(at))
    rank[order] = np.arange(len(at))
    return rank / max(1, len(at))
