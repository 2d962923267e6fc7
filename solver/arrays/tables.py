"""A problem as columns: ids become positions, ready for joins without loops over pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.problem import Problem
from .limit_system import Floats, Integers

Flags = NDArray[np.bool_]

NEVER = 10**12
"""Stands for a period that never comes: no expiry, no free truck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servings:
    """Which item may serve which: itself, and what it may substitute; sorted by (item asked, item sent).

    ``places`` is the number of the substitution that names its facilities, or -1: allowed everywhere.
    """

    serves: Integers
    item: Integers
    ratio: Floats
    penalty: Floats
    places: Integers
    place_keys: Integers
    """Sorted ``places * facilities + facility``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads:
    """The lanes as columns, sorted by (facility, site), and where sites and facilities stand.

    All subproblems of a problem have them in common, so they are made once.
    """

    sites: dict[str, int]
    facilities: dict[str, int]
    facility: Integers
    site: Integers
    days: Integers
    cost: Floats
    timetable: Integers
    """Row of ``driven`` of each lane; -1: driven in every period."""
    driven: Flags
    """``driven[t, p]``: lanes of timetable t leave in period p."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Positions in the problem's tuples instead of ids. Sources are the supplies, then the offers."""

    problem: Problem
    item_pack: Integers
    item_volume: Floats
    source_ids: Sequence[str]
    source_item: Integers
    source_site: Integers
    source_quantity: Integers
    source_start: Integers
    source_until: Integers
    source_price: Floats
    source_fund: Integers
    source_loss: Floats
    """Yuan lost for each unit left over: the item's value where the source spoils inside the horizon."""
    source_earmarked: Flags
    earmark_keys: Integers
    """Sorted ``source * facilities + facility``."""
    demand_facility: Integers
    demand_item: Integers
    demand_quantity: Integers
    demand_due: Integers
    demand_before: tuple[Floats, Floats] | None
    """Units asked before, and received of them; None where no demand has a history."""
    caps: Floats
    lane_facility: Integers
    """Lanes here are sorted by (facility, site)."""
    lane_site: Integers
    lane_days: Integers
    lane_cost: Floats
    lane_timetable: Integers
    timetables: Flags
    options: Servings
    capacity_site: Integers
    capacity_period: Integers
    previous_source: Integers
    """Shipments of the earlier plan, as far as their source and demand still exist."""
    previous_demand: Integers
    previous_period: Integers
    previous_quantity: Integers

    @property
    def supplies(self) -> int:
        """How many of the sources are supplies."""
        return len(self.problem.supplies)


def roads_of(problem: Problem) -> Roads:
    """The problem's lanes. O(n log n)."""
    sites, facilities = places_of(problem.sites), places_of(problem.facilities)
    facility, site = positions(problem.lanes, "facility", facilities), positions(problem.lanes, "site", sites)
    order = np.lexsort((site, facility))
    timetable, driven = _timetables(problem)
    return Roads(
        sites=sites,
        facilities=facilities,
        facility=facility[order],
        site=site[order],
        days=column(problem.lanes, "days", int)[order],
        cost=column(problem.lanes, "cost", float)[order],
        timetable=timetable[order],
        driven=driven,
    )


def tables_of(problem: Problem, roads: Roads | None = None) -> Tables:
    """The problem's columns; ``roads`` where they are known already. O(n log n) in its rows."""
    roads = roads or roads_of(problem)
    sites, facilities = roads.sites, roads.facilities
    items, funds = places_of(problem.items), places_of(problem.funds)
    supplies, offers = problem.supplies, problem.offers
    sources: tuple[Any, ...] = (*supplies, *offers)
    value = column(problem.items, "value", float)
    source_item = positions(sources, "item", items)
    source_until = integers([NEVER if row.until_period is None else row.until_period for row in sources])
    # What is not bought does not spoil: only supplies lose what is left of them.
    spoils = (source_until < problem.periods) & (np.arange(len(sources)) < len(supplies))
    earmarks = [(i, row.earmark) for i, row in enumerate(supplies) if row.earmark is not None]
    source_places, demand_places = (places_of(sources), places_of(problem.demands)) if problem.previous else ({}, {})
    previous = [row for row in problem.previous if row.source in source_places and row.demand in demand_places]
    return Tables(
        problem=problem,
        item_pack=column(problem.items, "pack", int),
        item_volume=column(problem.items, "volume", float),
        source_ids=[row.id for row in sources],
        source_item=source_item,
        source_site=positions(sources, "site", sites),
        source_quantity=column(sources, "quantity", int),
        source_start=column(sources, "start_period", int),
        source_until=source_until,
        source_price=np.concatenate((np.zeros(len(supplies)), column(offers, "unit_price", float))),
        source_fund=integers([-1] * len(supplies) + [funds[o.fund] if o.fund else -1 for o in offers]),
        source_loss=np.where(spoils, value[source_item], 0.0),
        source_earmarked=np.isin(np.arange(len(sources)), integers([i for i, _ in earmarks])),
        earmark_keys=_membership(earmarks, facilities),
        demand_facility=positions(problem.demands, "facility", facilities),
        demand_item=positions(problem.demands, "item", items),
        demand_quantity=column(problem.demands, "quantity", int),
        demand_due=column(problem.demands, "due", int),
        demand_before=_before(problem),
        caps=caps_of(problem),
        lane_facility=roads.facility,
        lane_site=roads.site,
        lane_days=roads.days,
        lane_cost=roads.cost,
        lane_timetable=roads.timetable,
        timetables=roads.driven,
        options=_options(problem, items, facilities),
        capacity_site=positions(problem.capacities, "site", sites),
        capacity_period=column(problem.capacities, "period", int),
        previous_source=positions(previous, "source", source_places),
        previous_demand=positions(previous, "demand", demand_places),
        previous_period=column(previous, "period", int),
        previous_quantity=column(previous, "quantity", int),
    )


def _before(problem: Problem) -> tuple[Floats, Floats] | None:
    if all(demand.before is None for demand in problem.demands):
        return None
    pairs = np.array([demand.before or (0, 0) for demand in problem.demands], dtype=float)
    return pairs[:, 0], pairs[:, 1]


def _timetables(problem: Problem) -> tuple[Integers, Flags]:
    """The timetable of each lane, and the periods of each timetable."""
    numbers: dict[tuple[int, ...], int] = {}
    timetable = integers(
        -1 if lane.departures is None else numbers.setdefault(lane.departures, len(numbers)) for lane in problem.lanes
    )
    driven = np.zeros((len(numbers), problem.periods), dtype=bool)
    for departures, number in numbers.items():
        driven[number, list(departures)] = True
    return timetable, driven


def caps_of(problem: Problem) -> Floats:
    """``caps[k, d]``: the share up to which band k serves demand d; 0 where it does not name its tier."""
    tiers, tier_at = np.unique(column(problem.demands, "tier", int), return_inverse=True)
    caps = [[named.get(int(tier), 0.0) for tier in tiers] for named in problem.band_caps()]
    return np.array(caps, dtype=float).reshape(len(problem.bands), len(tiers))[:, tier_at]


def places_of(rows: Sequence[Any]) -> dict[str, int]:
    """Where each id stands."""
    return {row.id: position for position, row in enumerate(rows)}


def column(rows: Sequence[Any], attribute: str, kind: type) -> Any:
    """One attribute of all rows, as int64 or float64."""
    dtype = np.int64 if kind is int else np.float64
    return np.fromiter(map(attrgetter(attribute), rows), dtype=dtype, count=len(rows))


def positions(rows: Sequence[Any], attribute: str, places: dict[str, int]) -> Integers:
    """Where the id that each row names stands."""
    names = map(attrgetter(attribute), rows)
    return np.fromiter(map(places.__getitem__, names), dtype=np.int64, count=len(rows))


def integers(values: Iterable[int]) -> Integers:
    """The values as an int64 array, also when there are none."""
    return np.array(list(values), dtype=np.int64)


def _membership(rows: Sequence[tuple[int, tuple[str, ...]]], facilities: dict[str, int]) -> Integers:
    width = len(facilities)
    return np.sort(integers(owner * width + facilities[name] for owner, names in rows for name in names))


def _options(problem: Problem, items: dict[str, int], facilities: dict[str, int]) -> Servings:
    own = np.arange(len(items))
    rows = problem.substitutions
    serves = np.concatenate((own, positions(rows, "serves", items)))
    item = np.concatenate((own, positions(rows, "item", items)))
    limited = [(i, row.facilities) for i, row in enumerate(rows) if row.facilities is not None]
    places = np.full(len(rows), -1)
    places[[i for i, _ in limited]] = [i for i, _ in limited]
    order = np.lexsort((item, serves))
    return Servings(
        serves=serves[order],
        item=item[order],
        ratio=np.concatenate((np.ones(len(own)), column(rows, "ratio", float)))[order],
        penalty=np.concatenate((np.zeros(len(own)), column(rows, "penalty", float)))[order],
        places=np.concatenate((np.full(len(own), -1), places))[order],
        place_keys=_membership(limited, facilities),
    )
