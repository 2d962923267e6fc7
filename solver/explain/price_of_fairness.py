"""The price of fairness: how much more of all need could be met without floors and equal shares.

One more program for each component: maximise the sum over demands of  q[d] share[d] / Q[item of d]  within the limits,
each share at most the highest cap of its tier; Q is all that is asked of an item, so that grams and pieces weigh
alike, and for an item by itself the most units that could be met. What the plan meets is then compared with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays.limit_system import Floats
from ..arrays.tables import Tables
from ..lp.backends import Backend, Choice
from ..lp.clock import Clock
from ..lp.formulation import AllocationLP
from ..model.plan import FairnessPrice
from ..parameters import Parameters
from .answers import AnsweredComponent


def prices_of_fairness(
    tables: Tables, parts: Sequence[AnsweredComponent], choice: Choice, clock: Clock, parameters: Parameters
) -> tuple[FairnessPrice, ...]:
    """For each item that the subproblem asks for, what the relaxed plan meets, and what the plan that meets most would.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError.
    """
    items = len(tables.problem.items)
    asked = np.bincount(tables.demand_item, tables.demand_quantity, minlength=items)
    met, most = np.zeros(items), np.zeros(items)
    for part in parts:
        clock.check()
        system = part.component.system
        item = tables.demand_item[part.network.demand_at[part.component.demands]]
        if not len(part.answer.shares):
            continue
        met += np.bincount(item, part.answer.shares[-1] * system.demand_quantity, minlength=items)
        best = _most(AllocationLP(system), system.demand_quantity / asked[item], Backend(choice, clock, parameters))
        most += np.bincount(item, best * system.demand_quantity, minlength=items)
    return tuple(
        FairnessPrice(item=tables.problem.items[at].id, asked=int(asked[at]), met=_tidy(met[at]), most=_tidy(most[at]))
        for at in np.flatnonzero(asked).tolist()
    )


def _most(program: AllocationLP, weight: Floats, backend: Backend) -> Floats:
    """The shares that maximise their weighted sum."""
    demands = np.arange(program.system.demands)
    most = program.system.of_now(program.system.caps.max(axis=0, initial=0.0))
    program.hold(demands, np.zeros(len(demands)), most)
    program.problem.set_costs(program.share, -weight * program.top)
    backend.answer(program.problem)
    return program.shares()


def _tidy(units: float) -> float:
    return round(float(units), 6)
