"""Reasons as codes with parameters: why a demand is below its whole quantity. Texts are the service's.

no_band               the policy serves no such tier                                   tier
policy_cap            the bands serve its tier no further                              cap
supply_used_up, offer_used_up, fund_spent, trucks_full, reserve_kept                   limits
no_source             nobody has the item or an allowed substitute                     item
no_lane               none of the sites that have it has a lane to the facility        sites
substitute_not_allowed  a substitute is there, but not for this facility               items
too_late              cannot be there when it is due                                   sources
expired               spoils before it is due                                          sources
earmarked             is given for others                                              sources
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from solver.plan import LIMIT_KINDS, Reason
from solver.problem import Demand, Offer, Problem, Supply

BINDING_CODES = dict(
    zip(LIMIT_KINDS, ("supply_used_up", "offer_used_up", "fund_spent", "trucks_full", "reserve_kept"), strict=True)
)
NAMED_MAX = 20
"""So many ids at most in a parameter: a reason is to be read."""


def binding_reasons(limits: Iterable[str]) -> list[Reason]:
    """One reason for each kind among the ids of binding limits."""
    by_kind: dict[str, list[str]] = {}
    for limit in limits:
        by_kind.setdefault(limit.split(":", 1)[0], []).append(limit)
    return [_reason(BINDING_CODES[kind], "limits", by_kind[kind]) for kind in LIMIT_KINDS if kind in by_kind]


class Policy:
    """What the bands promise each tier."""

    def __init__(self, problem: Problem) -> None:
        self.highest: dict[int, float] = {}
        for band in problem.bands:
            for tier, cap in band.caps:
                self.highest[tier] = max(cap, self.highest.get(tier, 0.0))

    def reasons(self, demand: Demand, share: float) -> list[Reason]:
        """Why the policy itself leaves the demand where it is, if it does."""
        cap = self.highest.get(demand.tier, 0.0)
        if cap == 0.0:
            return [Reason(code="no_band", params=(("tier", demand.tier),))]
        if cap < 1.0 and share >= cap - 1e-9:
            return [Reason(code="policy_cap", params=(("cap", cap),))]
        return []


class Obstacles:
    """Why no arc leads to a demand: looks through everything that has the item or a substitute for it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.sources: dict[str, list[Supply | Offer]] = {}
        sources: tuple[Supply | Offer, ...] = (*problem.supplies, *problem.offers)
        for source in sources:
            self.sources.setdefault(source.item, []).append(source)
        self.lanes = {(lane.site, lane.facility): lane.days for lane in problem.lanes}
        self.substitutes: dict[str, list[tuple[str, tuple[str, ...] | None]]] = {}
        for row in problem.substitutions:
            self.substitutes.setdefault(row.serves, []).append((row.item, row.facilities))

    def reasons(self, demand: Demand) -> list[Reason]:
        """Every obstacle that some source meets, with the sources."""
        allowed: list[str] = [demand.item]
        forbidden: list[str] = []
        for item, places in self.substitutes.get(demand.item, []):
            (allowed if places is None or demand.facility in places else forbidden).append(item)
        found: dict[str, list[str]] = {}
        candidates = [source for item in allowed for source in self.sources.get(item, [])]
        for source in candidates:
            code = self._obstacle(source, demand)
            found.setdefault(code, []).append(source.site if code == "no_lane" else source.id)
        stocked = [item for item in forbidden if self.sources.get(item)]
        reasons = [] if candidates else [Reason(code="no_source", params=(("item", demand.item),))]
        reasons += [
            _reason(code, "sites" if code == "no_lane" else "sources", found[code])
            for code in ("no_lane", "too_late", "expired", "earmarked")
            if code in found
        ]
        if stocked:
            reasons.append(_reason("substitute_not_allowed", "items", stocked))
        return reasons

    def _obstacle(self, source: Supply | Offer, demand: Demand) -> str:
        days = self.lanes.get((source.site, demand.facility))
        if days is None:
            return "no_lane"
        if isinstance(source, Supply):
            if source.earmark is not None and demand.facility not in source.earmark:
                return "earmarked"
            if source.until_period is not None and source.until_period < demand.due:
                return "expired"
        return "too_late"


def _reason(code: str, name: str, ids: Sequence[str]) -> Reason:
    return Reason(code=code, params=((name, tuple(sorted(set(ids))[:NAMED_MAX])),))
