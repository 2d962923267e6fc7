"""The checker's own index of a problem's facts, apart from the one that plans are made with.

Numbers with decimals are read as the decimals that stand in the document (0.1 is one tenth), so that every
law is tested in exact arithmetic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor

from ..model.facts import Demand, Item, Lane
from ..model.plan import limit_id
from ..model.problem import Problem
from ..parameters import ProofParameters

FindingParam = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a plan breaks: a code, a message with the ids, and the parameters sorted by name."""

    code: str
    message: str
    params: tuple[tuple[str, FindingParam], ...] = ()

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def finding(code: str, message: str, **params: FindingParam) -> Finding:
    """A finding whose message names its parameters in braces."""
    return Finding(code=code, message=message.format(**params), params=tuple(sorted(params.items())))


def booked_yuan(yuan: Fraction) -> Fraction:
    """The amount as it is booked: in whole fen, half up."""
    return Fraction(floor(yuan * 100 + Fraction(1, 2)), 100)


@lru_cache(maxsize=1 << 16)
def exact(number: int | float) -> Fraction:
    """The number as the decimal that it is written as."""
    return Fraction(repr(float(number))) if isinstance(number, float) else Fraction(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A supply or an offer, for what they have in common; ``fund`` and ``unit_price`` are an offer's.

    ``limit`` is the id of its own limit. ``kept``: it is a supply of an item that has a reserve; ``booked``: its fund
    books in whole fen.
    """

    id: str
    kind: str
    limit: str
    item: str
    site: str
    quantity: int
    start_period: int
    until_period: int | None = None
    earmark: frozenset[str] | None = None
    unit_price: Fraction = Fraction(0)
    fund: str | None = None
    kept: bool = False
    booked: bool = False

    def price(self, units: int) -> Fraction:
        """What so many units cost their fund, in yuan: to the fen where it books in fen."""
        yuan = self.unit_price * units
        return booked_yuan(yuan) if self.booked else yuan


class LaneIndex:
    """The lanes of a problem: ``lanes_to`` has those to a facility by their sites; ``number_of`` is the same for
    facilities that have the same sites in the same days, on the same departures. Subproblems of a problem have them in
    common."""

    def __init__(self, problem: Problem) -> None:
        self.lanes_to: dict[str, dict[str, Lane]] = {facility.id: {} for facility in problem.facilities}
        for lane in problem.lanes:
            self.lanes_to[lane.facility][lane.site] = lane
        numbers: dict[tuple[tuple[str, int, tuple[int, ...] | None], ...], int] = {}
        self.number_of: dict[str, int] = {
            facility: numbers.setdefault(_timing(lanes), len(numbers)) for facility, lanes in self.lanes_to.items()
        }


def _timing(lanes: dict[str, Lane]) -> tuple[tuple[str, int, tuple[int, ...] | None], ...]:
    return tuple([(site, lane.days, lane.departures) for site, lane in lanes.items()])


class Facts:
    """The facts of a problem by their ids, and what may be shipped; ``lane_index`` where they are known already.

    ``keeps`` has, for each reserved item, the units that its supplies may ship at most. ``sources_at`` has
    the sources of an item at a site, ``lanes_to`` the lanes to a facility by their sites, ``swapped`` the items that
    others may stand in for, ``trucked`` the sites with a truck limit in some period. ``caps_of`` has, for each tier,
    its cap in every band, 0 in one that does not serve it. ``bounds`` has what there is of every limit, by its id.
    """

    def __init__(self, problem: Problem, parameters: ProofParameters, lane_index: LaneIndex | None = None) -> None:
        self.problem = problem
        self.parameters = parameters
        self.lane_index = lane_index or LaneIndex(problem)
        self.items: dict[str, Item] = {item.id: item for item in problem.items}
        self.demands: dict[str, Demand] = {demand.id: demand for demand in problem.demands}
        self.keeps = _reserve_bounds(problem)
        self.sources: dict[str, Source] = {source.id: source for source in _sources(problem, self.keeps)}
        self.capacities: dict[tuple[str, int], Fraction] = {
            (capacity.site, capacity.period): exact(capacity.volume) for capacity in problem.capacities
        }
        self.funds: dict[str, Fraction] = {fund.id: exact(fund.amount) for fund in problem.funds}
        self.bounds: dict[str, Fraction] = dict(self._bounds())
        bands = problem.band_caps()
        self.caps_of: dict[int, tuple[float, ...]] = {
            tier: tuple(caps.get(tier, 0.0) for caps in bands) for tier in {demand.tier for demand in problem.demands}
        }
        self.sources_at: dict[tuple[str, str], list[Source]] = defaultdict(list)
        for source in self.sources.values():
            self.sources_at[source.item, source.site].append(source)
        self.lanes_to = self.lane_index.lanes_to
        self.trucked = {site for site, _ in self.capacities}
        self.swapped = {row.serves for row in problem.substitutions}
        self._itself = {item.id: ((item.id, Fraction(1)),) for item in problem.items}
        self._substitutes: dict[str, list[tuple[str, Fraction, frozenset[str] | None]]] = defaultdict(list)
        for row in problem.substitutions:
            places = None if row.facilities is None else frozenset(row.facilities)
            self._substitutes[row.serves].append((row.item, exact(row.ratio), places))

    def _bounds(self) -> Iterator[tuple[str, Fraction]]:
        for source in self.sources.values():
            yield source.limit, Fraction(source.quantity)
        for fund, amount in self.funds.items():
            yield limit_id("fund", fund), amount
        for (site, period), volume in self.capacities.items():
            yield limit_id("capacity", site, period), volume
        for item, units in self.keeps.items():
            yield limit_id("reserve", item), Fraction(units)

    def ratios(self, demand: Demand) -> tuple[tuple[str, Fraction], ...]:
        """The items that may serve a demand, and how many of its units one unit of each counts as."""
        itself = self._itself[demand.item]
        if demand.item not in self.swapped:
            return itself
        return itself + tuple(
            (item, ratio)
            for item, ratio, places in self._substitutes[demand.item]
            if places is None or demand.facility in places
        )

    def ratio(self, item: str, demand: Demand) -> Fraction | None:
        """How many units of the demand one unit of the item counts as; None where it may not serve it."""
        return next((ratio for usable, ratio in self.ratios(demand) if usable == item), None)

    def sole_item(self, demand: Demand) -> str | None:
        """The item, if there is just one that some source could serve the demand with."""
        if demand.item not in self.swapped:
            return demand.item
        items = {source.item for source, _, _ in self.serving(demand)}
        return items.pop() if len(items) == 1 else None

    def cap(self, band: int, demand: Demand) -> float:
        """The cap of a demand in a band, 0 when the band does not serve its tier."""
        return self.caps_of[demand.tier][band]

    def serving(self, demand: Demand) -> list[tuple[Source, Fraction, Sequence[int]]]:
        """Every source that may serve the demand, with its ratio and the periods to ship in."""
        found: list[tuple[Source, Fraction, Sequence[int]]] = []
        for item, ratio in self.ratios(demand):
            for lane in self.lanes_to[demand.facility].values():
                last = demand.due - lane.days
                found += [
                    (source, ratio, periods)
                    for source in self.sources_at.get((item, lane.site), ())
                    if may_serve(source, demand)
                    and (periods := leaving_periods(source.start_period, last, lane.departures))
                ]
        return found

    def why_not(self, source: Source, demand: Demand, period: int) -> str | None:
        """The first law that forbids the shipment, as a code; None when it is allowed."""
        if source.item != demand.item and self.ratio(source.item, demand) is None:
            return "item"
        lane = self.lanes_to[demand.facility].get(source.site)
        if lane is None:
            return "lane"
        if not 0 <= period < self.problem.periods or period < source.start_period:
            return "from"
        if lane.departures is not None and period not in lane.departures:
            return "departures"
        if period + lane.days > demand.due:
            return "due"
        if source.until_period is not None and source.until_period < demand.due:
            return "until"
        if source.earmark is not None and demand.facility not in source.earmark:
            return "earmark"
        return None


def leaving_periods(first: int, last: int, departures: tuple[int, ...] | None) -> Sequence[int]:
    """The periods from first to last in which a lane is driven."""
    if departures is None:
        return range(first, last + 1)
    return [period for period in departures if first <= period <= last]


def may_serve(source: Source, demand: Demand) -> bool:
    """Whether the source keeps until the demand is due and is not earmarked for others."""
    if source.until_period is not None and source.until_period < demand.due:
        return False
    return source.earmark is None or demand.facility in source.earmark


def _sources(problem: Problem, keeps: dict[str, int]) -> list[Source]:
    supplies = [
        Source(
            id=supply.id,
            kind="supply",
            limit=limit_id("supply", supply.id),
            item=supply.item,
            site=supply.site,
            quantity=supply.quantity,
            start_period=supply.start_period,
            until_period=supply.until_period,
            earmark=None if supply.earmark is None else frozenset(supply.earmark),
            kept=supply.item in keeps,
        )
        for supply in problem.supplies
    ]
    in_fen = {fund.id for fund in problem.funds if fund.rounding == "fen"}
    offers = [
        Source(
            id=offer.id,
            kind="offer",
            limit=limit_id("offer", offer.id),
            item=offer.item,
            site=offer.site,
            quantity=offer.quantity,
            start_period=offer.start_period,
            until_period=offer.until_period,
            unit_price=exact(offer.unit_price),
            fund=offer.fund,
            booked=offer.fund in in_fen,
        )
        for offer in problem.offers
    ]
    return supplies + offers


def _reserve_bounds(problem: Problem) -> dict[str, int]:
    """What supplies of a reserved item may ship: all there is less min(reserve, what there is)."""
    stock: dict[str, int] = defaultdict(int)
    for supply in problem.supplies:
        stock[supply.item] += supply.quantity
    return {row.item: max(0, stock[row.item] - row.quantity) for row in problem.reserves}
