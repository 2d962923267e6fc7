"""Movements of stock: every one an event, its card lines and balances, and an audit record, or nothing at all."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import ConflictError, Fault, InvalidInputError, NotFoundError, missing
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.stock.holdings import facts_of, load_pools, lock_lots, name_shortages, write_settlement
from app.stock.ledger import Movement, movement_faults, settle
from app.stock.models import Lot, StockEvent
from app.stock.published import tell_publisher
from app.stock.reservations import close_drawn, plan_draws
from app.stock.rules import refuse_if_unfit, unusable_faults
from app.stock.schemas import NewMovementKind, NewMovements, StockEventView
from app.stock.types import StockEnd, StockEventKind


def move_all(work: Work, movements: Sequence[Movement], *, where: str = "movements.{n}.") -> list[StockEvent]:
    """Carry out movements in their order, all or none; the events in the same order.

    `{n}` in `where` is the position of a movement, put before the names of its fields. Raises `InvalidInputError`
    for what is wrong in itself, `UnusableLotError` or `InsufficientStockError` for what the stock does not allow;
    each with everything that is wrong, not the first.
    """
    if not movements:
        return []
    today, now = work.today, work.now
    places = [where.replace("{n}", str(n)) for n in range(len(movements))]
    InvalidInputError.raise_if(
        [
            fault
            for place, movement in zip(places, movements, strict=True)
            for fault in movement_faults(movement, today=today, where=place)
        ]
    )
    lots = lock_lots(work.session, (movement.lot_id for movement in movements), where=f"{where}lot_id")
    unusable = [
        fault
        for place, movement in zip(places, movements, strict=True)
        if movement.kind is StockEventKind.SHIPMENT
        # Judged as of today even when written down late: a day in the past must not open a spoilt lot again.
        for fault in unusable_faults(
            facts_of(lots[movement.lot_id]), day=today, facility_id=movement.facility_id, where=f"{place}lot_id"
        )
    ]
    pools, balances = load_pools(work.session, movements, today=today)
    draws = plan_draws(work.session, movements)
    settlement = settle(movements, pools, draws.units_by_position)
    refuse_if_unfit(unusable, name_shortages(work.session, settlement.shorts, lots, where=f"{where}quantity"))
    close_drawn(work.session, draws, at=now)
    events = write_settlement(work.session, movements, settlement, balances, actor=work.actor.name, at=now)
    for event in events:
        work.record(f"STOCK_{event.kind.value}", "stock_event", event.id, after=_recorded(event, lots[event.lot_id]))
    tell_publisher(work, events)
    return events


def _recorded(event: StockEvent, lot: Lot) -> dict[str, Any]:
    view: dict[str, Any] = StockEventView.snapshot(event)
    return {**view, "lot": {"id": lot.id, "code": lot.code, "item": lot.item.code}}


def move(work: Work, movement: Movement) -> StockEvent:
    """Carry out one movement; see `move_all`."""
    return move_all(work, [movement], where="")[0]


def receive(
    work: Work,
    *,
    lot: Lot,
    warehouse: Facility,
    quantity: int,
    occurred_on: date,
    reference_kind: str,
    reference_key: str,
) -> StockEvent:
    """Take units of a lot into a warehouse from outside, on the strength of a document."""
    receipt = Movement(
        kind=StockEventKind.RECEIPT,
        lot_id=lot.id,
        quantity=quantity,
        from_end=StockEnd.OUTSIDE,
        to_end=StockEnd.WAREHOUSE,
        to_warehouse_id=warehouse.id,
        occurred_on=occurred_on,
        reference_kind=reference_kind,
        reference_key=reference_key,
    )
    return move(work, receipt)


_DIRECT_ENDS = {
    NewMovementKind.TRANSFER: StockEnd.WAREHOUSE,
    NewMovementKind.LOSS: StockEnd.LOST,
    NewMovementKind.RETURN: StockEnd.RETURNED,
}


def record_movements(work: Work, new: NewMovements) -> list[StockEvent]:
    """Carry out movements that people record directly; every unknown code and every other fault is named at once.

    Raises `ForbiddenError` naming every warehouse to be taken from that is beyond the actor's reach; goods may be sent
    to any other.
    """
    work.actor.refuse_foreign_warehouses(
        [(f"movements.{n}.from_warehouse", entry.from_warehouse) for n, entry in enumerate(new.movements)]
    )
    codes = sorted({code for entry in new.movements for code in (entry.from_warehouse, entry.to_warehouse) if code})
    places = work.session.scalars(select(Facility).where(Facility.code.in_(codes))).unique()
    warehouse_ids = {place.code: place.id for place in places if place.facility_type.keeps_stock}
    asked_lots = sorted({entry.lot_id for entry in new.movements})
    lot_ids = set(work.session.scalars(select(Lot.id).where(Lot.id.in_(asked_lots))))
    faults: list[Fault] = []
    movements = []
    for n, entry in enumerate(new.movements):
        where = f"movements.{n}."
        if entry.lot_id not in lot_ids:
            faults.append(missing("lot", entry.lot_id, where=f"{where}lot_id"))
        ends: dict[str, int | None] = {"from_warehouse": None, "to_warehouse": None}
        for stand_in, (field, code) in enumerate(
            (("from_warehouse", entry.from_warehouse), ("to_warehouse", entry.to_warehouse))
        ):
            if code is not None:
                # A stand-in for what is unknown lets the other rules have their say too.
                ends[field] = warehouse_ids.get(code, -1 - stand_in)
                if code not in warehouse_ids:
                    faults.append(missing("warehouse", code, where=f"{where}{field}"))
        movement = Movement(
            kind=StockEventKind(entry.kind.value),
            lot_id=entry.lot_id,
            quantity=entry.quantity,
            from_end=StockEnd.WAREHOUSE,
            to_end=_DIRECT_ENDS[entry.kind],
            from_warehouse_id=ends["from_warehouse"],
            to_warehouse_id=ends["to_warehouse"],
            occurred_on=entry.occurred_on,
            reason=entry.reason,
        )
        faults += movement_faults(movement, today=work.today, where=where)
        movements.append(movement)
    InvalidInputError.raise_if(faults)
    return move_all(work, movements)


def event_by_id(session: Session, event_id: int) -> StockEvent:
    """The event; raises `NotFoundError`."""
    event = session.get(StockEvent, event_id)
    if event is None:
        raise NotFoundError(missing("stock event", event_id))
    return event


OWN_REFERENCES = frozenset({"", "physical_inventory"})
"""Events with these references are undone one by one; other documents count what their events brought, and are undone
whole or by a correction of their own."""


def reverse(work: Work, event_id: int, reason: str, if_match: Precondition = ANY_VERSION) -> StockEvent:
    """Undo an event by an opposite one of today, once, while the units are still where it brought them.

    Raises `ConflictError` (`is_a_reversal`, `already_reversed`, `belongs_to_document`) or `InsufficientStockError`,
    and `ForbiddenError` where it would change a warehouse beyond the actor's reach.
    """
    event = if_match.check(event_by_id(work.session, event_id))
    ends = {"from_warehouse": event.from_warehouse, "to_warehouse": event.to_warehouse}
    work.actor.refuse_foreign_warehouses([(name, place.code) for name, place in ends.items() if place is not None])
    if event.kind is StockEventKind.REVERSAL:
        raise ConflictError.of(
            "Event {event} is a reversal itself; record the movement anew.", code="is_a_reversal", event=event_id
        )
    if event.reference_kind not in OWN_REFERENCES:
        raise ConflictError.of(
            "Event {event} belongs to {document}, which counts what it brought; correct that document instead.",
            code="belongs_to_document",
            event=event_id,
            document=event.reference_key,
        )
    lock_lots(work.session, [event.lot_id])
    undone_by = work.session.scalar(select(StockEvent.id).where(StockEvent.reverses_event_id == event_id))
    if undone_by is not None:
        raise ConflictError.of(
            "Event {event} has already been reversed by event {reversal}.",
            code="already_reversed",
            event=event_id,
            reversal=undone_by,
        )
    return move(work, _opposite(event, reason, work.today))


def reverse_document(work: Work, reference_kind: str, reference_key: str, reason: str) -> list[StockEvent]:
    """Undo all that a document brought and that is not undone yet, all or none; the opposite events of today.

    The caller holds the document and takes back what it counted. Raises `InsufficientStockError` naming every lot of
    which units are gone or promised by now.
    """
    undone = select(StockEvent.reverses_event_id).where(StockEvent.reverses_event_id.is_not(None))
    query = (
        select(StockEvent)
        .where(
            StockEvent.reference_kind == reference_kind,
            StockEvent.reference_key == reference_key,
            StockEvent.kind != StockEventKind.REVERSAL,
            StockEvent.id.not_in(undone),
        )
        .order_by(StockEvent.id)
    )
    opposites = [_opposite(event, reason, work.today) for event in work.session.scalars(query).unique()]
    return move_all(work, opposites, where="")


def _opposite(event: StockEvent, reason: str, day: date) -> Movement:
    return Movement(
        kind=StockEventKind.REVERSAL,
        lot_id=event.lot_id,
        quantity=event.quantity,
        from_end=event.to_end,
        to_end=event.from_end,
        from_warehouse_id=event.to_warehouse_id,
        to_warehouse_id=event.from_warehouse_id,
        facility_id=event.facility_id,
        occurred_on=day,
        reason=reason,
        reference_kind=event.reference_kind,
        reference_key=event.reference_key,
        reverses_event_id=event.id,
    )
