"""Where to begin with a large program of the cheapest shipments: with shares that have a price in place of a bound.

That every demand gets exactly its share makes the program so hard to begin with that no way ended in reasonable time.
What is not delivered costs a penalty here; from that HiGHS finds the optimum from nothing, and as the penalty is dear,
all is delivered there. Where demands have very many arcs, only the cheapest of each are open at first, and then those
that the duals price below what they are worth (sifting; Bixby and others 1992), until there are none. The live
model is left at the basis of that optimum, and its answer stands: no closed arc is worth opening there, so it is the
optimum of the whole program.
"""

from __future__ import annotations

import numpy as np

from ..arrays.limit_system import Floats
from ..lp.backends import Backend
from ..lp.formulation import AllocationLP
from ..lp.highs import PresolvedHiGHS
from ..model.errors import SolverFailedError

__all__ = ["NEARLY", "sift"]

SIFTED_FROM = 40_000
"""Arcs of a program that is worth it."""

CHEAPEST_FIRST = 30
"""Arcs of each demand that are open at first. Each round goes on from the last, which takes longer than to begin with
nearly all: for 10,000 demands of 12 arcs each, 15 CPU seconds with 3 of them at first, 6.5 with 12, 4.3 with all."""

MORE = 4
"""Arcs of each demand that are opened in a round."""

ROUNDS_MAX = 30

PENALTY = 3.0
"""What a missing unit costs beside the dearest that could be shipped, and all of a demand beside the dearest arc."""

NEARLY = 1e-7
"""Shares that differ by less are nearly equal."""

WORTH_OPENING = 1e-6
"""Presolved cost of an arc, below 0, on the scale of the program's costs."""


def sift(program: AllocationLP, backend: Backend, shares: Floats) -> Floats | None:
    """The optimum for the costs that the program has, if it is large and was never solved: its answer, and live.

    Returns the shares that are delivered there, nearly those that are wanted: to ask for the rest, which is within
    tolerances, may be to ask for what cannot be, and finding that out takes long. Arcs are as before. Shares have the
    penalty on top, which stays: where all of them is delivered it says nothing, and without it the duals would
    be others. None where there is no such optimum. Raises SolverTimeLimitError, CancelledError.
    """
    problem, ship = program.problem, program.ship
    if len(ship) < SIFTED_FROM or problem.resolveOK:
        return None
    high = problem.high[ship]
    may = high > 0.0
    part = problem.cost[ship] / program.reach
    active = may & (_rank(program, part) < CHEAPEST_FIRST)
    active[program.kept] = may[program.kept]
    everyone = np.arange(len(shares))
    program.hold(everyone, np.zeros(len(shares)), shares)
    problem.set_costs(program.share, -PENALTY * _dearest(program, part) * program.top)
    delivered: Floats | None = None
    try:
        for _ in range(ROUNDS_MAX):
            problem.set_bounds(ship, np.zeros(len(ship)), np.where(active, high, 0.0))
            backend.answer(problem, PresolvedHiGHS.for_other_costs)
            wanted = may & ~active & (problem.column_duals[ship] < -WORTH_OPENING)
            if not wanted.any():
                delivered = np.minimum(shares, program.shares())
                break
            active |= wanted & (_rank(program, np.where(wanted, problem.column_duals[ship], np.inf)) < MORE)
    except SolverFailedError:
        pass  # The next solve has a place of its own to begin.
    problem.set_bounds(ship, np.zeros(len(ship)), high)
    return None if delivered is None or (delivered <= shares - NEARLY).any() else delivered


def _rank(program: AllocationLP, value: Floats) -> np.ndarray:
    """The place of each arc among those of its demand, the lowest value first."""
    owner = program.system.arc_demand
    order = np.lexsort((np.arange(len(value)), value, owner))
    rank = np.empty(len(value), dtype=np.int64)
    rank[order] = np.arange(len(value)) - np.searchsorted(owner[order], owner[order])
    return rank


def _dearest(program: AllocationLP, part: Floats) -> Floats:
    """The cost of all of each demand by the unit of the whole program that is dearest; no less than any arc costs."""
    quantity = program.system.demand_quantity
    unit = float((np.abs(part) / quantity[program.system.arc_demand]).max(initial=0.0))
    return np.maximum(quantity * unit, float(np.abs(part).max(initial=0.0)))
