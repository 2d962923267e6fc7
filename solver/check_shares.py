"""Whether the relaxed shares of a plan are consistent, and whether its relaxed shipments attain them.

Shares never fall from band to band, rise only in a band that serves the tier, and then at most to its cap. The
levels told for a band are the distinct outcomes of its demands. The relaxed shipments keep every limit and
deliver the last shares; since less can always be shipped, the shares after each earlier band are attainable too.

Sums of floats are off by 1e-16 of themselves for each part at most, which is far below the tolerances here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import fsum, isfinite

from solver.check_facts import OUTCOME_TOLERANCE, Facts, Finding, finding
from solver.check_paths import Path, Paths
from solver.plan import Plan, limit_id

_SHARE_DUST = 1e-9
_LIMIT_DUST = 1e-7
_PACK_DUST = 1e-6


def share_findings(facts: Facts, plan: Plan, paths: Paths, bands: int) -> Iterator[Finding]:
    """What contradicts itself in the shares and levels of a plan."""
    for path in paths:
        yield from _path_findings(path)
    if len(plan.bands) != bands:
        message = "the plan tells of {told} bands, and has shares after {shares}"
        yield finding("bands_mismatch", message, told=len(plan.bands), shares=bands)
        return
    for band, told in enumerate(plan.bands):
        name = facts.problem.bands[band].name
        if told.name != name:
            message = "band {band} is told as {told}, and is named {name}"
            yield finding("bands_mismatch", message, band=band, told=told.name, name=name)
        reached = sorted({outcome for path in paths if (outcome := path.outcomes[band]) is not None})
        yield from _level_findings(reached, band, told.levels)


def _path_findings(path: Path) -> Iterator[Finding]:
    before = 0.0
    for band, (share, cap) in enumerate(zip(path.shares, path.caps, strict=True)):
        if not isfinite(share) or share < before - _SHARE_DUST:
            message = "{demand} falls to {share} in band {band}"
            for name in path.demands:
                yield finding("share_falls", message, demand=name, band=band, share=float(share))
        elif share > max(before, cap) + _SHARE_DUST:
            message = "{demand} rises to {share} in band {band}, which serves it up to {cap}"
            for name in path.demands:
                yield finding("share_above_cap", message, demand=name, band=band, share=float(share), cap=cap)
        before = share


def _level_findings(reached: Sequence[float], band: int, levels: Sequence[float]) -> Iterator[Finding]:
    """The levels told are the outcomes there are; full service need not be told."""
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


class Relaxed:
    """What the relaxed shipments of a plan take, deliver and cost, and which of them are not allowed.

    ``drawn[s]`` are the units drawn from source s, ``loaded`` the volumes by site and period, ``heaviest`` the
    volume of the largest pack among them, ``delivered[d]`` the units that demand d gets, ``costs`` the yuan of each
    shipment.
    """

    def __init__(self, facts: Facts, plan: Plan) -> None:
        self.findings: list[Finding] = []
        self.drawn: dict[str, float] = {}
        self.loaded: dict[tuple[str, int], float] = defaultdict(float)
        self.heaviest: dict[tuple[str, int], float] = defaultdict(float)
        self.delivered: dict[str, float] = {}
        self.costs: list[float] = []
        self._facts = facts
        self._penalties = {(row.item, row.serves): row.penalty for row in facts.problem.substitutions}
        self._prices = {name: float(source.unit_price) for name, source in facts.sources.items()}
        self._load(plan)

    def _load(self, plan: Plan) -> None:
        facts, drawn, delivered, endless = self._facts, self.drawn, self.delivered, float("inf")
        for row in plan.relaxed:
            name, asking, period, quantity = row.source, row.demand, row.period, row.quantity
            source, demand = facts.sources.get(name), facts.demands.get(asking)
            law = "unknown" if source is None or demand is None else facts.why_not(source, demand, period)
            if source is None or demand is None or law is not None or not 0 <= quantity < endless:
                self._refuse(name, asking, period, law or "quantity")
                continue
            cost = facts.lanes_to[demand.facility][source.site].cost + self._prices[name]
            units = quantity
            if source.item != demand.item:
                cost += self._penalties[source.item, demand.item]
                units *= float(facts.ratio(source.item, demand) or 0)
            self.costs.append(cost * quantity)
            drawn[name] = drawn.get(name, 0.0) + quantity
            delivered[asking] = delivered.get(asking, 0.0) + units
            if source.site in facts.trucked and (truck := (source.site, period)) in facts.capacities:
                item = facts.items[source.item]
                self.loaded[truck] += quantity * item.volume
                self.heaviest[truck] = max(self.heaviest[truck], item.pack * item.volume)

    def _refuse(self, source: str, demand: str, period: int, law: str) -> None:
        message = "the relaxed shipment {source} to {demand} in period {period} is not allowed: {law}"
        self.findings.append(
            finding("relaxed_not_allowed", message, source=source, demand=demand, period=period, law=law)
        )


def relaxed_findings(facts: Facts, relaxed: Relaxed, paths: Paths) -> Iterator[Finding]:
    """What the relaxed shipments of the plan break, or do not deliver."""
    yield from relaxed.findings
    for limit, (used, bound, dust) in _limits(facts, relaxed).items():
        if used > bound * (1 + _LIMIT_DUST) + dust:
            message = "the relaxed shipments take {used} of {limit}, which has {bound}"
            yield finding("relaxed_over_limit", message, limit=limit, used=used, bound=float(bound))
    demands, delivered = facts.demands, relaxed.delivered
    for name, path in paths.of.items():
        share = delivered.get(name, 0.0) / demands[name].quantity
        told = path.shares[-1] if path.shares else 0.0
        if abs(share - told) > OUTCOME_TOLERANCE:
            message = "{demand} is told the share {told}, and its relaxed shipments deliver {share}"
            yield finding("share_not_attained", message, demand=name, told=told, share=share)


def relaxed_cost(facts: Facts, relaxed: Relaxed) -> float | None:
    """Yuan of the relaxed shipments: lanes, penalties, purchases, and stock left to spoil.

    None where it depends on an earlier plan, whose shipments may name what has gone since.
    """
    problem = facts.problem
    if problem.change_penalty and problem.previous:
        return None
    spoiled = [
        facts.items[supply.item].value * (supply.quantity - relaxed.drawn.get(supply.id, 0.0))
        for supply in problem.supplies
        if supply.until_period is not None and supply.until_period < problem.periods
    ]
    return fsum(relaxed.costs + spoiled)


def _limits(facts: Facts, relaxed: Relaxed) -> dict[str, tuple[float, float, float]]:
    """For each limit that shipments use: how much, how much it has, and the dust that is let pass."""
    used: dict[str, float] = defaultdict(float)
    dust: dict[str, float] = defaultdict(float)
    bounds: dict[str, float] = {}

    def take(limit: str, quantity: float, bound: float, pack: float) -> None:
        used[limit] += quantity
        bounds[limit] = bound
        dust[limit] = max(dust[limit], pack * _PACK_DUST)

    for name, quantity in relaxed.drawn.items():
        source = facts.sources[name]
        pack, price = facts.items[source.item].pack, float(source.unit_price)
        take(source.limit, quantity, source.quantity, pack)
        if source.kept:
            take(limit_id("reserve", source.item), quantity, facts.keeps[source.item], pack)
        if source.fund is not None:
            take(limit_id("fund", source.fund), quantity * price, float(facts.funds[source.fund]), pack * price)
    for truck, volume in relaxed.loaded.items():
        take(limit_id("capacity", *truck), volume, float(facts.capacities[truck]), relaxed.heaviest[truck])
    return {limit: (used[limit], bounds[limit], dust[limit]) for limit in used}
