"""Trips: orders of a warehouse and day put into vehicles, changed, called off; listed, with what each one loads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.errors import ConflictError, Fault, InvalidInputError, NotFoundError, Param
from app.core.numbering import next_code
from app.core.records import lock_row_by_code, row_by_code, rows_by_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.models import TransferOrder, Trip
from app.dispatch.packing import Load, VehicleSize, litres_of, pack, trip_faults
from app.dispatch.trip_schemas import (
    LoadingList,
    NewTrip,
    Stop,
    StopLot,
    TooLarge,
    TripChange,
    TripDay,
    TripView,
)
from app.dispatch.types import TransferOrderState, TripState
from app.facilities.models import Facility, Lane, VehicleClass
from app.facilities.service import warehouse_by_code
from app.facilities.vehicles import select_vehicle_classes, vehicle_class_by_code
from app.planning.commitments.service import promised_lots
from app.stock.holdings import facts_of
from app.stock.rules import unusable_faults

SUBJECT = "trip"
NUMBER_SERIES = "TP"


class TripTooLargeError(ConflictError):
    """The orders of a trip take more volume than its vehicle carries."""

    code = "trip_too_large"


def select_trips(
    *, warehouse: str | None = None, day: date | None = None, state: TripState | None = None
) -> Select[Trip]:
    """The trips that all the filters given let pass."""
    query = select(Trip)
    if warehouse is not None:
        query = query.where(Trip.warehouse.has(Facility.code == warehouse))
    if day is not None:
        query = query.where(Trip.day == day)
    if state is not None:
        query = query.where(Trip.state == state)
    return query


def trip_by_code(session: Session, code: str) -> Trip:
    """The trip with this code; raises `NotFoundError`."""
    return row_by_code(session, Trip, "trip", code)


def lock_trip(session: Session, code: str) -> Trip:
    """As `trip_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, Trip, "trip", code)


def open_trip(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> Trip:
    """The trip, locked, that has not left; raises `ConflictError`, and `ForbiddenError` for a foreign warehouse."""
    trip = if_match.check(lock_trip(work.session, code))
    work.actor.refuse_foreign_warehouses([("code", trip.warehouse.code)])
    if trip.state is not TripState.OPEN:
        message = "Trip {trip} is {state}."
        raise ConflictError.of(message, code="wrong_state", where="state", trip=trip.code, state=trip.state.value)
    return trip


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDay:
    """The trips made of a day's orders, and the orders that no vehicle holds."""

    trips: Sequence[Trip]
    too_large: Sequence[TooLarge]


def plan_trips(work: Work, wanted: TripDay) -> PlannedDay:
    """Put the open orders of a warehouse and day that are on no trip yet into vehicles, zone by zone.

    Raises `ConflictError` where there is no such order, and where no vehicle class is in use.
    """
    warehouse = _own_warehouse(work, wanted.warehouse)
    free = TransferOrder.trip_id.is_(None)
    orders = _locked_orders(work.session, _open_orders(warehouse, wanted.day).where(free))
    classes = {row.code: row for row in work.session.scalars(select_vehicle_classes(active=True))}
    if not classes:
        raise ConflictError.of("No vehicle class is in use: enter one first.", code="no_vehicle_class")
    if not orders:
        message = "No open order of {warehouse} leaves on {day} that is on no trip yet."
        params = {"warehouse": warehouse.code, "day": wanted.day.isoformat()}
        raise ConflictError.of(message, code="nothing_to_put_together", **params)
    packing = pack(loads_of(work.session, orders), [size_of(row) for row in classes.values()])
    by_code = {order.code: order for order in orders}
    trips = [
        _new_trip(work, warehouse, wanted.day, classes[one.vehicle_class], [by_code[load.order] for load in one.loads])
        for one in packing.trips
    ]
    return PlannedDay(
        trips=trips, too_large=[TooLarge(order=one.order, litres=one.litres) for one in packing.too_large]
    )


def create_trip(work: Work, new: NewTrip) -> Trip:
    """Put named orders into one vehicle.

    Raises `InvalidInputError` for orders that are unknown, not open, of another warehouse or day, or on another trip,
    and `TripTooLargeError` where they are larger than the vehicle.
    """
    warehouse = _own_warehouse(work, new.warehouse)
    faults: list[Fault] = []
    size = _class_of(work.session, new.vehicle_class, faults)
    orders = _named_orders(work.session, new.orders, warehouse, new.day, None, faults)
    InvalidInputError.raise_if(faults)
    assert size is not None, "an unknown class is a fault"
    TripTooLargeError.raise_if(trip_faults(loads_of(work.session, orders), size_of(size)))
    return _new_trip(work, warehouse, new.day, size, orders)


def change_trip(work: Work, code: str, change: TripChange, if_match: Precondition = ANY_VERSION) -> Trip:
    """Give a trip that has not left other orders or another vehicle class; raises as `create_trip`."""
    trip = open_trip(work, code, if_match)
    faults: list[Fault] = []
    size = _class_of(work.session, change.vehicle_class, faults)
    orders = _named_orders(work.session, change.orders, trip.warehouse, trip.day, trip.id, faults)
    InvalidInputError.raise_if(faults)
    assert size is not None, "an unknown class is a fault"
    TripTooLargeError.raise_if(trip_faults(loads_of(work.session, orders), size_of(size)))
    before = TripView.snapshot(trip)
    trip.vehicle_class, trip.orders = size, list(orders)
    return record_trip(work, trip, "TRIP_CHANGED", before)


def cancel_trip(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> Trip:
    """Call off a trip that has not left; its orders stay as they are, and may go on another trip."""
    trip = open_trip(work, code, if_match)
    before = TripView.snapshot(trip)
    trip.state, trip.closing_reason, trip.orders = TripState.CANCELLED, reason, []
    return record_trip(work, trip, "TRIP_CANCELLED", before)


def record_trip(work: Work, trip: Trip, action: str, before: Mapping[str, Any] | None) -> Trip:
    """Append what was done to a trip to the audit trail."""
    trip.touch()
    work.session.flush()
    work.record(action, SUBJECT, trip.code, before=before, after=TripView.snapshot(trip))
    return trip


def _new_trip(
    work: Work, warehouse: Facility, day: date, vehicle_class: VehicleClass, orders: Sequence[TransferOrder]
) -> Trip:
    trip = Trip(
        code=next_code(work.session, NUMBER_SERIES, work.today),
        warehouse=warehouse,
        day=day,
        vehicle_class=vehicle_class,
        state=TripState.OPEN,
        created_at=work.now,
        created_by=work.actor.name,
        vehicle="",
        driver="",
        pass_number="",
        shipped_by="",
        closing_reason="",
        orders=list(orders),
    )
    work.session.add(trip)
    work.session.flush()
    work.record("TRIP_CREATED", SUBJECT, trip.code, after=TripView.snapshot(trip))
    return trip


def _own_warehouse(work: Work, code: str) -> Facility:
    """The warehouse; not locked, since shipments refer to it: the locks of the orders keep two writers apart."""
    work.actor.refuse_foreign_warehouses([("warehouse", code)])
    try:
        return warehouse_by_code(work.session, code)
    except NotFoundError as error:
        raise InvalidInputError(*(fault.at("warehouse") for fault in error.faults)) from error


def _class_of(session: Session, code: str, faults: list[Fault]) -> VehicleClass | None:
    try:
        found = vehicle_class_by_code(session, code)
    except NotFoundError as error:
        faults += [fault.at("vehicle_class") for fault in error.faults]
        return None
    if not found.active:
        message = "Vehicles of the class “{vehicle_class}” are no longer in use."
        faults.append(Fault("not_in_use", message, "vehicle_class", {"vehicle_class": code}))
    return found


def _open_orders(warehouse: Facility, day: date) -> Select[TransferOrder]:
    return select(TransferOrder).where(
        TransferOrder.warehouse_id == warehouse.id,
        TransferOrder.ship_on == day,
        TransferOrder.state == TransferOrderState.OPEN,
    )


def _locked_orders(session: Session, query: Select[TransferOrder]) -> list[TransferOrder]:
    locked = query.order_by(TransferOrder.id).with_for_update(of=TransferOrder)
    return list(session.scalars(locked.execution_options(populate_existing=True)).unique())


def _named_orders(
    session: Session, codes: Sequence[str], warehouse: Facility, day: date, trip_id: int | None, faults: list[Fault]
) -> list[TransferOrder]:
    """The orders named, locked; a fault for each that is unknown, named twice, or cannot go on this trip."""
    rows_by_code(session, TransferOrder, "transfer order", codes, where="orders.{n}", faults=faults)
    found = _locked_orders(session, select(TransferOrder).where(TransferOrder.code.in_(sorted(set(codes)))))
    by_code = {order.code: order for order in found}
    for n, code in enumerate(codes):
        order, params = by_code.get(code), {"order": code}
        if code in codes[:n]:
            faults.append(Fault("named_twice", "“{key}” is named twice.", f"orders.{n}", {"key": code}))
        if order is None:
            continue
        if order.state is not TransferOrderState.OPEN:
            message = "Transfer order {order} is {state}: it cannot go on a trip."
            faults.append(Fault("wrong_state", message, f"orders.{n}", {**params, "state": order.state.value}))
        if (order.warehouse_id, order.ship_on) != (warehouse.id, day):
            message = "Transfer order {order} leaves {warehouse} on {day}."
            where: dict[str, Param] = {**params, "warehouse": order.warehouse.code, "day": order.ship_on.isoformat()}
            faults.append(Fault("other_day_or_warehouse", message, f"orders.{n}", where))
        if order.trip is not None and order.trip_id != trip_id:
            message = "Transfer order {order} is on trip {trip} already."
            faults.append(Fault("on_a_trip", message, f"orders.{n}", {**params, "trip": order.trip.code}))
    return found


def size_of(row: VehicleClass) -> VehicleSize:
    """A vehicle class as the rules of packing know it."""
    return VehicleSize(code=row.code, litres=row.volume_litres)


def loads_of(session: Session, orders: Sequence[TransferOrder]) -> list[Load]:
    """The orders with the volume of what is ordered, the zone that they go to and the vehicle class of their lane."""
    lanes = session.execute(
        select(Lane.warehouse_id, Lane.facility_id, Lane.vehicle_class).where(
            Lane.facility_id.in_(sorted({order.facility_id for order in orders}))
        )
    )
    classes = {(warehouse, facility): named for warehouse, facility, named in lanes}
    return [
        Load(
            order=order.code,
            zone=order.facility.zone.code,
            mm3=sum(line.ordered_units * line.item.volume_mm3_per_unit for line in order.lines),
            vehicle_class=classes.get((order.warehouse_id, order.facility_id)),
        )
        for order in orders
    ]


def loading_list(session: Session, trip: Trip, *, clock: Clock) -> LoadingList:
    """What a trip loads, stop by stop: of open orders what is reserved for them, of others what left."""
    reserved = _reserved(session, [one for one in trip.orders if one.state is TransferOrderState.OPEN], clock)
    stops = []
    for order in trip.orders:
        if order.state is TransferOrderState.CANCELLED:
            continue
        place = order.facility
        lots = reserved[order.code] if order.code in reserved else _left(order)
        stops.append(
            Stop(
                order=order.code,
                facility=place.code,
                address=place.address,
                contact=place.contact,
                telephone=place.telephone,
                lots=lots,
            )
        )
    return LoadingList(
        trip=trip.code,
        litres=litres_of(load.mm3 for load in loads_of(session, trip.orders)),
        carried_litres=trip.vehicle_class.volume_litres,
        stops=stops,
    )


def _reserved(session: Session, orders: Sequence[TransferOrder], clock: Clock) -> dict[str, list[StopLot]]:
    """The lots that are reserved for open orders, by order and in the order of their lines."""
    lines = {line.allocation_line_id: (order, line) for order in orders for line in order.lines}
    found: dict[str, list[StopLot]] = {order.code: [] for order in orders}
    for row in promised_lots(session, lines):
        order, line = lines[row.allocation_line_id]
        unusable = unusable_faults(facts_of(row.lot), day=clock.today(), facility_id=order.facility_id)
        found[order.code].append(
            StopLot(
                line=line.position,
                item=line.item.code,
                unit=line.item.base_unit,
                lot_id=row.lot_id,
                lot=row.lot.code,
                expiry_date=row.lot.expiry_date,
                quantity=row.quantity,
                unusable=[fault.code for fault in unusable],
            )
        )
    return {code: sorted(lots, key=lambda one: one.line) for code, lots in found.items()}


def _left(order: TransferOrder) -> list[StopLot]:
    return [
        StopLot(
            line=line.position,
            item=line.item.code,
            unit=line.item.base_unit,
            lot_id=lot.lot_id,
            lot=lot.lot.code,
            expiry_date=lot.lot.expiry_date,
            quantity=lot.quantity,
            unusable=[],
        )
        for line in order.lines
        for lot in line.lots
    ]
