"""Fewer transfer orders: shipments of a plan join an earlier departure of the same warehouse to the same facility.

A plan says in which period each shipment leaves; where several are as good, the solver takes any. Whatever can leave
with an earlier vehicle that goes there anyway does so: nothing comes later, and every need gets what it got.
What is on time, there and within the trucks stays so; the proof is made again for the joined plan.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from solver import Lane, Offer, Plan, Problem, Shipment, Supply, check

SHIPMENTS_MAX = 20_000
"""Larger plans are left as they are: the proof of the joined plan would take as long as the solve."""
ROOM_KEPT = 1e-9
"""Part of a truck's volume that is never filled by joining, against rounding in the sums of volumes."""

Way = tuple[str, str]
"""A site and a facility."""


@dataclass(slots=True)
class _Moving:
    """A shipment whose period may change."""

    shipment: Shipment
    way: Way
    start: int
    """First period in which its goods are there."""
    volume: float
    period: int


class _Trucks:
    """What leaves each site in each period, beside what may."""

    def __init__(self, problem: Problem, rows: Sequence[_Moving], *, empties_full: bool) -> None:
        self._empties_full = empties_full
        self._limit = {(one.site, one.period): one.volume * (1 - ROOM_KEPT) for one in problem.capacities}
        self._used: dict[tuple[str, int], float] = defaultdict(float)
        for row in rows:
            self._used[row.way[0], row.period] += row.volume
        self._largest_pack = max((one.volume * one.pack for one in problem.items), default=0.0)

    def must_stay(self, site: str, period: int) -> bool:
        """Whether a truck is so full that some pack would not fit, and full trucks are to stay as they are."""
        limit = self._limit.get((site, period))
        is_full = limit is not None and self._used[site, period] + self._largest_pack > limit
        return is_full and not self._empties_full

    def takes(self, site: str, period: int, volume: float) -> bool:
        """Whether so much more can leave."""
        limit = self._limit.get((site, period))
        return limit is None or self._used[site, period] + volume <= limit

    def move(self, row: _Moving, period: int) -> None:
        """Let a shipment leave in another period."""
        self._used[row.way[0], row.period] -= row.volume
        self._used[row.way[0], period] += row.volume
        row.period = period


def join_departures(problem: Problem, plan: Plan) -> Plan:
    """The plan with fewer pairs of a way and a period; the same plan where nothing can be joined or proved."""
    if len(plan.shipments) > SHIPMENTS_MAX:
        return plan
    # Room that is freed on a full truck may be worth a pack to another need: the proof fails, and full trucks stay.
    for empties_full_trucks in (True, False):
        joined = replace(plan, shipments=_joined(problem, plan, empties_full_trucks=empties_full_trucks))
        if joined.shipments == plan.shipments or not check(problem, joined):
            return joined
    return plan


def _joined(problem: Problem, plan: Plan, *, empties_full_trucks: bool) -> tuple[Shipment, ...]:
    rows = _rows(problem, plan)
    trucks = _Trucks(problem, rows, empties_full=empties_full_trucks)
    lanes = {(lane.site, lane.facility): lane for lane in problem.lanes}
    ways: dict[Way, list[_Moving]] = defaultdict(list)
    for row in rows:
        ways[row.way].append(row)
    for way in sorted(ways):
        _join(lanes[way], ways[way], trucks)
    return _shipments(rows)


def _rows(problem: Problem, plan: Plan) -> list[_Moving]:
    sources: dict[str, Supply | Offer] = {one.id: one for one in problem.supplies}
    sources |= {one.id: one for one in problem.offers}
    facilities = {one.id: one.facility for one in problem.demands}
    volumes = {one.id: one.volume for one in problem.items}
    return [
        _Moving(
            shipment=one,
            way=(sources[one.source].site, facilities[one.demand]),
            start=sources[one.source].start_period,
            volume=volumes[sources[one.source].item] * one.quantity,
            period=one.period,
        )
        for one in plan.shipments
    ]


def _join(lane: Lane, rows: Sequence[_Moving], trucks: _Trucks) -> None:
    """Empty the departures of a way into earlier ones, the last first."""
    by_period: dict[int, list[_Moving]] = defaultdict(list)
    for row in rows:
        by_period[row.period].append(row)
    for period in sorted(by_period, reverse=True):
        if trucks.must_stay(lane.site, period):
            continue
        earlier = [one for one in sorted(by_period) if one < period and by_period[one]]
        places = _places(by_period[period], earlier, lane, trucks)
        if places is None:
            continue
        for row, place in zip(by_period.pop(period), places, strict=True):
            trucks.move(row, place)
            by_period[place].append(row)


def _places(rows: Sequence[_Moving], earlier: Sequence[int], lane: Lane, trucks: _Trucks) -> list[int] | None:
    """An earlier departure for each row, the latest that takes it; None where one of them finds none."""
    added: dict[int, float] = defaultdict(float)
    places = []
    for row in rows:
        fits = (
            one
            for one in reversed(earlier)
            if one >= row.start
            and (lane.departures is None or one in lane.departures)
            and trucks.takes(lane.site, one, added[one] + row.volume)
        )
        place = next(fits, None)
        if place is None:
            return None
        added[place] += row.volume
        places.append(place)
    return places


def _shipments(rows: Sequence[_Moving]) -> tuple[Shipment, ...]:
    """The shipments with their new periods; those of one source, need and period are one."""
    summed: dict[tuple[str, str, int], int] = defaultdict(int)
    for row in rows:
        summed[row.shipment.demand, row.shipment.source, row.period] += row.shipment.quantity
    return tuple(
        Shipment(source=source, demand=demand, period=period, quantity=quantity)
        for (demand, source, period), quantity in sorted(summed.items())
    )
