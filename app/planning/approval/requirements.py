"""Compares what a plan takes with the facts as they are now, and names what is not there any more.

An approval does not ask whether anything at all has changed since the plan was computed, only whether everything that
the plan takes is still there: units of its sources on its firm days, needs not lowered below what they get, money in
the fen in which it will be booked, room on the trucks, lanes, allowed substitutes. Pure: problems in, faults out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import Fault, Param
from solver import Lane, Offer, Problem, Supply

VOLUME_SLACK_LITRES = 0.001
"""Capacities are whole litres, used volume is rounded up to whole litres: anything above this is more than there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmShipment:
    """Units of one source that leave on a firm day for one need."""

    source: str
    need: int
    """The requisition line."""
    item: str
    wanted_item: str
    site: str
    facility: str
    period: int
    due: int
    units: int
    counts_for: int
    """Units of the item asked for, rounded down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedNow:
    """What is open of a need now; a need that was withdrawn, closed or met has no row."""

    label: str
    item: str
    facility: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a plan takes when it is approved.

    `booked_fen` says for each fund what its purchases will be booked with, `left_fen` what is left of it; `received`
    how many free units of an arrival's document have come into stock since, by the arrival's id in the problem.
    """

    shipments: Sequence[FirmShipment]
    purchases: Mapping[str, int]
    booked_fen: Mapping[str, int]
    left_fen: Mapping[str, int]
    received: Mapping[str, int]


def missing_requirements(taken: Taken, before: Problem, now: Problem, needs: Mapping[int, NeedNow]) -> list[Fault]:
    """A fault for everything that the plan takes and that is not there any more; empty: it can be approved.

    `before` is the problem that the plan was computed from, `now` the problem of this moment for the same days.
    """
    there = {row.id for row in now.supplies} | {row.id for row in now.offers} | set(taken.received)
    # Lanes and substitutes are in a problem only for what is there and who asks; what is gone is told above.
    standing = [one for one in taken.shipments if one.source in there and one.need in needs]
    return [
        *_missing_sources(taken, before, now),
        *_lowered_needs(taken.shipments, needs),
        *_changed_tiers(before, now),
        *_missing_offers(taken.purchases, before, now),
        *_missing_money(taken.booked_fen, taken.left_fen),
        *_missing_lanes(standing, now),
        *_full_trucks(standing, now),
        *_forbidden_substitutes(standing, now),
        *_broken_packs(standing, now),
    ]


def _fault(code: str, message: str, where: str, **params: Param) -> Fault:
    return Fault(code, message, where, params)


def _missing_sources(taken: Taken, before: Problem, now: Problem) -> Iterable[Fault]:
    """Lots and arrivals that are gone, fewer, bound to others, later, or expire earlier than the plan needs."""
    supplies = {row.id: row for row in now.supplies}
    known = {row.id for row in before.supplies}
    of_source: dict[str, list[FirmShipment]] = defaultdict(list)
    for one in taken.shipments:
        if one.source in known:
            of_source[one.source].append(one)
    for source in sorted(of_source):
        lines, row = of_source[source], supplies.get(source)
        wanted = sum(one.units for one in lines)
        named: dict[str, Param] = {"key": source, "item": lines[0].item, "place": lines[0].site, "wanted": wanted}
        received = taken.received.get(source, 0)
        available = (row.quantity if row is not None else 0) + received
        if available == 0:
            message = "{item} in {place} ({key}): the plan takes {wanted}; it is not there any more."
            yield _fault("source_gone", message, "supplies", **named)
            continue
        if available < wanted:
            message = "{item} in {place} ({key}): the plan takes {wanted}; {available} are free now."
            yield _fault("source_short", message, "supplies", **named, available=available)
        if row is not None and not received:
            yield from _unfit(row, lines, named)


def _unfit(row: Supply, lines: Sequence[FirmShipment], named: Mapping[str, Param]) -> Iterable[Fault]:
    if row.earmark is not None and any(one.facility not in row.earmark for one in lines):
        message = "{item} in {place} ({key}) is bound to other facilities now."
        yield _fault("source_earmarked", message, "supplies", **named)
    if any(one.period < row.start_period for one in lines):
        message = "{item} for {place} ({key}) comes later than the plan ships it."
        yield _fault("source_late", message, "supplies", **named)
    if row.until_period is not None and any(one.due > row.until_period for one in lines):
        message = "{item} in {place} ({key}) expires before it would be used."
        yield _fault("source_expires", message, "supplies", **named)


def _lowered_needs(shipments: Sequence[FirmShipment], needs: Mapping[int, NeedNow]) -> Iterable[Fault]:
    gets: dict[int, int] = defaultdict(int)
    first: dict[int, FirmShipment] = {}
    for one in shipments:
        gets[one.need] += one.counts_for
        first.setdefault(one.need, one)
    for need in sorted(gets):
        now, line = needs.get(need), first[need]
        if now is None or now.units <= 0:
            message = "{place} needs no {item} any more; the plan sends {wanted}."
            yield _fault("need_gone", message, "demands", item=line.wanted_item, place=line.facility, wanted=gets[need])
        elif now.units < gets[need]:
            message = "{place} needs {open} of {item} now; the plan sends {wanted}."
            yield _fault(
                "need_lowered",
                message,
                "demands",
                key=now.label,
                item=now.item,
                place=now.facility,
                open=now.units,
                wanted=gets[need],
            )


def _changed_tiers(before: Problem, now: Problem) -> Iterable[Fault]:
    """Leaders have raised a facility's tier since, or a raise has ended: the plan shares by the tiers of before."""
    tiers = {row.id: row.tier for row in now.demands}
    changed = {
        row.facility: (row.tier, tiers[row.id]) for row in before.demands if tiers.get(row.id, row.tier) != row.tier
    }
    message = "{place} counts as tier {tier} now; the plan serves it as tier {tier_before}."
    for facility, (tier_before, tier) in sorted(changed.items()):
        yield _fault("tier_changed", message, "tiers", key=facility, place=facility, tier=tier, tier_before=tier_before)


def _missing_offers(purchases: Mapping[str, int], before: Problem, now: Problem) -> Iterable[Fault]:
    offers, known = {row.id: row for row in now.offers}, {row.id: row for row in before.offers}
    for key in sorted(purchases):
        row, units = offers.get(key), purchases[key]
        named: dict[str, Param] = {"key": key, "item": known[key].item, "wanted": units}
        if row is None:
            yield _fault("offer_gone", "Offer {key} of {item} is not open any more.", "offers", **named)
            continue
        if row.quantity < units:
            message = "Offer {key}: the plan buys {wanted} of {item}; {available} are left."
            yield _fault("offer_short", message, "offers", **named, available=row.quantity)
        if _terms(row) != _terms(known[key]):
            message = "Offer {key} of {item} has other terms now (price, day, fund or warehouse)."
            yield _fault("offer_changed", message, "offers", **named)


def _terms(offer: Offer) -> tuple[object, ...]:
    return (offer.unit_price, offer.fund, offer.site, offer.start_period)


def _missing_money(booked_fen: Mapping[str, int], left_fen: Mapping[str, int]) -> Iterable[Fault]:
    message = "“{fund}” has {left_fen} left; the plan's purchases cost {cost_fen}."
    for key, cost in sorted(booked_fen.items()):
        left = left_fen.get(key, 0)
        if cost > left:
            yield _fault("fund_short", message, "funds", key=key, fund=key, left_fen=left, cost_fen=cost)


def _missing_lanes(shipments: Sequence[FirmShipment], now: Problem) -> Iterable[Fault]:
    lanes: dict[tuple[str, str], Lane] = {(row.site, row.facility): row for row in now.lanes}
    late: set[tuple[str, str]] = set()
    for one in shipments:
        lane = lanes.get((one.site, one.facility))
        driven = lane is not None and (lane.departures is None or one.period in lane.departures)
        if lane is None or not driven or one.period + lane.days > one.due:
            late.add((one.site, one.facility))
    message = "The lane from {from_place} to {place} is closed or takes longer now."
    for site, facility in sorted(late):
        key = f"{site} -> {facility}"
        yield _fault("lane_changed", message, "lanes", key=key, from_place=site, place=facility)


def _full_trucks(shipments: Sequence[FirmShipment], now: Problem) -> Iterable[Fault]:
    volumes = {row.id: row.volume for row in now.items}
    used: dict[tuple[str, int], float] = defaultdict(float)
    for one in shipments:
        used[one.site, one.period] += one.units * volumes.get(one.item, 0.0)
    rooms = {(row.site, row.period): row.volume for row in now.capacities}
    message = "On day {day} of the plan, {litres} litres leave {place}; its trucks have room for {room} now."
    for (site, period), litres in sorted(used.items()):
        room = rooms.get((site, period))
        if room is not None and litres > room + VOLUME_SLACK_LITRES:
            yield _fault(
                "trucks_full",
                message,
                "capacities",
                key=f"{site}/{period + 1}",
                place=site,
                day=period + 1,
                litres=-int(-litres // 1),
                room=int(room),
            )


def _forbidden_substitutes(shipments: Sequence[FirmShipment], now: Problem) -> Iterable[Fault]:
    allowed = {(row.item, row.serves): row.facilities for row in now.substitutions}
    message = "{item} may not serve in place of {asked_item} at {place} any more."
    seen: set[tuple[str, str, str]] = set()
    for one in shipments:
        key = (one.item, one.wanted_item, one.facility)
        if one.item == one.wanted_item or key in seen:
            continue
        facilities = allowed.get((one.item, one.wanted_item), ())
        if facilities is not None and one.facility not in facilities:
            seen.add(key)
            yield _fault(
                "substitute_forbidden",
                message,
                "substitutions",
                key=f"{one.item} -> {one.wanted_item}",
                item=one.item,
                asked_item=one.wanted_item,
                place=one.facility,
            )


def _broken_packs(shipments: Sequence[FirmShipment], now: Problem) -> Iterable[Fault]:
    packs = {row.id: row.pack for row in now.items}
    items = sorted({one.item for one in shipments if one.units % packs.get(one.item, 1)})
    message = "{item} is issued in packs of {pack} now; the plan sends other quantities."
    for item in items:
        yield _fault("pack_changed", message, "items", key=item, item=item, pack=packs[item])
