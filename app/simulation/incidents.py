"""Incidents of a simulation: two directives, a recalled lot, a road closed for two days; goods that expire."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import ConflictError
from app.dispatch.directives import confirm_directive
from app.facilities.schemas import LaneChange
from app.facilities.service import change_lane
from app.planning.directives.schemas import NewDirective
from app.planning.directives.service import order_directive
from app.simulation.roads import Roads
from app.simulation.supply import CENTRAL
from app.simulation.world import DEPUTY, LEADER, SUPPLIES_GROUP, WAREHOUSE, Diary, World
from app.stock.models import Lot, StockBalance
from app.stock.movements import record_movements
from app.stock.schemas import NewMovement, NewMovementKind, NewMovements
from app.stock.service import block_lot

CLOSED_DAYS = 2
CLOSED_LEAD_DAYS = 60
"""A lane takes so long while its road is closed: longer than any horizon."""
RECALL = "Recalled by its maker."


@dataclass(slots=True)
class Incidents:
    """The incidents of the simulation, on days that hang on its length and seed."""

    world: World
    roads: Roads
    _lead_days: dict[tuple[str, str], int] = field(default_factory=dict)
    """Of the closed lanes, while their road is closed."""
    _written_off: set[tuple[int, str]] = field(default_factory=set)

    def plan_day(self, diary: Diary) -> None:
        """Note the incidents of a day; they come in the afternoon, after the lorries have left."""
        days, number = self.world.town.options.days, self.world.town.number(diary.day)
        closed_on = max(2, days * 2 // 3)
        diary.note(time(5, 30), self._throw_away)
        if number == max(2, days // 2 - 1):
            diary.note(time(14), self._recall)
        if number in (3, max(4, days // 2)):
            diary.note(time(14, 45), self._direct, at_once=number == 3)
        if number == closed_on:
            diary.note(time(14, 30), self._close_road)
        if number == closed_on + CLOSED_DAYS:
            diary.note(time(6, 30), self._open_road)

    def _throw_away(self) -> None:
        """Facilities and stores take out what may not be used any more."""
        world = self.world
        for (_, item), units in world.shelves.throw_away(world.today):
            world.tally.spoiled_on_shelves[item] += units
        expired = world.read(_expired, world.today)
        for lot_id, store, item, units, free in expired:
            world.tally.spoiled_in_stores[item] += units if (lot_id, store) not in self._written_off else 0
            self._written_off.add((lot_id, store))
            if free > 0:
                loss = NewMovement(
                    kind=NewMovementKind.LOSS,
                    lot_id=lot_id,
                    quantity=free,
                    from_warehouse=store,
                    occurred_on=world.today,
                    reason="Expired.",
                )
                new = NewMovements(movements=[loss])
                world.act(WAREHOUSE, record_movements, new)

    def _recall(self) -> None:
        """One medical lot of the first morning is called back: blocked, and taken off the shelves of all facilities."""
        world = self.world
        lots = world.read(_opening_lots)
        lot_id = world.draws.one_of(lots, "recalled")
        world.act(WAREHOUSE, block_lot, lot_id, RECALL)
        world.tally.recalled_on_shelves_units += world.shelves.take_out(lot_id)

    def _direct(self, *, at_once: bool) -> None:
        """A leader gives a facility three days of use of a medical item before all others; a second one confirms it."""
        world, town = self.world, self.world.town
        keys = [key for key in town.norm_milliunits if town.program(key[1]) is Program.MEDICAL and town.tier(key) == 2]
        place, item = world.draws.one_of(keys, "directive", world.today)
        pack = town.items[item].pack_units
        new = NewDirective(
            facility=place,
            item=item,
            quantity=max(1, round(3 * town.expected_use((place, item), world.number) / pack)) * pack,
            needed_by=world.today + timedelta(days=2),
            reason="Takes over the patients of a neighbour.",
            at_once=at_once,
        )
        try:
            code = world.act(LEADER, lambda work: order_directive(work, new).code)
            world.act(DEPUTY, confirm_directive, code)
        except ConflictError:
            return  # there is not as much as it asks for
        world.tally.directives += 1

    def _close_road(self) -> None:
        """No lorry of the central stores comes into one zone."""
        town = self.world.town
        zones = sorted({town.facilities[place].zone for place, _ in town.norm_milliunits})
        zone = self.world.draws.one_of(zones, "closed road")
        for lane in town.city.lanes:
            if lane.warehouse in CENTRAL.values() and town.facilities[lane.facility].zone == zone:
                self._lead_days[lane.warehouse, lane.facility] = lane.lead_days
        self.roads.closed |= self._lead_days.keys()
        self._set_lead_days(dict.fromkeys(self._lead_days, CLOSED_LEAD_DAYS))

    def _open_road(self) -> None:
        self._set_lead_days(self._lead_days)
        self.roads.closed -= self._lead_days.keys()
        self._lead_days.clear()

    def _set_lead_days(self, lanes: dict[tuple[str, str], int]) -> None:
        for (warehouse, facility), days in sorted(lanes.items()):
            change = LaneChange(lead_days=days)
            self.world.act(SUPPLIES_GROUP, change_lane, warehouse, facility, change)


def _expired(session: Session, today: date) -> list[tuple[int, str, str, int, int]]:
    """Lots in stores past their last day: lot, store, item, units, and how many of them are promised to nobody."""
    query = (
        select(StockBalance)
        .join(Lot, Lot.id == StockBalance.lot_id)
        .where(StockBalance.on_hand > 0, Lot.expiry_date < today)
        .order_by(StockBalance.lot_id, StockBalance.warehouse_id)
    )
    return [
        (row.lot_id, row.warehouse.code, row.lot.item.code, row.on_hand, row.on_hand - row.reserved)
        for row in session.scalars(query).unique()
    ]


def _opening_lots(session: Session) -> list[int]:
    """Medical lots of the first morning, in the order in which they came."""
    query = (
        select(Lot.id)
        .join(Item, Item.id == Lot.item_id)
        .where(Item.program == Program.MEDICAL, Lot.code.startswith("opening-"))
    )
    return list(session.scalars(query.order_by(Lot.id)))
