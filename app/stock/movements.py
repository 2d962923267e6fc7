"""Movements of stock: every one an event, its card lines and balances, and an audit record, or nothing at all."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import record
from app.auth import Actor
from app.clock import Clock
from app.errors import ConflictError, InvalidInputError, NotFoundError, missing
from app.facilities.models import Facility
from app.stock.holdings import facts_of, hold_lots, load_pools, name_shortages, write_settlement
from app.stock.ledger import Movement, movement_faults, settle
from app.stock.models import Lot, StockEnd, StockEvent, StockEventKind
from app.stock.reservations import close_drawn, plan_draws
from app.stock.rules import refuse_if_unfit, unusable_faults
from app.stock.schemas import StockEventView


def move_all(
    session: Session, movements: Sequence[Movement], *, actor: Actor, clock: Clock, where: str = "movements.{n}."
) -> list[StockEvent]:
    """Carry out movements in their order, all or none; the events in the same order.

    `{n}` in `where` is the position of a movement, put before the names of its fields. Raises `InvalidInputError`
    for what is wrong in itself, `UnusableLotError` or `InsufficientStockError` for what the stock does not allow;
    each with everything that is wrong, not the first.
    """
    if not movements:
        return []
    today, now = clock.today(), clock.now()
    places = [where.replace("{n}", str(n)) for n in range(len(movements))]
    InvalidInputError.raise_if(
        [
            fault
            for place, movement in zip(places, movements, strict=True)
            for fault in movement_faults(movement, today=today, where=place)
        ]
    )
    lots = hold_lots(session, (movement.lot_id for movement in movements), where=f"{where}lot_id")
    unusable = [
        fault
        for place, movement in zip(places, movements, strict=True)
        if movement.kind is StockEventKind.SHIPMENT
        # Judged as of today even when written down late: a day in the past must not open a spoilt lot again.
        for fault in unusable_faults(
            facts_of(lots[movement.lot_id]), day=today, facility_id=movement.facility_id, where=f"{place}lot_id"
        )
    ]
    pools, balances = load_pools(session, movements, today=today)
    draws = plan_draws(session, movements)
    settlement = settle(movements, pools, draws.units_by_position)
    refuse_if_unfit(unusable, name_shortages(session, settlement.shorts, lots, where=f"{where}quantity"))
    close_drawn(session, draws, at=now)
    events = write_settlement(session, movements, settlement, balances, actor=actor.name, at=now)
    for event in events:
        record(
            session, at=now, actor=actor.name, action=f"STOCK_{event.kind.value}", subject_kind="stock_event",
            subject_key=event.id, after=_recorded(event, lots[event.lot_id]),
        )  # fmt: skip
    return events


def _recorded(event: StockEvent, lot: Lot) -> dict[str, Any]:
    view: dict[str, Any] = StockEventView.snapshot(event)
    return {**view, "lot": {"id": lot.id, "code": lot.code, "item": lot.item.code}}


def move(session: Session, movement: Movement, *, actor: Actor, clock: Clock) -> StockEvent:
    """Carry out one movement; see `move_all`."""
    return move_all(session, [movement], actor=actor, clock=clock, where="")[0]


def receive(
    session: Session, *, lot: Lot, warehouse: Facility, quantity: int, occurred_on: date, reference_kind: str,
    reference_key: str, actor: Actor, clock: Clock,
) -> StockEvent:  # fmt: skip
    """Take units of a lot into a warehouse from outside, on the strength of a document."""
    receipt = Movement(
        kind=StockEventKind.RECEIPT, lot_id=lot.id, quantity=quantity, from_end=StockEnd.OUTSIDE,
        to_end=StockEnd.WAREHOUSE, to_warehouse_id=warehouse.id, occurred_on=occurred_on,
        reference_kind=reference_kind, reference_key=reference_key,
    )  # fmt: skip
    return move(session, receipt, actor=actor, clock=clock)


def event_by_id(session: Session, event_id: int) -> StockEvent:
    """The event; raises `NotFoundError`."""
    event = session.get(StockEvent, event_id)
    if event is None:
        raise NotFoundError(missing("stock event", event_id))
    return event


def reverse(session: Session, event_id: int, reason: str, *, actor: Actor, clock: Clock) -> StockEvent:
    """Undo an event by an opposite one of today, once, while the units are still where it brought them.

    Raises `ConflictError` (`is_a_reversal`, `already_reversed`) or `InsufficientStockError`.
    """
    event = event_by_id(session, event_id)
    if event.kind is StockEventKind.REVERSAL:
        raise ConflictError.of(
            "Event {event} is a reversal itself; record the movement anew.", code="is_a_reversal", event=event_id
        )
    hold_lots(session, [event.lot_id])
    undone_by = session.scalar(select(StockEvent.id).where(StockEvent.reverses_event_id == event_id))
    if undone_by is not None:
        raise ConflictError.of(
            "Event {event} has already been reversed by event {reversal}.",
            code="already_reversed", event=event_id, reversal=undone_by,
        )  # fmt: skip
    opposite = Movement(
        kind=StockEventKind.REVERSAL, lot_id=event.lot_id, quantity=event.quantity, from_end=event.to_end,
        to_end=event.from_end, from_warehouse_id=event.to_warehouse_id, to_warehouse_id=event.from_warehouse_id,
        facility_id=event.facility_id, occurred_on=clock.today(), reason=reason, reference_kind=event.reference_kind,
        reference_key=event.reference_key, reverses_event_id=event.id,
    )  # fmt: skip
    return move(session, opposite, actor=actor, clock=clock)
