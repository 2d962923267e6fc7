"""Decomposes a problem into subproblems that share no limit: each is planned and proved by itself.

What is planned together depends on the problem alone, never on how many processes share the work; and only the
subproblems at work need networks, programs and proofs in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np

from ..model.problem import Problem
from .limit_system import Integers

SHARED = ("items", "sites", "facilities", "lanes", "bands")
"""Tables that every subproblem has as a whole. Each row of the others is in exactly one subproblem."""

Node = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subproblem:
    """One subproblem: ``demands`` are the positions of its demands in the whole problem, ``groups`` the number of the
    group of items that each belongs to."""

    number: int
    problem: Problem
    demands: Integers
    groups: Integers


class Decomposition:
    """Divides a problem into subproblems.

    Items are coupled by a substitution, by a fund that pays for both, or by a truck limit at a site that has both.
    A group of coupled items is never divided; groups are numbered by their first demands, and small ones are put
    together in that order. Rows that no demand can use are in the first subproblem.
    """

    def __init__(self, problem: Problem, demands_min: int, *, whole: bool = False) -> None:
        """Groups are put together until a subproblem has ``demands_min`` demands; ``whole``: all in one."""
        self.problem = problem
        self._joined = _SharedLimits(problem)
        root_of = {item.id: self._joined.root("item", item.id) for item in problem.items}
        roots: dict[Node, int] = {}
        # Numbered in the order of their first demands.
        of_item: dict[str, int] = {}
        for demand in problem.demands:
            if demand.item not in of_item:
                of_item[demand.item] = roots.setdefault(root_of[demand.item], len(roots))
        places = map(of_item.__getitem__, map(attrgetter("item"), problem.demands))
        self._group = np.fromiter(places, dtype=np.int64, count=len(problem.demands))
        self.groups = len(roots)
        subproblem_of_group = _bundled(np.bincount(self._group, minlength=self.groups).tolist(), demands_min)
        if whole:
            subproblem_of_group = [0] * self.groups
        self.count = max(subproblem_of_group, default=0) + 1
        self._subproblem_of = {root: subproblem_of_group[number] for root, number in roots.items()}
        self._subproblem = np.array(subproblem_of_group, dtype=np.int64)[self._group]
        self.sizes = np.bincount(self._subproblem, minlength=self.count).tolist()
        self._rows = self._dealt() if self.count > 1 else {}

    def cut(self, number: int) -> Subproblem:
        """Subproblem ``number``. Its rows are the same objects as those of the problem."""
        demands = np.flatnonzero(self._subproblem == number)
        problem = self.problem
        if self.count > 1:
            asked = tuple(map(problem.demands.__getitem__, demands.tolist()))
            rows: dict[str, Any] = {name: tuple(dealt[number]) for name, dealt in self._rows.items()}
            problem = replace(problem, demands=asked, **rows)
        return Subproblem(number=number, problem=problem, demands=demands, groups=self._group[demands])

    def _dealt(self) -> dict[str, list[list[Any]]]:
        """The rows of each divided table, except the demands, by subproblem."""
        problem, joined = self.problem, self._joined
        keys = {
            "supplies": ("item", attrgetter("item")),
            "offers": ("item", attrgetter("item")),
            "funds": ("fund", attrgetter("id")),
            "substitutions": ("item", attrgetter("serves")),
            "capacities": ("site", attrgetter("site")),
            "reserves": ("item", attrgetter("item")),
        }
        dealt: dict[str, list[list[Any]]] = {}
        for name, (kind, key) in keys.items():
            parts = dealt[name] = [[] for _ in range(self.count)]
            for row in getattr(problem, name):
                parts[self._subproblem_of.get(joined.root(kind, key(row)), 0)].append(row)
        parts = dealt["previous"] = [[] for _ in range(self.count)]
        if problem.previous:
            of_demand = dict(zip(map(attrgetter("id"), problem.demands), self._subproblem.tolist(), strict=True))
            for row in problem.previous:
                parts[of_demand.get(row.demand, 0)].append(row)
        return dealt


class _SharedLimits:
    """Items, funds and sites with trucks, united where they share a limit (union-find)."""

    def __init__(self, problem: Problem) -> None:
        self._above: dict[Node, Node] = {}
        trucked = {row.site for row in problem.capacities}
        pairs: list[tuple[Node, Node]] = [(("item", row.serves), ("item", row.item)) for row in problem.substitutions]
        pairs += [(("item", row.item), ("fund", row.fund)) for row in problem.offers if row.fund is not None]
        sources: Iterable[Any] = (*problem.supplies, *problem.offers)
        pairs += [(("item", row.item), ("site", row.site)) for row in sources if row.site in trucked]
        for one, other in pairs:
            self._above[self.root(*one)] = self.root(*other)

    def root(self, kind: str, name: str) -> Node:
        """The representative of the node's set."""
        node = (kind, name)
        while (above := self._above.get(node, node)) != node:
            self._above[node] = self._above.get(above, above)
            node = above
        return node


def _bundled(sizes: list[int], demands_min: int) -> list[int]:
    """The subproblem of each group: groups are added in order until a subproblem is large enough."""
    subproblems: list[int] = []
    subproblem, filled = 0, 0
    for size in sizes:
        if filled >= demands_min:
            subproblem, filled = subproblem + 1, 0
        subproblems.append(subproblem)
        filled += size
    return subproblems
