"""A way to one more pack where the packs are a flow of one commodity.

In a *tree* component (one weight a limit, limits nested or apart, one cell a demand) packs flow from the root
through nested limits to the cells. A search of the residual network, backwards from a cell that wants a pack,
finds a way to one whenever there is one (Ford and Fulkerson).
"""

from __future__ import annotations

from collections import deque

from solver.packs_moves import Moves
from solver.packs_shape import ROOT


class Search:
    """A breadth-first search from a cell that wants a pack to the root, which has all of them.

    Nodes are limits l >= 0 and cells, as -2 - c. ``closed`` are nodes that are known not to reach the root. After
    a search without success ``givers`` are the cells that could give up a pack for this one.
    """

    def __init__(self, moves: Moves, cell: int, closed: set[int]) -> None:
        self._moves = moves
        start = node_of(cell)
        # For each node the arc that would change, if any, and the node that would gain by it.
        self._from: dict[int, tuple[int | None, int]] = {start: (None, start)}
        self._end: tuple[int | None, int] | None = None
        queue = deque([start])
        while queue and self._end is None:
            node = queue.popleft()
            if node < ROOT:
                self._from_cell(node, closed, queue)
            else:
                self._from_limit(node, closed, queue)

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

    def _from_cell(self, node: int, closed: set[int], queue: deque[int]) -> None:
        """A cell may gain on any arc whose smallest limit gains."""
        leaf, seen = self._moves.leaf, self._from
        for arc in self._moves.arcs_of(-2 - node):
            limit = leaf[arc]
            if limit == ROOT:
                self._end = (arc, node)
                return
            if limit not in seen and limit not in closed:
                seen[limit] = (arc, node)
                queue.append(limit)

    def _from_limit(self, limit: int, closed: set[int], queue: deque[int]) -> None:
        """A limit gains from the one above while it has room, or when a cell or a limit below gives up a pack."""
        moves, seen = self._moves, self._from
        if moves.room_for_one(limit):
            above = moves.parent[limit]
            if above == ROOT:
                self._end = (None, limit)
                return
            if above not in seen and above not in closed:
                seen[above] = (None, limit)
                queue.append(above)
        for arc in moves.outflows(limit):
            giver = node_of(moves.cell[arc])
            if giver not in seen and giver not in closed:
                seen[giver] = (arc, limit)
                queue.append(giver)
        for child in moves.inflows(limit):
            if child not in seen and child not in closed:
                seen[child] = (None, limit)
                queue.append(child)


def node_of(cell: int) -> int:
    """The node of a cell."""
    return -2 - cell
