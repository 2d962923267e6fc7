"""Shipping: the pick list of an order, and its shipment out of the plan's reservation."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.auth import Actor
from app.core.clock import Clock
from app.core.errors import ConflictError, InvalidInputError
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.models import ShippedLot, TransferOrder
from app.dispatch.orders import (
    REFERENCE_KIND,
    allowed_ratios,
    give_rest_back,
    lock_order,
    order_by_code,
    record_order,
)
from app.dispatch.rules import OverShipmentError, Pick, Step, day_faults, next_state, shipment_faults
from app.dispatch.schemas import NewShipment, PickList, PickView, ShipmentLot, TransferOrderView, WaitingView
from app.planning.approval.models import PromisedLot
from app.planning.commitments.service import REFERENCE_KIND as PLAN
from app.planning.commitments.service import bind_received, promised_lots, set_on_the_road, waiting_units
from app.planning.plans.models import AllocationLine, AllocationPlan
from app.stock.holdings import facts_of
from app.stock.rules import unusable_faults
from app.stock.service import Movement, move_all
from app.stock.types import StockEnd, StockEventKind


def pick_list(session: Session, code: str, *, actor: Actor, clock: Clock) -> PickList:
    """What to take from the shelf for an order, by line and first to expire first, and what is still to come."""
    order = order_by_code(session, code, actor=actor)
    lines = {line.allocation_line_id: line for line in order.lines}
    picks = [
        PickView(
            line=lines[row.allocation_line_id].position,
            item=lines[row.allocation_line_id].item.code,
            lot_id=row.lot_id,
            lot=row.lot.code,
            expiry_date=row.lot.expiry_date,
            quantity=row.quantity,
            unusable=[
                fault.code
                for fault in unusable_faults(facts_of(row.lot), day=clock.today(), facility_id=order.facility_id)
            ],
        )
        for row in promised_lots(session, lines)
    ]
    sources = _sources(session, lines)
    waiting = [
        WaitingView(line=lines[key].position, item=lines[key].item.code, source=sources[key], units=units)
        for key, units in waiting_units(session, lines).items()
    ]
    return PickList(
        order=order.code, picks=sorted(picks, key=lambda pick: pick.line), waiting=sorted(waiting, key=lambda w: w.line)
    )


def _sources(session: Session, line_ids: Collection[int]) -> dict[int, str]:
    query = select(AllocationLine.id, AllocationLine.source_key).where(AllocationLine.id.in_(sorted(line_ids)))
    return dict(session.execute(query).all())


def ship_order(work: Work, code: str, new: NewShipment, if_match: Precondition = ANY_VERSION) -> TransferOrder:
    """Send an order: what is reserved for it goes onto the road, what is not sent is given back.

    What has come in for its lines meanwhile is reserved first. Raises `InvalidInputError`, `OrderStateError`,
    `OverShipmentError`, `MisgradedError`, and `UnusableLotError` for lots that are expired, blocked or earmarked for
    others, and `ConflictError` for an order that leaves with a trip; then nothing has changed.
    """
    plan, order = lock_order(work.session, code, if_match, actor=work.actor)
    if order.trip is not None:
        message = "Transfer order {order} is on trip {trip}: ship the trip, or take the order off it."
        raise ConflictError.of(message, code="on_a_trip", order=order.code, trip=order.trip.code)
    return send_order(work, plan, order, new)


def send_order(work: Work, plan: AllocationPlan, order: TransferOrder, new: NewShipment) -> TransferOrder:
    """As `ship_order`, of an order that the caller has locked after its plan."""
    after = next_state(order.code, order.state, Step.SHIP)
    shipped_on = new.shipped_on or work.today
    InvalidInputError.raise_if(day_faults(shipped_on, today=work.today, not_before=None, where="shipped_on"))
    before = TransferOrderView.snapshot(order)
    line_ids = [line.allocation_line_id for line in order.lines]
    known = [row.lot_id for row in promised_lots(work.session, line_ids)]
    bind_received(work, plan.program, plan_id=plan.id, lock_too=known)
    promised = promised_lots(work.session, line_ids)
    wanted = _wanted(order, new, promised)
    _refuse_misgraded(work.session, line_ids)
    movements = [
        Movement(
            kind=StockEventKind.SHIPMENT,
            lot_id=one.lot_id,
            quantity=one.quantity,
            from_end=StockEnd.WAREHOUSE,
            from_warehouse_id=order.warehouse_id,
            to_end=StockEnd.TRANSIT,
            facility_id=order.facility_id,
            occurred_on=shipped_on,
            reference_kind=REFERENCE_KIND,
            reference_key=order.code,
            draws_on=(PLAN, plan.code),
        )
        for one in wanted
    ]
    move_all(work, movements, where="lots.{n}.")
    _write_down(order, wanted, promised)
    work.session.flush()
    give_rest_back(work, plan, order)
    set_on_the_road(work.session, {line.allocation_line_id: line.shipped_units for line in order.lines})
    order.state, order.shipped_on, order.shipped_at, order.shipped_by = after, shipped_on, work.now, work.actor.name
    order.vehicle, order.driver, order.pass_number = new.vehicle, new.driver, new.pass_number or ""
    record_order(work, order, "TRANSFER_ORDER_SHIPPED", before)
    return order


def _wanted(order: TransferOrder, new: NewShipment, promised: Sequence[PromisedLot]) -> list[ShipmentLot]:
    """The lots that leave: those named, which must be reserved for their lines, or everything reserved."""
    positions = {line.allocation_line_id: line.position for line in order.lines}
    picks = [Pick(line=positions[row.allocation_line_id], lot_id=row.lot_id, units=row.quantity) for row in promised]
    if new.lots is not None:
        OverShipmentError.raise_if(shipment_faults(new.lots, picks))
        return new.lots
    if not picks:
        message = "Nothing is reserved for transfer order {order} yet; its goods are still to come."
        raise ConflictError.of(message, code="nothing_to_ship", order=order.code)
    return [ShipmentLot(line=pick.line, lot_id=pick.lot_id, quantity=pick.units) for pick in picks]


def _refuse_misgraded(session: Session, line_ids: Sequence[int]) -> None:
    query = select(AllocationLine).where(AllocationLine.id.in_(sorted(line_ids))).order_by(AllocationLine.id)
    allowed_ratios(session, list(session.scalars(query.options(joinedload(AllocationLine.demand))).unique()))


def _write_down(order: TransferOrder, wanted: Sequence[ShipmentLot], promised: Sequence[PromisedLot]) -> None:
    lines = {line.position: line for line in order.lines}
    rows = {(row.allocation_line_id, row.lot_id): row for row in promised}
    for one in wanted:
        line = lines[one.line]
        line.shipped_units += one.quantity
        line.lots.append(
            ShippedLot(
                lot_id=one.lot_id,
                quantity=one.quantity,
                accepted_units=0,
                rejected_units=0,
                rejection_reason="",
                missing_units=0,
                missing_reason="",
            )
        )
        rows[line.allocation_line_id, one.lot_id].quantity -= one.quantity
