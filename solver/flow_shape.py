"""Which components are a flow of one commodity, and the network that they are.

Three things make a component a flow: (1) units can be chosen so that every factor and ratio is 1 (an item counted
in yuan where a fund pays one price for it, in volume where a truck carries it, in what it counts for as a
substitute); (2) limits are nested or apart, so that they form a tree from the root to the arcs; (3) a limit that
is neither, such as a truck of one period that several lots share, joins all its sources with all its demands, so
that it is a node which everything passes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from solver.flow import FlowNet
from solver.grouping import equal_rows, sum_by
from solver.loose import Slackness, slackness
from solver.system import Flags, Floats, Integers, LimitSystem

__all__ = ["FlowShape", "flow_shape"]

UNIT_TOLERANCE = 1e-12
"""Relative; factors that differ by more are not the same unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowShape:
    """A component as a network: how its limits and arcs lie in ``net``.

    ``limit_head[l]``, ``limit_tail[l]``: the nodes of limit l's edge (head -1: it cannot bind; tail -1: the root).
    ``limit_dual[l]``: what one unit of limit l is worth in units of flow. ``arc_tail[a]``, ``arc_head[a]``: the
    nodes that arc a joins, -1 where it has no part in the network. ``held[d]``: demand d is in the network;
    the others reach their caps (or have none), or have no arc at all.
    """

    net: FlowNet
    slack: Slackness
    limit_tail: Integers
    limit_head: Integers
    limit_dual: Floats
    arc_tail: Integers
    arc_head: Integers
    held: Flags


def flow_shape(system: LimitSystem) -> FlowShape | None:
    """The network that the component is, or None when it is not the flow of one commodity."""
    slack = slackness(system)
    used_arc = ~slack.ample[system.arc_demand]
    used = used_arc[system.entry_arc] & slack.binding[system.entry_limit]
    limit, arc = system.entry_limit[used], system.entry_arc[used]
    units = _units(system, limit, arc, system.entry_factor[used], used_arc)
    if units is None:
        return None
    tree = _tree(system, limit, arc)
    if tree is None:
        return None
    return _network(system, slack, np.flatnonzero(used_arc), _has(limit, system.limits), units, tree)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Units:
    """Arc a counted in units of 1/arc[a]; limit l and demand d hold so many of their own units in each."""

    limit: Floats
    demand: Floats


def _units(system: LimitSystem, limit: Integers, arc: Integers, factor: Floats, used_arc: Flags) -> _Units | None:
    """Units that make all factors and ratios 1, spread along the arcs from one row to the next; None if they
    contradict each other on some cycle."""
    rows = system.limits + system.demands
    arcs = np.flatnonzero(used_arc)
    row = np.concatenate((limit, system.limits + system.arc_demand[arcs]))
    column = np.concatenate((arc, arcs))
    value = np.concatenate((factor, system.arc_ratio[arcs]))
    per_row, per_arc = np.ones(rows), np.ones(system.arcs)
    if not (value == 1.0).all():
        known_row, known_arc = np.zeros(rows, bool), np.zeros(system.arcs, bool)
        while True:
            spread = known_arc[column] & ~known_row[row]
            if spread.any():
                at = np.flatnonzero(spread)[::-1]
                per_row[row[at]] = value[at] / per_arc[column[at]]
                known_row[row[at]] = True
            spread = known_row[row] & ~known_arc[column]
            if spread.any():
                at = np.flatnonzero(spread)[::-1]
                per_arc[column[at]] = value[at] / per_row[row[at]]
                known_arc[column[at]] = True
                continue
            unknown = np.flatnonzero(~known_row[system.limits :] & _has(system.arc_demand[arcs], system.demands))
            if not len(unknown):
                break
            known_row[system.limits + unknown[0]] = True
        wanted = per_row[row] * per_arc[column]
        if (np.abs(value - wanted) > UNIT_TOLERANCE * value).any():
            return None
    return _Units(limit=per_row[: system.limits], demand=per_row[system.limits :])


def _has(index: Integers, count: int) -> Flags:
    there = np.zeros(count, bool)
    there[index] = True
    return there


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """``parent[l]``: the smallest limit around limit l (-1: none); ``leaf[a]``: the smallest limit of the tree on
    arc a (-1: none); ``joint[a]``: the limit on arc a that joins its sources with its demands (-1: none)."""

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
    pair = np.unique(limit * sources + system.arc_source[arc])
    spread = np.bincount(pair // sources, minlength=system.limits)
    # A limit parts a source when the source has arcs outside it.
    arcs_of_source = np.bincount(system.arc_source[np.unique(arc)], minlength=sources)
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


def _network(
    system: LimitSystem, slack: Slackness, arcs: Integers, in_use: Flags, units: _Units, tree: _Tree
) -> FlowShape:
    """Nodes: one for each limit that differs, two for a joint, one for what no limit holds, then one for all demands
    that hang on the same nodes."""
    limits = system.limits
    ample_node, first_hub = 2 * limits, 2 * limits + 1
    demand, leaf, joint = system.arc_demand[arcs], tree.leaf[arcs], tree.joint[arcs]
    source_node = np.where(leaf >= 0, leaf, ample_node)
    last_node = np.where(joint >= 0, limits + joint, source_node)
    hub = first_hub + _alike(demand, last_node, system.demands)
    nodes = int(hub.max(initial=ample_node)) + 1
    next_node = np.where(joint >= 0, joint, hub[demand])
    is_joint = _has(joint[joint >= 0], limits)
    shared = _has(tree.parent[tree.parent >= 0], limits)
    twin = _twins(source_node, next_node, tree.parent, in_use & ~is_joint & ~shared, nodes)
    source_node = twin[source_node]
    last_node = np.where(joint >= 0, last_node, source_node)

    quantity, bound = system.demand_quantity / units.demand, system.limit_bound / units.limit
    limit_tail = np.where(is_joint, np.arange(limits), tree.parent)
    limit_head = np.where(is_joint, limits + np.arange(limits), twin[:limits])
    limit_head = np.where(in_use, limit_head, -1)
    rooted = in_use & (limit_tail < 0)
    inflow = sum_by(limit_head[rooted], bound[rooted], nodes)
    inflow[ample_node] = quantity.sum() + 1.0 if (source_node == ample_node).any() else 0.0
    inner = np.flatnonzero(in_use & (limit_tail >= 0))
    free = np.unique(np.concatenate((source_node * nodes + next_node, last_node * nodes + hub[demand])))
    arc_tail, arc_head = np.full(system.arcs, -1), np.full(system.arcs, -1)
    arc_tail[arcs], arc_head[arcs] = source_node, next_node
    net = FlowNet(
        inflow=inflow,
        tail=np.concatenate((limit_tail[inner], free // nodes)),
        head=np.concatenate((limit_head[inner], free % nodes)),
        capacity=np.concatenate((bound[inner], np.full(len(free), np.inf))),
        demand_node=hub,
        quantity=quantity,
    )
    return FlowShape(
        net=net,
        slack=slack,
        limit_tail=limit_tail,
        limit_head=limit_head,
        limit_dual=1.0 / units.limit,
        arc_tail=arc_tail,
        arc_head=arc_head,
        held=_has(demand, system.demands),
    )


def _alike(row: Integers, key: Integers, rows: int) -> Integers:
    """Groups of rows with the same set of keys."""
    span = int(key.max(initial=0)) + 1
    pair = np.unique(row * span + key)
    return equal_rows(pair // span, pair % span, rows)


def _twins(source_node: Integers, next_node: Integers, parent: Integers, mergeable: Flags, nodes: int) -> Integers:
    """For each node the first node that nothing but the size of its limit tells from it."""
    limits = len(parent)
    at = np.flatnonzero(mergeable)
    inside = np.flatnonzero(_has(at, nodes)[source_node])
    row = np.concatenate((source_node[inside], at))
    key = np.concatenate((next_node[inside], nodes + 1 + parent[at]))
    group = _alike(row, key, limits)[at]
    first = np.full(limits, nodes)
    np.minimum.at(first, group, at)
    twin = np.arange(nodes)
    twin[at] = first[group]
    return twin
