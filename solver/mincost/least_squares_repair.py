"""Repairs shipments by least squares, so that they deliver the shares and fill full limits to the last digits.

    minimise  sum over a of  v[a]^2 / w[a]   subject to   D v = r,  L v = s;    v = W (D' y + L' z)

with v[a] the change on an arc that ships and w[a] what it carries, so that small shipments change little and none
falls below 0; a row of D for each demand served, one of L for each limit that is full, r and s what they lack. Every
arc has one demand, so D W D' is diagonal, and what is to be solved has only as many rows as limits are full:

    (L W L' - B (D W D')^-1 B') z = s - B (D W D')^-1 r,     B = L W D'

It is singular where demands use up all of their limits, hence a little of the unit matrix and refinement (iterated
Tikhonov), which converges wherever there is an answer. What is left of a limit of millions is summed in extended
precision: it is measured by the smallest need on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.linalg import splu

from ..arrays.grouping import runs, sum_by
from ..arrays.limit_system import Floats, Integers, LimitSystem
from ..parameters import MincostParameters

__all__ = ["LeastSquaresRepair", "Residuals", "whole_of"]


class Residuals:
    """Residuals of shipments: of a demand as a part of what it asks, of a limit what is left, as a part of it."""

    def __init__(self, system: LimitSystem, shares: Floats) -> None:
        self.system = system
        self.shares = shares
        self.bound = np.where(system.limit_bound > 0.0, system.limit_bound, 1.0)
        by_limit = np.argsort(system.entry_limit, kind="stable")
        self._factor = system.entry_factor[by_limit].astype(np.longdouble)
        self._arc = system.entry_arc[by_limit]
        self._start = runs(system.entry_limit[by_limit])
        self._limit = system.entry_limit[by_limit][self._start]

    def of_demands(self, shipped: Floats) -> Floats:
        system = self.system
        served = sum_by(system.arc_demand, shipped * system.arc_ratio, system.demands)
        return self.shares - served / system.demand_quantity

    def of_limits(self, shipped: Floats) -> Floats:
        left = self.system.limit_bound.astype(np.longdouble)
        if len(self._start):
            left[self._limit] -= np.add.reduceat(self._factor * shipped[self._arc], self._start)
        return left.astype(np.float64) / self.bound

    def worst(self, shipped: Floats) -> float:
        """The largest part of a demand that is not delivered, or of a limit that is exceeded."""
        return float(max(part.max(initial=0.0) for part in self._wrong(shipped)))

    def total(self, shipped: Floats) -> float:
        """The sum of these parts."""
        return float(sum(part.sum() for part in self._wrong(shipped)))

    def _wrong(self, shipped: Floats) -> tuple[Floats, Floats]:
        return np.maximum(0.0, self.of_demands(shipped)), np.maximum(0.0, -self.of_limits(shipped))


class LeastSquaresRepair:
    """The least squares for shipments on all arcs of a system; the matrix is made once.

    Entry i says that a whole demand's worth on its arc takes ``part[i]`` of the full limit ``row[i]``.
    """

    def __init__(self, missing: Residuals, shipped: Floats, parameters: MincostParameters) -> None:
        system = missing.system
        self._missing = missing
        self._full = full = np.flatnonzero(missing.of_limits(shipped) < parameters.limit_full)
        at_limit = np.full(system.limits, -1)
        at_limit[full] = np.arange(len(full))
        used = at_limit[system.entry_limit] >= 0
        arc, limit = system.entry_arc[used], system.entry_limit[used]
        self._unit = whole_of(system)
        self._carried = carried = shipped / self._unit
        self._row, self._arc, self._demand = at_limit[limit], arc, system.arc_demand[arc]
        self._part = system.entry_factor[used] * self._unit[arc] / missing.bound[limit]
        self._taken = self._part * carried[arc]
        served = sum_by(system.arc_demand, carried, system.demands)
        self._inverse = np.divide(
            1.0, served + parameters.repair_regularisation, out=np.zeros(system.demands), where=served > 0.0
        )
        cells = parameters.repair_cells_max
        taking = _matrix(self._part, self._row, arc, (len(full), system.arcs), cells)
        coupling = _matrix(self._taken, self._row, self._demand, (len(full), system.demands), cells)
        limits = (taking * carried) @ taking.T
        self._solve = _solver_of(limits - (coupling * self._inverse) @ coupling.T, limits.diagonal(), parameters)

    def lacking(self, shipped: Floats) -> float:
        """What is missing in all, and what is left of limits that should be full."""
        left = np.maximum(0.0, self._missing.of_limits(shipped)[self._full])
        return self._missing.total(shipped) + float(left.sum())

    def change(self, shipped: Floats) -> Floats:
        """By how much to change what is shipped."""
        system, row = self._missing.system, self._row
        lacking = self._missing.of_demands(shipped) * self._inverse
        left = self._missing.of_limits(shipped)[self._full]
        left -= sum_by(row, self._taken * lacking[self._demand], len(left))
        limits = self._solve(left)
        lacking -= self._inverse * sum_by(self._demand, self._taken * limits[row], system.demands)
        value = lacking[system.arc_demand] + sum_by(self._arc, self._part * limits[row], system.arcs)
        return self._carried * value * self._unit


def _matrix(value: Floats, row: Integers, column: Integers, shape: tuple[int, int], cells_max: int) -> Any:
    """The sum of what stands in each place; written out where it is small, which is quicker then."""
    if shape[0] * shape[1] > cells_max:
        return csr_array((value, (row, column)), shape=shape)
    return sum_by(row * shape[1] + column, value, shape[0] * shape[1]).reshape(shape)


def _solver_of(matrix: Any, sizes: Floats, parameters: MincostParameters) -> Callable[[Floats], Floats]:
    """Solves with a symmetric matrix that has no negative eigenvalue, but may be singular; ``sizes`` say what a
    number on its diagonal is made of."""
    count = len(sizes)
    if not count:
        return np.copy
    ones = np.divide(1.0, np.sqrt(sizes), out=np.ones(count), where=sizes > 0.0)
    scaled = matrix * ones * ones[:, None]
    if isinstance(scaled, np.ndarray):
        solve = _dense_solver(scaled, parameters)
    elif count <= parameters.repair_dense_max:
        solve = _dense_solver(scaled.toarray(), parameters)
    else:
        solve = _sparse_solver(csc_array(scaled), parameters)

    def refined_answer(right: Floats) -> Floats:
        right = right * ones
        answer = np.zeros(count)
        for _ in range(parameters.repair_refinements):
            answer += solve(right - scaled @ answer)
        return answer * ones

    return refined_answer


def _dense_solver(matrix: Floats, parameters: MincostParameters) -> Callable[[Floats], Floats]:
    some = parameters.repair_regularisation
    while True:
        try:
            factors = cho_factor(matrix + some * np.eye(len(matrix)))
        except LinAlgError:
            some *= parameters.repair_regularisation_step
        else:
            return lambda right: cho_solve(factors, right)


def _sparse_solver(matrix: csc_array, parameters: MincostParameters) -> Callable[[Floats], Floats]:
    some = parameters.repair_regularisation * eye_array(matrix.shape[0])
    factors = splu(csc_array(matrix + some), permc_spec="MMD_AT_PLUS_A")
    return factors.solve


def whole_of(system: LimitSystem) -> Floats:
    """Units shipped on each arc that are all of its demand."""
    unit: Floats = system.demand_quantity[system.arc_demand] / system.arc_ratio
    return unit
