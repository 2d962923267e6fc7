"""Packs on arcs and the room left in limits: packs are taken, released and shifted one by one.

A cell is a demand with one item that serves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..arrays.limit_system import Flags, Floats, Integers
from .booked_funds import BookedFunds
from .integer_limits import WholeLimits
from .limit_tree import ROOT, LimitTree


class Moves:
    """Packs on arcs, and the room that limits have left, as plain lists: they are read one at a time.

    ``held[c]`` are the packs of cell c. ``leaf[a]`` is the smallest limit on arc a and ``parent[l]`` the next larger
    than l (or ROOT), in tree components.
    """

    def __init__(
        self,
        *,
        shape: LimitTree,
        packs: Integers,
        arc_cell: Integers,
        cells: int,
        first: Flags,
        cost: Floats,
        shifts_max: int,
        weighed: Flags,
        booked: BookedFunds | None = None,
    ) -> None:
        """``booked`` keeps the limits that are not ``weighed``: their room depends on more than a sum of packs."""
        limits = replace(shape.limits, weight=np.where(weighed[shape.limits.entry_limit], shape.limits.weight, 0))
        self._booked = booked
        self._shifts_max = shifts_max
        self.packs: list[int] = packs.tolist()
        # Sums of whole numbers below 2**53 are exact in floats.
        self.held: list[int] = np.bincount(arc_cell, packs, minlength=cells).astype(np.int64).tolist()
        self.room: list[int] = (limits.room - limits.loads(packs)).tolist()
        self.parent: list[int] = shape.parent.tolist()
        self.leaf: list[int] = shape.leaf.tolist()
        self.cell: list[int] = arc_cell.tolist()
        by_arc = np.argsort(limits.entry_arc, kind="stable")
        self._row_edges: list[int] = _edges(limits.entry_arc[by_arc], len(packs))
        self._row_limits: list[int] = limits.entry_limit[by_arc].tolist()
        self._row_weights: list[int] = limits.weight[by_arc].tolist()
        order = np.lexsort((cost, ~first, arc_cell))
        self._ranked: list[int] = order.tolist()
        self._ranked_edges: list[int] = _edges(arc_cell[order], cells)
        heaviest = np.zeros(len(limits.room), dtype=np.int64)
        np.maximum.at(heaviest, limits.entry_limit, limits.weight)
        self._unit: list[int] = heaviest.tolist()
        self._full: list[int] = limits.room.tolist()
        self._carriers = _carriers(limits, packs)
        self._reach: dict[int, int] = {}
        self._children: dict[int, list[int]] = {}
        for limit in np.flatnonzero(shape.parent != ROOT).tolist():
            self._children.setdefault(self.parent[limit], []).append(limit)

    def arcs_of(self, cell: int) -> list[int]:
        """The arcs of a cell, those to prefer first."""
        return self._ranked[self._ranked_edges[cell] : self._ranked_edges[cell + 1]]

    def fits(self, arc: int) -> bool:
        """Whether every limit on the arc has room for one more pack."""
        return self._blocker(arc) is None

    def take(self, arc: int) -> None:
        """Put one more pack on the arc."""
        self.packs[arc] += 1
        self.held[self.cell[arc]] += 1
        for entry in range(self._row_edges[arc], self._row_edges[arc + 1]):
            self.room[self._row_limits[entry]] -= self._row_weights[entry]
        if self._booked is not None:
            self._booked.take(arc, 1)
        if self.packs[arc] == 1:
            self._carry(arc)

    def release(self, arc: int) -> None:
        """Take one pack off the arc."""
        self.packs[arc] -= 1
        self.held[self.cell[arc]] -= 1
        for entry in range(self._row_edges[arc], self._row_edges[arc + 1]):
            self.room[self._row_limits[entry]] += self._row_weights[entry]
        if self._booked is not None:
            self._booked.take(arc, -1)
        if self.packs[arc] == 0:
            for limit in self._limits_of(arc):
                del self._carriers[limit][arc]

    def directly(self, cell: int) -> bool:
        """Give the cell one more pack on an arc that has room; False when none has."""
        room, limits, weights, edges = self.room, self._row_limits, self._row_weights, self._row_edges
        for arc in self.arcs_of(cell):
            for entry in range(edges[arc], edges[arc + 1]):
                if room[limits[entry]] < weights[entry]:
                    break
            else:
                if self._booked is None or self._booked.blocker(arc) is None:
                    self.take(arc)
                    return True
        return False

    def by_shift(self, cell: int) -> bool:
        """Give the cell one more pack by shifting one pack of another cell to another arc of its own."""
        tries = 0
        for arc in self.arcs_of(cell):
            blocker = self._blocker(arc)
            for other in list(self._carriers.get(blocker, ())) if blocker is not None else ():
                tries += 1
                if tries > self._shifts_max:
                    return False
                if self.cell[other] != cell and self._shift(other, arc):
                    return True
        return False

    def _shift(self, other: int, arc: int) -> bool:
        mover = self.cell[other]
        self.release(other)
        if self.fits(arc):
            self.take(arc)
            for way in self.arcs_of(mover):
                if way != other and self.fits(way):
                    self.take(way)
                    return True
            self.release(arc)
        self.take(other)
        return False

    def overloaded(self) -> Iterator[list[int]]:
        """For each limit over its room, the arcs that carry packs past it, until it is no longer."""
        for limit in range(len(self.room)):
            while self.room[limit] < 0 or (self._booked is not None and self._booked.overdrawn(limit)):
                yield list(self._carriers[limit])

    def room_for_one(self, limit: int) -> bool:
        """Whether the limit has room for one more pack, in a tree component."""
        return self.room[limit] >= self._unit[limit]

    def inflows(self, limit: int) -> list[int]:
        """The limits right below that carry packs."""
        children = self._children.get(limit, ())
        return [child for child in children if self.room[child] < self._full[child]]

    @cached_property
    def leaf_bits(self) -> list[int]:
        """For each cell the leaves of its arcs, as bits."""
        bits = [0] * len(self.held)
        # ROOT is -1, and so the last.
        bit = [*(bit_of(limit) for limit in range(len(self.room))), bit_of(ROOT)]
        for cell, leaf in zip(self.cell, self.leaf, strict=True):
            bits[cell] |= bit[leaf]
        return bits

    def reach(self, limit: int) -> int:
        """The leaves of all cells that carry packs right below the limit, as bits; of some that did too."""
        bits = self._reach.get(limit)
        if bits is None:
            bits = 0
            for arc in self.outflows(limit):
                bits |= self.leaf_bits[self.cell[arc]]
            self._reach[limit] = bits
        return bits

    def carriers(self, limit: int) -> Iterable[int]:
        """The arcs below that carry packs."""
        return self._carriers.get(limit, ())

    def outflows(self, limit: int) -> list[int]:
        """The arcs right below that carry packs."""
        return [arc for arc in self._carriers.get(limit, ()) if self.leaf[arc] == limit]

    def _blocker(self, arc: int) -> int | None:
        """The first limit on the arc that has no room for one more pack."""
        for entry in range(self._row_edges[arc], self._row_edges[arc + 1]):
            if self.room[self._row_limits[entry]] < self._row_weights[entry]:
                return self._row_limits[entry]
        return None if self._booked is None else self._booked.blocker(arc)

    def _limits_of(self, arc: int) -> list[int]:
        return self._row_limits[self._row_edges[arc] : self._row_edges[arc + 1]]

    def _carry(self, arc: int) -> None:
        for limit in self._limits_of(arc):
            self._carriers.setdefault(limit, {})[arc] = None
        if self.leaf[arc] in self._reach:
            self._reach[self.leaf[arc]] |= self.leaf_bits[self.cell[arc]]


def _carriers(limits: WholeLimits, packs: Integers) -> dict[int, dict[int, None]]:
    """For each limit the arcs that carry packs past it, ascending; dictionaries as ordered sets."""
    used = np.flatnonzero(packs[limits.entry_arc])
    used = used[np.lexsort((limits.entry_arc[used], limits.entry_limit[used]))]
    limit, arcs = limits.entry_limit[used], limits.entry_arc[used].tolist()
    first = np.flatnonzero(np.diff(limit, prepend=-1))
    bounds = [*first.tolist(), len(arcs)]
    return {
        at: dict.fromkeys(arcs[begin:end])
        for at, begin, end in zip(limit[first].tolist(), bounds[:-1], bounds[1:], strict=True)
    }


def bit_of(limit: int) -> int:
    """The limit, or ROOT, as a bit."""
    return 1 << (limit + 1)


def _edges(ascending: Integers, count: int) -> list[int]:
    """Where the runs of 0, 1, ... begin, and where the last ends."""
    edges: list[int] = np.searchsorted(ascending, np.arange(count + 1)).tolist()
    return edges
