"""Reservations: units of a lot promised to a document, until they are shipped or given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.work import Work
from app.stock.holdings import Place, facts_of, lock_balances, lock_lots, name_shortages
from app.stock.ledger import Movement, Pool, PoolKey, draw, reserve_on_paper
from app.stock.models import StockReservation
from app.stock.rules import refuse_if_unfit, unusable_faults
from app.stock.types import StockEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationLine:
    """Units of a lot in a warehouse to be kept for a facility until the day on which they are used."""

    lot_id: int
    warehouse_id: int
    quantity: int
    facility_id: int
    needed_on: date | None = None
    """The lot must be usable on this day too; missing: today."""

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"nothing to reserve: {self.quantity}")


def _promises(rows: Sequence[StockReservation]) -> dict[str, object]:
    lines = [{"lot_id": row.lot_id, "warehouse_id": row.warehouse_id, "quantity": row.quantity} for row in rows]
    return {"reservations": lines}


def reserve(
    work: Work, lines: Sequence[ReservationLine], *, reference_kind: str, reference_key: str, where: str = "lines.{n}"
) -> list[StockReservation]:
    """Promise units to a document, all lines or none; one reservation a lot and warehouse.

    Raises `UnusableLotError` or `InsufficientStockError` naming everything that stands in the way.
    """
    if not lines:
        return []
    today = work.today
    lots = lock_lots(work.session, (line.lot_id for line in lines), where=where)
    unusable = [
        fault
        for n, line in enumerate(lines)
        for fault in unusable_faults(
            facts_of(lots[line.lot_id]),
            day=max(today, line.needed_on or today),
            facility_id=line.facility_id,
            where=where.replace("{n}", str(n)),
        )
    ]
    balances = lock_balances(work.session, ((line.lot_id, line.warehouse_id) for line in lines))
    pools = {
        PoolKey(lot_id, StockEnd.WAREHOUSE, warehouse_id): Pool(on_hand=row.on_hand, reserved=row.reserved)
        for (lot_id, warehouse_id), row in balances.items()
    }
    wanted = [(PoolKey(line.lot_id, StockEnd.WAREHOUSE, line.warehouse_id), line.quantity) for line in lines]
    promised, shorts = reserve_on_paper(wanted, pools)
    refuse_if_unfit(unusable, name_shortages(work.session, shorts, lots, where=where))
    now = work.now
    rows = []
    for key, units in promised.items():
        balances[key.lot_id, key.place_id].reserved += units
        rows.append(
            StockReservation(
                lot_id=key.lot_id,
                warehouse_id=key.place_id,
                quantity=units,
                reference_kind=reference_kind,
                reference_key=reference_key,
                reserved_at=now,
            )
        )
    work.session.add_all(rows)
    work.session.flush()
    work.record("STOCK_RESERVED", reference_kind, reference_key, after=_promises(rows))
    return rows


def open_reservations(session: Session, reference_kind: str, reference_key: str) -> list[StockReservation]:
    """The promises to a document that still stand, in the order in which they were made."""
    query = select(StockReservation).where(
        StockReservation.reference_kind == reference_kind,
        StockReservation.reference_key == reference_key,
        StockReservation.released_at.is_(None),
    )
    refreshed = query.order_by(StockReservation.id).execution_options(populate_existing=True)
    return list(session.scalars(refreshed))


def release(work: Work, reference_kind: str, reference_key: str) -> list[StockReservation]:
    """Give back everything that is still promised to a document; the reservations given back, none the second time."""
    lock_lots(work.session, {row.lot_id for row in open_reservations(work.session, reference_kind, reference_key)})
    rows = open_reservations(work.session, reference_kind, reference_key)  # as they are, now that nobody else can act
    if not rows:
        return []
    balances = lock_balances(work.session, ((row.lot_id, row.warehouse_id) for row in rows))
    now = work.now
    for row in rows:
        row.released_at = now
        balances[row.lot_id, row.warehouse_id].reserved -= row.quantity
    work.session.flush()
    work.record("STOCK_RELEASED", reference_kind, reference_key, before=_promises(rows))
    return rows


def release_part(work: Work, units: Mapping[Place, int], reference_kind: str, reference_key: str) -> None:
    """Give back some of what is promised to a document: units by lot and warehouse, at most what is promised there."""
    lock_lots(work.session, {lot_id for lot_id, _ in units})
    rows = [row for row in open_reservations(work.session, reference_kind, reference_key) if _place_of(row) in units]
    balances = lock_balances(work.session, units)
    given_back: list[tuple[StockReservation, int]] = []
    for place in sorted(units):
        standing = {row.id: row for row in rows if _place_of(row) == place}
        taken = draw([(row.id, row.quantity) for row in standing.values()], units[place])
        given_back += [(standing[row_id], part) for row_id, part in taken]
        balances[place].reserved -= sum(part for _, part in taken)
    if not given_back:
        return
    lines = [{"lot_id": row.lot_id, "warehouse_id": row.warehouse_id, "quantity": part} for row, part in given_back]
    close_drawn(work.session, Draws(units_by_position={}, units_by_reservation=given_back), at=work.now)
    work.record("STOCK_RELEASED", reference_kind, reference_key, before={"reservations": lines})


def _place_of(row: StockReservation) -> Place:
    return (row.lot_id, row.warehouse_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """What movements take from reservations: units by position, and by reservation."""

    units_by_position: dict[int, int]
    units_by_reservation: list[tuple[StockReservation, int]]


def plan_draws(session: Session, movements: Sequence[Movement]) -> Draws:
    """From which reservations the movements take their units; the caller holds the lots."""
    references = sorted({movement.draws_on for movement in movements if movement.draws_on is not None})
    rows = {row.id: row for reference in references for row in open_reservations(session, *reference)}
    left = {row_id: row.quantity for row_id, row in rows.items()}
    by_position: dict[int, int] = {}
    for position, movement in enumerate(movements):
        if movement.draws_on is None:
            continue
        place: Place = (movement.lot_id, movement.from_warehouse_id or 0)
        standing = [
            (row.id, left[row.id])
            for row in rows.values()
            if (row.lot_id, row.warehouse_id) == place and (row.reference_kind, row.reference_key) == movement.draws_on
        ]
        taken = draw(standing, movement.quantity)
        for row_id, units in taken:
            left[row_id] -= units
        by_position[position] = sum(units for _, units in taken)
    drawn = [(row, row.quantity - left[row_id]) for row_id, row in rows.items() if left[row_id] < row.quantity]
    return Draws(units_by_position=by_position, units_by_reservation=drawn)


def close_drawn(session: Session, draws: Draws, *, at: datetime) -> None:
    """Close the reservations drawn on; what was not taken stands as a new one."""
    for row, units in draws.units_by_reservation:
        row.released_at = at
        if units < row.quantity:
            session.add(
                StockReservation(
                    lot_id=row.lot_id,
                    warehouse_id=row.warehouse_id,
                    quantity=row.quantity - units,
                    reference_kind=row.reference_kind,
                    reference_key=row.reference_key,
                    reserved_at=row.reserved_at,
                )
            )
    session.flush()
