"""The cheapest shipments for settled shares by linear program, and the tie-break among equally cheap ones.

First the yuan are minimised: lane + substitution penalty + purchase - value saved from spoiling, on every unit,
and ``change_penalty`` on every unit that differs from the previous plan. Then, on the optimal face, the tie-break: only
what has no reduced cost may still move (limits with a dual stay tight), and among these plans the one is taken that
uses what expires first, then what comes first, then a fixed preference among arcs that leaves no two plans equal. The
program is built from sorted facts and both stages are deterministic, so equal problems give equal plans in whatever
order their lists came.
"""

from __future__ import annotations

import numpy as np

from ..arrays.limit_system import Floats
from ..lp.backends import Backend
from ..lp.exact_vertex import exact_vertex
from ..lp.formulation import AllocationLP
from ..lp.highs import PresolvedHiGHS
from ..model.errors import SolverFailedError
from .sifting import sift

GOLDEN = 0.6180339887498949
"""Multiples of it, taken modulo 1, spread evenly and never repeat."""


def least_cost(
    program: AllocationLP, backend: Backend, shares: Floats, preference: Floats, change_penalty: float = 0.0
) -> Floats:
    """Units shipped on each arc: the cheapest that give every demand its share.

    ``preference[a]`` in 0..1 ranks equally cheap arcs, lowest first. Raises SolverFailedError,
    SolverTimeLimitError, CancelledError.
    """
    problem, parameters = program.problem, backend.parameters.mincost
    if not len(program.ship):
        return np.zeros(0)
    yuan = (program.system.arc_cost + (change_penalty if len(program.keep) else 0.0)) * program.unit
    saved = -2.0 * change_penalty * program.unit[program.kept]
    largest = max(np.abs(yuan).max(initial=0.0), np.abs(saved).max(initial=0.0))
    if largest > 0.0:
        problem.set_costs(program.ship, yuan * (parameters.cost_scale / largest))
        problem.set_costs(program.keep, saved * (parameters.cost_scale / largest))
        _deliver(program, backend, shares)
        sharp = _refine_answer(program, backend, shares)
        _hold_to_the_cheapest(program, parameters.reduced_cost_zero)
        if sharp:
            _loosen(program, parameters.tie_break_slack)
    spread = np.mod(GOLDEN * np.arange(1, len(program.ship) + 1), 1.0)
    problem.set_costs(program.keep, np.zeros(len(program.keep)))
    problem.set_costs(program.ship, 1.0 + preference + spread / len(spread))
    if largest > 0.0:
        backend.answer(problem, PresolvedHiGHS.for_other_costs)
    else:
        _deliver(program, backend, shares)
    return program.shipped()


def _deliver(program: AllocationLP, backend: Backend, shares: Floats) -> None:
    """The cheapest answer in which every demand has all of its share; with a slack where rounding leaves none.

    With the slack it would be cheaper to leave out what the slack allows, by a vertex that may not attain the shares.
    """
    everyone = np.arange(len(shares))
    delivered = sift(program, backend, shares)
    program.hold(everyone, shares if delivered is None else delivered, shares)
    if delivered is not None:
        return
    try:
        backend.answer(program.problem, PresolvedHiGHS.for_other_costs)
    except SolverFailedError:
        program.hold(everyone, np.maximum(0.0, shares - backend.slack), shares)
        backend.answer(program.problem, PresolvedHiGHS.for_other_costs)


def _refine_answer(program: AllocationLP, backend: Backend, shares: Floats) -> bool:
    """Takes the solver's tolerance out of the answer, where the shares have a price: whether that was done.

    The shares are then delivered as far as that can be. So the duals belong to a basis that breaks nothing, and
    what is held to the cheapest by them can be had to the last digits.
    """
    problem = program.problem
    if not problem.cost[program.share].any():
        return False
    everyone = np.arange(len(shares))
    low = problem.low[program.share] * program.top
    program.hold(everyone, shares - backend.parameters.mincost.sift_share_missing, shares)
    vertex = exact_vertex(problem, backend)
    program.hold(everyone, low if vertex is None else np.minimum(shares, program.shares()), shares)
    return vertex is not None


def _loosen(program: AllocationLP, slack: float) -> None:
    """Lets limits and shares that are held where they are fall by a last digit."""
    problem = program.problem
    problem.set_bounds(program.share, problem.low[program.share] - slack, problem.high[program.share])
    rows = np.flatnonzero(problem.row_low == problem.row_high)
    rows = rows[np.isin(rows, program.need, invert=True)]
    problem.set_row_bounds(rows, problem.row_low[rows] - slack, problem.row_high[rows])


def _hold_to_the_cheapest(program: AllocationLP, no_price: float) -> None:
    """Leaves only the plans that cost as little as the last answer.

    A column with a reduced cost stays where it is, a row with a dual stays tight: by complementary
    slackness exactly the optimal plans have both.
    """
    problem = program.problem
    for columns in (program.ship, program.share, program.keep):
        priced = columns[np.abs(problem.column_duals[columns]) > no_price]
        value, low, high = problem.values[priced], problem.low[priced], problem.high[priced]
        fixed = np.where(value - low <= high - value, low, high)
        problem.set_bounds(priced, fixed, fixed)
    rows = np.flatnonzero(np.abs(problem.row_duals) > no_price)
    rows = rows[np.isfinite(problem.row_high[rows]) & ~np.isfinite(problem.row_low[rows])]
    problem.set_row_bounds(rows, problem.row_high[rows], problem.row_high[rows])
