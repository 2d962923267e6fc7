"""The answer of a program without the solver's tolerance: its last basis solved anew, to the last digits.

An optimal basis says which bounds hold with equality. What HiGHS makes of it is exact to its tolerance of 1e-9; the
system of equations itself is solved to the last digits by refinement, with residuals in extended precision. That may
show that the basis breaks a bound by as little as the tolerance let pass. Then the program is looked at through a
glass: its columns become changes of what was found, times a large factor, so that the tolerance counts beside what is
broken and no longer beside what is there (iterative refinement of a linear program; Gleixner, Steffy and Wolter 2016).
The costs stay, so the basis is still dual feasible, and a few steps of the simplex method lead to the next one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, eye_array, hstack
from scipy.sparse.linalg import splu

from ..arrays.limit_system import Floats
from ..model.errors import SolverFailedError
from .backends import Backend
from .columnar_pulp import ColumnarProblem
from .highs import DUAL_SIMPLEX

__all__ = ["Extended", "Vertex", "exact_vertex", "vertex_of"]

Extended = NDArray[np.longdouble]

REFINEMENTS = 4
SOLVED = 1e-14
"""A system of equations is solved when no larger part of its largest number is left."""

KEPT = 1e-17
"""A row that is broken by no more is kept."""

NEARLY_KEPT = 1e-15
"""The same where a closer look does not mend it: extended precision ends here for rows of large entries."""

GLASSES_MAX = 4

SEEN = 1e-3
"""How large what is broken most is made to look: a million times the solver's tolerance."""

CHANGE_MAX = 1e7
"""The largest change that is looked at, beside what is broken most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertex:
    """The values of all columns, the values of all rows, and the duals of the rows (as of minimising)."""

    values: Extended
    rows: Extended
    row_duals: Extended


def vertex_of(problem: ColumnarProblem) -> Vertex | None:
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
    for _ in range(REFINEMENTS):
        found += factors.solve((right - square @ found).astype(np.float64))
        duals += factors.solve((cost - square.T @ duals).astype(np.float64), "T")  # type: ignore[call-overload]
    if not (_solved(square, found, right) and _solved(square.T, duals, cost)):
        return None
    values[basic] = found
    return Vertex(values=values[:columns], rows=values[columns:], row_duals=duals)


def exact_vertex(problem: ColumnarProblem, backend: Backend) -> Vertex | None:
    """The last answer of a program, moved to where no bound is broken by more than ``KEPT``, or ``NEARLY_KEPT`` where
    it cannot be mended further; None where none is found.

    The program stays as it is but for its answer, and so does its live model but for the basis. Raises
    SolverTimeLimitError, CancelledError.
    """
    matrix = problem.matrix().astype(np.longdouble)
    bounds = (problem.low.copy(), problem.high.copy(), problem.row_low.copy(), problem.row_high.copy())
    low, high, row_low, row_high = bounds
    values, factor, before = np.zeros(len(low), np.longdouble), 1.0, np.inf
    nearly: Vertex | None = None
    try:
        for _ in range(GLASSES_MAX):
            vertex = vertex_of(problem)
            if vertex is None:
                break
            values = np.clip(values + vertex.values / factor, low, high)
            rows = matrix @ values
            broken = float(max(np.max(row_low - rows, initial=0.0), np.max(rows - row_high, initial=0.0)))
            found = Vertex(values=values, rows=rows, row_duals=vertex.row_duals)
            if broken <= KEPT or before / 2.0 < broken <= NEARLY_KEPT:
                return _told(problem, matrix, found)
            nearly = found if broken <= NEARLY_KEPT else None
            factor, before = SEEN / broken, broken
            _look(problem, (low - values, high - values, row_low - rows, row_high - rows), factor)
            backend.go_on(problem, DUAL_SIMPLEX)
    except SolverFailedError:
        pass
    finally:
        _set_bounds(problem, bounds)
    return None if nearly is None else _told(problem, matrix, nearly)


def _told(problem: ColumnarProblem, matrix: csc_array, vertex: Vertex) -> Vertex:
    """Makes the vertex the answer of the program."""
    problem.values = vertex.values.astype(np.float64)
    problem.row_duals = vertex.row_duals.astype(np.float64)
    problem.column_duals = (problem.cost - matrix.T @ vertex.row_duals).astype(np.float64)
    return vertex


def _look(problem: ColumnarProblem, left: tuple[Extended, Extended, Extended, Extended], factor: float) -> None:
    """Turns the program into one of changes, times the factor, for what is left below and above columns and rows."""
    below, above, row_below, row_above = ((part * factor).astype(np.float64) for part in left)
    _set_bounds(
        problem,
        (
            np.maximum(below, -CHANGE_MAX),
            np.minimum(above, CHANGE_MAX),
            np.where(row_below < -CHANGE_MAX, -np.inf, row_below),
            np.where(row_above > CHANGE_MAX, np.inf, row_above),
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


def _solved(matrix: csc_array | csr_array, found: Extended, right: Extended) -> bool:
    """Whether the equations hold to the last digits."""
    wrong = np.abs(right - matrix @ found).max(initial=0.0)
    return bool(wrong <= SOLVED * max(1.0, np.abs(found).max(initial=0.0)))
