"""What a plan can take goods from: usable lots, arrivals and offers, less what approved plans have claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

import solver
from app.catalog.models import Item
from app.catalog.types import Program
from app.planning.commitments.service import claimed_units
from app.procurement.service import Arrival, OpenOffer, confirmed_arrivals, open_offers
from app.stock.cards import StockRow, available_lots

MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something that is there but may not be planned with, and why: `lot_expired`, `lot_blocked`, `arrival_late`."""

    why: str
    item: str
    source: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The sources of a program as the solver knows them, and the rows that they stand for by their ids."""

    supplies: Sequence[solver.Supply]
    offers: Sequence[solver.Offer]
    lots: Mapping[str, StockRow]
    open_offers: Mapping[str, OpenOffer]
    left_out: Sequence[LeftOut]


def sources_of(session: Session, program: Program, start: date, periods: int) -> Sources:
    """The sources for so many days from `start`; an arrival that is overdue is left out, a later one is not told."""
    last = start + timedelta(days=periods - 1)
    lots, left_out = _usable_lots(available_lots(session, program, day=start))
    claimed = claimed_units(session, program)
    arrivals = _unclaimed_arrivals(confirmed_arrivals(session, program), claimed)
    left_out += [
        LeftOut(why="arrival_late", item=one.item, source=_arrival_id(one), units=one.units)
        for one in arrivals
        if one.expected_on < start
    ]
    offers = {
        one.offer: one
        for one in _unclaimed_offers(open_offers(session, program, start), claimed)
        if one.lead_days < periods
    }
    supplies = [_lot_supply(key, row, start, periods) for key, row in lots.items()]
    keeps = _shelf_lives(session, program)
    supplies += [
        _arrival_supply(one, start, keeps.get(one.item)) for one in arrivals if start <= one.expected_on <= last
    ]
    return Sources(
        supplies=supplies,
        offers=[_offer(one, start, keeps.get(one.item)) for one in offers.values()],
        lots=lots,
        open_offers=offers,
        left_out=left_out,
    )


def _usable_lots(rows: Sequence[StockRow]) -> tuple[dict[str, StockRow], list[LeftOut]]:
    usable: dict[str, StockRow] = {}
    left_out: list[LeftOut] = []
    for row in rows:
        key = f"{row.lot.item.code}/{row.lot.code}@{row.warehouse.code}"
        if row.unusable:
            left_out.append(LeftOut(why=row.unusable[0], item=row.lot.item.code, source=key, units=row.available))
        else:
            usable[key] = row
    return usable, left_out


def _unclaimed_arrivals(arrivals: Sequence[Arrival], claimed: Mapping[str, int]) -> list[Arrival]:
    """What approved plans leave of the arrivals."""
    left = (replace(one, units=one.units - claimed.get(_arrival_id(one), 0)) for one in arrivals)
    return [one for one in left if one.units > 0]


def _unclaimed_offers(offers: Sequence[OpenOffer], claimed: Mapping[str, int]) -> list[OpenOffer]:
    """What approved plans leave of the offers."""
    left = (replace(one, units=one.units - claimed.get(one.offer, 0)) for one in offers)
    return [one for one in left if one.units > 0]


def _until(expiry: date | None, start: date) -> int | None:
    return None if expiry is None else (expiry - start).days


def _lot_supply(key: str, row: StockRow, start: date, periods: int) -> solver.Supply:
    return solver.Supply(
        id=key,
        item=row.lot.item.code,
        site=row.warehouse.code,
        quantity=row.available,
        # A lot of which nobody knows how long it keeps is used first: what is left of it is counted as spoilt.
        until_period=periods - 1 if row.lot.expiry_unknown else _until(row.lot.expiry_date, start),
        earmark=tuple(mark.facility.code for mark in row.lot.earmarks) or None,
    )


def _arrival_id(arrival: Arrival) -> str:
    return f"{arrival.document}/{arrival.item}"


def _last_day(come: date, shelf_life_days: int | None) -> date | None:
    """The last day of use of goods that come on a day, by their item's shelf life; the day itself is the first."""
    return None if shelf_life_days is None else come + timedelta(days=max(0, shelf_life_days - 1))


def _arrival_supply(arrival: Arrival, start: date, shelf_life_days: int | None) -> solver.Supply:
    come = (arrival.expected_on - start).days
    until = _until(arrival.expiry_date or _last_day(arrival.expected_on, shelf_life_days), start)
    return solver.Supply(
        id=_arrival_id(arrival),
        item=arrival.item,
        site=arrival.warehouse,
        start_period=come,
        # What would be expired when it comes brings nothing, but is told as a source that brings nothing.
        quantity=0 if until is not None and until < come else arrival.units,
        until_period=until if until is None or until >= come else None,
        earmark=arrival.earmark or None,
    )


def _shelf_lives(session: Session, program: Program) -> dict[str, int]:
    """The shelf life in days of the items that have one."""
    query = select(Item.code, Item.shelf_life_days).where(Item.program == program, Item.shelf_life_days.is_not(None))
    return {code: days for code, days in session.execute(query) if days is not None}


def _offer(offer: OpenOffer, start: date, shelf_life_days: int | None) -> solver.Offer:
    return solver.Offer(
        id=offer.offer,
        item=offer.item,
        site=offer.warehouse,
        quantity=offer.units,
        start_period=offer.lead_days,
        until_period=_until(_last_day(start + timedelta(days=offer.lead_days), shelf_life_days), start),
        unit_price=offer.unit_price_microyuan / MICRO,
        fund=offer.fund,
    )
