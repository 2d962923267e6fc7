"""One component (or network) of a problem as arrays: arcs, limits as sparse rows, demands."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["Flags", "Floats", "Integers", "LimitSystem", "connected_labels"]

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
    asked_before: Floats | None = None
    """Units that each demand asked before, and in ``received_before`` those it got of them; None: no history."""
    received_before: Floats | None = None
    topped: bool = False
    """Whether limits stop single demands below their caps, in place of ``asked_before`` (``leximin.history``)."""

    @property
    def arcs(self) -> int:
        """How many arcs there are."""
        return len(self.arc_demand)

    @property
    def limits(self) -> int:
        """How many limits there are."""
        return len(self.limit_bound)

    @property
    def demands(self) -> int:
        """How many demands there are."""
        return len(self.demand_quantity)

    def overall(self, shares: Floats) -> Floats:
        """What demands with these shares have received of all that they asked, before and now."""
        if self.asked_before is None or self.received_before is None:
            return shares
        return (self.received_before + shares * self.demand_quantity) / (self.asked_before + self.demand_quantity)

    def of_now(self, overall: Floats) -> Floats:
        """The shares of what is asked now, 0 to 1, that bring demands to an overall share."""
        if self.asked_before is None or self.received_before is None:
            return overall
        units = overall * (self.asked_before + self.demand_quantity) - self.received_before
        return np.clip(units / self.demand_quantity, 0.0, 1.0)

    def components(self, entries: Integers | Flags | None = None) -> tuple[Integers, Integers]:
        """A label for each demand and for each limit; equal labels are connected by these entries (None: by all)."""
        limit, arc = self.entry_limit, self.entry_arc
        if entries is not None:
            limit, arc = limit[entries], arc[entries]
        return connected_labels(self.demands, self.limits, self.arc_demand[arc], limit)

    def restricted(
        self, *, arcs: Integers, entries: Integers, demands: Integers | None = None, limits: Integers | None = None
    ) -> LimitSystem:
        """The system of some arcs alone, under some entries; what is left is renumbered in the same order.

        All arguments are ascending. ``demands`` and ``limits`` are those that stay (None: all): the demands of the
        arcs and the limits of the entries must be among them, and each arc's source as the limit that it is.
        """
        source, demand = self.arc_source[arcs], self.arc_demand[arcs]
        limit = self.entry_limit[entries]
        return LimitSystem(
            arc_source=source if limits is None else np.searchsorted(limits, source),
            arc_demand=demand if demands is None else np.searchsorted(demands, demand),
            arc_period=self.arc_period[arcs],
            arc_ratio=self.arc_ratio[arcs],
            arc_cost=self.arc_cost[arcs],
            entry_limit=limit if limits is None else np.searchsorted(limits, limit),
            entry_arc=np.searchsorted(arcs, self.entry_arc[entries]),
            entry_factor=self.entry_factor[entries],
            limit_bound=self.limit_bound if limits is None else self.limit_bound[limits],
            demand_quantity=self.demand_quantity if demands is None else self.demand_quantity[demands],
            caps=self.caps if demands is None else self.caps[:, demands],
            asked_before=_some(self.asked_before, demands),
            received_before=_some(self.received_before, demands),
            topped=self.topped,
        )

    def first_bands(self, bands: int) -> LimitSystem:
        """The same system under the first bands only."""
        return replace(self, caps=self.caps[:bands])


def _some(values: Floats | None, at: Integers | None) -> Floats | None:
    return values if values is None or at is None else values[at]


def connected_labels(demands: int, limits: int, demand: Integers, limit: Integers) -> tuple[Integers, Integers]:
    """A label for each demand and for each limit; equal labels are connected by the edges (demand[i], limit[i])."""
    size = demands + limits
    graph = coo_array((np.ones(len(demand)), (demand, demands + limit)), shape=(size, size))
    label = connected_components(graph, directed=False)[1].astype(np.int64)
    return label[:demands], label[demands:]
