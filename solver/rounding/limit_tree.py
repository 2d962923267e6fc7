"""Recognises the parts of a network that are a flow of equal packs through nested limits: the tree of these limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..arrays.limit_system import Flags, Integers
from ..parameters import RoundingParameters
from .integer_limits import PackFacts, WholeLimits, binding_limits, whole_limits

ROOT = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitTree:
    """The limits that may bind, in packs; ``in_tree[c]``: cell c's component is a flow through a tree of limits.

    ``leaf[a]`` is the smallest limit on arc a and ``parent[l]`` the next larger one than l on the same arcs;
    ROOT where there is none.
    """

    limits: WholeLimits
    parent: Integers
    leaf: Integers
    in_tree: Flags


def limit_tree_of(
    network: PackFacts, arc_cell: Integers, most: Integers, sole: Flags, parameters: RoundingParameters
) -> LimitTree:
    """The tree of a network whose cell c takes at most ``most[c]`` packs; ``sole`` cells share no demand."""
    whole = whole_limits(network, parameters.room_max)
    kept = binding_limits(whole, arc_cell, most, parameters.binding_margin)[whole.entry_limit]
    limits = WholeLimits(
        entry_limit=whole.entry_limit[kept],
        entry_arc=whole.entry_arc[kept],
        weight=whole.weight[kept],
        room=whole.room,
    )
    parent, leaf, crossed = _nesting(limits, len(arc_cell))
    cells = len(most)
    component = _components(limits, arc_cell, network.system.arc_demand, cells)
    good = np.ones(int(component.max()) + 1, dtype=bool)
    good[component[~sole]] = False
    uneven = _uneven(limits) | crossed | network.limit_booked
    broken = uneven[limits.entry_limit]
    good[component[arc_cell[limits.entry_arc[broken]]]] = False
    return LimitTree(limits=limits, parent=parent, leaf=leaf, in_tree=good[component])


def _components(limits: WholeLimits, arc_cell: Integers, arc_demand: Integers, cells: int) -> Integers:
    """A label for each cell; cells share one when a limit or a demand joins them."""
    count = len(limits.room)
    demands = int(arc_demand.max()) + 1
    one = np.concatenate((limits.entry_limit, count + arc_demand))
    other = np.concatenate((arc_cell[limits.entry_arc], arc_cell)) + count + demands
    size = count + demands + cells
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    return label[count + demands :].astype(np.int64)


def _uneven(limits: WholeLimits) -> Flags:
    """Limits on which packs weigh differently."""
    count = len(limits.room)
    heaviest = np.zeros(count, dtype=np.int64)
    np.maximum.at(heaviest, limits.entry_limit, limits.weight)
    uneven = np.zeros(count, dtype=bool)
    uneven[limits.entry_limit[limits.weight != heaviest[limits.entry_limit]]] = True
    return uneven


def _nesting(limits: WholeLimits, arcs: int) -> tuple[Integers, Integers, Flags]:
    """The parent of each limit, the leaf of each arc, and the limits that cross others."""
    count = len(limits.room)
    size = np.bincount(limits.entry_limit, minlength=count)
    order = np.lexsort((limits.entry_limit, size[limits.entry_limit], limits.entry_arc))
    limit, arc = limits.entry_limit[order], limits.entry_arc[order]
    last = np.append(arc[1:] != arc[:-1], True) if len(arc) else np.zeros(0, dtype=bool)
    above = np.where(last, ROOT, np.append(limit[1:], ROOT)) if len(arc) else limit
    parent = np.full(count, ROOT)
    parent[limit] = above
    crossed = np.zeros(count, dtype=bool)
    # On another arc of the limit something else is the next larger one.
    crossed[limit[parent[limit] != above]] = True
    leaf = np.full(arcs, ROOT)
    first = np.append(True, arc[1:] != arc[:-1]) if len(arc) else last
    leaf[arc[first]] = limit[first]
    return parent, leaf, crossed
