"""What comes into the city: standing orders that are late or short, gifts at any hour, pledges, offers.

All of it hangs on the seed alone, so that it is the same whatever rule makes the plans.
"""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from app.catalog.types import Program
from app.partners.types import SupplyChannel
from app.procurement.order_schemas import NewOrderLine, NewPurchaseOrder, NewReceipt, NewReceiptLine
from app.procurement.schemas import Closing, NewOffer, NewPledge, PledgeConfirmation, Rescheduling
from app.procurement.service import (
    approve_order,
    close_order_short,
    close_pledge_short,
    confirm_pledge,
    create_offer,
    create_pledge,
    create_purchase_order,
    place_order,
    receive_goods,
    reschedule_order,
    reschedule_pledge,
)
from app.simulation.world import LEADER, PROCUREMENT, WAREHOUSE, Diary, World

CENTRAL = {Program.MEDICAL: "city-medical-store", Program.LIVING: "city-living-store"}
SUPPLIERS = {Program.MEDICAL: "medical-trade-a", Program.LIVING: "food-trade"}
DONORS = {Program.MEDICAL: "chamber-donor", Program.LIVING: "farmers-donor"}
PROVINCE = "province-supplies"
FUND = "city-special"
BRANCH_STORES = ("north-store", "south-store")

PLENTY = {Program.MEDICAL: (0.65, 0.95), Program.LIVING: (0.92, 1.08)}
"""What comes in of an item a day over what the city uses: drawn for each item."""
OPENING_DAYS = (1.0, 4.0)
BY_ORDER, BY_GIFT, BY_PLEDGE = 0.6, 0.25, 0.15
"""Parts of what comes in."""
GIFT_CHANCE, PLEDGE_CHANCE, OFFER_CHANCE = 0.25, 0.15, 0.1
ORDERS_A_DAY = {Program.MEDICAL: 3, Program.LIVING: 2}
LATE_BY_DAYS = (0, 0, 0, 0, 0, 0, 0, 1, 1, 2)
SHORT_CHANCE = 0.2
SHORT_DATED_CHANCE = 0.12
EVENTS_BETWEEN = 30
MORNING = (time(8, 1), time(11, 59))


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """An order or a pledge on its way, and what will truly become of it."""

    code: str
    is_order: bool
    lines: tuple[tuple[str, int], ...]
    """Items and units ordered."""
    expected_on: date
    arrives_on: date
    permille: int
    """How much of it comes."""


@dataclass(slots=True)
class Supply:
    """The city's supply; remembers what is on its way."""

    world: World
    _coming: list[Coming] = field(default_factory=list)
    _short: list[tuple[str, bool]] = field(default_factory=list)
    """Orders of which nothing more will come, to be closed in the evening."""

    def open_stores(self) -> None:
        """The stock of the first morning: some days of use of every item, most of it in the central stores."""
        world, town = self.world, self.world.town
        for item in sorted(town.items):
            days = world.draws.between(*OPENING_DAYS, "opening", item)
            use = town.city_use(item)
            for store in self._stores(item):
                units = round(use * days * self._part_of(store, item) / 2)
                for part in (1, 2):
                    self._receive_gift(item, units, store, PROVINCE, f"opening-{part}")

    def plan_day(self, diary: Diary) -> None:
        """Note everything that comes on a day, with further small gifts until enough happens before noon."""
        world, day = self.world, diary.day
        for program in Program:
            for group in range(ORDERS_A_DAY[program]):
                at = time(9, world.draws.whole(0, 59, "ordered at", program, group, day))
                diary.note(at, self._order, program, group)
        for item in sorted(world.town.items):
            if world.draws.chance(GIFT_CHANCE, "gift", item, day):
                diary.note(self._hour("gift at", item, day), self._gift, item)
            if world.draws.chance(PLEDGE_CHANCE, "pledge", item, day):
                diary.note(self._hour("pledge at", item, day), self._pledge, item)
            if world.draws.chance(OFFER_CHANCE, "offer", item, day):
                diary.note(self._hour("offer at", item, day), self._offer, item)
        for coming in [one for one in self._coming if one.arrives_on == day]:
            diary.note(self._hour("arrives at", coming.code, day), self._arrive, coming)
        diary.note(time(18), self._tell_of_delays)

    def fill_morning(self, diary: Diary) -> int:
        """Note small gifts until enough happens between plan and approval; how much happens then."""
        world = self.world
        items = sorted(world.town.items)
        for n in range(max(0, EVENTS_BETWEEN - diary.count(*MORNING))):
            item = world.draws.one_of(items, "small gift", diary.day, n)
            at = time(world.draws.whole(8, 11, "small gift at", diary.day, n), 30)
            diary.note(at, self._small_gift, item, n)
        return diary.count(*MORNING)

    def expect_order(self, code: str, lines: tuple[tuple[str, int], ...], expected_on: date) -> None:
        """An order that a plan has made: it may come late or short as any other."""
        self._expect(code, True, lines, expected_on)

    def _hour(self, *what: object) -> time:
        draws = self.world.draws
        return time(draws.whole(6, 16, *what), draws.whole(1, 59, "minute", *what))

    def _stores(self, item: str) -> list[str]:
        central = CENTRAL[self.world.town.program(item)]
        return [central, *(store for store in BRANCH_STORES if self._part_of(store, item) > 0)]

    def _part_of(self, store: str, item: str) -> float:
        """The part of a city's use of an item that a store can reach; what branches reach, the centre reaches too."""
        town = self.world.town
        use = sum(units for (_, other), units in town.norm_milliunits.items() if other == item)
        reached = {lane.facility for lane in town.city.lanes if lane.warehouse == store}
        near = sum(
            units for (place, other), units in town.norm_milliunits.items() if other == item and place in reached
        )
        return near / use if use else 0.0

    def _daily(self, item: str) -> float:
        """Units of an item that come in a day, on the average."""
        draws, town = self.world.draws, self.world.town
        return town.city_use(item) * draws.between(*PLENTY[town.program(item)], "plenty", item)

    def _packs(self, item: str, units: float) -> int:
        """Whole packs, at least one."""
        pack = self.world.town.items[item].pack_units
        return max(1, round(units / pack)) * pack

    def _expiry(self, item: str, lot: str) -> date | None:
        draws, day = self.world.draws, self.world.today
        shelf_days = self.world.town.items[item].shelf_life_days
        if shelf_days is None:
            return None
        if self.world.town.program(item) is Program.LIVING:
            return day + timedelta(days=shelf_days - 1 - draws.whole(0, 1, "older", lot))
        if draws.chance(SHORT_DATED_CHANCE, "short-dated", lot):
            return day + timedelta(days=draws.whole(2, 6, "last day", lot))
        return day + timedelta(days=draws.whole(60, shelf_days, "last day", lot))

    def _lot_line(self, item: str, units: int, lot: str) -> NewReceiptLine:
        return NewReceiptLine(item=item, lot_code=lot, expiry_date=self._expiry(item, lot), accepted_units=units)

    def _order(self, program: Program, group: int) -> None:
        world, day = self.world, self.world.today
        items = [item for item in sorted(world.town.items) if world.town.program(item) is program]
        lead = world.draws.whole(1, 3, "lead", program, group, day)
        lines = []
        for item in items[group :: ORDERS_A_DAY[program]]:
            units = self._daily(item) * BY_ORDER * world.draws.between(0.8, 1.2, "ordered", item, day)
            price = world.town.items[item].value_microyuan_per_unit
            lines.append(NewOrderLine(item=item, quantity=self._packs(item, units), unit_price_microyuan=max(1, price)))
        new = NewPurchaseOrder(
            partner=SUPPLIERS[program],
            supply_channel=SupplyChannel.MARKET_PURCHASE,
            warehouse=CENTRAL[program],
            fund=FUND,
            expected_on=day + timedelta(days=lead),
            lines=lines,
        )
        code = world.act(PROCUREMENT, lambda work: create_purchase_order(work, new).order.code)
        world.act(LEADER, approve_order, code)
        world.act(PROCUREMENT, place_order, code)
        self._expect(code, True, tuple((line.item, line.quantity) for line in lines), new.expected_on)

    def _gift(self, item: str) -> None:
        world, day = self.world, self.world.today
        units = self._daily(item) * BY_GIFT / GIFT_CHANCE * world.draws.between(0.4, 1.6, "gift size", item, day)
        store = world.draws.one_of([self._stores(item)[0]] * 8 + self._stores(item), "gift to", item, day)
        units *= self._part_of(store, item)
        self._receive_gift(item, self._packs(item, units), store, DONORS[world.town.program(item)], "gift")

    def _small_gift(self, item: str, n: int) -> None:
        program = self.world.town.program(item)
        self._receive_gift(item, self._packs(item, 0), CENTRAL[program], DONORS[program], f"small-{n}")

    def _receive_gift(self, item: str, units: int, store: str, giver: str, kind: str) -> None:
        """Unannounced goods; nothing where there is less than a pack."""
        day = self.world.today
        units -= units % self.world.town.items[item].pack_units
        if units <= 0:
            return
        lot = f"{kind}-{item}-{store}-{day:%m%d}"
        new = NewReceipt(
            partner=giver,
            supply_channel=SupplyChannel.PROVINCIAL_ALLOCATION if giver == PROVINCE else SupplyChannel.DONATION,
            warehouse=store,
            received_on=day,
            confirmed_not_duplicate=True,
            lines=[self._lot_line(item, units, lot)],
        )
        self.world.act(WAREHOUSE, receive_goods, new)

    def _pledge(self, item: str) -> None:
        world, day = self.world, self.world.today
        units = self._daily(item) * BY_PLEDGE / PLEDGE_CHANCE * world.draws.between(0.5, 1.5, "pledged", item, day)
        new = NewPledge(
            partner=PROVINCE,
            supply_channel=SupplyChannel.PROVINCIAL_ALLOCATION,
            item=item,
            warehouse=CENTRAL[world.town.program(item)],
            quantity=self._packs(item, units),
            expected_on=day + timedelta(days=world.draws.whole(1, 3, "pledge lead", item, day)),
        )
        code = world.act(PROCUREMENT, lambda work: create_pledge(work, new).code)
        world.act(PROCUREMENT, confirm_pledge, code, PledgeConfirmation())
        self._expect(code, False, ((item, new.quantity),), new.expected_on)

    def _offer(self, item: str) -> None:
        world, day = self.world, self.world.today
        price = max(1, world.town.items[item].value_microyuan_per_unit)
        new = NewOffer(
            partner=SUPPLIERS[world.town.program(item)],
            item=item,
            warehouse=CENTRAL[world.town.program(item)],
            fund=FUND,
            quantity=self._packs(item, world.town.city_use(item) * world.draws.between(0.2, 0.6, "offered", item, day)),
            unit_price_microyuan=round(price * world.draws.between(1.0, 1.25, "price", item, day)),
            lead_days=world.draws.whole(1, 2, "offer lead", item, day),
            valid_until=day + timedelta(days=2),
        )
        world.act(PROCUREMENT, create_offer, new)

    def _expect(self, code: str, is_order: bool, lines: tuple[tuple[str, int], ...], expected_on: date) -> None:
        draws, what = self.world.draws, (lines, expected_on)
        late = draws.one_of(LATE_BY_DAYS, "late", *what)
        short = draws.chance(SHORT_CHANCE, "short", *what)
        coming = Coming(
            code=code,
            is_order=is_order,
            lines=lines,
            expected_on=expected_on,
            arrives_on=expected_on + timedelta(days=late),
            permille=draws.whole(500, 900, "comes", *what) if short else 1000,
        )
        self._coming.append(coming)

    def _arrive(self, coming: Coming) -> None:
        self._coming.remove(coming)
        lines = [
            self._lot_line(item, units, f"{coming.code}-{item}")
            for item, ordered in coming.lines
            if (units := ordered * coming.permille // 1000) > 0
        ]
        if not lines:
            return
        new = NewReceipt(
            purchase_order=coming.code if coming.is_order else None,
            pledge=None if coming.is_order else coming.code,
            received_on=self.world.today,
            confirmed_not_duplicate=True,
            lines=lines,
        )
        self.world.act(WAREHOUSE, receive_goods, new)
        if coming.permille < 1000:
            self._short.append((coming.code, coming.is_order))

    def _tell_of_delays(self) -> None:
        """What should have come today and has not is expected when it will come; what came short is closed."""
        closing = Closing(reason="The rest will not come.")
        for code, is_order in self._short:
            if is_order:
                self.world.act(PROCUREMENT, close_order_short, code, closing)
            else:
                self.world.act(PROCUREMENT, close_pledge_short, code, closing)
        self._short.clear()
        tomorrow = self.world.today + timedelta(days=1)
        for coming in self._coming:
            if coming.expected_on == self.world.today:
                new = Rescheduling(expected_on=max(tomorrow, coming.arrives_on), reason="The lorry is late.")
                if coming.is_order:
                    self.world.act(PROCUREMENT, reschedule_order, coming.code, new)
                else:
                    self.world.act(PROCUREMENT, reschedule_pledge, coming.code, new)
