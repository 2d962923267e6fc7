"""Sources pooled by what a demand can draw on, in integers: what the proof of fairness computes with.

A pool is every source of an item at a site that may still ship in period ``last`` and keeps until ``due``
(and, where earmarks name the facility, its own). Demands see pools, not single sources; so a changed multiplier
is priced once a pool and not once for each pair of source and demand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from solver.check_facts import Facts, Source, exact, may_serve
from solver.plan import limit_id
from solver.problem import Demand


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What a unit of a source, shipped in one of ``periods``, takes of limits: ``(limit id, factor)``.

    Factors are multiplied by ``Pools.scale``. ``trucks`` are the ids of the site's limits in its periods, one of
    which is used, or none at all where a period is free of them; ``volume`` is their factor.
    """

    limits: tuple[tuple[str, int], ...]
    trucks: tuple[str, ...]
    volume: int


class Pools:
    """The pools of a problem.

    ``draws[p]`` are the sources of pool p; ``users[p]`` its demands; ``links[d]`` the pools of demand d, each with
    the factor that turns its cost for a unit shipped into one for a unit asked; ``pools_of[l]`` those of limit l.
    ``bounds[l]`` is the limit times ``scale``; ``ratio_scale`` clears the ratios.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.scale = _common(_decimals(facts))
        self.ratio_scale = lcm(*(exact(row.ratio).numerator for row in facts.problem.substitutions))
        self.bounds = {name: int(bound * self.scale) for name, bound in _bounds(facts)}
        self.draws: list[tuple[Draw, ...]] = []
        self.users: list[list[str]] = []
        self.links: dict[str, list[tuple[int, int]]] = {}
        self.pools_of: dict[str, list[int]] = defaultdict(list)
        self._index: dict[tuple[str, str, int, int, str], int | None] = {}
        self._named = _named_facilities(facts)
        for demand in facts.problem.demands:
            self._link(demand)

    def _link(self, demand: Demand) -> None:
        links: list[tuple[int, int]] = []
        facility, due = demand.facility, demand.due
        for item, ratio in self._facts.ratios(demand):
            factor = self.ratio_scale * ratio.denominator // ratio.numerator
            for lane in self._facts.lanes_to[facility]:
                site, last = lane.site, due - lane.days
                names = self._named.get((item, site))
                if last < 0 or names is None:
                    continue
                key = (item, site, last, due, facility if facility in names else "")
                pool = self._index[key] if key in self._index else self._add(key, demand)
                if pool is not None:
                    links.append((pool, factor))
                    self.users[pool].append(demand.id)
        self.links[demand.id] = links

    def _add(self, key: tuple[str, str, int, int, str], demand: Demand) -> int | None:
        item, site, last, _, _ = key
        sources = [
            source
            for source in self._facts.sources_at[item, site]
            if source.start_period <= last and may_serve(source, demand)
        ]
        pool = len(self.draws) if sources else None
        self._index[key] = pool
        if pool is not None:
            draws = tuple(self._draw(source, last) for source in sources)
            self.draws.append(draws)
            self.users.append([])
            names = {name for draw in draws for name, _ in draw.limits}
            for name in sorted(names.union(*(draw.trucks for draw in draws))):
                self.pools_of[name].append(pool)
        return pool

    def _draw(self, source: Source, last: int) -> Draw:
        limits = [(source.limit, self.scale)]
        if source.kind == "supply" and source.item in self._facts.keeps:
            limits.append((limit_id("reserve", source.item), self.scale))
        if source.fund is not None:
            limits.append((limit_id("fund", source.fund), int(source.unit_price * self.scale)))
        periods = range(source.start_period, last + 1)
        trucks: list[str] = []
        if all((source.site, period) in self._facts.capacities for period in periods):
            trucks = [limit_id("capacity", source.site, period) for period in periods]
        volume = int(exact(self._facts.items[source.item].volume) * self.scale)
        return Draw(limits=tuple(limits), trucks=tuple(trucks), volume=volume)


def _decimals(facts: Facts) -> Iterable[Fraction]:
    yield from facts.funds.values()
    yield from facts.capacities.values()
    yield from (exact(item.volume) for item in facts.problem.items)
    yield from (source.unit_price for source in facts.sources.values())


def _common(numbers: Iterable[Fraction]) -> int:
    return lcm(*{number.denominator for number in numbers})


def _bounds(facts: Facts) -> Iterable[tuple[str, Fraction]]:
    for source in facts.sources.values():
        yield source.limit, Fraction(source.quantity)
    for fund, amount in facts.funds.items():
        yield limit_id("fund", fund), amount
    for (site, period), volume in facts.capacities.items():
        yield limit_id("capacity", site, period), volume
    for item, units in facts.keeps.items():
        yield limit_id("reserve", item), Fraction(units)


def _named_facilities(facts: Facts) -> dict[tuple[str, str], set[str]]:
    """For each item at a site, the facilities that an earmark there names."""
    return {
        place: {facility for source in sources if source.earmark for facility in source.earmark}
        for place, sources in facts.sources_at.items()
    }
