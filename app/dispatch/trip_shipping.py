"""Ships a trip: all its orders as one, with exceptions line by line."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core.errors import ConflictError, Fault, InvalidInputError, Param
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.models import TransferOrder, Trip
from app.dispatch.orders import allowed_ratios
from app.dispatch.rules import OverShipmentError, day_faults
from app.dispatch.schemas import NewShipment, ShipmentLot
from app.dispatch.shipping import send_order
from app.dispatch.trip_schemas import LoadException, TripShipment, TripView
from app.dispatch.trips import open_trip, record_trip
from app.dispatch.types import TransferOrderState, TripState
from app.planning.approval.models import PromisedLot
from app.planning.commitments.service import bind_received, promised_lots
from app.planning.plans.models import AllocationLine, AllocationPlan
from app.stock.holdings import facts_of
from app.stock.rules import UnusableLotError, unusable_faults

Reserved = Mapping[str, Sequence[tuple[int, PromisedLot]]]
"""By order: its line's position and a lot that is reserved for it."""


def ship_trip(work: Work, code: str, new: TripShipment, if_match: Precondition = ANY_VERSION) -> Trip:
    """Send all orders of a trip with one vehicle: what is reserved for them leaves, but for the exceptions.

    An order of which nothing leaves comes off the trip and stays open. Raises `InvalidInputError` for the day and for
    exceptions that name what is not reserved, `OverShipmentError` for more than is reserved, `UnusableLotError` naming
    every lot that must not leave, and `ConflictError` where nothing leaves; then nothing has changed.

    Locks in the order of all dispatch: the trip, plans, orders, lots.
    """
    trip = open_trip(work, code, if_match)
    shipped_on = new.shipped_on or work.today
    InvalidInputError.raise_if(day_faults(shipped_on, today=work.today, not_before=None, where="shipped_on"))
    plans, orders = _lock_parts(work.session, trip)
    reserved = _reserve_received(work, plans, orders)
    wanted = _wanted(reserved, new.exceptions)
    leaving = [order for order in orders if wanted.get(order.code)]
    if not leaving:
        message = "Nothing of trip {trip} is reserved yet; its goods are still to come."
        raise ConflictError.of(message, code="nothing_to_ship", trip=trip.code)
    _refuse_unfit(work, leaving, wanted, reserved)
    before = TripView.snapshot(trip)
    for order in leaving:
        shipment = NewShipment(
            shipped_on=shipped_on,
            vehicle=new.vehicle,
            driver=new.driver,
            pass_number=new.pass_number,
            lots=list(wanted[order.code]),
        )
        send_order(work, plans[order.plan_id], order, shipment)
    trip.state, trip.shipped_on, trip.shipped_at, trip.shipped_by = (
        TripState.SHIPPED,
        shipped_on,
        work.now,
        work.actor.name,
    )
    trip.vehicle, trip.driver, trip.pass_number = new.vehicle, new.driver, new.pass_number or ""
    trip.orders = [order for order in trip.orders if order.state is not TransferOrderState.OPEN]
    return record_trip(work, trip, "TRIP_SHIPPED", before)


def _lock_parts(session: Session, trip: Trip) -> tuple[dict[int, AllocationPlan], list[TransferOrder]]:
    """The plans and the open orders of a trip, locked in the order of their ids."""
    of_trip = select(TransferOrder.plan_id).where(TransferOrder.trip_id == trip.id)
    plans = select(AllocationPlan).where(AllocationPlan.id.in_(of_trip)).order_by(AllocationPlan.id)
    locked = plans.with_for_update(of=AllocationPlan).execution_options(populate_existing=True)
    by_id = {plan.id: plan for plan in session.scalars(locked).unique()}
    query = select(TransferOrder).where(
        TransferOrder.trip_id == trip.id, TransferOrder.state == TransferOrderState.OPEN
    )
    rows = query.order_by(TransferOrder.id).with_for_update(of=TransferOrder)
    return by_id, list(session.scalars(rows.execution_options(populate_existing=True)).unique())


def _reserve_received(work: Work, plans: Mapping[int, AllocationPlan], orders: Sequence[TransferOrder]) -> Reserved:
    """What is reserved for the orders, once what has come in for them meanwhile is reserved, too."""
    places = {line.allocation_line_id: (order.code, line.position) for order in orders for line in order.lines}
    known = [row.lot_id for row in promised_lots(work.session, places)]
    for plan in plans.values():
        bind_received(work, plan.program, plan_id=plan.id, lock_too=known)
    found: dict[str, list[tuple[int, PromisedLot]]] = defaultdict(list)
    for row in promised_lots(work.session, places):
        code, position = places[row.allocation_line_id]
        found[code].append((position, row))
    return found


def _wanted(reserved: Reserved, exceptions: Sequence[LoadException]) -> dict[str, list[ShipmentLot]]:
    """What leaves of each order: what is reserved, in the quantities of the exceptions where there are any."""
    units = {(code, line, row.lot_id): row.quantity for code, rows in reserved.items() for line, row in rows}
    times = Counter((one.order, one.line, one.lot_id) for one in exceptions)
    faults, too_much = [], []
    for n, one in enumerate(exceptions):
        key = (one.order, one.line, one.lot_id)
        params: dict[str, Param] = {"lot": one.lot_id, "line": one.line, "order": one.order}
        if key not in units:
            message = "Lot {lot} is not reserved for line {line} of {order}, or the order is not on this trip."
            faults.append(Fault("lot_not_reserved", message, f"exceptions.{n}.lot_id", params))
        elif times[key] > 1:
            message = "Lot {lot} is named more than once for line {line}."
            faults.append(Fault("named_twice", message, f"exceptions.{n}.lot_id", params))
        elif one.quantity > units[key]:
            message = "Lot {lot} for line {line}: {wanted} are to leave, {reserved} are reserved."
            more: dict[str, Param] = {**params, "wanted": one.quantity, "reserved": units[key]}
            too_much.append(Fault("over_shipment", message, f"exceptions.{n}.quantity", more))
    InvalidInputError.raise_if(faults)
    OverShipmentError.raise_if(too_much)
    told = {(one.order, one.line, one.lot_id): one.quantity for one in exceptions}
    wanted: dict[str, list[ShipmentLot]] = defaultdict(list)
    for (code, line, lot_id), quantity in units.items():
        leaving = told.get((code, line, lot_id), quantity)
        if leaving > 0:
            wanted[code].append(ShipmentLot(line=line, lot_id=lot_id, quantity=leaving))
    return dict(wanted)


def _refuse_unfit(
    work: Work, orders: Sequence[TransferOrder], wanted: Mapping[str, Sequence[ShipmentLot]], reserved: Reserved
) -> None:
    """Raise with all lots of all orders that must not leave, and with all lines of a wrong grade."""
    line_ids = [line.allocation_line_id for order in orders for line in order.lines]
    lines = select(AllocationLine).where(AllocationLine.id.in_(sorted(line_ids))).order_by(AllocationLine.id)
    allowed_ratios(work.session, list(work.session.scalars(lines.options(joinedload(AllocationLine.demand))).unique()))
    lots = {row.lot_id: row.lot for rows in reserved.values() for _, row in rows}
    UnusableLotError.raise_if(
        [
            fault
            for order in orders
            for lot_id in sorted({one.lot_id for one in wanted[order.code]})
            for fault in unusable_faults(
                facts_of(lots[lot_id]), day=work.today, facility_id=order.facility_id, where="exceptions"
            )
        ]
    )
