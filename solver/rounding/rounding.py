"""Whole packs: rounds the relaxed shipments of a network so that every limit holds in exact integers.

A *cell* is a demand with one item that serves it; its relaxed packs K are the relaxed quantity over the pack (for
a demand that one item serves: last share x quantity / (ratio x pack)). It may take at most ceil(K) packs.

1. Each arc is rounded down.
2. Cells ask for their next pack, one at a time, in the order of ``_rank``: a pack that is within what an early
   band gave comes before one that only a later band gave, and one that completes the last, broken pack comes
   after all whole ones; then the lowest share, then the largest next share, then the id.
3. A pack is taken where there is room, or by moving packs of others from source to source.

For one item on a network the sets of packs that can be shipped together are those of a polymatroid, in which
taking the first in order that can still be taken gives the best set for that order (the greedy theorem); a search
of the residual network decides exactly whether one can. A whole pack that cannot be had takes the place of the last
in order among those that block it, so the packs that step 1 put down are no obstacle. Where the limits are whole
packs all cells reach floor(K), by Hoffman's theorem.

Where trucks, funds or substitutes couple items, one pack of others is moved at most, and what has room in the end
is given out in one more round: no pack stays that a cell could still take as things stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem
from ..arrays.network import Network
from ..parameters import RoundingParameters
from .augmenting_search import ClosedNodes, Search, node_of
from .booked_funds import BookedFunds
from .integer_limits import PackFacts, pack_facts
from .limit_tree import LimitTree, limit_tree_of
from .moves import Moves

Rank = tuple[int, float, float, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Cells sorted by (demand, item). ``unit`` is what a pack counts as in units asked, ``relaxed`` are packs."""

    arc_cell: Integers
    demand: Integers
    unit: Floats
    relaxed: Floats
    low: Integers
    high: Integers
    sole: Flags
    """Whether it is the only cell of its demand."""


def round_to_packs(
    network: Network | PackFacts,
    relaxed: Floats,
    shares: Floats,
    parameters: RoundingParameters,
    *,
    stop: Callable[[], None] = lambda: None,
) -> Integers:
    """Units of the source's item to ship on each arc, whole packs, from ``relaxed`` units.

    ``shares[k, d]`` are the relaxed shares after each band. Buying exactly what an offer ships keeps its limits.
    ``stop`` is called now and then and may raise to end the work.
    """
    if isinstance(network, Network):
        network = pack_facts(network)
    system = network.system
    if not system.arcs or not len(shares):
        return np.zeros(system.arcs, dtype=np.int64)
    pack = network.source_pack[system.arc_source]
    relaxed_packs = np.maximum(relaxed, 0.0) / pack
    cells = _cells(network, relaxed_packs, shares, parameters)
    packs = np.floor(relaxed_packs + _whole_tolerance(relaxed_packs, parameters)).astype(np.int64)
    shape = limit_tree_of(network, cells.arc_cell, cells.high, cells.sole, parameters)
    # Arcs that carry a part of a pack first: what is taken there stays closest to the relaxed plan.
    whole = packs >= relaxed_packs - _whole_tolerance(relaxed_packs, parameters)
    moves = Moves(
        shape=shape,
        packs=packs,
        arc_cell=cells.arc_cell,
        cells=len(cells.demand),
        first=~whole,
        cost=system.arc_cost,
        shifts_max=parameters.shifts_max,
        booked=BookedFunds(network, packs.tolist()) if network.limit_booked.any() else None,
        weighed=~network.limit_booked,
    )
    stop()
    rounding = _Rounding(network, cells, shares, shape, moves, parameters, stop)
    rounding.trim()
    rounding.run()
    return np.array(moves.packs, dtype=np.int64) * pack


def _cells(network: PackFacts, relaxed_packs: Floats, shares: Floats, parameters: RoundingParameters) -> Cells:
    system = network.system
    item = network.source_item[system.arc_source]
    key = system.arc_demand * (int(item.max()) + 1) + item
    _, first, arc_cell = np.unique(key, return_index=True, return_inverse=True)
    demand = system.arc_demand[first]
    unit = system.arc_ratio[first] * network.source_pack[system.arc_source[first]]
    sole = np.bincount(demand, minlength=system.demands)[demand] == 1
    sent = np.bincount(arc_cell, relaxed_packs, minlength=len(demand))
    packs = np.where(sole, shares[-1][demand] * system.demand_quantity[demand] / unit, sent)
    tolerance = _whole_tolerance(packs, parameters)
    return Cells(
        arc_cell=arc_cell,
        demand=demand,
        unit=unit,
        relaxed=packs,
        low=np.floor(packs + tolerance).astype(np.int64),
        high=np.ceil(packs - tolerance).astype(np.int64),
        sole=sole,
    )


def _whole_tolerance(packs: Floats, parameters: RoundingParameters) -> Floats:
    return parameters.pack_zero + parameters.quantity_zero * packs


def _histories(system: LimitSystem) -> tuple[Floats, Floats]:
    """What each demand asks in all, before and now, and what it got before."""
    if system.asked_before is None or system.received_before is None:
        return system.demand_quantity, np.zeros(system.demands)
    return system.demand_quantity + system.asked_before, system.received_before


class _Queue:
    """Cells by rank: those that were there from the start, in order, and those that came later, in a heap."""

    def __init__(self, ascending: list[tuple[Rank, int]]) -> None:
        self._first = ascending[::-1]
        self._later: list[tuple[Rank, int]] = []

    def push(self, rank: Rank, cell: int) -> None:
        heappush(self._later, (rank, cell))

    def pop(self) -> tuple[Rank, int] | None:
        """The cell with the least rank; None when no cell is left."""
        if self._later and not (self._first and self._first[-1] < self._later[0]):
            return heappop(self._later)
        return self._first.pop() if self._first else None


class _Rounding:
    """Gives out the packs that are still asked for, in the order of their ranks."""

    def __init__(
        self,
        network: PackFacts,
        cells: Cells,
        shares: Floats,
        shape: LimitTree,
        moves: Moves,
        parameters: RoundingParameters,
        stop: Callable[[], None],
    ) -> None:
        self._moves = moves
        self._stop = stop
        self._packs_between_checks = parameters.packs_between_checks
        self._pack_zero, self._quantity_zero = parameters.pack_zero, parameters.quantity_zero
        self._cells = cells
        self._system = network.system
        self._granted_to = shares * network.system.demand_quantity
        self._demand: list[int] = cells.demand.tolist()
        self._unit: list[float] = cells.unit.tolist()
        self._high: list[int] = cells.high.tolist()
        self._in_tree: list[bool] = shape.in_tree.tolist()
        self._sole: list[bool] = cells.sole.tolist()
        self._whole, self._before = _histories(network.system)
        self._asked: list[float] = self._whole.tolist()
        self._got: list[float] = self._before.tolist()
        self._quantity: list[float] = network.system.demand_quantity.tolist()
        self._granted: list[list[float]] = self._granted_to.T.tolist()
        self._bands = len(shares)
        self._siblings: dict[int, list[int]] = {}
        for cell in np.flatnonzero(~cells.sole).tolist():
            self._siblings.setdefault(self._demand[cell], []).append(cell)
        self._closed = ClosedNodes()

    def trim(self) -> None:
        """Takes off packs that rounding may have put above a cell's most, or above a limit."""
        moves = self._moves
        for cell in np.flatnonzero(np.array(moves.held) > self._cells.high).tolist():
            high = self._high[cell]
            for arc in reversed(moves.arcs_of(cell)):
                while moves.held[cell] > high and moves.packs[arc]:
                    moves.release(arc)
        for arcs in moves.overloaded():
            moves.release(max(arcs, key=lambda arc: self._rank(moves.cell[arc], moves.held[moves.cell[arc]])))

    def run(self) -> None:
        """Give out packs until no cell can take one more."""
        waiting = np.flatnonzero(np.array(self._moves.held) < self._cells.high)
        refused = np.array(self._round(waiting, shifting=True), dtype=np.int64)
        # A shift may have made room for one that was refused before it; without shifts none is made any more.
        self._round(refused, shifting=False)

    def _round(self, waiting: Integers, *, shifting: bool) -> list[int]:
        """Serve the cells in order; the answer are the refused ones of coupled components."""
        moves, sole, high = self._moves, self._sole, self._high
        queue = _Queue(self._ranked(waiting))
        refused: list[int] = []
        asked = 0
        while (entry := queue.pop()) is not None:
            asked += 1
            if asked % self._packs_between_checks == 0:
                self._stop()
            rank, cell = entry
            if not sole[cell] and (now := self._rank(cell, moves.held[cell] + 1)) != rank:
                # Another item has served the demand meanwhile.
                queue.push(now, cell)
            elif not self._useful(cell):
                continue
            elif self._serve(cell, rank, shifting):
                if moves.held[cell] < high[cell]:
                    queue.push(self._rank(cell, moves.held[cell] + 1), cell)
            elif not self._in_tree[cell]:
                refused.append(cell)
        return refused

    def _ranked(self, waiting: Integers) -> list[tuple[Rank, int]]:
        """The cells with the ranks of their next packs, the least first."""
        unit, demand = self._cells.unit, self._cells.demand
        packed = np.array(self._moves.held) * unit
        delivered = np.bincount(demand, packed, minlength=self._system.demands)[demand[waiting]]
        unit, demand = unit[waiting], demand[waiting]
        after = delivered + unit
        reach = after * (1 - self._quantity_zero) - unit * self._pack_zero
        granted = reach <= self._granted_to[:, demand]
        band = np.where(granted.any(axis=0), granted.argmax(axis=0), self._bands)
        quantity, before = self._whole[demand], self._before[demand]
        lowest, following = (before + (after - unit)) / quantity, -(before + after) / quantity
        order = np.lexsort((waiting, demand, following, lowest, band))
        ranks = zip(*(column[order].tolist() for column in (band, lowest, following, demand)), strict=True)
        return list(zip(ranks, waiting[order].tolist(), strict=True))

    def _serve(self, cell: int, rank: Rank, shifting: bool) -> bool:
        moves = self._moves
        last_pack = rank[0] == self._bands
        if last_pack and node_of(cell) in self._closed.nodes:
            return False
        if moves.directly(cell):
            return True
        if not self._in_tree[cell]:
            return shifting and moves.by_shift(cell)
        closed = self._closed if last_pack else ClosedNodes()
        search = Search(moves, cell, closed)
        if search.found:
            search.apply()
            return True
        search = Search(moves, cell, closed, everyone=True)
        if last_pack:
            # No cell behind these will ever have one more pack to give, whatever is moved elsewhere.
            self._closed.add(search.visited)
            return False
        givers = [giver for giver in search.givers if moves.held[giver]]
        worst = max(givers, key=lambda giver: self._rank(giver, moves.held[giver]), default=None)
        if worst is None or self._rank(worst, moves.held[worst]) < rank:
            return False
        search.give(worst)
        return True

    def _delivered(self, cell: int) -> float:
        if self._sole[cell]:
            return self._moves.held[cell] * self._unit[cell]
        siblings = self._siblings[self._demand[cell]]
        return sum(self._moves.held[other] * self._unit[other] for other in siblings)

    def _rank(self, cell: int, count: int) -> Rank:
        """The place of the cell's pack number ``count`` among all packs: the least first."""
        demand, unit = self._demand[cell], self._unit[cell]
        after = self._delivered(cell) + (count - self._moves.held[cell]) * unit
        reach = after * (1 - self._quantity_zero) - unit * self._pack_zero
        band = next((k for k, granted in enumerate(self._granted[demand]) if reach <= granted), self._bands)
        quantity, before = self._asked[demand], self._got[demand]
        return band, (before + (after - unit)) / quantity, -(before + after) / quantity, demand

    def _useful(self, cell: int) -> bool:
        """Whether the demand is below its relaxed quantity, and needs every one of its packs with one more."""
        if self._sole[cell]:
            return True
        demand = self._demand[cell]
        delivered = self._delivered(cell)
        relaxed = self._granted[demand][-1]
        if delivered >= relaxed - self._unit[cell] * self._pack_zero - relaxed * self._quantity_zero:
            return False
        held = [other for other in self._siblings[demand] if other == cell or self._moves.held[other]]
        smallest = min(self._unit[other] for other in held)
        return delivered + self._unit[cell] - smallest < self._quantity[demand]
