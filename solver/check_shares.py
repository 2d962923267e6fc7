"""Whether the relaxed shares of a plan are consistent, and whether its relaxed shipments attain them.

Shares never fall from band to band, rise only in a band that serves the tier, and then at most to its cap. The
levels told for a band are the distinct outcomes of its demands. The relaxed shipments keep every limit and
deliver the last shares; since less can always be shipped, the shares after each earlier band are attainable too.

Sums of floats are correctly rounded (``math.fsum``), so their error is far below the tolerances here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import fsum, isfinite

from solver.check_facts import OUTCOME_TOLERANCE, Facts, Finding, Source, exact, finding
from solver.check_fairness import Shares, outcome
from solver.plan import Plan, limit_id

_SHARE_DUST = 1e-9
_LIMIT_DUST = 1e-7
_PACK_DUST = 1e-6


def share_findings(facts: Facts, plan: Plan, shares: Shares, bands: int) -> Iterator[Finding]:
    """What contradicts itself in the shares and levels of a plan."""
    for name, row in shares.items():
        yield from _path_findings(facts, name, row)
    if len(plan.bands) != bands:
        message = "the plan tells of {told} bands, and has shares after {shares}"
        yield finding("bands_mismatch", message, told=len(plan.bands), shares=bands)
        return
    for band, told in enumerate(plan.bands):
        name = facts.problem.bands[band].name
        if told.name != name:
            message = "band {band} is told as {told}, and is named {name}"
            yield finding("bands_mismatch", message, band=band, told=told.name, name=name)
        yield from _level_findings(facts, shares, band, told.levels)


def _path_findings(facts: Facts, name: str, row: tuple[float, ...]) -> Iterator[Finding]:
    demand = facts.demands[name]
    before = 0.0
    for band, share in enumerate(row):
        cap = facts.cap(band, demand)
        if not isfinite(share) or share < before - _SHARE_DUST:
            message = "{demand} falls to {share} in band {band}"
            yield finding("share_falls", message, demand=name, band=band, share=float(share))
        elif share > max(before, cap) + _SHARE_DUST:
            message = "{demand} rises to {share} in band {band}, which serves it up to {cap}"
            yield finding("share_above_cap", message, demand=name, band=band, share=float(share), cap=cap)
        before = share


def _level_findings(facts: Facts, shares: Shares, band: int, levels: Sequence[float]) -> Iterator[Finding]:
    """The levels told are the outcomes there are; full service need not be told."""
    reached = sorted(
        {outcome(row[band], cap) for name, row in shares.items() if (cap := facts.cap(band, facts.demands[name])) > 0}
    )
    told = list(levels)
    if told != sorted(told):
        yield finding("levels_descend", "the levels of band {band} are not ascending", band=band)
        return
    for level in told:
        if not _near(level, reached):
            message = "no demand of band {band} has the level {level} that is told"
            yield finding("level_unknown", message, band=band, level=float(level))
    for level in reached:
        if level < 1 - OUTCOME_TOLERANCE and not _near(level, told):
            message = "a demand of band {band} has outcome {level}, which is not told"
            yield finding("level_missing", message, band=band, level=float(level))


def _near(value: float, ascending: Sequence[float]) -> bool:
    place = bisect_left(ascending, value - 2 * OUTCOME_TOLERANCE)
    return place < len(ascending) and ascending[place] <= value + 2 * OUTCOME_TOLERANCE


def relaxed_findings(facts: Facts, plan: Plan, shares: Shares) -> Iterator[Finding]:
    """What the relaxed shipments of the plan break, or do not deliver."""
    loads: dict[str, list[float]] = defaultdict(list)
    dust: dict[str, float] = defaultdict(float)
    delivered: dict[str, list[float]] = defaultdict(list)
    for row in plan.relaxed:
        source, demand = facts.sources.get(row.source), facts.demands.get(row.demand)
        law = "unknown" if source is None or demand is None else facts.why_not(source, demand, row.period)
        if source is None or demand is None or law is not None or not 0 <= row.quantity < float("inf"):
            message = "the relaxed shipment {source} to {demand} in period {period} is not allowed: {law}"
            yield finding(
                "relaxed_not_allowed",
                message,
                source=row.source,
                demand=row.demand,
                period=row.period,
                law=law or "quantity",
            )
            continue
        ratio = 1.0 if source.item == demand.item else float(facts.ratio(source.item, demand) or 0)
        delivered[row.demand].append(row.quantity * ratio)
        item = facts.items[source.item]
        for limit, factor in _limits(facts, source, row.period):
            loads[limit].append(row.quantity * factor)
            dust[limit] = max(dust[limit], item.pack * factor * _PACK_DUST)
    bounds = _bounds(facts, loads)
    for limit, parts in loads.items():
        used = fsum(parts)
        if used > bounds[limit] * (1 + _LIMIT_DUST) + dust[limit]:
            message = "the relaxed shipments take {used} of {limit}, which has {bound}"
            yield finding("relaxed_over_limit", message, limit=limit, used=used, bound=bounds[limit])
    for name, path in shares.items():
        share = fsum(delivered.get(name, ())) / facts.demands[name].quantity
        told = path[-1] if path else 0.0
        if abs(share - told) > OUTCOME_TOLERANCE:
            message = "{demand} is told the share {told}, and its relaxed shipments deliver {share}"
            yield finding("share_not_attained", message, demand=name, told=told, share=share)


def relaxed_cost(facts: Facts, plan: Plan) -> float | None:
    """Yuan of the relaxed shipments: lanes, penalties, purchases, and stock left to spoil.

    None where it depends on an earlier plan, whose shipments may name what has gone since.
    """
    problem = facts.problem
    if problem.change_penalty and problem.previous:
        return None
    penalties = {(row.item, row.serves): row.penalty for row in problem.substitutions}
    parts: list[float] = []
    left: dict[str, float] = {
        supply.id: supply.quantity
        for supply in problem.supplies
        if supply.until_period is not None and supply.until_period < problem.periods
    }
    for row in plan.relaxed:
        source, demand = facts.sources[row.source], facts.demands[row.demand]
        lane = facts.lanes[source.site, demand.facility]
        penalty = penalties.get((source.item, demand.item), 0.0)
        parts.append((lane.cost + penalty + float(source.unit_price)) * row.quantity)
        if row.source in left:
            left[row.source] -= row.quantity
    for name, units in left.items():
        parts.append(facts.items[facts.sources[name].item].value * units)
    return fsum(parts)


def _limits(facts: Facts, source: Source, period: int) -> Iterable[tuple[str, float]]:
    yield source.limit, 1.0
    if source.kind == "supply" and source.item in facts.keeps:
        yield limit_id("reserve", source.item), 1.0
    if source.fund is not None:
        yield limit_id("fund", source.fund), float(source.unit_price)
    if (source.site, period) in facts.capacities:
        yield (
            limit_id("capacity", source.site, period),
            float(exact(facts.items[source.item].volume)),
        )


def _bounds(facts: Facts, loads: Iterable[str]) -> dict[str, float]:
    bounds = {source.limit: float(source.quantity) for source in facts.sources.values()}
    bounds.update((limit_id("fund", fund), float(amount)) for fund, amount in facts.funds.items())
    bounds.update((limit_id("reserve", item), float(units)) for item, units in facts.keeps.items())
    bounds.update(
        (limit_id("capacity", site, period), float(volume)) for (site, period), volume in facts.capacities.items()
    )
    return {limit: bounds[limit] for limit in loads}
