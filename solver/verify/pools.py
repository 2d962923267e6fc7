"""What demands can draw on, in integers: what the proof of fairness computes with.

A pool is every source of an item at a site that may still ship by period ``last`` (in one of the lane's departures) and
keeps until ``due`` (and, where earmarks name the facility, its own); pools of the same sources are one. Demands see
pools, not single sources, so that a changed dual is priced once a pool and not once for each pair of source and
demand; and demands that see the same pools are *askers* of one kind, for which a unit is worth the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from ..model.facts import Demand
from ..model.plan import limit_id
from .facts import Facts, Source, exact, leaving_periods, may_serve

Link = tuple[int, int]
Departures = tuple[int, ...] | None
_Place = tuple[str, str, int, int, str, Departures]
"""Item, site, last period, due, the facility where an earmark there names it, departures of the lane."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
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

    ``draws[p]`` are the sources of pool p; ``users[p]`` the kinds of askers that see it; ``links[k]`` the pools of
    kind k, each with the factor that turns its cost for a unit shipped into one for a unit asked; ``kind_of[d]`` is
    that of demand d; ``pools_of[l]`` are the pools of limit l. ``bounds[l]`` is the limit times ``scale``;
    ``ratio_scale`` clears the ratios.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.scale = _common(_decimals(facts))
        self.ratio_scale = lcm(*(exact(row.ratio).numerator for row in facts.problem.substitutions))
        self.bounds = {name: int(bound * self.scale) for name, bound in facts.bounds.items()}
        self.draws: list[tuple[Draw, ...]] = []
        self.users: list[list[int]] = []
        self.links: list[tuple[Link, ...]] = []
        self.kind_of: dict[str, int] = {}
        self.pools_of: dict[str, list[int]] = defaultdict(list)
        self._draws: dict[tuple[str, int, Departures], Draw] = {}
        self._pools: dict[tuple[Draw, ...], int] = {}
        self._index: dict[_Place, int | None] = {}
        self._kinds: dict[tuple[Link, ...], int] = {}
        self._named = _named_facilities(facts)
        self._join()

    def _join(self) -> None:
        """Finds the kind of every demand; those with the same lanes, item and due date are looked at once."""
        facts = self.facts
        number_of = facts.lane_index.number_of
        named: dict[str, set[str]] = defaultdict(set)
        for (item, _), facilities in self._named.items():
            named[item] |= facilities
        like: dict[tuple[str, int, str | int], int] = {}
        for demand in facts.problem.demands:
            item, facility = demand.item, demand.facility
            alone = facility in named[item] or item in facts.swapped
            key = (item, demand.due, facility if alone else number_of[facility])
            kind = like.get(key)
            if kind is None:
                kind = like[key] = self._kind(self._links(demand))
            self.kind_of[demand.id] = kind

    def _kind(self, links: tuple[Link, ...]) -> int:
        kind = self._kinds.get(links)
        if kind is None:
            kind = self._kinds[links] = len(self.links)
            self.links.append(links)
            for pool, _ in links:
                self.users[pool].append(kind)
        return kind

    def _links(self, demand: Demand) -> tuple[Link, ...]:
        links: list[Link] = []
        facility, due = demand.facility, demand.due
        for item, ratio in self.facts.ratios(demand):
            factor = self.ratio_scale * ratio.denominator // ratio.numerator
            for site, lane in self.facts.lanes_to[facility].items():
                last = due - lane.days
                names = self._named.get((item, site))
                if last < 0 or names is None:
                    continue
                key = (item, site, last, due, facility if facility in names else "", lane.departures)
                pool = self._index[key] if key in self._index else self._add(key, demand)
                if pool is not None:
                    links.append((pool, factor))
        return tuple(links)

    def _add(self, key: _Place, demand: Demand) -> int | None:
        item, site, last, _, _, departures = key
        draws = tuple(
            self._draw(source, last, departures)
            for source in self.facts.sources_at[item, site]
            if may_serve(source, demand) and leaving_periods(source.start_period, last, departures)
        )
        pool = self._pools.get(draws) if draws else None
        if draws and pool is None:
            pool = self._pools[draws] = len(self.draws)
            self.draws.append(draws)
            self.users.append([])
            for name in sorted({name for draw in draws for name in (*draw.trucks, *(name for name, _ in draw.limits))}):
                self.pools_of[name].append(pool)
        self._index[key] = pool
        return pool

    def _draw(self, source: Source, last: int, departures: Departures) -> Draw:
        # Where no truck is limited, the periods make no difference.
        key = (source.id, last, departures) if source.site in self.facts.trucked else (source.id, -1, None)
        draw = self._draws.get(key)
        if draw is None:
            draw = self._draws[key] = self._new_draw(source, leaving_periods(source.start_period, last, departures))
        return draw

    def _new_draw(self, source: Source, periods: Sequence[int]) -> Draw:
        limits = [(source.limit, self.scale)]
        if source.kept:
            limits.append((limit_id("reserve", source.item), self.scale))
        if source.fund is not None:
            limits.append((limit_id("fund", source.fund), int(source.unit_price * self.scale)))
        trucks: list[str] = []
        if all((source.site, period) in self.facts.capacities for period in periods):
            trucks = [limit_id("capacity", source.site, period) for period in periods]
        volume = int(exact(self.facts.items[source.item].volume) * self.scale)
        return Draw(limits=tuple(limits), trucks=tuple(trucks), volume=volume)


def _decimals(facts: Facts) -> Iterable[Fraction]:
    yield from facts.funds.values()
    yield from facts.capacities.values()
    yield from (exact(item.volume) for item in facts.problem.items)
    yield from (source.unit_price for source in facts.sources.values())


def _common(numbers: Iterable[Fraction]) -> int:
    return lcm(*{number.denominator for number in numbers})


def _named_facilities(facts: Facts) -> dict[tuple[str, str], set[str]]:
    """For each item at a site, the facilities that an earmark there names."""
    return {
        place: {facility for source in sources if source.earmark for facility in source.earmark}
        for place, sources in facts.sources_at.items()
    }
