"""Moves of single packs: take one, shift others to make room for one.

A cell is a demand with one item that serves it. In a *tree* component (one weight a limit, limits nested or
apart, one cell a demand) the packs are the flow of one commodity from the root through nested limits to the
cells, and a search of the residual network finds a way to one more pack for a cell whenever there is one. Elsewhere,
where trucks, funds or substitution couple items, one other pack is shifted at most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from solver.packs_shape import ROOT, Shape
from solver.system import Flags, Floats, Integers

_SHIFTS_MAX = 200
"""Packs of others that are looked at, for a cell in a coupled component, before it is given up."""


class Moves:
    """Packs on arcs, and the room that limits have left, as plain lists: they are read one at a time.

    ``held[c]`` packs of cell c; ``arcs_of[c]`` its arcs, those to prefer first. ``leaf[a]`` is the smallest limit
    on arc a and ``parent[l]`` the next larger than l (or ROOT), in tree components.
    """

    def __init__(
        self,
        *,
        shape: Shape,
        packs: Integers,
        arc_cell: Integers,
        cells: int,
        first: Flags,
        cost: Floats,
    ) -> None:
        limits = shape.limits
        self.packs: list[int] = packs.tolist()
        self.held: list[int] = [0] * cells
        for cell, count in zip(arc_cell.tolist(), self.packs, strict=True):
            self.held[cell] += count
        self.room: list[int] = (limits.room - limits.loads(packs)).tolist()
        self.parent: list[int] = shape.parent.tolist()
        self.leaf: list[int] = shape.leaf.tolist()
        self.cell: list[int] = arc_cell.tolist()
        self._rows: list[list[tuple[int, int]]] = [[] for _ in self.packs]
        for limit, arc, weight in zip(
            limits.entry_limit.tolist(), limits.entry_arc.tolist(), limits.weight.tolist(), strict=True
        ):
            self._rows[arc].append((limit, weight))
        order = np.lexsort((cost, ~first, arc_cell))
        edges = np.searchsorted(arc_cell[order], np.arange(cells + 1)).tolist()
        ranked = order.tolist()
        self.arcs_of: list[list[int]] = [ranked[a:b] for a, b in pairwise(edges)]
        heaviest = np.zeros(len(limits.room), dtype=np.int64)
        np.maximum.at(heaviest, limits.entry_limit, limits.weight)
        self._unit: list[int] = heaviest.tolist()
        self._full: list[int] = limits.room.tolist()
        self._carriers: dict[int, dict[int, None]] = {}
        self._children: dict[int, list[int]] = {}
        for limit, above in enumerate(self.parent):
            self._children.setdefault(above, []).append(limit)
        # Dictionaries as ordered sets: the arcs that carry packs past each of their limits.
        for arc in np.flatnonzero(packs).tolist():
            self._carry(arc)

    def fits(self, arc: int) -> bool:
        """Whether every limit on the arc has room for one more pack."""
        room = self.room
        return all(room[limit] >= weight for limit, weight in self._rows[arc])

    def take(self, arc: int) -> None:
        """Put one more pack on the arc."""
        self.packs[arc] += 1
        self.held[self.cell[arc]] += 1
        for limit, weight in self._rows[arc]:
            self.room[limit] -= weight
        if self.packs[arc] == 1:
            self._carry(arc)

    def release(self, arc: int) -> None:
        """Take one pack off the arc."""
        self.packs[arc] -= 1
        self.held[self.cell[arc]] -= 1
        for limit, weight in self._rows[arc]:
            self.room[limit] += weight
        if self.packs[arc] == 0:
            for limit, _ in self._rows[arc]:
                del self._carriers[limit][arc]

    def directly(self, cell: int) -> bool:
        """Give the cell one more pack on an arc that has room; False when none has."""
        for arc in self.arcs_of[cell]:
            if self.fits(arc):
                self.take(arc)
                return True
        return False

    def by_shift(self, cell: int) -> bool:
        """Give the cell one more pack by shifting one pack of another cell to another arc of its own."""
        tries = 0
        for arc in self.arcs_of[cell]:
            blocked = [limit for limit, weight in self._rows[arc] if self.room[limit] < weight]
            for other in list(self._carriers.get(blocked[0], ())) if blocked else ():
                tries += 1
                if tries > _SHIFTS_MAX:
                    return False
                if self.cell[other] != cell and self._shift(other, arc):
                    return True
        return False

    def _shift(self, other: int, arc: int) -> bool:
        mover = self.cell[other]
        self.release(other)
        if self.fits(arc):
            self.take(arc)
            for way in self.arcs_of[mover]:
                if way != other and self.fits(way):
                    self.take(way)
                    return True
            self.release(arc)
        self.take(other)
        return False

    def overloaded(self) -> Iterator[list[int]]:
        """For each limit over its room, the arcs that carry packs past it, until it is no longer."""
        for limit in range(len(self.room)):
            while self.room[limit] < 0:
                yield list(self._carriers[limit])

    def room_for_one(self, limit: int) -> bool:
        """Whether the limit has room for one more pack, in a tree component."""
        return self.room[limit] >= self._unit[limit]

    def inflows(self, limit: int) -> list[int]:
        """The limits right below that carry packs."""
        children = self._children.get(limit, ())
        return [child for child in children if self.room[child] < self._full[child]]

    def outflows(self, limit: int) -> list[int]:
        """The arcs right below that carry packs."""
        return [arc for arc in self._carriers.get(limit, ()) if self.leaf[arc] == limit]

    def _carry(self, arc: int) -> None:
        for limit, _ in self._rows[arc]:
            self._carriers.setdefault(limit, {})[arc] = None


class Search:
    """A breadth-first search backwards from a cell that wants a pack, to the root.

    Nodes are limits l >= 0 and cells, as -2 - c. ``closed`` are nodes that are known not to reach the root. After
    a search without success ``cells`` are those that could give the pack: each lies behind arcs with no room left.
    """

    def __init__(self, moves: Moves, cell: int, closed: set[int]) -> None:
        self._moves = moves
        start = -2 - cell
        # How a node was reached: the arc that would change, or None, and the node that would gain.
        self._from: dict[int, tuple[int | None, int]] = {start: (None, start)}
        self._closed = closed
        self._queue = deque([start])
        self._end: tuple[int | None, int] | None = None
        while self._queue and self._end is None:
            node = self._queue.popleft()
            if node < ROOT:
                self._expand_cell(node)
            else:
                self._expand_limit(node)

    @property
    def found(self) -> bool:
        """Whether there is a way from the root."""
        return self._end is not None

    @property
    def visited(self) -> list[int]:
        """The nodes seen, in order."""
        return list(self._from)

    @property
    def givers(self) -> list[int]:
        """Cells seen, after the first, that could give up a pack for it."""
        return [-2 - node for node in list(self._from)[1:] if node < ROOT]

    def apply(self) -> None:
        """Move the packs along the way found."""
        assert self._end is not None
        self._trace(*self._end)

    def give(self, giver: int) -> None:
        """Take a pack from the giver and pass it on to the cell that the search began from."""
        self._trace(*self._from[-2 - giver])

    def _trace(self, arc: int | None, gainer: int) -> None:
        released: list[int] = []
        taken: list[int] = []
        node: int = gainer
        while True:
            if arc is not None:
                # An arc changes hands upwards into a cell (it gains) or out of a cell into a limit (it loses).
                (taken if node < ROOT else released).append(arc)
            step, following = self._from[node]
            if following == node:
                break
            arc, node = step, following
        for lost in released:
            self._moves.release(lost)
        for gained in taken:
            self._moves.take(gained)

    def _reach(self, node: int, arc: int | None, gainer: int) -> None:
        if node == ROOT:
            self._end = (arc, gainer)
        elif node not in self._from and node not in self._closed:
            self._from[node] = (arc, gainer)
            self._queue.append(node)

    def _expand_cell(self, node: int) -> None:
        moves = self._moves
        for arc in moves.arcs_of[-2 - node]:
            self._reach(moves.leaf[arc], arc, node)
            if self._end is not None:
                return

    def _expand_limit(self, limit: int) -> None:
        moves = self._moves
        if moves.room_for_one(limit):
            self._reach(moves.parent[limit], None, limit)
            if self._end is not None:
                return
        for arc in moves.outflows(limit):
            self._reach(-2 - moves.cell[arc], arc, limit)
        for child in moves.inflows(limit):
            self._reach(child, None, limit)
