"""Presolve: limits that can never bind, and demands that no limit can hold back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grouping import runs, sum_by
from .limit_system import Flags, Floats, Integers, LimitSystem

__all__ = ["Slackness", "could_bind", "slackness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slackness:
    """``binding[l]``: limit l could bind; ``ample[d]``: demand d reaches its caps whatever others get."""

    binding: Flags
    ample: Flags


def slackness(system: LimitSystem) -> Slackness:
    """Find what cannot matter for the shares.

    No plan needs to serve a demand beyond its largest cap. A limit is loose when even all demands that touch it,
    each taking all of that through it, stay within its bound (or when all its sources together cannot use it
    up). A demand with an arc on which no limit can bind is ample: it takes nothing from the others, so what it
    could have taken no longer counts on their limits; which may loosen more of them, and so on.
    """
    need = system.demand_quantity * (system.caps.max(axis=0) if len(system.caps) else 0.0)
    loads = _Loads(system, need)
    binding = np.ones(system.limits, bool)
    ample = need <= 0.0
    while True:
        # A demand that was found ample counts in full on the limits that are loose already, on no other.
        loose = binding & (loads.most(~ample) <= system.limit_bound)
        binding &= ~loose
        held_arc = np.zeros(system.arcs, bool)
        held_arc[system.entry_arc[binding[system.entry_limit]]] = True
        now_ample = ample.copy()
        now_ample[system.arc_demand[~held_arc]] = True
        if not loose.any() and (now_ample == ample).all():
            return Slackness(binding=binding, ample=ample)
        ample = now_ample


def could_bind(system: LimitSystem, served_units: Floats) -> Flags:
    """The limits that could bind when demand d is served ``served_units[d]`` units, over whichever arcs."""
    most = _Loads(system, served_units).most(served_units > 0.0)
    return np.greater(most, system.limit_bound)


class _Loads:
    """The most that demands could load on each limit."""

    def __init__(self, system: LimitSystem, need: Floats) -> None:
        demand = system.arc_demand[system.entry_arc]
        amount = system.entry_factor / system.arc_ratio[system.entry_arc] * need[demand]
        self._limit, self._demand, self._amount = _largest_by_pair(system.entry_limit, demand, amount)
        self._limits = system.limits
        self._by_sources = _most_from_sources(system)

    def most(self, counted: Flags) -> Floats:
        """When each counted demand takes all it needs through the limit, and its sources ship all they have."""
        load = np.where(counted[self._demand], self._amount, 0.0)
        return np.minimum(sum_by(self._limit, load, self._limits), self._by_sources)


def _largest_by_pair(limit: Integers, demand: Integers, amount: Floats) -> tuple[Integers, Integers, Floats]:
    """For each pair of a limit and a demand on it the largest amount among its entries."""
    span = int(demand.max(initial=0)) + 1
    pair = limit * span + demand
    order = np.argsort(pair)
    pair, amount = pair[order], amount[order]
    start = runs(pair)
    limit, demand = np.divmod(pair[start], span)
    return limit, demand, np.maximum.reduceat(amount, start) if len(start) else amount


def _most_from_sources(system: LimitSystem) -> Floats:
    """The most that a limit's sources, each shipping all it has, could load on it; inf for their own limits."""
    source = system.arc_source[system.entry_arc]
    limit, source, factor = _largest_by_pair(system.entry_limit, source, system.entry_factor)
    most = sum_by(limit, factor * system.limit_bound[source], system.limits)
    own = np.arange(system.limits) < (int(system.arc_source.max()) + 1 if system.arcs else 0)
    return np.where(own, np.inf, most)
