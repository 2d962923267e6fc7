"""Sifting: solves a large program of cheapest shipments with few of its columns, adding those that price out.

That every demand gets exactly its share makes the program so hard to start that no method ended in reasonable time.
Here what is not delivered costs a penalty instead; from that HiGHS finds the optimum from nothing, and as the penalty
is high, all is delivered there. Where demands have very many arcs, only the cheapest of each are open at first, and
then those whose reduced cost is negative (sifting; Bixby and others 1992), until there are none. The live model is left
at the basis of that optimum, and its answer stands: no closed arc is worth opening there, so it is the optimum of the
whole program.
"""

from __future__ import annotations

import numpy as np

from ..arrays.limit_system import Floats
from ..lp.backends import Backend
from ..lp.formulation import AllocationLP
from ..lp.highs import PresolvedHiGHS
from ..model.errors import SolverFailedError

__all__ = ["sift"]


def sift(program: AllocationLP, backend: Backend, shares: Floats) -> Floats | None:
    """Solves the program for its costs, if it is large and was never solved; its model stays alive at the optimum.

    Returns the shares that are delivered there, nearly those that are wanted: to ask for the rest, which is within
    tolerances, may be to ask for what cannot be, and finding that out takes long. Arcs are as before. Shares have the
    penalty on top, which stays: where all of them is delivered it says nothing, and without it the duals would
    be others. None where there is no such optimum. Raises SolverTimeLimitError, CancelledError.
    """
    problem, ship, parameters = program.problem, program.ship, backend.parameters.mincost
    if len(ship) < parameters.sift_from or problem.resolveOK:
        return None
    high = problem.high[ship]
    may = high > 0.0
    part = problem.cost[ship] / program.reach
    active = may & (_rank(program, part) < parameters.sift_arcs_first)
    active[program.kept] = may[program.kept]
    everyone = np.arange(len(shares))
    program.hold(everyone, np.zeros(len(shares)), shares)
    problem.set_costs(program.share, -parameters.sift_penalty * _dearest(program, part) * program.top)
    delivered: Floats | None = None
    try:
        for _ in range(parameters.sift_rounds_max):
            problem.set_bounds(ship, np.zeros(len(ship)), np.where(active, high, 0.0))
            backend.answer(problem, PresolvedHiGHS.for_other_costs)
            wanted = may & ~active & (problem.column_duals[ship] < -parameters.sift_worth_opening)
            if not wanted.any():
                delivered = np.minimum(shares, program.shares())
                break
            active |= wanted & (
                _rank(program, np.where(wanted, problem.column_duals[ship], np.inf)) < parameters.sift_arcs_more
            )
    except SolverFailedError:
        pass  # The next solve has a place of its own to begin.
    problem.set_bounds(ship, np.zeros(len(ship)), high)
    if delivered is None or (delivered <= shares - parameters.sift_share_missing).any():
        return None
    return delivered


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
