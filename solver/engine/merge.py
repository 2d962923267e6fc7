"""Merges the plans of all subproblems into the plan of the problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import fsum
from operator import attrgetter
from typing import Any

import numpy as np

from ..arrays.decompose import Subproblem
from ..arrays.limit_system import Integers
from ..explain.binding import tidy
from ..explain.sensitivity import Candidate, LimitGain, most_promising
from ..model.plan import BandOutcome, FairnessPrice, Gain, Help, Limit, Plan
from ..model.problem import Problem
from .assemble import plan_of
from .planner import SubproblemPlan

Gains = Mapping[str, LimitGain]


class Merger:
    """Collects the plans of the subproblems, in any order; the merged plan does not depend on the order.

    ``candidates`` are the limits that promise most of all, ``arcs`` the arcs of all subproblems.
    """

    def __init__(self, problem: Problem, subproblems: Sequence[Subproblem], gains_max: int) -> None:
        self.candidates: list[Candidate] = []
        self.arcs = 0
        self.complete = True
        self._problem = problem
        self._subproblems = subproblems
        self._gains_max = gains_max
        self._plans: list[Plan | None] = [None] * len(subproblems)
        self._prices: list[FairnessPrice] = []
        self._shipped: list[tuple[Integers, Integers] | None] = [None] * len(subproblems)

    def add(self, subproblem: Subproblem, planned: SubproblemPlan) -> None:
        """One more subproblem: its columns become rows, if they are none yet, and are not kept."""
        piece, number = planned.piece, subproblem.number
        self._plans[number] = planned.plan or plan_of(piece, subproblem.problem)
        self._shipped[number] = (subproblem.demands[piece.packed.demand], subproblem.demands[piece.relaxed.demand])
        self.candidates = most_promising((*self.candidates, *planned.candidates), self._gains_max)
        self.arcs += planned.arcs
        self.complete &= planned.complete
        self._prices += planned.prices

    @property
    def plans(self) -> list[Plan]:
        """The plans of all subproblems, in their order."""
        return [plan for plan in self._plans if plan is not None]

    def plan(self, digest: str, gains: Gains) -> Plan:
        """The whole plan; every list sorted by id."""
        plans = self.plans
        shipped = [pair for pair in self._shipped if pair is not None]
        places = [subproblem.demands for subproblem in self._subproblems]
        return Plan(
            problem_digest=digest,
            status="optimal" if self.complete else "partial",
            demands=_merged([plan.demands for plan in plans], places),
            shipments=_merged([plan.shipments for plan in plans], [packed for packed, _ in shipped]),
            purchases=tuple(sorted((row for plan in plans for row in plan.purchases), key=attrgetter("offer"))),
            cost=tidy(fsum(plan.cost for plan in plans)),
            bands=tuple(_bands(plans)),
            limits=tuple(
                sorted((_with_gain(row, gains) for plan in plans for row in plan.limits), key=attrgetter("id"))
            ),
            helps=_helps(self._problem, gains),
            price_of_fairness=tuple(sorted(self._prices, key=attrgetter("item"))),
            certificates=tuple(row for plan in plans for row in plan.certificates),
            relaxed=_merged([plan.relaxed for plan in plans], [relaxed for _, relaxed in shipped]),
        )


def _merged(rows: Sequence[Sequence[Any]], places: Sequence[Integers]) -> tuple[Any, ...]:
    """The rows of all subproblems by the places of their demands; rows of one demand are all of one subproblem."""
    if len(rows) == 1:
        return tuple(rows[0])
    order = np.argsort(np.concatenate(places), kind="stable")
    together = [row for part in rows for row in part]
    return tuple(map(together.__getitem__, order.tolist()))


def _bands(plans: Sequence[Plan]) -> Iterator[BandOutcome]:
    for rows in zip(*(plan.bands for plan in plans), strict=True):
        levels = sorted({level for row in rows for level in row.levels})
        seconds = round(fsum(row.seconds for row in rows), 6)
        yield BandOutcome(name=rows[0].name, levels=tuple(levels), seconds=seconds)


def _with_gain(limit: Limit, gains: Gains) -> Limit:
    gain = gains.get(limit.id)
    return limit if gain is None else replace(limit, gain=Gain(unit=gain.unit, level=tidy(gain.after)))


def _helps(problem: Problem, gains: Gains) -> tuple[Help, ...]:
    """What would help, the most helpful first; what does not serve a whole unit more is left out.

    Ranked by the first band that it changes, then by the needs that it meets, each counted by its part: so items
    counted in grams and in pieces compare.
    """
    found: list[tuple[tuple[int, float, int, str], Help]] = []
    for limit, gain in _useful(gains.items()):
        row = Help(
            limit=limit,
            unit=gain.unit,
            quantity=tidy(round(gain.quantity, 6)),
            needs=tidy(round(gain.needs, 6)),
            raised=gain.raised,
            band=problem.bands[gain.band].name,
            before=tidy(gain.before),
            after=tidy(gain.after),
        )
        found.append(((gain.band, -row.needs, -row.raised, limit), row))
    return tuple(row for _, row in sorted(found, key=lambda entry: entry[0]))


def _useful(gains: Iterable[tuple[str, LimitGain]]) -> Iterator[tuple[str, LimitGain]]:
    return ((limit, gain) for limit, gain in gains if gain.raised and gain.quantity >= 1.0)
