"""Reasons as codes with parameters: why a demand is below its whole quantity. Texts are the service's.

no_band               the policy serves no such tier                                   tier
policy_cap            the bands serve its tier no further                              cap
not_settled           time ran out before the band that would serve it further         band
supply_used_up, offer_used_up, fund_spent, trucks_full, reserve_kept                   limits
shared_with           others are held with it, at the same level, by the same limits   band, count, demands
served_before         an earlier band served others from the same limits               band, count, demands
received_before       what it got before counts with what it gets now                asked, received
no_source             nobody has the item or an allowed substitute                     item
no_lane               sites that have it have no lane to the facility                  sites
substitute_not_allowed  a substitute is there, but not for this facility               items
too_late              cannot be there when it is due                                   sources
no_departure          the lane is not driven between its coming and the due period     sources
expired               spoils before it is due                                          sources
earmarked             is given for others                                              sources

The last six are told of a demand without any arc for all that there is, and of one with arcs for what is left
over when the plan is made. ``count`` counts the others, ``demands`` names the first few of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..arrays.grouping import distinct
from ..arrays.limit_system import Flags, Floats, Integers
from ..arrays.tables import Tables
from ..model.facts import Demand
from ..model.plan import LIMIT_KINDS, Reason
from ..model.problem import Problem
from ..parameters import ExplainParameters

BINDING_CODES = dict(
    zip(LIMIT_KINDS, ("supply_used_up", "offer_used_up", "fund_spent", "trucks_full", "reserve_kept"), strict=True)
)
OBSTACLES = ("no_lane", "too_late", "expired", "earmarked", "substitute_not_allowed", "no_departure")


def binding_reasons(limits: Iterable[str], named_max: int) -> list[Reason]:
    """One reason for each kind among the ids of binding limits."""
    by_kind: dict[str, list[str]] = {}
    for limit in limits:
        by_kind.setdefault(limit.split(":", 1)[0], []).append(limit)
    return [_reason(BINDING_CODES[kind], "limits", by_kind[kind], named_max) for kind in LIMIT_KINDS if kind in by_kind]


def others_reason(code: str, band: str, count: int, demands: Sequence[str]) -> Reason:
    """``shared_with`` or ``served_before``."""
    return Reason(code=code, params=(("band", band), ("count", count), ("demands", tuple(demands))))


def had_before(demand: Demand) -> list[Reason]:
    """That it got something before, if it did."""
    if demand.before is None or not demand.before.received:
        return []
    asked, received = demand.before
    return [Reason(code="received_before", params=(("asked", asked), ("received", received)))]


class Policy:
    """What the bands promise each tier."""

    def __init__(self, problem: Problem, parameters: ExplainParameters) -> None:
        self._full = parameters.share_full
        self.bands = problem.bands
        self.highest: dict[int, float] = {}
        for band in problem.bands:
            for tier, cap in band.caps:
                self.highest[tier] = max(cap, self.highest.get(tier, 0.0))

    def reasons(self, demand: Demand, share: float) -> list[Reason]:
        """Why the policy itself leaves the demand where it is, if it does."""
        cap = self.highest.get(demand.tier, 0.0)
        if cap == 0.0:
            return [Reason(code="no_band", params=(("tier", demand.tier),))]
        if cap < 1.0 and share >= cap - self._full:
            return [Reason(code="policy_cap", params=(("cap", cap),))]
        return []

    def waiting(self, demand: Demand, share: float, settled: int) -> list[Reason]:
        """The first band that would serve it further, where only so many bands were settled."""
        for band in self.bands[settled:]:
            if dict(band.caps).get(demand.tier, 0.0) > share:
                return [Reason(code="not_settled", params=(("band", band.name),))]
        return []


class Obstacles:
    """What keeps sources from serving a demand at all, whatever the others get."""

    def __init__(self, tables: Tables, left: Floats, parameters: ExplainParameters) -> None:
        """``left[s]``: units of source s that the plan leaves and that nothing else keeps."""
        self.tables = tables
        self.left = left
        self.parameters = parameters
        order = np.argsort(tables.source_item, kind="stable")
        first = np.searchsorted(tables.source_item[order], np.arange(len(tables.problem.items) + 1))
        self._sources_of = [order[a:b] for a, b in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)]
        self._lane_key = tables.lane_facility * len(tables.problem.sites) + tables.lane_site

    def reasons(self, demands: Integers, *, of_all: bool) -> dict[int, tuple[Reason, ...]]:
        """The obstacles of each demand, by its position: of all sources, or of those with something left."""
        found: dict[int, tuple[Reason, ...]] = {}
        for item in distinct(self.tables.demand_item[demands]).tolist():
            asking = demands[self.tables.demand_item[demands] == item]
            sources, places = self._candidates(item, of_all=of_all)
            for at in range(0, len(asking), self.parameters.rows_at_once):
                rows = asking[at : at + self.parameters.rows_at_once]
                codes = self._codes(rows, sources, places)
                kinds, kind_of = np.unique(codes, axis=0, return_inverse=True)
                told = [self._told(item, kind, sources, of_all=of_all) for kind in kinds]
                found.update((row, told[kind]) for row, kind in zip(rows.tolist(), kind_of.tolist(), strict=True))
        return found

    def _candidates(self, item: int, *, of_all: bool) -> tuple[Integers, Integers]:
        """Sources of the item and of what may stand in for it; with the substitution that names its places."""
        options = self.tables.options
        rows = np.flatnonzero(options.serves == item)
        none = np.zeros(0, dtype=np.int64)
        parts = [self._sources_of[at] for at in options.item[rows].tolist()]
        sources = np.concatenate([none, *parts])
        places = np.repeat(options.places[rows], [len(part) for part in parts])
        units = self.tables.source_quantity[sources] if of_all else self.left[sources]
        kept = np.flatnonzero((units >= 1.0) | of_all)
        kept = np.sort(kept[np.lexsort((sources[kept], -units[kept]))][: self.parameters.sources_max])
        return sources[kept], places[kept]

    def _codes(self, demands: Integers, sources: Integers, places: Integers) -> Integers:
        """``[demand, source]``: the number of the obstacle in ``OBSTACLES``, from 1; 0 where there is none."""
        tables = self.tables
        facility, due = tables.demand_facility[demands][:, None], tables.demand_due[demands][:, None]
        key = facility * len(tables.problem.sites) + tables.source_site[sources][None, :]
        lane = np.minimum(np.searchsorted(self._lane_key, key), max(0, len(self._lane_key) - 1))
        days = tables.lane_days[lane] if len(self._lane_key) else np.zeros_like(key)
        reached = self._lane_key[lane] == key if len(self._lane_key) else np.zeros(key.shape, dtype=bool)
        facilities = len(tables.problem.facilities)
        given = ~tables.source_earmarked[sources][None, :] | np.isin(
            sources[None, :] * facilities + facility, tables.earmark_keys
        )
        allowed = (places < 0)[None, :] | np.isin(places[None, :] * facilities + facility, tables.options.place_keys)
        codes: Integers = np.select(
            (
                ~allowed,
                ~reached,
                ~given,
                tables.source_until[sources][None, :] < due,
                tables.source_start[sources][None, :] + days > due,
                self._not_driven(lane, tables.source_start[sources], due - days),
            ),
            (5, 1, 4, 3, 2, 6),
            0,
        )
        return codes

    def _not_driven(self, lane: Integers, start: Integers, last: Integers) -> Flags:
        """``[demand, source]``: whether the lane is driven in no period from the source's start up to ``last``."""
        timetables = self.tables.timetables
        missed = np.zeros(lane.shape, dtype=bool)
        if len(timetables):
            timetable = self.tables.lane_timetable[lane]
            before = np.concatenate((np.zeros((len(timetables), 1), int), np.cumsum(timetables, axis=1)), axis=1)
            row, column = np.nonzero((timetable >= 0) & (start <= last))
            numbers = timetable[row, column]
            missed[row, column] = before[numbers, last[row, column] + 1] == before[numbers, start[column]]
        return missed

    def _told(self, item: int, codes: Integers, sources: Integers, *, of_all: bool) -> tuple[Reason, ...]:
        tables, most = self.tables, self.parameters.ids_named_max
        reasons: list[Reason] = []
        if of_all and not (codes != 5).any():
            reasons.append(Reason(code="no_source", params=(("item", tables.problem.items[item].id),)))
        for number, code in enumerate(OBSTACLES, start=1):
            met = sources[codes == number]
            if not len(met):
                continue
            if code == "no_lane":
                reasons.append(
                    _reason(code, "sites", [tables.problem.sites[at].id for at in tables.source_site[met]], most)
                )
            elif code == "substitute_not_allowed":
                reasons.append(
                    _reason(code, "items", [tables.problem.items[at].id for at in tables.source_item[met]], most)
                )
            else:
                reasons.append(_reason(code, "sources", [tables.source_ids[at] for at in met], most))
        return tuple(reasons)


def left_over(tables: Tables, shipped: Floats) -> Floats:
    """Units of each source that a plan shipping ``shipped[s]`` leaves, 0 where the reserve or the fund keeps them."""
    left = np.maximum(0.0, tables.source_quantity - shipped)
    problem = tables.problem
    supplies = np.arange(len(left)) < tables.supplies
    for reserve in problem.reserves:
        item = next(at for at, row in enumerate(problem.items) if row.id == reserve.item)
        of_item: Flags = supplies & (tables.source_item == item)
        if left[of_item].sum() < reserve.quantity + 1.0:
            left[of_item] = 0.0
    spent = np.bincount(tables.source_fund + 1, tables.source_price * shipped, minlength=len(problem.funds) + 1)
    money = np.array([np.inf, *(fund.amount for fund in problem.funds)]) - spent
    money[0] = np.inf
    left[tables.source_price > money[tables.source_fund + 1]] = 0.0
    return left


def _reason(code: str, name: str, ids: Sequence[str], named_max: int) -> Reason:
    return Reason(code=code, params=((name, tuple(sorted(set(ids))[:named_max])),))
