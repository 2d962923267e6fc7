"""Max-min fair bands on a single-commodity network, by divide and conquer on minimum cuts.

What a network can deliver to its demands is a polymatroid: d(A) <= f(A) for every set A of demands, with f(A)
the capacity of a minimum cut. There the leximin outcome splits along minimum cuts (Fujishige 1980; Megiddo 1974):
guess one level for a block, send a maximum flow to the targets that it means; where all arrive the block is
settled, otherwise the minimum cut parts the demands below the guess from those above it, and the edges across
it are full in every plan that matters from now on. All blocks of a depth share one maximum flow.

Cuts are found in integers (capacities x 2^k, 64 bits). Levels are not read from the flow: each is
(capacity of its tight set - what the set holds already) / weight, in floating point from unscaled figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ortools.graph.python import max_flow

from ..arrays.grouping import connected, distinct, sum_by
from ..arrays.limit_system import Flags, Floats, Integers
from ..model.errors import SolverFailedError
from ..parameters import FlowParameters
from .waterfill import water_levels

__all__ = ["Closing", "FlowNet", "FlowOutcome", "settle_bands_by_flow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNet:
    """A network of one commodity: a root, nodes, edges, and demands that hang on nodes.

    ``inflow[v]`` is the capacity of the root's edge into node v; edge e goes from ``tail[e]`` to ``head[e]``
    and carries at most ``capacity[e]`` (inf: no limit); demand d takes at most ``quantity[d]`` at node
    ``demand_node[d]``. All amounts are in the same unit of flow.
    """

    inflow: Floats
    tail: Integers
    head: Integers
    capacity: Floats
    demand_node: Integers
    quantity: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A block of nodes whose whole inflow its demands used up in ``band``, at outcome ``level`` < 1.

    In ascending order of (band, level), the nodes of a closing and of all before it are the sink side of a cut
    that is full in every plan which keeps what was settled: the proof of the level.
    """

    band: int
    level: float
    nodes: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowOutcome:
    """``shares[k, d]``: the share of demand d after band k; closings in order; ``cell[v]``: edges between nodes
    of different cells that have no capacity of their own carry nothing from the last band on."""

    shares: Floats
    closings: tuple[Closing, ...]
    cell: Integers
    flows: int


def settle_bands_by_flow(
    net: FlowNet,
    caps: Floats,
    parameters: FlowParameters,
    *,
    stop: Callable[[], None] | None = None,
    settled: Callable[[int, Floats], None] | None = None,
) -> FlowOutcome:
    """The max-min fair shares after each band.

    ``caps[k, d]`` is the share up to which band k serves demand d (0: not at all). ``stop`` is called before
    each flow and may raise to end the work, ``settled`` after each band with its shares. Raises
    SolverFailedError when the flow code does not answer.
    """
    division = _Division(net, parameters.total_bits, stop)
    shares = np.zeros(caps.shape)
    share = np.zeros(len(net.quantity))
    for band, cap in enumerate(caps):
        reached = division.settle(band, cap * net.quantity, share * net.quantity)
        share = np.maximum(share, reached * cap)
        shares[band] = share
        if settled is not None:
            settled(band, share)
    closings = sorted(division.closings, key=lambda closing: (closing.band, closing.level, int(closing.nodes[0])))
    return FlowOutcome(shares=shares, closings=tuple(closings), cell=division.cells(), flows=division.flows)


class _Division:
    """The network as far as it is divided: blocks of open nodes, and what is fixed across their borders.

    ``part[v]`` is the block of node v, or -1 once closed. ``inflow`` and ``duty`` hold what a block gets and what
    it owes through edges of full cuts; the ``_units`` twins are the same, scaled to integers and rounded down,
    so that what is feasible stays feasible.
    """

    def __init__(self, net: FlowNet, total_bits: int, stop: Callable[[], None] | None) -> None:
        self.net = net
        self.stop = stop
        self.nodes = len(net.inflow)
        total = float(net.inflow.sum()) + 1.0
        self.scale = 2.0 ** (total_bits - int(np.ceil(np.log2(total))))
        self.inflow = net.inflow.astype(np.float64)
        self.duty = np.zeros(self.nodes)
        self.inflow_units = self._units(self.inflow)
        self.duty_units = np.zeros(self.nodes, np.int64)
        self.tail, self.head, self.capacity = net.tail, net.head, net.capacity
        self.capacity_units = self._units(np.minimum(net.capacity, total))
        self.part = np.zeros(self.nodes, np.int64)
        self.closed_as = np.full(self.nodes, -1, np.int64)
        self.closings: list[Closing] = []
        self.flows = 0

    def _units(self, amount: Floats) -> Integers:
        return np.floor(amount * self.scale).astype(np.int64)

    def cells(self) -> Integers:
        """A label for each node: its open block, or the block it was closed with."""
        return np.where(self.part >= 0, self.part, self.closed_as + self.nodes)

    def settle(self, band: int, weight: Floats, floor: Floats) -> Floats:
        """The outcome of every demand in a band that gives weight[d] at outcome 1 to those who hold floor[d]."""
        node = self.net.demand_node
        outcome = np.zeros(len(weight))
        np.divide(floor, weight, out=outcome, where=weight > 0.0)
        outcome = np.minimum(outcome, 1.0)
        open_ = (weight > 0.0) & (outcome < 1.0) & (self.part[node] >= 0)
        while open_.any():
            self._relabel()
            level = self._guess(open_, weight, floor)
            aim = np.where(open_, np.maximum(floor, level[self.part[node]] * weight), floor)
            short, tolerance, sink_side = self._send(open_, aim)
            members = np.bincount(self.part[node[open_]], minlength=len(level)) > 0
            # A cut around a whole block is its inflow: there only rounding is left between the guess and the flow.
            beyond = np.bincount(self.part[self._open_nodes() & ~sink_side], minlength=len(level))
            arrived = members & ((short <= tolerance) | (beyond == 0))
            done = open_ & arrived[self.part[node]]
            outcome[done] = np.maximum(outcome[done], level[self.part[node[done]]])
            open_ &= ~done
            self._split(sink_side & (members & ~arrived)[self.part])
            self._close(band, arrived & (level < 1.0), level)
        return outcome

    def _open_nodes(self) -> Flags:
        return self.part >= 0

    def _relabel(self) -> None:
        """Blocks are the connected parts of what is open, numbered in the order of their first node."""
        open_nodes = np.flatnonzero(self._open_nodes())
        label = connected(self.nodes, self.tail, self.head)[open_nodes]
        self.part[open_nodes] = np.searchsorted(distinct(label), label)

    def _guess(self, open_: Flags, weight: Floats, floor: Floats) -> Floats:
        """For each block the level that would use up all of its inflow: no block can rise above it."""
        node = self.net.demand_node
        blocks = int(self.part.max()) + 1
        inside = self._open_nodes()
        spare = sum_by(self.part[inside], (self.inflow - self.duty)[inside], blocks)
        resting = ~open_ & (floor > 0.0) & (self.part[node] >= 0)
        spare -= sum_by(self.part[node[resting]], floor[resting], blocks)
        return water_levels(self.part[node[open_]], weight[open_], floor[open_], spare)

    def _send(self, open_: Flags, aim: Floats) -> tuple[Floats, Floats, Flags]:
        """One maximum flow to the targets: per block what did not arrive, what rounding can explain of it (in
        scaled units), and per node whether it lies on the sink side of the minimum cut."""
        if self.stop is not None:
            self.stop()
        node = self.net.demand_node
        blocks = int(self.part.max()) + 1
        active = np.zeros(blocks + 1, bool)
        active[self.part[node[open_]]] = True
        inside = active[self.part] & self._open_nodes()
        counted = inside[node] & (aim > 0.0)
        target = self.duty_units.copy()
        np.add.at(target, node[counted], self._units(aim[counted]))
        sent, sink_side = self._maximum_flow(inside, target)
        self.flows += 1
        part = self.part[inside]
        short = sum_by(part, (target - sent)[inside].astype(np.float64), blocks)
        # One unit for each rounded figure, and the spacing of doubles where amounts need more than 53 bits.
        rounded = np.bincount(self.part[node[counted]], minlength=blocks)
        amount = sum_by(part, target[inside].astype(np.float64), blocks)
        tolerance = 2.0 + rounded + amount * 2.0**-50
        return short, tolerance, sink_side

    def _maximum_flow(self, inside: Flags, target: Integers) -> tuple[Integers, Flags]:
        """What reaches each node's target from the root, and the nodes on the sink side of the minimum cut."""
        nodes = np.flatnonzero(inside)
        local = np.full(self.nodes, -1, np.int64)
        local[nodes] = np.arange(len(nodes))
        root, sink = len(nodes), len(nodes) + 1
        flow = max_flow.SimpleMaxFlow()
        fed = nodes[self.inflow_units[nodes] > 0]
        flow.add_arcs_with_capacity(np.full(len(fed), root), local[fed], self.inflow_units[fed])
        edges = inside[self.tail]
        flow.add_arcs_with_capacity(local[self.tail[edges]], local[self.head[edges]], self.capacity_units[edges])
        asked = nodes[target[nodes] > 0]
        arcs = flow.add_arcs_with_capacity(local[asked], np.full(len(asked), sink), target[asked])
        sent = np.zeros(self.nodes, np.int64)
        sink_side = np.zeros(self.nodes, bool)
        if not len(fed):
            sink_side[asked] = True
        elif len(asked):
            if flow.solve(root, sink) != flow.OPTIMAL:
                raise SolverFailedError("the maximum flow was not found")
            sent[asked] = flow.flows(arcs)
            side = np.asarray(flow.get_sink_side_min_cut(), np.int64)
            sink_side[nodes[side[side < len(nodes)]]] = True
        return sent, sink_side

    def _split(self, sink_side: Flags) -> None:
        """Part the blocks along a full minimum cut: what crosses into the sink side becomes inflow there and duty
        here; what would cross back carries nothing and goes."""
        into = sink_side[self.head] & ~sink_side[self.tail]
        same = sink_side[self.head] == sink_side[self.tail]
        # A minimum cut has no edge without limit into its sink side.
        for ends, amount, units in (
            (self.head[into], self.inflow, self.inflow_units),
            (self.tail[into], self.duty, self.duty_units),
        ):
            np.add.at(amount, ends, self.capacity[into])
            np.add.at(units, ends, self.capacity_units[into])
        self._keep_edges(same)

    def _close(self, band: int, full: Flags, level: Floats) -> None:
        """Closes the blocks whose whole inflow is used up."""
        gone = full[self.part] & self._open_nodes()
        nodes = np.flatnonzero(gone)
        order = nodes[np.argsort(self.part[nodes], kind="stable")]
        blocks, starts = np.unique(self.part[order], return_index=True)
        for block, members in zip(blocks, np.split(order, starts[1:]), strict=False):
            self.closed_as[members] = len(self.closings)
            self.closings.append(Closing(band=band, level=float(level[block]), nodes=members))
        self.part[nodes] = -1
        self._keep_edges(~gone[self.tail])

    def _keep_edges(self, keep: Flags) -> None:
        self.tail, self.head = self.tail[keep], self.head[keep]
        self.capacity, self.capacity_units = self.capacity[keep], self.capacity_units[keep]
