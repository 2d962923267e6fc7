"""All allowed arcs from sources to demands, built by joins over sorted columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .limit_system import Floats, Integers
from .tables import NEVER, Flags, Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Arcs:
    """Allowed shipments, sorted by (demand, source, period); positions are those of ``Tables``.

    ``cost`` is yuan for each unit shipped: lane + substitution penalty + price - what it would lose unshipped.
    """

    demand: Integers
    source: Integers
    period: Integers
    ratio: Floats
    cost: Floats
    days: Integers


def arcs_of(tables: Tables, demands: Integers) -> Arcs:
    """The arcs of some demands.

    An arc exists if the item is the one asked or a listed substitute that is allowed there, a lane leads to
    the facility, the source is there in time (from + days on the road <= due), does not spoil before the
    demand is due, and is not earmarked for others. Where a truck limit could bind there is an arc for each
    period in which the lane is driven; else one, in the earliest: a period without a limit can stand for all others.
    """
    demand, option = _join(tables.demand_item[demands], tables.options.serves)
    demand = demands[demand]
    allowed = _allowed_places(tables, demand, option)
    demand, option = demand[allowed], option[allowed]

    at, lane = _join(tables.demand_facility[demand], tables.lane_facility)
    demand, option = demand[at], option[at]

    sites = len(tables.problem.sites)
    shelf = tables.source_item * sites + tables.source_site
    shelf_order = np.argsort(shelf, kind="stable")
    wanted = tables.options.item[option] * sites + tables.lane_site[lane]
    at, place = _join(wanted, shelf[shelf_order])
    demand, option, lane = demand[at], option[at], lane[at]
    source = shelf_order[place]

    due = tables.demand_due[demand]
    last = due - tables.lane_days[lane]
    proper = (tables.source_start[source] <= last) & (tables.source_until[source] >= due)
    proper &= ~tables.source_earmarked[source]
    marked = np.flatnonzero(tables.source_earmarked[source] & (tables.source_start[source] <= last))
    proper[marked] = _member(
        tables.earmark_keys,
        source[marked] * len(tables.problem.facilities) + tables.demand_facility[demand[marked]],
    ) & (tables.source_until[source[marked]] >= due[marked])
    demand, option, lane, source, last = (part[proper] for part in (demand, option, lane, source, last))
    timetable = tables.lane_timetable[lane]
    at, period = _periods(tables, source, last, timetable)
    at, period = _with_previous(tables, demand, source, last, timetable, at, period)
    demand, option, lane, source = demand[at], option[at], lane[at], source[at]
    cost = (
        tables.lane_cost[lane]
        + tables.options.penalty[option]
        + tables.source_price[source]
        - tables.source_loss[source]
    )
    order = np.lexsort((period, source, demand))
    return Arcs(
        demand=demand[order],
        source=source[order],
        period=period[order],
        ratio=tables.options.ratio[option][order],
        cost=cost[order],
        days=tables.lane_days[lane][order],
    )


def _join(keys: Integers, sorted_keys: Integers) -> tuple[Integers, Integers]:
    """All pairs (i, j) with keys[i] == sorted_keys[j], in ascending order of i, then j."""
    first = np.searchsorted(sorted_keys, keys, side="left")
    count = np.searchsorted(sorted_keys, keys, side="right") - first
    left = np.repeat(np.arange(len(keys)), count)
    within = np.arange(len(left)) - np.repeat(np.cumsum(count) - count, count)
    return left, np.repeat(first, count) + within


def _member(sorted_keys: Integers, keys: Integers) -> Flags:
    """Which keys are among the sorted ones."""
    place = np.searchsorted(sorted_keys, keys)
    found = np.zeros(len(keys), dtype=bool)
    inside = place < len(sorted_keys)
    found[inside] = sorted_keys[place[inside]] == keys[inside]
    return found


def _allowed_places(tables: Tables, demand: Integers, option: Integers) -> Flags:
    """Whether the substitution is allowed at the demand's facility."""
    places = tables.options.places[option]
    key = places * len(tables.problem.facilities) + tables.demand_facility[demand]
    return (places < 0) | _member(tables.options.place_keys, key)


def _periods(tables: Tables, source: Integers, last: Integers, timetable: Integers) -> tuple[Integers, Integers]:
    """The periods that each pair may ship in, as (pair, period): one, or all where trucks may bind."""
    first = tables.source_start[source]
    limited = np.isin(tables.source_site[source], tables.capacity_site)
    limited &= tables.item_volume[tables.source_item[source]] > 0.0
    free = first.copy()
    taken = _taken_by_trucks(tables)
    free[limited] = _next_free(taken)[tables.source_site[source[limited]], first[limited]]
    timed = np.flatnonzero(timetable >= 0)
    if len(timed):
        free[timed] = _next_departures(tables, taken, source[timed], timetable[timed], limited[timed])
    single = free <= last
    # Without a truck limit a pair ships in its one free period or, where the lane is not driven in time, in none.
    count = np.where(single, 1, np.where(limited, last - first + 1, 0))
    at = np.repeat(np.arange(len(source)), count)
    within = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    period = np.where(single, free, first)[at] + within
    if not len(timed):
        return at, period
    driven = (timetable[at] < 0) | tables.timetables[timetable[at], period]
    return at[driven], period[driven]


def _next_departures(tables: Tables, taken: Flags, source: Integers, timetable: Integers, limited: Flags) -> Integers:
    """For each pair the first period in which the lane is driven, and where trucks are limited also free of them;
    NEVER where there is none."""
    sites = len(tables.problem.sites)
    place = np.where(limited, tables.source_site[source], sites)
    key, row = np.unique(timetable * (sites + 1) + place, return_inverse=True)
    free_of_trucks = np.vstack((taken, np.zeros((1, tables.problem.periods), dtype=bool)))
    closed = ~tables.timetables[key // (sites + 1)] | free_of_trucks[key % (sites + 1)]
    return _next_free(closed)[row, tables.source_start[source]]


def _with_previous(
    tables: Tables,
    demand: Integers,
    source: Integers,
    last: Integers,
    timetable: Integers,
    at: Integers,
    period: Integers,
) -> tuple[Integers, Integers]:
    """Adds the period of the earlier plan's shipment, where it is allowed and no arc has it: a plan that is to
    stay near the earlier one must be able to repeat it."""
    if not len(tables.previous_source):
        return at, period
    width = len(tables.source_ids)
    pair = demand * width + source
    order = np.argsort(pair, kind="stable")
    earlier = tables.previous_demand * width + tables.previous_source
    previous, place = _join(earlier, pair[order])
    extra, when = order[place], tables.previous_period[previous]
    allowed = (tables.source_start[source[extra]] <= when) & (when <= last[extra])
    timed = np.flatnonzero(allowed & (timetable[extra] >= 0))
    allowed[timed] = tables.timetables[timetable[extra[timed]], when[timed]]
    at = np.concatenate((at, extra[allowed]))
    period = np.concatenate((period, when[allowed]))
    _, first = np.unique(np.column_stack((at, period)), axis=0, return_index=True)
    return at[first], period[first]


def previous_units(tables: Tables, arcs: Arcs) -> Integers:
    """What the earlier plan shipped on each arc."""
    units = np.zeros(len(arcs.demand), dtype=np.int64)
    if not len(tables.previous_source):
        return units
    width, periods = len(tables.source_ids), tables.problem.periods
    key = (arcs.demand * width + arcs.source) * periods + arcs.period  # ascending, as the arcs are
    earlier = (tables.previous_demand * width + tables.previous_source) * periods + tables.previous_period
    inside = tables.previous_period < periods
    previous, place = _join(earlier[inside], key)
    units[place] = tables.previous_quantity[inside][previous]
    return units


def _taken_by_trucks(tables: Tables) -> Flags:
    """``[site, p]``: whether the site has a truck limit in period p."""
    taken = np.zeros((len(tables.problem.sites), tables.problem.periods), dtype=bool)
    taken[tables.capacity_site, tables.capacity_period] = True
    return taken


def _next_free(closed: Flags) -> Integers:
    """``[row, p]``: the first period >= p that is not closed in the row, or NEVER."""
    free = np.where(closed, NEVER, np.arange(closed.shape[1]))
    return np.minimum.accumulate(free[:, ::-1], axis=1)[:, ::-1]
