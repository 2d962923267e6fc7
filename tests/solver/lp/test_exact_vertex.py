"""A program's answer without the solver's tolerance: against exact fractions, and where the tolerance hides a fault."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from solver import DEFAULT
from solver.arrays.components import components_of
from solver.engine.component import program_of
from solver.leximin.strategy import settle_fast
from solver.lp.backends import Backend
from solver.lp.columnar_pulp import GREATER, LESS, ColumnarProblem
from solver.lp.exact_vertex import exact_vertex, vertex_of
from solver.lp.highs import DUAL_SIMPLEX
from solver.mincost.lp_mincost import least_cost
from solver.mincost.polish import refined
from solver.model.errors import SolverFailedError
from tests.solver.cases import tuned
from tests.solver.mincost.test_polish import missing
from tests.solver.problem_strategies import networks
from tests.solver.random_coupled import coupled_problem


def two_rows(right: float = 1.0) -> ColumnarProblem:
    """Minimise x + 2 y subject to 3 x + y >= ``right``, x + 7 y >= 1; x, y >= 0: both rows hold with equality."""
    problem = ColumnarProblem("two")
    columns = problem.add_columns(lambda: ["x", "y"], np.zeros(2), np.full(2, np.inf))
    problem.set_costs(columns, np.array([1.0, 2.0]))
    entries = (np.array([0, 0, 1, 1]), columns[[0, 1, 0, 1]], np.array([3.0, 1.0, 1.0, 7.0]))
    problem.add_rows(lambda: ["one", "other"], GREATER, np.array([right, 1.0]), *entries)
    return problem


def test_the_vertex_is_solved_to_more_digits_than_a_double_has() -> None:
    problem = two_rows()
    Backend().answer(problem)
    vertex = vertex_of(problem, DEFAULT.lp)
    assert vertex is not None
    digits = 4 * float(np.finfo(np.longdouble).eps)
    for found, exact in zip(vertex.values, (Fraction(6, 20), Fraction(2, 20)), strict=True):
        assert abs(found - np.longdouble(exact.numerator) / exact.denominator) <= digits
    # 3 u + v = 1, u + 7 v = 2
    for found, exact in zip(vertex.row_duals, (Fraction(5, 20), Fraction(5, 20)), strict=True):
        assert abs(found - np.longdouble(exact.numerator) / exact.denominator) <= digits


def test_without_a_live_model_there_is_no_vertex() -> None:
    problem = two_rows()
    assert vertex_of(problem, DEFAULT.lp) is None
    Backend("cbc").answer(problem)
    assert vertex_of(problem, DEFAULT.lp) is None
    assert exact_vertex(problem, Backend("cbc")) is None


def hidden_fault() -> ColumnarProblem:
    """x + short >= 1 for the least short, x <= 1 - 4e-10: the tolerance of 1e-9 hides that something is short."""
    problem = ColumnarProblem("hidden")
    ship, short = (problem.add_columns(lambda name=name: [name], np.zeros(1), np.full(1, np.inf)) for name in "xs")
    problem.set_costs(short, np.ones(1))
    both = np.concatenate((ship, short))
    problem.add_rows(lambda: ["need"], GREATER, np.ones(1), np.zeros(2, np.int64), both, np.ones(2))
    problem.add_rows(lambda: ["limit"], LESS, np.array([1.0]), np.zeros(1, np.int64), ship, np.ones(1))
    return problem


def test_what_the_tolerance_hides_is_seen_by_refinement() -> None:
    problem, backend = hidden_fault(), Backend()
    backend.answer(problem)
    # The basis of x = 1 stays optimal within the tolerance, and breaks the limit by 4e-10.
    problem.set_row_bounds(np.array([1]), np.full(1, -np.inf), np.array([1.0 - 4e-10]))
    backend.answer(problem)
    low, high = problem.row_low.copy(), problem.row_high.copy()
    vertex = exact_vertex(problem, backend)
    assert vertex is not None
    assert float(vertex.values[1]) == pytest.approx(4e-10, abs=1e-16)
    assert float(vertex.values[0]) == pytest.approx(1.0 - 4e-10, abs=1e-16)
    assert (problem.row_low == low).all()
    assert (problem.row_high == high).all()
    assert problem.values == pytest.approx(vertex.values.astype(float), abs=0.0)
    assert problem.row_duals.tolist() == [1.0, -1.0]


def test_a_program_that_cannot_be_met_has_no_exact_vertex() -> None:
    problem, backend = hidden_fault(), Backend()
    backend.answer(problem)
    problem.set_bounds(np.array([1]), np.zeros(1), np.zeros(1))
    problem.set_row_bounds(np.array([1]), np.full(1, -np.inf), np.array([1.0 - 4e-10]))
    backend.answer(problem)
    assert exact_vertex(problem, backend) is None
    assert problem.row_high[1] == 1.0 - 4e-10


def test_going_on_needs_a_live_model() -> None:
    with pytest.raises(SolverFailedError, match="does not go on"):
        Backend().go_on(two_rows(), DUAL_SIMPLEX)


@pytest.mark.parametrize("number", range(30))
def test_shipments_of_a_sifted_program_attain_the_shares(number: int) -> None:
    for network in networks(coupled_problem(number)):
        for component in components_of(network):
            settlement = settle_fast(component.system, Backend())
            if settlement is None or not settlement.shares[-1].any():
                continue
            shares = settlement.shares[-1]
            backend = Backend(parameters=tuned(mincost={"sift_from": 0}))
            program = program_of(component, 0.0)
            program.close(np.flatnonzero(settlement.idle))
            shipped = least_cost(program, backend, shares, component.preference)
            shipped = refined(program, backend, shares, settlement.idle, shipped)
            assert missing(component.system, shares, shipped) < 1e-13
