"""The program that asks whether some plan gives everyone a wanted share, and by how much it misses if none does.

    minimise  sum_d weight[d] * short[d] + price * gap
    subject to  sum_a ship[a] + short[d] + gap >= wanted[d]     over the arcs a of d
                sum_a f[l, a] * unit[a] * ship[a] <= b[l]
                ship, short, gap >= 0;   ship[a] is a part of its demand, as in program

The first question has ``gap`` = 0, which is where a program is soon answered from nothing. All that follow have
``short`` = 0: the least gap that all have in common. Its duals are the cut that lies deepest below the wanted
shares, and no sum of several, as those of many demands that are short are; and the next question is near. ``price`` is
so high that the last answer stays optimal but for bounds. Only ``wanted`` changes from one question to the next.
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

DUST = 1e-9
"""Duals below this, beside weights of about 1, are rounding."""

EXACT_DUST = 1e-15
"""The same where they come from equations that were solved to the last digits."""

SCALE_MAX = 1e3
"""Largest entry that a limit's row is scaled to."""

LARGE = 40_000
"""Arcs from which on the first question is answered by interior point sooner than by simplex."""

WEIGHT_SPREAD = 1e3
"""A missing unit counts the same for all; but no demand counts this much more or less than the average."""


class SeparationLP:
    """The program of one system. Of the last question: ``gap``, the largest part of a demand that is missing, and
    ``duals``, the duals of the limits."""

    def __init__(self, system: LimitSystem, backend: Backend) -> None:
        self.system, self.backend = system, backend
        self.large = system.arcs > LARGE
        self.problem = ColumnarProblem("shortage")
        self.gap = 0.0
        self.duals: Floats | Extended = np.zeros(system.limits)
        self._unit: Floats = system.demand_quantity[system.arc_demand] / system.arc_ratio
        entry = system.entry_factor * self._unit[system.entry_arc]
        self._scale = _scales(system, entry)
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
        weight = np.clip(weight, 1.0 / WEIGHT_SPREAD, WEIGHT_SPREAD)
        problem.set_costs(short, weight)
        problem.set_costs(gap, weight.sum(keepdims=True))
        return ship, short, gap

    def separate(self, wanted: Floats) -> None:
        """Raises SolverFailedError, SolverTimeLimitError, CancelledError."""
        problem = self.problem
        problem.set_row_bounds(self._need, wanted, np.full(len(wanted), np.inf))
        if problem.resolveOK and not problem.high[self._gap].any():
            problem.set_bounds(self._short, np.zeros(len(wanted)), np.zeros(len(wanted)))
            problem.set_bounds(self._gap, np.zeros(1), np.full(1, np.inf))
        self.backend.answer(problem, partial(PresolvedHiGHS, goes_on_by=DUAL_SIMPLEX, large=self.large))
        self.gap = self._missing(problem.values)
        duals = np.maximum(0.0, -problem.row_duals[self._limit])
        duals = np.where(duals > DUST, duals, 0.0) * self._scale
        shipped = np.maximum(0.0, problem.values[self._ship]) * self._unit
        self.duals = refined_duals(self.system, duals, least_of(self.system, prices_of(self.system, duals)), shipped)

    def separate_exactly(self) -> bool:
        """The last question again, without the solver's tolerance; False, and nothing else, where that cannot be.

        Raises SolverTimeLimitError, CancelledError.
        """
        vertex = exact_vertex(self.problem, self.backend)
        if vertex is None:
            return False
        self.gap = self._missing(vertex.values)
        duals = np.maximum(0.0, -vertex.row_duals[self._limit])
        self.duals = np.where(duals > EXACT_DUST, duals, 0.0) * self._scale
        return True

    def _missing(self, values: Floats | Extended) -> float:
        return max(0.0, float(values[self._gap][0]), float(values[self._short].max(initial=0.0)))


def _scales(system: LimitSystem, entry: Floats) -> Floats:
    """What each limit's row is multiplied by: its largest entry becomes 1, or more where entries differ much, so that
    a tolerance on the row stays small beside the smallest of its demands."""
    largest, smallest = np.zeros(system.limits), np.full(system.limits, np.inf)
    np.maximum.at(largest, system.entry_limit, entry)
    np.minimum.at(smallest, system.entry_limit, entry)
    scale = np.ones(system.limits)
    used = largest > 0.0
    scale[used] = np.minimum(SCALE_MAX, np.sqrt(largest[used] / smallest[used])) / largest[used]
    return scale
