"""The limits that held each demand when it first fell short, and the demands held together with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays.grouping import distinct
from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem, connected_labels
from ..leximin.settlement import Event
from ..parameters import ExplainParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What one event left short: ``demands`` that had not fallen short before, in ``band`` at ``level``.

    ``bound_demand[i]`` is held by ``bound_limit[i]``: a limit with a dual on one of the demand's own arcs.
    ``rise[j]``, for each of ``limits``: by how much one unit more of it would raise the shares of these demands
    together, at first sight (the derivative that the duals give).
    """

    band: int
    level: float
    demands: Integers
    bound_demand: Integers
    bound_limit: Integers
    limits: Integers
    rise: Floats


def shortfalls(system: LimitSystem, events: Sequence[Event]) -> list[Shortfall]:
    """What the events of a component left short, each demand once: where it first fell short it stays."""
    arcs_of = _Index(system.arc_demand, system.demands)
    entries_of = _Index(system.entry_arc, system.arcs)
    told = np.zeros(system.demands, dtype=bool)
    found: list[Shortfall] = []
    dual = np.zeros(system.limits)
    for event in events:
        fresh = event.demands[~told[event.demands]]
        told[fresh] = True
        dual[event.limits] = event.duals
        owner, arcs = arcs_of.rows(fresh)
        position, entries = entries_of.rows(arcs)
        limit = system.entry_limit[entries]
        value = system.entry_factor[entries] * dual[limit]
        pairs = np.unique(np.column_stack((fresh[owner[position]], limit))[value > 0.0], axis=0)
        price = np.bincount(position, value, minlength=len(arcs)) / system.arc_ratio[arcs]
        pull = _least(owner, price, len(fresh))
        caps = system.caps[event.band][fresh]
        weight = float(pull @ (system.demand_quantity[fresh] * caps))
        limits = distinct(pairs[:, 1])
        found.append(
            Shortfall(
                band=event.band,
                level=event.level,
                demands=fresh,
                bound_demand=pairs[:, 0],
                bound_limit=pairs[:, 1],
                limits=limits,
                rise=dual[limits] * (float(caps.sum()) / weight if weight > 0.0 else 0.0),
            )
        )
        dual[event.limits] = 0.0
    return found


class _Index:
    """Where the rows with each key stand."""

    def __init__(self, keys: Integers, count: int) -> None:
        self._order = np.argsort(keys, kind="stable")
        self._first = np.searchsorted(keys[self._order], np.arange(count + 1))

    def rows(self, keys: Integers) -> tuple[Integers, Integers]:
        """All rows of each key in turn: for each row the place of its key in ``keys``, and the row."""
        first = self._first[keys]
        count = self._first[keys + 1] - first
        owner = np.repeat(np.arange(len(keys)), count)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        return owner, self._order[np.repeat(first, count) + within]


def _least(owner: Integers, value: Floats, count: int) -> Floats:
    least = np.full(count, np.inf)
    np.minimum.at(least, owner, value)
    return np.where(np.isfinite(least), least, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortfallGroup:
    """Demands of a component that fell short together: in one band, at one level, by limits that they share.

    ``before[k]``: how many others an earlier band k served from the same limits, and the first few of them.
    """

    band: int
    demands: Integers
    before: dict[int, tuple[int, Integers]]


def shortfall_groups(
    system: LimitSystem, shares: Floats, shipped: Floats, short: Sequence[Shortfall], parameters: ExplainParameters
) -> list[ShortfallGroup]:
    """The groups of demands that fell short together, with those that earlier bands served from the same limits.

    Demands are together if one event left them short and a chain of common limits joins them.
    """
    pool, pool_of_limit = _pools(system, short)
    users = _users(system, shipped, pool_of_limit)
    served = [_Served(system, shares, band, users, parameters) for band in range(len(shares))]
    found: list[ShortfallGroup] = []
    for fall in short:
        members = fall.demands[np.argsort(pool[fall.demands], kind="stable")]
        cuts = np.flatnonzero(np.diff(pool[members])) + 1
        for together in np.split(members, cuts) if len(members) else []:
            at = int(pool[together[0]])
            before = {band: served[band].others(at, together) for band in range(fall.band)}
            found.append(
                ShortfallGroup(
                    band=fall.band, demands=together, before={k: told for k, told in before.items() if told[0]}
                )
            )
    return found


def _pools(system: LimitSystem, short: Sequence[Shortfall]) -> tuple[Integers, Integers]:
    """The pool of each demand and of each limit that binds one (of others: -1): what common limits join."""
    none = np.zeros(0, dtype=np.int64)
    demand = np.concatenate([none, *(fall.bound_demand for fall in short)])
    limit = np.concatenate([none, *(fall.bound_limit for fall in short)])
    of_demand, of_limit = connected_labels(system.demands, system.limits, demand, limit)
    bound: Flags = np.zeros(system.limits, dtype=bool)
    bound[limit] = True
    return of_demand, np.where(bound, of_limit, -1)


def _users(system: LimitSystem, shipped: Floats, pool_of_limit: Integers) -> Integers:
    """Pairs (pool, demand) as rows: who is served through a limit of the pool; sorted, each once."""
    used = (shipped[system.entry_arc] > 0.0) & (pool_of_limit[system.entry_limit] >= 0)
    pool = pool_of_limit[system.entry_limit[used]]
    demand = system.arc_demand[system.entry_arc[used]]
    key = distinct(pool * system.demands + demand)
    pairs: Integers = np.column_stack(np.divmod(key, max(1, system.demands)))
    return pairs


class _Served:
    """Whose share rose in a band, by the pool that serves them."""

    def __init__(
        self, system: LimitSystem, shares: Floats, band: int, users: Integers, parameters: ExplainParameters
    ) -> None:
        earlier = shares[band - 1] if band else np.zeros(system.demands)
        risen = users[(shares[band] - earlier)[users[:, 1]] > parameters.share_rose]
        self._named = parameters.demands_named_max
        self._pool, self._demand = risen[:, 0], risen[:, 1]

    def others(self, pool: int, own: Integers) -> tuple[int, Integers]:
        """How many the pool served besides its ``own``, and the first few. O(own) once the pool is found."""
        first, end = np.searchsorted(self._pool, (pool, pool + 1))
        served = self._demand[first:end]
        head = served[: len(own) + self._named]
        place = np.minimum(np.searchsorted(served, own), max(0, len(served) - 1))
        among = int((served[place] == own).sum()) if len(served) else 0
        return len(served) - among, head[~np.isin(head, own)][: self._named]
