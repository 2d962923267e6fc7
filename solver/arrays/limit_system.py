"""One component of a problem as arrays: arcs, limits as sparse rows, demands. What the fast ways read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Flags", "Floats", "Integers", "LimitSystem"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSystem:
    """All relaxed plans {x >= 0 : limits hold, no share above 1} of one component.

    Arc a ships x[a] units of source ``arc_source[a]`` to demand ``arc_demand[a]`` in ``arc_period[a]``; there each
    counts as ``arc_ratio[a]`` units and costs ``arc_cost[a]`` yuan. Limit l holds
    sum of ``entry_factor[e]`` * x[``entry_arc[e]``] over its entries e <= ``limit_bound[l]`` (factor > 0); limit s
    with s below the number of sources is the quantity of source s. Demand d asks ``demand_quantity[d]`` units;
    band k serves it up to the share ``caps[k, d]`` (0: not at all).
    """

    arc_source: Integers
    arc_demand: Integers
    arc_period: Integers
    arc_ratio: Floats
    arc_cost: Floats
    entry_limit: Integers
    entry_arc: Integers
    entry_factor: Floats
    limit_bound: Floats
    demand_quantity: Floats
    caps: Floats

    @property
    def arcs(self) -> int:
        return len(self.arc_demand)

    @property
    def limits(self) -> int:
        return len(self.limit_bound)

    @property
    def demands(self) -> int:
        return len(self.demand_quantity)
