"""A PuLP problem held as arrays, whose PuLP objects are made only when someone asks for them.

Building a million ``LpVariable`` and ``LpConstraint`` objects costs a hundred times what the solver needs to
take in the same matrix. Here columns and rows come as blocks of numpy arrays; ``variables()``, ``_constraints``
and ``objective`` make PuLP's own objects from the arrays on demand. So ``writeLP``, ``writeMPS`` and every
stock PuLP solver work on the same object, while ``solver.lp.highs.LiveHiGHS`` reads the arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from pulp import LpAffineExpression, LpConstraint, LpProblem, LpVariable
from pulp import constants as pulp_codes
from scipy.sparse import csc_array, csr_array

from ..arrays.limit_system import Floats, Integers

LESS, EQUAL, GREATER = pulp_codes.LpConstraintLE, pulp_codes.LpConstraintEQ, pulp_codes.LpConstraintGE
Names = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _RowBlock:
    names: Names
    sense: int
    first: int
    count: int
    row: Integers
    column: Integers
    value: Floats


class ColumnarProblem(LpProblem):  # type: ignore[misc]
    """A linear program to be minimised, held as arrays.

    ``low``, ``high`` and ``cost`` belong to the columns, ``row_low`` and ``row_high`` to the rows; they change
    only through the ``set_`` methods, which keep a live solver model in step. After a solve ``values``,
    ``column_duals`` and ``row_duals`` have the answer (reduced costs and duals as of minimising).
    """

    def __init__(self, name: str) -> None:
        self._blocks: list[_RowBlock] = []
        self._column_names: list[Names] = []
        self._made: tuple[list[LpVariable], dict[str, LpConstraint], LpAffineExpression] | None = None
        self.low = self.high = self.cost = self.row_low = self.row_high = np.zeros(0)
        self.values = self.column_duals = self.row_duals = np.zeros(0)
        super().__init__(name, pulp_codes.LpMinimize)

    def add_columns(self, names: Names, low: Floats, high: Floats) -> Integers:
        """Adds columns and returns their positions. ``names`` is called only when PuLP's objects are made."""
        first = len(self.low)
        self._column_names.append(names)
        self.low = np.concatenate((self.low, low))
        self.high = np.concatenate((self.high, high))
        self.cost = np.concatenate((self.cost, np.zeros(len(low))))
        return np.arange(first, len(self.low))

    def add_rows(
        self, names: Names, sense: int, bound: Floats, row: Integers, column: Integers, value: Floats
    ) -> Integers:
        """Adds ``len(bound)`` rows of one sense from their entries (row counted from 0) and returns them."""
        first, count = len(self.row_low), len(bound)
        block = _RowBlock(names=names, sense=sense, first=first, count=count, row=row, column=column, value=value)
        self._blocks.append(block)
        free = np.full(count, np.inf)
        self.row_low = np.concatenate((self.row_low, bound if sense >= EQUAL else -free))
        self.row_high = np.concatenate((self.row_high, bound if sense <= EQUAL else free))
        return np.arange(first, first + count)

    def matrix(self) -> csc_array:
        """The rows as one sparse matrix, column by column."""
        row = np.concatenate([block.row for block in self._blocks], dtype=np.int32, casting="same_kind")
        end = np.cumsum([len(block.row) for block in self._blocks])
        for block, before in zip(self._blocks[1:], end[:-1].tolist(), strict=True):
            row[before : before + len(block.row)] += block.first
        column = np.concatenate([block.column for block in self._blocks], dtype=np.int32, casting="same_kind")
        value = np.concatenate([block.value for block in self._blocks])
        return csc_array((value, (row, column)), shape=(len(self.row_low), len(self.low)))

    def set_bounds(self, columns: Integers, low: Floats, high: Floats) -> None:
        """Changes the bounds of columns, here and in the live model."""
        self.low[columns], self.high[columns] = low, high
        self._changed()
        if self.solverModel is not None:
            self.solverModel.changeColsBounds(len(columns), columns.astype(np.int32), low, high)

    def set_row_bounds(self, rows: Integers, low: Floats, high: Floats) -> None:
        """Changes the bounds of rows, here and in the live model."""
        self.row_low[rows], self.row_high[rows] = low, high
        self._changed()
        if self.solverModel is not None:
            self.solverModel.changeRowsBounds(len(rows), rows.astype(np.int32), low, high)

    def set_costs(self, columns: Integers, cost: Floats) -> None:
        """Changes the objective of columns, here and in the live model."""
        self.cost[columns] = cost
        self._changed()
        if self.solverModel is not None:
            self.solverModel.changeColsCost(len(columns), columns.astype(np.int32), cost)

    def read_back(self) -> None:
        """Takes the answer from PuLP's objects, where a stock solver leaves it."""
        variables, constraints, _ = self._objects()
        used = self._used()
        self.values = np.clip(0.0, self.low, self.high)
        self.values[used] = [variable.varValue or 0.0 for variable in variables]
        self.column_duals = np.zeros(len(self.low))
        self.column_duals[used] = [variable.dj or 0.0 for variable in variables]
        self.row_duals = np.zeros(len(self.row_low))
        self.row_duals[self._posed()] = [constraint.pi or 0.0 for constraint in constraints.values()]

    def _changed(self) -> None:
        """PuLP's objects, if any were made, show an earlier state."""
        self._made = None

    def _posed(self) -> Integers:
        """Rows that say something; one with no bound at all is left out of what PuLP sees."""
        return np.flatnonzero(np.isfinite(self.row_low) | np.isfinite(self.row_high))

    def _used(self) -> Integers:
        """Columns in an objective or in a row that says something: CBC refuses a bound on any other."""
        used = self.cost != 0.0
        posed = np.zeros(len(self.row_low), dtype=bool)
        posed[self._posed()] = True
        for block in self._blocks:
            used[block.column[posed[block.row + block.first]]] = True
        return np.flatnonzero(used)

    def _objects(self) -> tuple[list[LpVariable], dict[str, LpConstraint], LpAffineExpression]:
        if self._made is None:
            names = [name for block in self._column_names for name in block()]
            bounds = zip(names, _plain(self.low), _plain(self.high), strict=True)
            variables = [LpVariable(n, low, high, _skip_v4_deprecation=True) for n, low, high in bounds]
            priced = np.flatnonzero(self.cost)
            pairs = zip(map(variables.__getitem__, priced.tolist()), self.cost[priced].tolist(), strict=True)
            constraints = self._constraints_of(variables)
            used = [variables[column] for column in self._used().tolist()]
            self._made = (used, constraints, LpAffineExpression(pairs))
        return self._made

    def _constraints_of(self, variables: list[LpVariable]) -> dict[str, LpConstraint]:
        made: dict[str, LpConstraint] = {}
        for block in self._blocks:
            shape = (block.count, len(variables))
            rows = csr_array((block.value, (block.row, block.column)), shape=shape)
            low = self.row_low[block.first : block.first + block.count]
            high = self.row_high[block.first : block.first + block.count]
            for at, name in enumerate(block.names()):
                if not (np.isfinite(low[at]) or np.isfinite(high[at])):
                    continue
                part = slice(rows.indptr[at], rows.indptr[at + 1])
                terms = zip(
                    map(variables.__getitem__, rows.indices[part].tolist()),
                    rows.data[part].tolist(),
                    strict=True,
                )
                bound = float(low[at] if np.isfinite(low[at]) else high[at])
                made[name] = LpConstraint(LpAffineExpression(terms), block.sense, name, bound)
        return made

    # What follows is LpProblem's own state. Its constructor assigns to it, hence the setters.

    @property
    def _constraints(self) -> dict[str, LpConstraint]:
        return self._objects()[1]

    @_constraints.setter
    def _constraints(self, _value: object) -> None:
        self._made = None

    @property
    def _variables(self) -> list[LpVariable]:
        return self._objects()[0]

    @_variables.setter
    def _variables(self, _value: object) -> None:
        self._made = None

    @property
    def _variable_ids(self) -> dict[int, LpVariable]:
        return {variable.hash: variable for variable in self._objects()[0]}

    @_variable_ids.setter
    def _variable_ids(self, _value: object) -> None:
        self._made = None

    @property
    def objective(self) -> LpAffineExpression:
        return self._objects()[2]

    @objective.setter
    def objective(self, _value: object) -> None:
        """Costs are set by ``set_costs``; ``LpProblem`` itself may only touch up an empty objective."""

    def variables(self) -> list[LpVariable]:
        """PuLP's variables, in the order of the columns; those that nothing uses are left out."""
        return self._objects()[0]

    def fixObjective(self) -> tuple[bool, None]:  # noqa: N802 - PuLP's name
        """Nothing to fix: there is always an objective, and asking for it would make every object."""
        return False, None

    def addConstraint(self, *_row: object, **_name: object) -> None:  # noqa: N802 - PuLP's name
        """Refused: rows come as arrays, so that no solver can miss one."""
        raise pulp_codes.PulpError("add rows to a columnar problem with add_rows")


def _plain(bounds: Floats) -> list[float | None]:
    return [bound if np.isfinite(bound) else None for bound in bounds.tolist()]
