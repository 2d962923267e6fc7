"""The optimal vertex of a linear program without the solver's tolerance, by iterative refinement.

An optimal basis says which bounds hold with equality. HiGHS solves these equations to its tolerance of 1e-9; here
they are solved to the last digits, with residuals in extended precision. That may show that the basis violates a bound
by as little as the tolerance allowed. Then the program is shifted and scaled: its columns become changes of what was
found, times a large factor, so that the tolerance is relative to the violation and no longer to the values
(iterative refinement of a linear program; Gleixner, Steffy and Wolter 2016). The costs stay, so the basis remains
dual feasible, and a few steps of the simplex method lead to the next one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, eye_array, hstack
from scipy.sparse.linalg import splu

from ..arrays.limit_system import Floats
from ..model.errors import SolverFailedError
from ..parameters import LpParameters
from .backends import Backend
from .columnar_pulp import ColumnarProblem
from .highs import DUAL_SIMPLEX

__all__ = ["Extended", "Vertex", "exact_vertex", "vertex_of"]

Extended = NDArray[np.longdouble]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertex:
    """The values of all columns, the values of all rows, and the duals of the rows (as of minimising)."""

    values: Extended
    rows: Extended
    row_duals: Extended


def vertex_of(problem: ColumnarProblem, parameters: LpParameters) -> Vertex | None:
    """The basic answer of the last solve, primal and dual; None where there is no basis, or it cannot be solved."""
    model = problem.solverModel
    if model is None:
        return None
    basic = np.asarray(model.getBasicVariables()[1], dtype=np.int64)
    matrix = problem.matrix()
    count, columns = matrix.shape
    if len(basic) != count:
        return None
    # A row is one more column: matrix @ values - rows = 0.
    whole = csc_array(hstack([matrix, -eye_array(count)]))
    basic = np.sort(np.where(basic >= 0, basic, columns - 1 - basic))
    square = csc_array(whole[:, basic])
    try:
        factors = splu(square)
    except RuntimeError:
        return None  # singular
    values = _at_bounds(problem, np.concatenate((problem.values, matrix @ problem.values)))
    values[basic] = 0.0
    cost = np.concatenate((problem.cost, np.zeros(count)))[basic].astype(np.longdouble)
    square = square.astype(np.longdouble)
    right = -(whole.astype(np.longdouble) @ values)
    found, duals = np.zeros(count, np.longdouble), np.zeros(count, np.longdouble)
    for _ in range(parameters.vertex_solve_rounds):
        found += factors.solve((right - square @ found).astype(np.float64))
        duals += factors.solve((cost - square.T @ duals).astype(np.float64), "T")  # type: ignore[call-overload]
    most = parameters.vertex_residual_max
    if not (_solved(square, found, right, most) and _solved(square.T, duals, cost, most)):
        return None
    values[basic] = found
    return Vertex(values=values[:columns], rows=values[columns:], row_duals=duals)


def exact_vertex(problem: ColumnarProblem, backend: Backend) -> Vertex | None:
    """The last answer of a program, refined until no bound is broken by more than ``vertex_broken_max``, or by
    ``vertex_nearly_kept`` where refinement ends there; None where none is found.

    The program stays as it is but for its answer, and so does its live model but for the basis. Raises
    SolverTimeLimitError, CancelledError.
    """
    parameters = backend.parameters.lp
    kept, nearly_kept = parameters.vertex_broken_max, parameters.vertex_nearly_kept
    matrix = problem.matrix().astype(np.longdouble)
    bounds = (problem.low.copy(), problem.high.copy(), problem.row_low.copy(), problem.row_high.copy())
    low, high, row_low, row_high = bounds
    values, factor, before = np.zeros(len(low), np.longdouble), 1.0, np.inf
    nearly: Vertex | None = None
    try:
        for _ in range(parameters.vertex_rounds_max):
            vertex = vertex_of(problem, parameters)
            if vertex is None:
                break
            values = np.clip(values + vertex.values / factor, low, high)
            rows = matrix @ values
            broken = float(max(np.max(row_low - rows, initial=0.0), np.max(rows - row_high, initial=0.0)))
            found = Vertex(values=values, rows=rows, row_duals=vertex.row_duals)
            if broken <= kept or before / 2.0 < broken <= nearly_kept:
                return _told(problem, matrix, found)
            nearly = found if broken <= nearly_kept else None
            factor, before = parameters.refinement_scale / broken, broken
            left = (low - values, high - values, row_low - rows, row_high - rows)
            _pose_changes(problem, left, factor, parameters.refinement_change_max)
            backend.go_on(problem, DUAL_SIMPLEX)
    except SolverFailedError:
        pass
    finally:
        _set_bounds(problem, bounds)
    return None if nearly is None else _told(problem, matrix, nearly)


def _told(problem: ColumnarProblem, matrix: csc_array, vertex: Vertex) -> Vertex:
    """Stores the vertex as the answer of the program."""
    problem.values = vertex.values.astype(np.float64)
    problem.row_duals = vertex.row_duals.astype(np.float64)
    problem.column_duals = (problem.cost - matrix.T @ vertex.row_duals).astype(np.float64)
    return vertex


def _pose_changes(
    problem: ColumnarProblem, left: tuple[Extended, Extended, Extended, Extended], factor: float, most: float
) -> None:
    """Poses the shifted and scaled program: bounds are what is ``left`` below and above columns and rows, times the
    factor."""
    below, above, row_below, row_above = ((part * factor).astype(np.float64) for part in left)
    _set_bounds(
        problem,
        (
            np.maximum(below, -most),
            np.minimum(above, most),
            np.where(row_below < -most, -np.inf, row_below),
            np.where(row_above > most, np.inf, row_above),
        ),
    )


def _set_bounds(problem: ColumnarProblem, bounds: tuple[Floats, Floats, Floats, Floats]) -> None:
    low, high, row_low, row_high = bounds
    problem.set_bounds(np.arange(len(low)), low, high)
    problem.set_row_bounds(np.arange(len(row_low)), row_low, row_high)


def _at_bounds(problem: ColumnarProblem, values: Floats) -> Extended:
    """Each column and row at the bound that it is nearer to; 0 where it has none."""
    low = np.concatenate((problem.low, problem.row_low))
    high = np.concatenate((problem.high, problem.row_high))
    nearer = np.where(values - low <= high - values, low, high)
    return np.where(np.isfinite(nearer), nearer, 0.0).astype(np.longdouble)


def _solved(matrix: csc_array | csr_array, found: Extended, right: Extended, most: float) -> bool:
    """Whether the equations hold to the last digits."""
    wrong = np.abs(right - matrix @ found).max(initial=0.0)
    return bool(wrong <= most * max(1.0, np.abs(found).max(initial=0.0)))
