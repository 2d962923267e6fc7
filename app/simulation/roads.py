"""What leaves and what arrives: shipments, lorries that turn back, damage, recalled lots at the door."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import ConflictError
from app.core.work import Work
from app.dispatch.delivery import deliver_order, why_unusable
from app.dispatch.lapsing import give_lapsed_back, lapsed_of
from app.dispatch.models import TransferOrder
from app.dispatch.orders import cancel_order
from app.dispatch.schemas import DeliveredLot, NewShipment, ProofOfDelivery, ShipmentLot
from app.dispatch.shipping import pick_list, ship_order
from app.dispatch.types import RejectedGoods, TransferOrderState
from app.facilities.models import Lane
from app.simulation.types import Parcel
from app.simulation.world import FACILITIES, WAREHOUSE, World

TURNS_BACK_CHANCE = 0.02
DAMAGE_CHANCE = 0.05
LORRY_LITRES = 30_000
MM3_PER_LITRE = 1_000_000
LAPSED = "It did not leave on its day."


@dataclass(slots=True)
class Roads:
    """The lorries of the city: one round for a store, a zone and a day, in as many vehicles as the volume needs."""

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
        """Send what is to leave today; what is still to come in stays open, and what cannot be driven is called off."""
        world = self.world
        rounds: dict[tuple[str, str], list[str]] = defaultdict(list)
        for code, warehouse, facility in world.read(_to_ship, world.today):
            if (warehouse, facility) in self.closed:
                world.act(WAREHOUSE, cancel_order, code, "The road is closed.")
                world.tally.orders_cancelled += 1
            elif self._ship(code):
                rounds[warehouse, world.town.facilities[facility].zone].append(code)
                world.tally.transfer_orders += 1
        for (warehouse, _zone), codes in sorted(rounds.items()):
            litres, places, program = world.read(_load, codes)
            vehicles = -(-litres // LORRY_LITRES)
            kilometres = 2 * vehicles * max(world.town.kilometres(warehouse, place) for place in places)
            world.tally.trips += vehicles
            world.tally.kilometres += kilometres
            figures = world.tally.days[world.today, program]
            figures.orders, figures.kilometres = figures.orders + len(codes), figures.kilometres + kilometres

    def _ship(self, code: str) -> bool:
        """Whether it left: not if its goods are still to come, nor anything that was recalled or has expired."""
        new = NewShipment(vehicle="湘B·00001", driver="司机")

        def send(work: Work) -> None:
            picks = pick_list(work.session, code, actor=WAREHOUSE, clock=work.clock).picks
            fit = [one for one in picks if not one.unusable]
            lots = [ShipmentLot(line=one.line, lot_id=one.lot_id, quantity=one.quantity) for one in fit]
            if picks and not fit:
                cancel_order(work, code, "Its goods were recalled.")
            else:
                ship_order(work, code, new if len(fit) == len(picks) else new.model_copy(update={"lots": lots}))

        try:
            self.world.act(WAREHOUSE, send)
        except ConflictError:
            return False
        state = self.world.read(_state, code)
        self.world.tally.orders_cancelled += state is TransferOrderState.CANCELLED
        return state is TransferOrderState.SHIPPED

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


def _state(session: Session, code: str) -> TransferOrderState | None:
    return session.scalar(select(TransferOrder.state).where(TransferOrder.code == code))


def _load(session: Session, codes: Iterable[str]) -> tuple[int, list[str], Program]:
    """Litres of what was shipped with these orders, where they go, and the program of the first."""
    orders = session.scalars(select(TransferOrder).where(TransferOrder.code.in_(codes)).order_by(TransferOrder.id))
    found = list(orders.unique())
    volumes: dict[int, int] = dict(session.execute(select(Item.id, Item.volume_mm3_per_unit)).all())
    mm3 = sum(line.shipped_units * volumes[line.item_id] for one in found for line in one.lines)
    return max(1, -(-mm3 // MM3_PER_LITRE)), sorted({one.facility.code for one in found}), found[0].plan.program


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
