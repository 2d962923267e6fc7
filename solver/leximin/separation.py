"""Separation: the linear program that asks whether some plan attains wanted shares, and gives a violated cut if not.

    minimise  sum_d weight[d] * short[d] + price * gap
    subject to  sum_a ship[a] + short[d] + gap >= wanted[d]     over the arcs a of d
                sum_a f[l, a] * unit[a] * ship[a] <= b[l]
                ship, short, gap >= 0;   ship[a] is a part of its demand, as in ``lp.formulation``

The first call has ``gap`` = 0, because that program is solved fastest from nothing. All later calls have
``short`` = 0: they minimise the gap that all demands have in common. Its duals are the deepest cut below the wanted
shares, a single one and not the sum of several as with many short demands; and the next program is near. ``price`` is
so high that the last answer stays optimal but for bounds. Only ``wanted`` changes from one call to the next.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..arrays.limit_system import Floats, Integers, LimitSystem
from ..lp.backends import Backend
from ..lp.columnar_pulp import GREATER, LESS, ColumnarProblem
from ..lp.exact_vertex import Extended, exact_vertex
from ..lp.highs import DUAL_SIMPLEX, PresolvedHiGHS
from .duals import least_of, prices_of, refined_duals

__all__ = ["SeparationLP"]


class SeparationLP:
    """The separation program of one system. Of the last call: ``gap``, the largest part of a demand that is missing,
    and ``duals``, those of the limits."""

    def __init__(self, system: LimitSystem, backend: Backend) -> None:
        self.system, self.backend = system, backend
        self.parameters = parameters = backend.parameters.leximin
        self.large = system.arcs > parameters.interior_point_from
        self.problem = ColumnarProblem("shortage")
        self.gap = 0.0
        self.duals: Floats | Extended = np.zeros(system.limits)
        self._unit: Floats = system.demand_quantity[system.arc_demand] / system.arc_ratio
        entry = system.entry_factor * self._unit[system.entry_arc]
        self._scale = _scales(system, entry, parameters.row_scale_max)
        self._ship, self._short, self._gap = self._columns()
        everyone = np.arange(system.demands)
        self._need = self.problem.add_rows(
            lambda: [f"need_{demand}" for demand in range(system.demands)],
            GREATER,
            np.zeros(system.demands),
            np.concatenate((system.arc_demand, everyone, everyone)),
            np.concatenate((self._ship, self._short, np.repeat(self._gap, system.demands))),
            np.ones(system.arcs + 2 * system.demands),
        )
        self._limit = self.problem.add_rows(
            lambda: [f"limit_{limit}" for limit in range(system.limits)],
            LESS,
            system.limit_bound * self._scale,
            system.entry_limit,
            self._ship[system.entry_arc],
            entry * self._scale[system.entry_limit],
        )

    def _columns(self) -> tuple[Integers, Integers, Integers]:
        system, problem = self.system, self.problem
        free = np.full(system.arcs + system.demands, np.inf)
        ship = problem.add_columns(
            lambda: [f"ship_{arc}" for arc in range(system.arcs)], np.zeros(system.arcs), free[: system.arcs]
        )
        short = problem.add_columns(
            lambda: [f"short_{demand}" for demand in range(system.demands)],
            np.zeros(system.demands),
            free[: system.demands],
        )
        gap = problem.add_columns(lambda: ["gap"], np.zeros(1), np.zeros(1))
        weight = system.demand_quantity / system.demand_quantity.mean()
        weight = np.clip(weight, 1.0 / self.parameters.weight_spread, self.parameters.weight_spread)
        problem.set_costs(short, weight)
        problem.set_costs(gap, weight.sum(keepdims=True))
        return ship, short, gap

    def separate(self, wanted: Floats) -> None:
        """Solves for these shares. Raises SolverFailedError, SolverTimeLimitError, CancelledError."""
        problem = self.problem
        problem.set_row_bounds(self._need, wanted, np.full(len(wanted), np.inf))
        if problem.resolveOK and not problem.high[self._gap].any():
            problem.set_bounds(self._short, np.zeros(len(wanted)), np.zeros(len(wanted)))
            problem.set_bounds(self._gap, np.zeros(1), np.full(1, np.inf))
        self.backend.answer(problem, partial(PresolvedHiGHS, goes_on_by=DUAL_SIMPLEX, large=self.large))
        self.gap = self._missing(problem.values)
        duals = np.maximum(0.0, -problem.row_duals[self._limit])
        duals = np.where(duals > self.parameters.separation_dual_zero, duals, 0.0) * self._scale
        shipped = np.maximum(0.0, problem.values[self._ship]) * self._unit
        least = least_of(self.system, prices_of(self.system, duals))
        self.duals = refined_duals(self.system, duals, least, shipped, self.parameters)

    def separate_exactly(self) -> bool:
        """Refines the last answer to the last digits; returns False and changes nothing where that cannot be done.

        Raises SolverTimeLimitError, CancelledError.
        """
        vertex = exact_vertex(self.problem, self.backend)
        if vertex is None:
            return False
        self.gap = self._missing(vertex.values)
        duals = np.maximum(0.0, -vertex.row_duals[self._limit])
        self.duals = np.where(duals > self.parameters.separation_dual_zero_exact, duals, 0.0) * self._scale
        return True

    def _missing(self, values: Floats | Extended) -> float:
        return max(0.0, float(values[self._gap][0]), float(values[self._short].max(initial=0.0)))


def _scales(system: LimitSystem, entry: Floats, scale_max: float) -> Floats:
    """What each limit's row is multiplied by: its largest entry becomes 1, or more where entries differ much, so that
    a tolerance on the row stays small beside the smallest of its demands."""
    largest, smallest = np.zeros(system.limits), np.full(system.limits, np.inf)
    np.maximum.at(largest, system.entry_limit, entry)
    np.minimum.at(smallest, system.entry_limit, entry)
    scale = np.ones(system.limits)
    used = largest > 0.0
    scale[used] = np.minimum(scale_max, np.sqrt(largest[used] / smallest[used])) / largest[used]
    return scale
