"""The ledger through the services, on both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError, InvalidInputError
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.stock.cards import conservation_of
from app.stock.models import Lot, StockBalance, StockCardLine, StockEvent, StockReservation
from app.stock.rules import InsufficientStockError, UnusableLotError
from app.stock.service import Movement, available_lots, block_lot, move, move_all, release, reserve, reverse, stock_on
from app.stock.types import StockEnd, StockEventKind
from tests.conftest import TODAY
from tests.seeding import seeding
from tests.stock.city import KEEPER, City, build_city, stocked_lot, take_in

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def city(database: Database) -> City:
    with seeding(database) as session:
        return build_city(session)


def onward(movement: Movement, kind: StockEventKind, to_end: StockEnd, units: int, **more: object) -> Movement:
    """What happens to a shipment on its way."""
    changed = replace(
        movement, kind=kind, from_end=StockEnd.TRANSIT, from_warehouse_id=None, to_end=to_end, quantity=units
    )
    return replace(changed, **more)  # type: ignore[arg-type]


def held(session: Session, lot: int) -> dict[str, tuple[int, int]]:
    """On hand and reserved by warehouse."""
    rows = session.scalars(select(StockBalance).where(StockBalance.lot_id == lot)).unique()
    return {row.warehouse.code: (row.on_hand, row.reserved) for row in rows}


def assert_books_agree(session: Session) -> None:
    """Every balance equals the last line of its card, reserved the open reservations; every lot conserves."""
    session.expire_all()
    for balance in session.scalars(select(StockBalance)).unique():
        lines = (
            session.scalars(
                select(StockCardLine)
                .where(StockCardLine.lot_id == balance.lot_id, StockCardLine.warehouse_id == balance.warehouse_id)
                .order_by(StockCardLine.seq)
            )
            .unique()
            .all()
        )
        assert [line.seq for line in lines] == list(range(1, balance.last_seq + 1))
        running = 0
        for line in lines:
            running += line.change
            assert line.balance_after == running >= 0
        assert balance.on_hand == running
        promised = session.scalars(
            select(StockReservation).where(
                StockReservation.lot_id == balance.lot_id,
                StockReservation.warehouse_id == balance.warehouse_id,
                StockReservation.released_at.is_(None),
            )
        ).unique()
        assert balance.reserved == sum(row.quantity for row in promised)
    for lot_id, conservation in conservation_of(session, session.scalars(select(Lot.id))).items():
        assert conservation.difference == 0, lot_id


def test_a_lot_travels_and_every_unit_is_accounted_for(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 100)
        sent = city.shipment(lot, 60)
        back = city.ids["wh-2"]
        move_all(
            Work(session, KEEPER, clock),
            [
                city.transfer(lot, 30),
                sent,
                onward(sent, StockEventKind.DELIVERY, StockEnd.FACILITY, 50),
                onward(sent, StockEventKind.LOSS, StockEnd.LOST, 4, reason="wet"),
                onward(sent, StockEventKind.RETURN, StockEnd.WAREHOUSE, 6, to_warehouse_id=back, reason="torn"),
            ],
        )
    with database.read() as session:
        assert held(session, lot) == {"wh-1": (10, 0), "wh-2": (36, 0)}
        conservation = conservation_of(session, [lot])[lot]
        assert (conservation.received, conservation.on_hand, conservation.in_transit) == (100, 46, 0)
        assert (conservation.delivered, conservation.lost, conservation.returned) == (50, 4, 0)
        assert_books_agree(session)
        actions = session.scalars(select(AuditRecord.action).order_by(AuditRecord.seq)).all()
        assert actions == [
            "LOT_REGISTERED",
            "STOCK_RECEIPT",
            "STOCK_TRANSFER",
            "STOCK_SHIPMENT",
            "STOCK_DELIVERY",
            "STOCK_LOSS",
            "STOCK_RETURN",
        ]


def test_all_shortages_are_named_and_nothing_is_moved(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        first, second, third = (stocked_lot(session, clock, code, 10) for code in "ABC")
    wanted = [city.shipment(first, 11), city.shipment(second, 10), city.shipment(third, 12)]
    with pytest.raises(InsufficientStockError) as refusal, database.write() as session:
        move_all(Work(session, KEEPER, clock), wanted)
    assert [(one.lot, one.place, one.wanted_units, one.available_units) for one in refusal.value.shortages] == [
        ("A", "wh-1", 11, 10),
        ("C", "wh-1", 12, 10),
    ]
    assert [fault.where for fault in refusal.value.faults] == ["movements.0.quantity", "movements.2.quantity"]
    with database.read() as session:
        assert held(session, second) == {"wh-1": (10, 0)}


def test_two_movements_of_one_lot_share_what_there_is(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10)
    with pytest.raises(InsufficientStockError) as refusal, database.write() as session:
        move_all(Work(session, KEEPER, clock), [city.shipment(lot, 6), city.shipment(lot, 6, to="h-2")])
    assert [(one.wanted_units, one.available_units) for one in refusal.value.shortages] == [(6, 4)]


def test_no_more_is_delivered_than_is_on_its_way_to_that_facility(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 100)
        sent = city.shipment(lot, 10)
        move_all(Work(session, KEEPER, clock), [sent, city.shipment(lot, 50, to="h-2")])
    with pytest.raises(InsufficientStockError) as refusal, database.write() as session:
        move(Work(session, KEEPER, clock), onward(sent, StockEventKind.DELIVERY, StockEnd.FACILITY, 11))
    assert [(one.place, one.available_units) for one in refusal.value.shortages] == [("h-1", 10)]


def test_what_came_later_does_not_cover_what_left_before(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10)  # received today
    with pytest.raises(InsufficientStockError), database.write() as session:
        move(Work(session, KEEPER, clock), city.shipment(lot, 1, on=YESTERDAY))
    with database.write() as session:
        take_in(session, clock, lot, 7, on=YESTERDAY)
        move(Work(session, KEEPER, clock), city.shipment(lot, 7, on=YESTERDAY))
    with database.read() as session:
        assert [row.on_hand for row in stock_on(session, TODAY)] == [10]
        assert stock_on(session, YESTERDAY) == []
        assert_books_agree(session)


def test_unusable_lots_never_leave_and_every_reason_is_named(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        good = stocked_lot(session, clock, "good", 10, expiry_date=TODAY)
        expired = stocked_lot(session, clock, "expired", 10, expiry_date=YESTERDAY)
        blocked = stocked_lot(session, clock, "blocked", 10)
        block_lot(Work(session, KEEPER, clock), blocked, "failed inspection")
        given = stocked_lot(session, clock, "given", 10, earmark=["h-2"])
    lots = [good, expired, blocked, given]
    with pytest.raises(UnusableLotError) as refusal, database.write() as session:
        move_all(Work(session, KEEPER, clock), [city.shipment(lot, 11) for lot in lots])
    codes = [fault.code for fault in refusal.value.faults]
    assert codes == ["lot_expired", "lot_blocked", "lot_earmarked", *["insufficient_stock"] * 4]
    lines = [city.promise(lot, 1, needed_on=TODAY + timedelta(days=1)) for lot in lots]
    with pytest.raises(UnusableLotError) as refusal, database.write() as session:
        reserve(Work(session, KEEPER, clock), lines, reference_kind="allocation_plan", reference_key="P")
    codes = [fault.code for fault in refusal.value.faults]
    assert codes == ["lot_expired", "lot_expired", "lot_blocked", "lot_earmarked"]  # the first expires before its use
    with database.write() as session:
        move_all(Work(session, KEEPER, clock), [city.shipment(good, 1), city.shipment(given, 1, to="h-2")])
        # A spoilt lot stays where it is, unless it is thrown away or moved aside.
        move(Work(session, KEEPER, clock), city.transfer(expired, 10))


def test_a_late_record_does_not_ship_an_expired_lot(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 0, expiry_date=YESTERDAY)
        take_in(session, clock, lot, 7, on=YESTERDAY)
    with pytest.raises(UnusableLotError), database.write() as session:
        move(Work(session, KEEPER, clock), city.shipment(lot, 1, on=YESTERDAY))


def test_a_movement_that_cannot_be_names_all_its_faults(database: Database, clock: Clock, city: City) -> None:
    loss = Movement(
        kind=StockEventKind.LOSS,
        lot_id=999,
        quantity=0,
        from_end=StockEnd.WAREHOUSE,
        to_end=StockEnd.LOST,
        occurred_on=TODAY + timedelta(days=1),
    )
    with pytest.raises(InvalidInputError) as refusal, database.write() as session:
        move(Work(session, KEEPER, clock), loss)
    assert {(fault.where, fault.code) for fault in refusal.value.faults} == {
        ("from_warehouse", "warehouse_not_fitting"),
        ("quantity", "quantity_out_of_range"),
        ("occurred_on", "day_in_the_future"),
        ("reason", "reason_missing"),
    }


def test_an_event_is_reversed_once_and_a_reversal_never(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10)
        sent = move(Work(session, KEEPER, clock), city.shipment(lot, 4))
        sent_id = sent.id
        undone = reverse(Work(session, KEEPER, clock), sent_id, "wrong truck")
        assert (undone.from_end, undone.to_end, undone.facility_id) == (
            StockEnd.TRANSIT,
            StockEnd.WAREHOUSE,
            sent.facility_id,
        )
        undone_id = undone.id
    for event_id, code in ((sent_id, "already_reversed"), (undone_id, "is_a_reversal")):
        with pytest.raises(ConflictError) as refusal, database.write() as session:
            reverse(Work(session, KEEPER, clock), event_id, "again")
        assert refusal.value.faults[0].code == code
    with database.read() as session:
        assert held(session, lot) == {"wh-1": (10, 0)}
        assert_books_agree(session)


def test_a_receipt_is_only_reversed_while_its_units_are_there(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10)
        receipt_id = session.scalars(select(StockEvent.id)).one()
        sent = city.shipment(lot, 1)
        event_id = move(Work(session, KEEPER, clock), sent).id
    with pytest.raises(InsufficientStockError), database.write() as session:
        reverse(Work(session, KEEPER, clock), receipt_id, "never came")
    with database.write() as session:
        move(Work(session, KEEPER, clock), onward(sent, StockEventKind.DELIVERY, StockEnd.FACILITY, 1))
    with pytest.raises(InsufficientStockError), database.write() as session:  # it is at the hospital, not on its way
        reverse(Work(session, KEEPER, clock), event_id, "never left")


def test_what_is_reserved_leaves_only_for_its_document(database: Database, clock: Clock, city: City) -> None:
    plan, other = ("allocation_plan", "P"), ("allocation_plan", "Q")
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10)
        lines = [city.promise(lot, 3), city.promise(lot, 4)]
        reserve(Work(session, KEEPER, clock), lines, reference_kind=plan[0], reference_key=plan[1])
    with database.read() as session:
        assert held(session, lot) == {"wh-1": (10, 7)}
        rows = available_lots(session, Program.MEDICAL, day=TODAY)
        assert [(row.reserved, row.available) for row in rows] == [(7, 3)]
    for refused in (
        {"quantity": 4},
        {"quantity": 8, "draws_on": plan},
        {"quantity": 1, "draws_on": other},
    ):
        with pytest.raises(InsufficientStockError), database.write() as session:
            move(Work(session, KEEPER, clock), replace(city.shipment(lot, 1), **refused))
    with database.write() as session:
        first = replace(city.shipment(lot, 5), draws_on=plan)
        move_all(Work(session, KEEPER, clock), [first, city.shipment(lot, 3)])
    with database.read() as session:
        assert held(session, lot) == {"wh-1": (2, 2)}
        assert_books_agree(session)
    with database.write() as session:
        assert [row.quantity for row in release(Work(session, KEEPER, clock), *plan)] == [2]
        assert release(Work(session, KEEPER, clock), *plan) == []
    with database.read() as session:
        assert held(session, lot) == {"wh-1": (2, 0)}
        assert_books_agree(session)


def test_no_more_is_reserved_than_is_available(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot, empty = stocked_lot(session, clock, "A", 10), stocked_lot(session, clock, "B", 0)
    lines = [city.promise(lot, 6), city.promise(empty, 1), city.promise(lot, 5)]
    with pytest.raises(InsufficientStockError) as refusal, database.write() as session:
        reserve(Work(session, KEEPER, clock), lines, reference_kind="plan", reference_key="P")
    assert [(one.lot, one.wanted_units, one.available_units) for one in refusal.value.shortages] == [
        ("A", 11, 10),
        ("B", 1, 0),
    ]


def test_stock_as_of_a_day(database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10, expiry_date=TODAY)
        stocked_lot(session, clock, "R", 5, item="rice", warehouse="wh-2")
        take_in(session, clock, lot, 7, on=YESTERDAY)

    def rows(day: date, **wanted: object) -> list[tuple[str, int, tuple[str, ...]]]:
        with database.read() as session:
            found = stock_on(session, day, **wanted)  # type: ignore[arg-type]
            return [(row.lot.code, row.on_hand, row.unusable) for row in found]

    assert rows(YESTERDAY - timedelta(days=1)) == []
    assert rows(YESTERDAY) == [("A", 7, ())]
    assert rows(TODAY) == [("A", 17, ()), ("R", 5, ())]
    assert rows(TODAY + timedelta(days=1)) == [("A", 17, ("lot_expired",)), ("R", 5, ())]
    assert rows(TODAY, program=Program.LIVING) == rows(TODAY, item="rice") == rows(TODAY, warehouse="wh-2")
    assert rows(TODAY, item="nothing") == []
