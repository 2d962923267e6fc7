"""A problem's arcs and limits by plain loops over the facts, one arc for each period. For tests only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from solver import Demand, Lane, Offer, Problem, Supply
from solver.arrays.limit_system import LimitSystem

Source = Supply | Offer


def naive_system(problem: Problem) -> LimitSystem:
    """All demands of the problem in one system, in their order; only bounds, factors and ratios are filled in."""
    sources: list[Source] = [*problem.supplies, *problem.offers]
    lanes = {(row.site, row.facility): row for row in problem.lanes}
    arcs: list[tuple[int, int, int, float]] = []
    entries: dict[tuple[str, str, int], list[tuple[int, float]]] = defaultdict(list)
    for number, demand in enumerate(problem.demands):
        for at, source in enumerate(sources):
            lane = lanes.get((source.site, demand.facility))
            ratio = _ratio(problem, source, demand)
            for period in range(problem.periods):
                if lane is None or ratio is None or not _allowed(source, demand, lane, period):
                    continue
                for limit, factor in _limits(problem, source, period):
                    entries[limit].append((len(arcs), factor))
                arcs.append((at, number, period, ratio))
    names = sorted(entries)
    rows = [(row, arc, factor) for row, name in enumerate(names) for arc, factor in entries[name]]
    caps = [[dict(band.caps).get(demand.tier, 0.0) for demand in problem.demands] for band in problem.bands]
    return LimitSystem(
        arc_source=np.array([arc[0] for arc in arcs], dtype=np.int64),
        arc_demand=np.array([arc[1] for arc in arcs], dtype=np.int64),
        arc_period=np.array([arc[2] for arc in arcs], dtype=np.int64),
        arc_ratio=np.array([arc[3] for arc in arcs], dtype=float),
        arc_cost=np.zeros(len(arcs)),
        entry_limit=np.array([row[0] for row in rows], dtype=np.int64),
        entry_arc=np.array([row[1] for row in rows], dtype=np.int64),
        entry_factor=np.array([row[2] for row in rows], dtype=float),
        limit_bound=np.array([_bound(problem, name) for name in names], dtype=float),
        demand_quantity=np.array([demand.quantity for demand in problem.demands], dtype=float),
        caps=np.array(caps, dtype=float).reshape(len(problem.bands), len(problem.demands)),
        asked_before=np.array([demand.before.asked if demand.before else 0 for demand in problem.demands], dtype=float),
        received_before=np.array(
            [demand.before.received if demand.before else 0 for demand in problem.demands], dtype=float
        ),
    )


def _ratio(problem: Problem, source: Source, demand: Demand) -> float | None:
    if source.item == demand.item:
        return 1.0
    for row in problem.substitutions:
        if (row.item, row.serves) == (source.item, demand.item):
            return row.ratio if row.facilities is None or demand.facility in row.facilities else None
    return None


def _allowed(source: Source, demand: Demand, lane: Lane, period: int) -> bool:
    earmark = source.earmark if isinstance(source, Supply) else None
    return (
        source.start_period <= period
        and period + lane.days <= demand.due
        and (lane.departures is None or period in lane.departures)
        and (source.until_period is None or source.until_period >= demand.due)
        and (earmark is None or demand.facility in earmark)
    )


def _limits(problem: Problem, source: Source, period: int) -> Iterator[tuple[tuple[str, str, int], float]]:
    yield ("source", source.id, 0), 1.0
    if isinstance(source, Offer):
        if source.fund is not None and source.unit_price:
            yield ("fund", source.fund, 0), source.unit_price
    elif any(row.item == source.item and row.quantity for row in problem.reserves):
        yield ("reserve", source.item, 0), 1.0
    volume = next(item.volume for item in problem.items if item.id == source.item)
    if volume and any((row.site, row.period) == (source.site, period) for row in problem.capacities):
        yield ("truck", source.site, period), volume


def _bound(problem: Problem, limit: tuple[str, str, int]) -> float:
    kind, name, period = limit
    if kind == "source":
        return next(row.quantity for row in (*problem.supplies, *problem.offers) if row.id == name)
    if kind == "fund":
        return next(row.amount for row in problem.funds if row.id == name)
    if kind == "truck":
        return next(row.volume for row in problem.capacities if (row.site, row.period) == (name, period))
    stock = sum(row.quantity for row in problem.supplies if row.item == name)
    return max(0, stock - next(row.quantity for row in problem.reserves if row.item == name))
