"""Queries of stock: what is where on which day, what expires, what a lot's units became."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.database import WHOLE_NUMBER
from app.core.errors import NotFoundError, missing
from app.facilities.models import Facility, GeographicZone
from app.stock.holdings import facts_of
from app.stock.models import Lot, StockBalance, StockCardLine, StockEvent, StockReservation
from app.stock.rules import Conservation, conserve, first_to_use, unusable_faults
from app.stock.types import StockEnd, StockEventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFilter:
    """Which stock is looked at; the fields left out let everything pass."""

    item: str | None = None
    program: Program | None = None
    warehouse: str | None = None
    zone: str | None = None
    """A zone with everything below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """What a warehouse has of a lot: on hand at the end of a day; reserved and available as of now."""

    lot: Lot
    warehouse: Facility
    on_hand: int
    reserved: int
    available: int
    unusable: tuple[str, ...]
    """`lot_expired` (on that day), `lot_blocked`: why it may be neither reserved nor shipped. An earmark is not
    among them, since it depends on who is to get it."""


def _row(balance: StockBalance, on_hand: int, day: date) -> StockRow:
    return StockRow(
        lot=balance.lot,
        warehouse=balance.warehouse,
        on_hand=on_hand,
        reserved=balance.reserved,
        available=balance.on_hand - balance.reserved,
        unusable=tuple(fault.code for fault in unusable_faults(facts_of(balance.lot), day=day)),
    )


def _on_hand_on(day: date) -> ColumnElement[int]:
    """On hand at the end of a day: what there is now, less the changes of the days after it."""
    later = (
        select(func.coalesce(func.sum(StockCardLine.change), 0))
        .join(StockEvent, StockEvent.id == StockCardLine.event_id)
        .where(
            StockCardLine.lot_id == StockBalance.lot_id,
            StockCardLine.warehouse_id == StockBalance.warehouse_id,
            StockEvent.occurred_on > day,
        )
        .correlate(StockBalance)
        .scalar_subquery()
    )
    return StockBalance.on_hand - cast(later, WHOLE_NUMBER)


def _zones_under(code: str) -> Select[int]:
    found = select(GeographicZone.id).where(GeographicZone.code == code).cte("zones_under", recursive=True)
    below = select(GeographicZone.id).where(GeographicZone.parent_id == found.c.id)
    return select(found.union(below).c.id)


def _passes(wanted: StockFilter) -> list[ColumnElement[bool]]:
    tests: list[ColumnElement[bool]] = []
    if wanted.item is not None or wanted.program is not None:
        lots = select(Lot.id).join(Item, Item.id == Lot.item_id)
        if wanted.item is not None:
            lots = lots.where(Item.code == wanted.item)
        if wanted.program is not None:
            lots = lots.where(Item.program == wanted.program)
        tests.append(StockBalance.lot_id.in_(lots))
    if wanted.warehouse is not None or wanted.zone is not None:
        places = select(Facility.id)
        if wanted.warehouse is not None:
            places = places.where(Facility.code == wanted.warehouse)
        if wanted.zone is not None:
            places = places.where(Facility.zone_id.in_(_zones_under(wanted.zone)))
        tests.append(StockBalance.warehouse_id.in_(places))
    return tests


def stock_page(
    session: Session, day: date, wanted: StockFilter, *, after: int = 0, limit: int
) -> tuple[list[StockRow], int | None]:
    """A page of what was on hand at the end of a day, in the order in which lots first came to warehouses.

    The second value is the key to go on after; None on the last page.
    """
    on_hand = _on_hand_on(day)
    query = (
        select(StockBalance, on_hand)
        .where(*_passes(wanted), on_hand > 0, StockBalance.id > after)
        .order_by(StockBalance.id)
        .limit(limit + 1)
    )
    found = session.execute(query).unique().all()
    rows = [_row(balance, units, day) for balance, units in found[:limit]]
    return rows, (found[limit - 1][0].id if len(found) > limit else None)


def stock_on(
    session: Session,
    day: date,
    *,
    program: Program | None = None,
    item: str | None = None,
    warehouse: str | None = None,
) -> list[StockRow]:
    """All that was on hand at the end of a day, by item code, expiry, lot and warehouse code."""
    on_hand = _on_hand_on(day)
    wanted = StockFilter(program=program, item=item, warehouse=warehouse)
    query = select(StockBalance, on_hand).where(*_passes(wanted), on_hand > 0)
    rows = [_row(balance, units, day) for balance, units in session.execute(query).unique()]
    return sorted(rows, key=_shelf_order)


def _shelf_order(row: StockRow) -> tuple[str, date, int, str]:
    day = first_to_use(row.lot.expiry_date, expiry_unknown=row.lot.expiry_unknown)
    return row.lot.item.code, day, row.lot.id, row.warehouse.code


def available_lots(session: Session, program: Program, *, day: date) -> list[StockRow]:
    """What a plan that starts on a day may look at: all stock of a program now, by item, expiry, lot and warehouse.

    `day` decides what is expired. Unusable lots are among them, with the reason; earmarks are on the lots.
    """
    query = select(StockBalance).where(*_passes(StockFilter(program=program)), StockBalance.on_hand > 0)
    rows = [_row(balance, balance.on_hand, day) for balance in session.scalars(query).unique()]
    return sorted(rows, key=_shelf_order)


def expiring_stock(
    session: Session, until: date, wanted: StockFilter, *, today: date, after: tuple[date, int], limit: int
) -> tuple[list[StockRow], tuple[date, int] | None]:
    """A page of the stock whose last day of use is `until` or before, the first to expire first.

    `after` and the second value returned are the expiry date and the key of the last row of a page (`date.min` and 0
    before the first, None after the last).
    """
    query = select(StockBalance).join(Lot, Lot.id == StockBalance.lot_id)
    query = query.where(*_passes(wanted), StockBalance.on_hand > 0, Lot.expiry_date <= until)
    expiry_date, key = after
    later = and_(Lot.expiry_date == expiry_date, StockBalance.id > key)
    query = query.where(or_(Lot.expiry_date > expiry_date, later))
    ordered = query.order_by(Lot.expiry_date, StockBalance.id).limit(limit + 1)
    found = session.scalars(ordered).unique().all()
    rows = [_row(balance, balance.on_hand, today) for balance in found[:limit]]
    if len(found) <= limit:
        return rows, None
    last = found[limit - 1]
    assert last.lot.expiry_date is not None
    return rows, (last.lot.expiry_date, last.id)


def select_card(session: Session, lot_id: int, warehouse: str) -> Select[StockCardLine]:
    """The lines of a stock card; raises `NotFoundError` where the lot was never in the warehouse."""
    query = select(StockBalance).where(StockBalance.lot_id == lot_id)
    balance = session.scalars(query.where(StockBalance.warehouse.has(Facility.code == warehouse))).one_or_none()
    if balance is None:
        raise NotFoundError(missing("stock card", f"{lot_id}/{warehouse}"))
    return select(StockCardLine).where(
        StockCardLine.lot_id == lot_id, StockCardLine.warehouse_id == balance.warehouse_id
    )


def conservation_of(session: Session, lot_ids: Iterable[int]) -> dict[int, Conservation]:
    """Where the units of lots are: on hand from the balances, all else from the events; so one proves the other."""
    ids = sorted(set(lot_ids))
    moved = select(StockEvent.lot_id, StockEvent.from_end, StockEvent.to_end, func.sum(StockEvent.quantity))
    moved = moved.where(StockEvent.lot_id.in_(ids))
    flows: dict[int, dict[tuple[StockEnd, StockEnd], int]] = defaultdict(dict)
    for lot_id, from_end, to_end, units in session.execute(
        moved.group_by(StockEvent.lot_id, StockEvent.from_end, StockEvent.to_end)
    ):
        flows[lot_id][from_end, to_end] = int(units)
    held = select(StockBalance.lot_id, func.sum(StockBalance.on_hand)).where(StockBalance.lot_id.in_(ids))
    on_hand = {lot_id: int(units) for lot_id, units in session.execute(held.group_by(StockBalance.lot_id))}
    return {lot_id: conserve(flows[lot_id], on_hand.get(lot_id, 0)) for lot_id in ids}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are looked at; the fields left out let everything pass."""

    lot_id: int | None = None
    item: str | None = None
    kind: StockEventKind | None = None
    warehouse: str | None = None
    """At either end."""
    facility: str | None = None
    reference_kind: str | None = None
    reference_key: str | None = None
    since: date | None = None
    until: date | None = None


def select_events(wanted: EventFilter) -> Select[StockEvent]:
    """The events that all the filters given let pass."""
    query = select(StockEvent)
    if wanted.item is not None:
        query = query.where(StockEvent.lot.has(Lot.item.has(Item.code == wanted.item)))
    if wanted.warehouse is not None:
        place = select(Facility.id).where(Facility.code == wanted.warehouse).scalar_subquery()
        query = query.where(or_(StockEvent.from_warehouse_id == place, StockEvent.to_warehouse_id == place))
    if wanted.facility is not None:
        query = query.where(StockEvent.facility.has(Facility.code == wanted.facility))
    if wanted.since is not None:
        query = query.where(StockEvent.occurred_on >= wanted.since)
    if wanted.until is not None:
        query = query.where(StockEvent.occurred_on <= wanted.until)
    equal = {
        StockEvent.lot_id: wanted.lot_id,
        StockEvent.kind: wanted.kind,
        StockEvent.reference_kind: wanted.reference_kind,
        StockEvent.reference_key: wanted.reference_key,
    }
    return query.where(*(column == value for column, value in equal.items() if value is not None))


def select_reservations(
    *,
    lot_id: int | None = None,
    warehouse: str | None = None,
    reference_kind: str | None = None,
    reference_key: str | None = None,
    open_only: bool = False,
) -> Select[StockReservation]:
    """The promises that all the filters given let pass."""
    query = select(StockReservation)
    if warehouse is not None:
        query = query.where(StockReservation.warehouse.has(Facility.code == warehouse))
    if open_only:
        query = query.where(StockReservation.released_at.is_(None))
    equal = {
        StockReservation.lot_id: lot_id,
        StockReservation.reference_kind: reference_kind,
        StockReservation.reference_key: reference_key,
    }
    return query.where(*(column == value for column, value in equal.items() if value is not None))
