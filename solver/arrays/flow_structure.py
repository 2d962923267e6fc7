"""Recognises a component that is the flow of one commodity, and finds its units and its tree of limits.

Three things make one: (1) units can be chosen so that every factor and ratio is 1 (an item counted in yuan where a
fund pays one price for it, in volume where a truck carries it, in what it counts for as a substitute); (2) limits are
nested or disjoint, so that they form a tree from the root to the arcs; (3) a limit that is neither, such as a truck
of one period that several lots share, joins all its sources with all its demands, so that it is a node which
all of this flow passes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from ..parameters import FlowParameters
from .grouping import distinct
from .limit_system import Flags, Floats, Integers, LimitSystem

__all__ = ["FlowStructure", "flow_structure", "mark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStructure:
    """A component as a flow, on ``arcs`` and the limits that are ``in_use`` there.

    One unit shipped on arc a is ``per_arc[a]`` units of flow; one of these takes ``per_limit[l]`` of limit l and
    gives ``per_demand[d]`` to demand d. ``parent[l]``: the smallest limit around limit l (-1: none). For each of
    ``arcs``, ``leaf``: the smallest limit of the tree on it (-1: none), ``joint``: the limit on it that joins its
    sources with its demands (-1: none).
    """

    arcs: Integers
    in_use: Flags
    per_arc: Floats
    per_limit: Floats
    per_demand: Floats
    parent: Integers
    leaf: Integers
    joint: Integers


def flow_structure(
    system: LimitSystem, used_arc: Flags, binding: Flags, parameters: FlowParameters
) -> FlowStructure | None:
    """The structure on some arcs under the limits that could bind; None when that is no flow of one commodity."""
    used = used_arc[system.entry_arc] & binding[system.entry_limit]
    limit, arc = system.entry_limit[used], system.entry_arc[used]
    arcs = np.flatnonzero(used_arc)
    units = _units(system, limit, arc, system.entry_factor[used], arcs, parameters.unit_tolerance)
    tree = _tree(system, limit, arc) if units is not None else None
    if units is None or tree is None:
        return None
    return FlowStructure(
        arcs=arcs,
        in_use=mark(limit, system.limits),
        per_arc=units.arc,
        per_limit=units.limit,
        per_demand=units.demand,
        parent=tree.parent,
        leaf=tree.leaf[arcs],
        joint=tree.joint[arcs],
    )


def mark(index: Integers, count: int) -> Flags:
    """True at the indices."""
    there = np.zeros(count, bool)
    there[index] = True
    return there


@dataclass(frozen=True, slots=True, kw_only=True)
class _FlowUnits:
    """See FlowStructure."""

    arc: Floats
    limit: Floats
    demand: Floats


def _units(
    system: LimitSystem, limit: Integers, arc: Integers, factor: Floats, arcs: Integers, tolerance: float
) -> _FlowUnits | None:
    """Units that make all factors and ratios 1, spread along the arcs from one row to the next; None if they
    contradict each other on some cycle."""
    rows = system.limits + system.demands
    row = np.concatenate((limit, system.limits + system.arc_demand[arcs]))
    column = np.concatenate((arc, arcs))
    value = np.concatenate((factor, system.arc_ratio[arcs]))
    per_row, per_arc = np.ones(rows), np.ones(system.arcs)
    if not (value == 1.0).all():
        per = _spread(row, rows + column, value, distinct(system.limits + system.arc_demand[arcs]), rows + system.arcs)
        per_row, per_arc = per[:rows], per[rows:]
        wanted = per_row[row] * per_arc[column]
        if (np.abs(value - wanted) > tolerance * value).any():
            return None
    return _FlowUnits(arc=per_arc, limit=per_row[: system.limits], demand=per_row[system.limits :])


def _spread(one: Integers, other: Integers, value: Floats, begin: Integers, nodes: int) -> Floats:
    """A factor for each node so that those at the ends of an edge make its value, along a spanning forest of the
    edges; 1 for the first node in each tree that is one of ``begin``, which every tree has."""
    edges = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(nodes, nodes))
    label = connected_components(edges, directed=False)[1]
    first = begin[np.unique(label[begin], return_index=True)[1]]
    # One search from a root that leads to all trees; what it finds in turn is sorted by depth.
    tail, head = np.append(one, np.full(len(first), nodes)), np.append(other, first)
    joined = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(nodes + 1, nodes + 1))
    order, above = breadth_first_order(joined.tocsr(), nodes, directed=False)
    place = np.empty(nodes + 1, np.int64)
    place[order] = np.arange(len(order))
    above_place = place[above[order[1:]]]
    key, by_key = one * nodes + other, np.argsort(one * nodes + other)
    per = np.ones(nodes + 1)
    # The first nodes of the trees are the first level below the root.
    level_end = 1 + len(first)
    while level_end < len(order):
        end = 1 + int(np.searchsorted(above_place, level_end))
        node = order[level_end:end].astype(np.int64)
        parent = above[node].astype(np.int64)
        edge = np.minimum(node, parent) * nodes + np.maximum(node, parent)
        per[node] = value[by_key[np.searchsorted(key, edge, sorter=by_key)]] / per[parent]
        level_end = end
    return per[:nodes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """See FlowStructure; ``leaf`` and ``joint`` here for every arc of the system."""

    parent: Integers
    leaf: Integers
    joint: Integers


def _tree(system: LimitSystem, limit: Integers, arc: Integers) -> _Tree | None:
    parent = np.full(system.limits, -1)
    leaf, joint = np.full(system.arcs, -1), np.full(system.arcs, -1)
    if len(arc) == 0 or np.bincount(arc).max() <= 1:
        leaf[arc] = limit
        return _Tree(parent=parent, leaf=leaf, joint=joint)
    size = np.bincount(limit, minlength=system.limits)
    one, other, common = _overlaps(system, limit, arc)
    crossing = (common < size[one]) & (common < size[other])
    joints = _joints(system, limit, arc, one[crossing], other[crossing])
    if joints is None:
        return None
    inner = ~joints[one] & ~joints[other] & (common == size[one])
    inner &= (size[one] < size[other]) | ((size[one] == size[other]) & (one < other))
    one, other = one[inner], other[inner]
    order = np.lexsort((other, size[other]))[::-1]
    parent[one[order]] = other[order]
    in_tree = ~joints[limit]
    at = np.flatnonzero(in_tree)
    at = at[np.lexsort((limit[at], size[limit[at]]))[::-1]]
    leaf[arc[at]] = limit[at]
    joint[arc[~in_tree]] = limit[~in_tree]
    if not _are_products(system, leaf, joint):
        return None
    return _Tree(parent=parent, leaf=leaf, joint=joint)


def _overlaps(system: LimitSystem, limit: Integers, arc: Integers) -> tuple[Integers, Integers, Integers]:
    """Pairs of different limits with common arcs, and how many they have in common."""
    pattern = coo_array((np.ones(len(arc), np.int64), (limit, arc)), shape=(system.limits, system.arcs)).tocsr()
    common = (pattern @ pattern.T).tocoo()
    one, other = common.coords[0].astype(np.int64), common.coords[1].astype(np.int64)
    apart = one != other
    return one[apart], other[apart], common.data[apart]


def _joints(system: LimitSystem, limit: Integers, arc: Integers, one: Integers, other: Integers) -> Flags | None:
    """Limits to take out of the tree so that what is left is nested: first those that part a source, then (a truck
    beside a reserve) of what still crosses those on the fewest sources. None when such limits overlap."""
    sources = int(system.arc_source.max()) + 1
    on_limit = np.bincount(limit, minlength=system.limits)
    pair = distinct(limit * sources + system.arc_source[arc])
    spread = np.bincount(pair // sources, minlength=system.limits)
    # A limit parts a source when the source has arcs outside it.
    arcs_of_source = np.bincount(system.arc_source[distinct(arc)], minlength=sources)
    whole = np.bincount(pair // sources, arcs_of_source[pair % sources], minlength=system.limits) == on_limit
    joints = np.zeros(system.limits, bool)
    joints[one[~whole[one] & (spread[one] > 1)]] = True
    crossing = ~joints[one] & ~joints[other]
    fewer = np.where((spread[one] < spread[other]) | ((spread[one] == spread[other]) & (one < other)), one, other)
    joints[fewer[crossing]] = True
    taken = np.bincount(arc[joints[limit]], minlength=1)
    return None if taken.max(initial=0) > 1 else joints


def _are_products(system: LimitSystem, leaf: Integers, joint: Integers) -> bool:
    """Whether each joint has an arc from each of its leaves to each of its demands."""
    arcs = np.flatnonzero(joint >= 0)
    pairs = np.unique(np.stack((joint[arcs], leaf[arcs], system.arc_demand[arcs])), axis=1)
    leaves = np.unique(pairs[:2], axis=1)
    demands = np.unique(pairs[[0, 2]], axis=1)
    count = np.bincount(pairs[0], minlength=1)
    return bool((np.bincount(leaves[0], minlength=1) * np.bincount(demands[0], minlength=1) == count).all())
