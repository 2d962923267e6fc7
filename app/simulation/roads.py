"""Shipments and deliveries of a simulated day: vehicles that turn back, damage, recalled lots at delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.types import Program
from app.core.clock import Clock
from app.core.errors import ConflictError
from app.core.work import Work
from app.dispatch.delivery import deliver_order, why_unusable
from app.dispatch.lapsing import give_lapsed_back, lapsed_of
from app.dispatch.models import TransferOrder
from app.dispatch.orders import cancel_order
from app.dispatch.schemas import DeliveredLot, NewShipment, ProofOfDelivery
from app.dispatch.shipping import ship_order
from app.dispatch.trip_schemas import LoadException, TripDay, TripShipment
from app.dispatch.trip_shipping import ship_trip
from app.dispatch.trips import cancel_trip, loading_list, plan_trips, trip_by_code
from app.dispatch.types import RejectedGoods, TransferOrderState
from app.facilities.models import Lane
from app.simulation.types import Parcel
from app.simulation.world import FACILITIES, WAREHOUSE, World

TURNS_BACK_CHANCE = 0.02
DAMAGE_CHANCE = 0.05
MM3_PER_LITRE = 1_000_000
LAPSED = "It did not leave on its day."
PLATE, DRIVER = "湘B·00001", "司机"


@dataclass(slots=True)
class Roads:
    """The lorries of the city: the orders of a store and day go zone by zone into vehicles."""

    world: World
    closed: set[tuple[str, str]] = field(default_factory=set)
    """Lanes that cannot be driven now, by warehouse and facility."""

    def give_lapsed_back(self) -> None:
        """What did not leave on an earlier day is given back."""
        world = self.world
        for program in Program:
            lapsed = world.read(lapsed_of, program, world.today, actor=WAREHOUSE)
            for one in lapsed:
                world.tally.orders_cancelled += one.orders
                world.act(WAREHOUSE, give_lapsed_back, one.plan, LAPSED)

    def ship(self) -> None:
        """Put what is to leave today into vehicles and send them; orders whose road is closed are called off."""
        world = self.world
        warehouses = set()
        for code, warehouse, facility in world.read(_to_ship, world.today):
            if (warehouse, facility) in self.closed:
                world.act(WAREHOUSE, cancel_order, code, "The road is closed.")
                world.tally.orders_cancelled += 1
            else:
                warehouses.add(warehouse)
        for warehouse in sorted(warehouses):
            planned = world.act(WAREHOUSE, _plan_trips, TripDay(warehouse=warehouse, day=world.today))
            for trip in planned.trips:
                self._send_trip(trip)
            for order in planned.too_large:  # more than one vehicle of any class: several lorries, one order
                self._send_order(order)

    def _send_trip(self, code: str) -> None:
        """One vehicle; what was recalled or has expired stays, and orders whose goods are still to come stay open."""
        exceptions = self.world.read(_unfit, code, self.world.clock)
        shipment = TripShipment(vehicle=PLATE, driver=DRIVER, exceptions=exceptions)
        try:
            self.world.act(WAREHOUSE, ship_trip, code, shipment)
        except ConflictError:
            self.world.act(WAREHOUSE, cancel_trip, code, "Nothing to load yet.")
            return
        self._count_round(self.world.read(_shipped_with, code))

    def _send_order(self, code: str) -> None:
        try:
            self.world.act(WAREHOUSE, ship_order, code, NewShipment(vehicle=PLATE, driver=DRIVER))
        except ConflictError:
            return
        self._count_round([code])

    def _count_round(self, codes: Sequence[str]) -> None:
        world = self.world
        litres, warehouse, places, program = world.read(_load, codes)
        vehicles = max(1, -(-litres // self._largest_litres()))
        kilometres = 2 * vehicles * max(world.town.kilometres(warehouse, place) for place in places)
        world.tally.transfer_orders += len(codes)
        world.tally.trips += vehicles
        world.tally.kilometres += kilometres
        figures = world.tally.days[world.today, program]
        figures.orders, figures.kilometres = figures.orders + len(codes), figures.kilometres + kilometres

    def _largest_litres(self) -> int:
        return max(one.volume_litres for one in self.world.town.city.vehicle_classes)

    def arrive(self, *, from_yesterday: bool) -> None:
        """What left today and arrives today, or what left on an earlier day, comes to its doors."""
        today = self.world.today
        for code in self.world.read(_on_the_road, today, from_yesterday=from_yesterday):
            self._deliver(code)

    def _deliver(self, code: str) -> None:
        world = self.world

        def confirm(work: Work) -> list[tuple[tuple[str, str], Parcel]]:
            order = work.session.scalars(select(TransferOrder).where(TransferOrder.code == code)).unique().one()
            lots = self._seen_at_the_door(order)
            full = all(one.rejected_units == 0 for one in lots)
            proof = ProofOfDelivery(received_by="收货人", accepted_in_full=full, lots=[] if full else lots)
            return _accepted(deliver_order(work, code, proof))

        for key, parcel in world.act(FACILITIES, confirm):
            world.shelves.add(key, parcel)
            world.tally.use[key].delivered += parcel.units

    def _seen_at_the_door(self, order: TransferOrder) -> list[DeliveredLot]:
        draws, world = self.world.draws, self.world
        zone = order.facility.zone.code
        turned = draws.chance(TURNS_BACK_CHANCE, "turns back", order.shipped_on, order.warehouse.code, zone)
        damaged = draws.chance(DAMAGE_CHANCE, "damage", order.shipped_on, order.facility.code)
        world.tally.orders_turned_back += turned
        told = []
        for line in order.lines:
            for lot in line.lots:
                unusable = bool(why_unusable(lot.lot, world.today))
                rejected = lot.quantity if turned or unusable else 0
                if damaged and not rejected:
                    damaged, rejected = False, -(-lot.quantity // 20)
                told.append(
                    DeliveredLot(
                        line=line.position,
                        lot_id=lot.lot_id,
                        accepted_units=lot.quantity - rejected,
                        rejected_units=rejected,
                        rejected_goods=RejectedGoods.BACK_TO_WAREHOUSE
                        if turned or unusable
                        else RejectedGoods.WRITTEN_OFF,
                        rejection_reason="The lorry turned back." if turned else "Crushed or recalled.",
                    )
                )
        return told


def _to_ship(session: Session, today: date) -> list[tuple[str, str, str]]:
    """Open orders of today: code, warehouse and facility."""
    query = select(TransferOrder).where(TransferOrder.state == TransferOrderState.OPEN, TransferOrder.ship_on == today)
    orders = session.scalars(query.order_by(TransferOrder.id)).unique()
    return [(one.code, one.warehouse.code, one.facility.code) for one in orders]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """Codes of the trips of a day, and of the orders that no vehicle holds."""

    trips: list[str]
    too_large: list[str]


def _plan_trips(work: Work, day: TripDay) -> _Planned:
    planned = plan_trips(work, day)
    return _Planned(trips=[one.code for one in planned.trips], too_large=[one.order for one in planned.too_large])


def _unfit(session: Session, code: str, clock: Clock) -> list[LoadException]:
    """The lots of a trip that must not leave, as exceptions."""
    return [
        LoadException(order=stop.order, line=lot.line, lot_id=lot.lot_id, quantity=0)
        for stop in loading_list(session, trip_by_code(session, code), clock=clock).stops
        for lot in stop.lots
        if lot.unusable
    ]


def _shipped_with(session: Session, trip: str) -> list[str]:
    return [order.code for order in trip_by_code(session, trip).orders]


def _load(session: Session, codes: Sequence[str]) -> tuple[int, str, list[str], Program]:
    """Litres of what was shipped with these orders, from where and to where, and the program of the first."""
    orders = session.scalars(select(TransferOrder).where(TransferOrder.code.in_(codes)).order_by(TransferOrder.id))
    found = list(orders.unique())
    mm3 = sum(line.shipped_units * line.item.volume_mm3_per_unit for one in found for line in one.lines)
    places = sorted({one.facility.code for one in found})
    return -(-mm3 // MM3_PER_LITRE), found[0].warehouse.code, places, found[0].plan.program


def _on_the_road(session: Session, today: date, *, from_yesterday: bool) -> list[str]:
    """Orders that arrive now: those of today whose lane takes no day, or those of earlier days."""
    query = select(TransferOrder.code).where(TransferOrder.state == TransferOrderState.SHIPPED)
    if from_yesterday:
        query = query.where(TransferOrder.shipped_on < today)
    else:
        same_day = (
            (Lane.warehouse_id == TransferOrder.warehouse_id)
            & (Lane.facility_id == TransferOrder.facility_id)
            & (Lane.lead_days == 0)
        )
        query = query.join(Lane, same_day).where(TransferOrder.shipped_on == today)
    return list(session.scalars(query.order_by(TransferOrder.id)))


def _accepted(order: TransferOrder) -> list[tuple[tuple[str, str], Parcel]]:
    """What came onto shelves, in units of the item asked for."""
    return [
        (
            (order.facility.code, line.serves_item.code),
            Parcel(
                lot_id=lot.lot_id,
                expiry=lot.lot.expiry_date,
                units=lot.accepted_units * line.ratio_permille // 1000,
            ),
        )
        for line in order.lines
        for lot in line.lots
    ]
