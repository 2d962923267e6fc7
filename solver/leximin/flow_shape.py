"""The flow network of a component that is the flow of one commodity; indistinguishable demands and sources merged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays.flow_structure import FlowStructure, flow_structure, mark
from ..arrays.grouping import distinct, equal_rows, sum_by
from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem
from ..arrays.redundant_limits import Slackness, slackness
from ..parameters import FlowParameters
from .parametric_flow import FlowNet

__all__ = ["FlowShape", "flow_shape"]


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


def flow_shape(system: LimitSystem, parameters: FlowParameters) -> FlowShape | None:
    """The network that the component is, or None when it is not the flow of one commodity."""
    slack = slackness(system)
    structure = flow_structure(system, ~slack.ample[system.arc_demand], slack.binding, parameters)
    return None if structure is None else _network(system, slack, structure)


def _network(system: LimitSystem, slack: Slackness, shape: FlowStructure) -> FlowShape:
    """Nodes: one for each limit that differs, two for a joint, one for what no limit holds, then one for all demands
    that hang on the same nodes."""
    limits = system.limits
    ample_node, first_hub = 2 * limits, 2 * limits + 1
    demand, leaf, joint, in_use = system.arc_demand[shape.arcs], shape.leaf, shape.joint, shape.in_use
    source_node = np.where(leaf >= 0, leaf, ample_node)
    last_node = np.where(joint >= 0, limits + joint, source_node)
    hub = first_hub + _alike(demand, last_node, system.demands)
    nodes = int(hub.max(initial=ample_node)) + 1
    next_node = np.where(joint >= 0, joint, hub[demand])
    is_joint = mark(joint[joint >= 0], limits)
    shared = mark(shape.parent[shape.parent >= 0], limits)
    twin = _twins(source_node, next_node, shape.parent, in_use & ~is_joint & ~shared, nodes)
    source_node = twin[source_node]
    last_node = np.where(joint >= 0, last_node, source_node)

    quantity, bound = system.demand_quantity / shape.per_demand, system.limit_bound / shape.per_limit
    limit_tail = np.where(is_joint, np.arange(limits), shape.parent)
    limit_head = np.where(is_joint, limits + np.arange(limits), twin[:limits])
    limit_head = np.where(in_use, limit_head, -1)
    rooted = in_use & (limit_tail < 0)
    inflow = sum_by(limit_head[rooted], bound[rooted], nodes)
    inflow[ample_node] = quantity.sum() + 1.0 if (source_node == ample_node).any() else 0.0
    inner = np.flatnonzero(in_use & (limit_tail >= 0))
    free = distinct(np.concatenate((source_node * nodes + next_node, last_node * nodes + hub[demand])))
    arc_tail, arc_head = np.full(system.arcs, -1), np.full(system.arcs, -1)
    arc_tail[shape.arcs], arc_head[shape.arcs] = source_node, next_node
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
        limit_dual=1.0 / shape.per_limit,
        arc_tail=arc_tail,
        arc_head=arc_head,
        held=mark(demand, system.demands),
    )


def _alike(row: Integers, key: Integers, rows: int) -> Integers:
    """Groups of rows with the same set of keys."""
    span = int(key.max(initial=0)) + 1
    pair = distinct(row * span + key)
    return equal_rows(pair // span, pair % span, rows)


def _twins(source_node: Integers, next_node: Integers, parent: Integers, mergeable: Flags, nodes: int) -> Integers:
    """For each node the first node that nothing but the size of its limit tells from it."""
    limits = len(parent)
    at = np.flatnonzero(mergeable)
    inside = np.flatnonzero(mark(at, nodes)[source_node])
    row = np.concatenate((source_node[inside], at))
    key = np.concatenate((next_node[inside], nodes + 1 + parent[at]))
    group = _alike(row, key, limits)[at]
    first = np.full(limits, nodes)
    np.minimum.at(first, group, at)
    twin = np.arange(nodes)
    twin[at] = first[group]
    return twin
