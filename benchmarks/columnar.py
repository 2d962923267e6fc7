"""What PuLP costs beside raw arrays: building and handing over a program, and going on with it from round to round."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pulp
from scipy.sparse import csc_array

from benchmarks.weighted import Matrix, hand_over, quiet_highs, whole_network
from solver import DEFAULT, Problem
from solver.arrays.components import components_of
from solver.arrays.limit_system import Floats, Integers
from solver.leximin.sequential_lp import settle_bands_by_lps
from solver.lp.backends import Backend
from solver.lp.clock import Clock
from solver.lp.columnar_pulp import EQUAL, LESS, ColumnarProblem
from solver.lp.formulation import AllocationLP
from solver.lp.highs import LiveHiGHS

Work = Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entries:
    """A program as its author knows it: the entries of shares and limits, nothing sorted yet."""

    columns: int
    need_row: Integers
    need_column: Integers
    need_value: Floats
    needs: int
    limit_row: Integers
    limit_column: Integers
    limit_value: Floats
    limit_bound: Floats
    high: Floats
    cost: Floats


def _entries(problem: Problem) -> _Entries:
    system = whole_network(problem).system
    arcs, demands = system.arcs, system.demands
    return _Entries(
        columns=arcs + demands,
        need_row=np.concatenate((system.arc_demand, np.arange(demands))),
        need_column=np.concatenate((np.arange(arcs), arcs + np.arange(demands))),
        need_value=np.concatenate((system.arc_ratio, -system.demand_quantity)),
        needs=demands,
        limit_row=system.entry_limit,
        limit_column=system.entry_arc,
        limit_value=system.entry_factor,
        limit_bound=system.limit_bound,
        high=np.concatenate((np.full(arcs, np.inf), np.ones(demands))),
        cost=np.concatenate((system.arc_cost, -system.demand_quantity)),
    )


def _raw(entries: _Entries) -> dict[str, Any]:
    """Straight from the entries to HiGHS' own arrays."""
    row = np.concatenate((entries.need_row, entries.limit_row + entries.needs))
    column = np.concatenate((entries.need_column, entries.limit_column))
    value = np.concatenate((entries.need_value, entries.limit_value))
    rows = entries.needs + len(entries.limit_bound)
    csc = csc_array((value, (row, column)), shape=(rows, entries.columns))
    zeros = np.zeros(entries.needs)
    matrix = Matrix(
        cost=entries.cost,
        low=np.zeros(entries.columns),
        high=entries.high,
        row_low=np.concatenate((zeros, np.full(len(entries.limit_bound), -np.inf))),
        row_high=np.concatenate((zeros, entries.limit_bound)),
        start=csc.indptr.astype(np.int32),
        index=csc.indices.astype(np.int32),
        value=csc.data,
    )
    highs = quiet_highs()
    hand_over(highs, matrix)
    return {"shape": matrix.shape}


def _columnar(entries: _Entries) -> dict[str, Any]:
    """The same through the columnar PuLP problem and its HiGHS."""
    problem = ColumnarProblem("allocation")
    columns = problem.add_columns(lambda: (), np.zeros(entries.columns), entries.high)
    zeros = np.zeros(entries.needs)
    problem.add_rows(lambda: (), EQUAL, zeros, entries.need_row, entries.need_column, entries.need_value)
    problem.add_rows(
        lambda: (), LESS, entries.limit_bound, entries.limit_row, entries.limit_column, entries.limit_value
    )
    problem.set_costs(columns, entries.cost)
    solver = LiveHiGHS(Clock(), DEFAULT.lp)
    solver.createAndConfigureSolver(problem)
    solver.buildSolverModel(problem)
    return {"shape": f"{problem.solverModel.getNumRow()} rows, {problem.solverModel.getNumCol()} columns"}


def _lpsum(entries: _Entries) -> dict[str, Any]:
    """The same as PuLP's documentation shows it: ``lpSum`` and stock ``pulp.HiGHS``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        model = pulp.LpProblem("allocation", pulp.LpMinimize)
        highs = entries.high.tolist()
        x = [pulp.LpVariable(f"x{n}", 0, None if high == np.inf else high) for n, high in enumerate(highs)]
        model.setObjective(pulp.lpSum(c * v for c, v in zip(entries.cost.tolist(), x, strict=True)))
        for row, column, value, bound, equal in (
            (entries.need_row, entries.need_column, entries.need_value, np.zeros(entries.needs), True),
            (entries.limit_row, entries.limit_column, entries.limit_value, entries.limit_bound, False),
        ):
            terms: list[list[Any]] = [[] for _ in bound]
            for r, c, v in zip(row.tolist(), column.tolist(), value.tolist(), strict=True):
                terms[r].append(v * x[c])
            for sums, limit in zip(terms, bound.tolist(), strict=True):
                model += (pulp.lpSum(sums) == limit) if equal else (pulp.lpSum(sums) <= limit)
        solver = pulp.HiGHS(msg=False)
        solver.createAndConfigureSolver(model)
        solver.buildSolverModel(model)
    return {"shape": f"{model.solverModel.getNumRow()} rows, {model.solverModel.getNumCol()} columns"}


def _building(build: Callable[[_Entries], dict[str, Any]]) -> Callable[[Problem, Any], Work]:
    def prepare(problem: Problem, _tell: Any) -> Work:
        entries = _entries(problem)
        return lambda: build(entries)

    return prepare


_Edit = tuple[str, tuple[Any, ...]]


def _taped(tape: list[_Edit], kind: str, function: Callable[..., None]) -> Callable[..., None]:
    """The function, with all calls of it kept on the tape."""

    def noting(*arguments: Any) -> None:
        tape.append((kind, tuple(np.copy(each) for each in arguments)))
        function(*arguments)

    return noting


def _recorded(problem: Problem) -> tuple[Matrix, list[_Edit]]:
    """The first program of the largest component, and the edits and solves of its whole sequence."""
    component = max(components_of(whole_network(problem)), key=lambda each: len(each.arcs))
    program = AllocationLP(component.system)
    live = program.problem
    matrix = live.matrix()
    first = Matrix(
        cost=live.cost.copy(),
        low=live.low.copy(),
        high=live.high.copy(),
        row_low=live.row_low.copy(),
        row_high=live.row_high.copy(),
        start=matrix.indptr.astype(np.int32),
        index=matrix.indices.astype(np.int32),
        value=matrix.data,
    )
    tape: list[_Edit] = []
    for kind, name in (("bounds", "set_bounds"), ("rows", "set_row_bounds"), ("costs", "set_costs")):
        setattr(live, name, _taped(tape, kind, getattr(live, name)))
    backend = Backend("highs")
    answer = backend.answer

    def noting(asked: ColumnarProblem) -> None:
        tape.append(("solve", ()))
        answer(asked)

    vars(backend)["answer"] = noting
    settle_bands_by_lps(program, backend)
    return first, tape


def _resolve_direct(problem: Problem, _tell: Any) -> Work:
    """The recorded sequence on HiGHS' own object."""
    matrix, edits = _recorded(problem)

    def work() -> dict[str, Any]:
        highs = quiet_highs(
            solver="simplex",
            simplex_strategy=4,
            presolve="off",
            primal_feasibility_tolerance=DEFAULT.lp.tolerance,
            dual_feasibility_tolerance=DEFAULT.lp.tolerance,
            small_matrix_value=1e-12,
        )
        hand_over(highs, matrix)
        change: dict[str, Callable[..., object]]
        change = {"bounds": highs.changeColsBounds, "rows": highs.changeRowsBounds, "costs": highs.changeColsCost}
        solves = 0
        for kind, arguments in edits:
            if kind == "solve":
                highs.run()
                solution = highs.getSolution()
                _ = [np.array(part) for part in (solution.col_value, solution.col_dual, solution.row_dual)]
                solves += 1
            else:
                where = arguments[0].astype(np.int32)
                change[kind](len(where), where, *arguments[1:])
        return {"programs": solves, "shape": matrix.shape, "objective": highs.getInfo().objective_function_value}

    return work


def _resolve_pulp(problem: Problem, _tell: Any) -> Work:
    """The recorded sequence through ``LpProblem.solve`` and ``LpProblem.resolve``."""
    matrix, edits = _recorded(problem)
    shape = (len(matrix.row_low), len(matrix.cost))
    coo = csc_array((matrix.value, matrix.index, matrix.start), shape=shape).tocoo()
    row, column = coo.row.astype(np.int64), coo.col.astype(np.int64)

    def work() -> dict[str, Any]:
        live = ColumnarProblem("replay")
        live.add_columns(lambda: (), matrix.low, matrix.high)
        live.add_rows(lambda: (), LESS, matrix.row_high, row, column, coo.data)
        live.row_low[:] = matrix.row_low
        live.cost[:] = matrix.cost
        backend = Backend("highs")
        change: dict[str, Callable[..., None]]
        change = {"bounds": live.set_bounds, "rows": live.set_row_bounds, "costs": live.set_costs}
        for kind, arguments in edits:
            if kind == "solve":
                backend.answer(live)
            else:
                change[kind](*arguments)
        info = live.solverModel.getInfo()
        return {"programs": backend.solves, "objective": info.objective_function_value}

    return work


WAYS_OF_PULP: dict[str, Callable[[Problem, Any], Work]] = {
    "build-raw": _building(_raw),
    "build-columnar": _building(_columnar),
    "build-lpsum": _building(_lpsum),
    "resolve-direct": _resolve_direct,
    "resolve-pulp": _resolve_pulp,
}
