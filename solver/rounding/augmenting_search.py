"""Augmenting-path search: finds room for one more pack where packs are a flow of one commodity.

In a *tree* component (one weight a limit, limits nested or disjoint, one cell a demand) packs flow from the root
through nested limits to the cells. A search of the residual network, backwards from a cell that wants a pack,
finds an augmenting path whenever there is one (Ford and Fulkerson).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from .limit_tree import ROOT
from .moves import Moves, bit_of


class ClosedNodes:
    """Nodes that are known not to reach the root. A closed cell has no limits but closed ones."""

    def __init__(self) -> None:
        self.nodes: set[int] = set()
        self.bits = 0

    def add(self, nodes: Iterable[int]) -> None:
        """Closes the nodes that a search without success has visited."""
        for node in nodes:
            self.nodes.add(node)
            if node > ROOT:
                self.bits |= bit_of(node)


class Search:
    """A breadth-first search from a cell that wants a pack to the root, which has all of them.

    Nodes are limits l >= 0 and cells, as -2 - c. It passes over cells that lead to no limit but those that cells
    before them in the queue lead to, unless ``everyone`` is to be seen: then, after a search without success,
    ``givers`` are the cells that could give up a pack for this one.
    """

    def __init__(self, moves: Moves, cell: int, closed: ClosedNodes, *, everyone: bool = False) -> None:
        self._moves = moves
        self._closed = closed.nodes
        start = node_of(cell)
        # For each node the arc that would change, if any, and the node that would gain by it.
        self._from: dict[int, tuple[int | None, int]] = {start: (None, start)}
        self._end: tuple[int | None, int] | None = None
        self._queue = queue = deque([start])
        # The limits that no cell leads to which is in the queue or was.
        self._left = ~(closed.bits | moves.leaf_bits[cell])
        while queue and self._end is None:
            node = queue.popleft()
            if node < ROOT:
                self._from_cell(node)
                continue
            self._from_above(node)
            if self.found:
                break
            if everyone:
                self._from_all_cells(node)
            else:
                self._from_leading_cells(node)
            self._from_below(node)

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
        """Moves packs along the path found."""
        assert self._end is not None
        self._trace(*self._end)

    def give(self, giver: int) -> None:
        """Moves a pack from the giver, along the path found, to the cell that the search began from."""
        self._trace(*self._from[node_of(giver)])

    def _trace(self, arc: int | None, node: int) -> None:
        released: list[int] = []
        taken: list[int] = []
        while True:
            if arc is not None:
                # Into a cell the arc gains a pack; out of a cell into a limit it loses one.
                (taken if node < ROOT else released).append(arc)
            step, following = self._from[node]
            if following == node:
                break
            arc, node = step, following
        for lost in released:
            self._moves.release(lost)
        for gained in taken:
            self._moves.take(gained)

    def _from_cell(self, node: int) -> None:
        """A cell may gain on any arc whose smallest limit gains."""
        leaf, seen, closed = self._moves.leaf, self._from, self._closed
        for arc in self._moves.arcs_of(-2 - node):
            limit = leaf[arc]
            if limit == ROOT:
                self._end = (arc, node)
                return
            if limit not in seen and limit not in closed:
                seen[limit] = (arc, node)
                self._queue.append(limit)

    def _from_above(self, limit: int) -> None:
        """A limit gains from the one above while it has room."""
        if self._moves.room_for_one(limit):
            above = self._moves.parent[limit]
            if above == ROOT:
                self._end = (None, limit)
            elif above not in self._from and above not in self._closed:
                self._from[above] = (None, limit)
                self._queue.append(above)

    def _from_all_cells(self, limit: int) -> None:
        """A limit gains when a cell gives up a pack."""
        moves, seen, closed = self._moves, self._from, self._closed
        for arc in moves.outflows(limit):
            giver = node_of(moves.cell[arc])
            if giver not in seen and giver not in closed:
                seen[giver] = (arc, limit)
                self._queue.append(giver)

    def _from_leading_cells(self, limit: int) -> None:
        moves, seen, left = self._moves, self._from, self._left
        if not moves.reach(limit) & left:
            return
        leaf, cell_of, bits_of = moves.leaf, moves.cell, moves.leaf_bits
        for arc in moves.carriers(limit):
            if leaf[arc] == limit and bits_of[cell_of[arc]] & left:
                giver = node_of(cell_of[arc])
                if giver not in seen:
                    left &= ~bits_of[cell_of[arc]]
                    seen[giver] = (arc, limit)
                    self._queue.append(giver)
        self._left = left

    def _from_below(self, limit: int) -> None:
        """A limit gains when one below it gives up a pack."""
        seen, closed = self._from, self._closed
        for child in self._moves.inflows(limit):
            if child not in seen and child not in closed:
                seen[child] = (None, limit)
                self._queue.append(child)


def node_of(cell: int) -> int:
    """The node of a cell."""
    return -2 - cell
