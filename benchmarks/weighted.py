"""The floor to measure against: raw HiGHS on the whole matrix of a problem, nothing split and nothing reduced.

One linear program as a user would weigh it: units served count by tier (each tier four times the next), yuan a
little. It is neither fair nor exact about floors; it is what one solve costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csc_array

from solver import Problem
from solver.arrays.limit_system import Floats, Integers, LimitSystem
from solver.arrays.network import Network, network_of
from solver.arrays.tables import tables_of

TIER_FACTOR = 4.0
YUAN_WEIGHT = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A linear program to be minimised, column by column."""

    cost: Floats
    low: Floats
    high: Floats
    row_low: Floats
    row_high: Floats
    start: Integers
    index: Integers
    value: Floats

    @property
    def shape(self) -> str:
        return f"{len(self.row_low)} rows, {len(self.cost)} columns, {len(self.value)} nonzeros"


def whole_network(problem: Problem) -> Network:
    """All demands in one network, whether they hang together or not."""
    tables = tables_of(problem)
    return network_of(tables, np.arange(len(problem.demands)))


def demand_weights(problem: Problem, demands: Integers) -> Floats:
    """What a unit served counts, by tier."""
    tier = np.array([problem.demands[at].tier for at in demands.tolist()], dtype=float)
    weight: Floats = TIER_FACTOR ** (tier.max(initial=1.0) - tier)
    return weight


def weighted_program(system: LimitSystem, weight: Floats) -> Matrix:
    """Columns: units on each arc, the share of each demand; rows: the shares, the limits."""
    arcs, demands, limits = system.arcs, system.demands, system.limits
    row = np.concatenate((system.arc_demand, np.arange(demands), demands + system.entry_limit))
    column = np.concatenate((np.arange(arcs), arcs + np.arange(demands), system.entry_arc))
    value = np.concatenate((system.arc_ratio, -system.demand_quantity, system.entry_factor))
    matrix = csc_array((value, (row, column)), shape=(demands + limits, arcs + demands))
    return Matrix(
        cost=np.concatenate((YUAN_WEIGHT * system.arc_cost, -weight * system.demand_quantity)),
        low=np.zeros(arcs + demands),
        high=np.concatenate((np.full(arcs, np.inf), np.ones(demands))),
        row_low=np.concatenate((np.zeros(demands), np.full(limits, -np.inf))),
        row_high=np.concatenate((np.zeros(demands), system.limit_bound)),
        start=matrix.indptr.astype(np.int32),
        index=matrix.indices.astype(np.int32),
        value=matrix.data,
    )


def quiet_highs(**options: object) -> highspy.Highs:
    """A HiGHS that prints nothing, on one thread."""
    highs = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1, **options}.items():
        highs.setOptionValue(name, value)
    return highs


def hand_over(highs: highspy.Highs, matrix: Matrix, whole: Integers | None = None) -> None:
    """Passes the arrays in one call; ``whole`` marks columns that are integers (1) or not (0)."""
    columns, rows = len(matrix.cost), len(matrix.row_low)
    highs.passModel(
        columns,
        rows,
        len(matrix.value),
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        matrix.cost,
        matrix.low,
        matrix.high,
        matrix.row_low,
        matrix.row_high,
        matrix.start,
        matrix.index,
        matrix.value,
        np.zeros(columns, dtype=np.int32) if whole is None else whole.astype(np.int32),
    )


def solve_once(matrix: Matrix, solver: str) -> dict[str, object]:
    """One solve; tells HiGHS' status and objective. ``solver`` is HiGHS' own option: choose, simplex, ipm."""
    highs = quiet_highs(solver=solver)
    hand_over(highs, matrix)
    highs.run()
    status = highs.modelStatusToString(highs.getModelStatus())
    return {"status": status, "objective": highs.getInfo().objective_function_value, "programs": 1}
