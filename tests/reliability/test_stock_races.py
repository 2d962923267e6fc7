"""Many at once on one lot: through the service nothing is oversold; the naive way, in the same harness, oversells."""

import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError, ServiceError
from app.core.settings import Settings
from app.core.work import Work
from app.stock.cards import conservation_of
from app.stock.models import StockBalance, StockEvent, StockReservation
from app.stock.service import move, move_all, release, reserve, reverse
from app.stock.types import StockEventKind
from tests.seeding import seeding
from tests.stock.city import KEEPER, City, build_city, stocked_lot

WRITERS = int(os.environ.get("TONGCHOU_WRITERS", "16"))
ROUNDS = 2
STOCK = 20
DEADLOCK_SQLSTATE = "40P01"
UNITS = 1


@pytest.fixture
def city(database: Database) -> City:
    with seeding(database) as session:
        return build_city(session)


@pytest.fixture
def lot(database: Database, clock: Clock, city: City) -> int:
    with database.write() as session:
        return stocked_lot(session, clock, "A", STOCK)


def all_at_once(act: Callable[[int], str]) -> Counter[str]:
    """Every writer acts `ROUNDS` times, all starting together; how often each outcome came."""
    start = threading.Barrier(WRITERS, timeout=30)

    def work(writer: int) -> list[str]:
        start.wait()
        return [act(writer) for _ in range(ROUNDS)]

    with ThreadPoolExecutor(WRITERS) as pool:
        return Counter(outcome for outcomes in pool.map(work, range(WRITERS)) for outcome in outcomes)


def outcome_of(database: Database, act: Callable[[Session], object]) -> str:
    """`done`, or the code of the refusal; a writer that was told to try again does so."""
    while True:
        try:
            with database.write() as session:
                act(session)
            return "done"
        except BusyError:
            continue
        except ServiceError as refusal:
            return refusal.faults[0].code


def on_hand(database: Database, lot: int) -> dict[str, tuple[int, int]]:
    with database.read() as session:
        rows = session.scalars(select(StockBalance).where(StockBalance.lot_id == lot)).unique()
        return {row.warehouse.code: (row.on_hand, row.reserved) for row in rows}


def assert_conserved(database: Database, lot: int) -> None:
    with database.read() as session:
        assert conservation_of(session, [lot])[lot].difference == 0


def test_nothing_is_oversold_through_the_service(database: Database, clock: Clock, city: City, lot: int) -> None:
    def issue(_writer: int) -> str:
        return outcome_of(database, lambda session: move(Work(session, KEEPER, clock), city.shipment(lot, UNITS)))

    assert all_at_once(issue) == {"done": STOCK, "insufficient_stock": WRITERS * ROUNDS - STOCK}
    assert on_hand(database, lot) == {"wh-1": (0, 0)}
    with database.read() as session:
        shipped = session.scalar(
            select(func.sum(StockEvent.quantity)).where(StockEvent.kind == StockEventKind.SHIPMENT)
        )
    assert shipped == STOCK
    assert_conserved(database, lot)


def _naive_engine(settings: Settings) -> Engine:
    """The engine as SQLAlchemy makes it when nobody thinks about writers."""
    return create_engine(settings.database_url, pool_size=WRITERS)


def test_the_harness_shows_check_then_write_overselling(settings: Settings, database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE naive_stock (units BIGINT NOT NULL)"))
        session.execute(text("INSERT INTO naive_stock VALUES (:units)"), {"units": STOCK})
    engine = _naive_engine(settings)
    looked = threading.Barrier(WRITERS, timeout=30)

    def issue(_writer: int) -> str:
        with engine.connect() as connection:
            left: int = connection.execute(text("SELECT units FROM naive_stock")).scalar_one()
            looked.wait()  # everybody looks before anybody writes: the worst moment, every time
            if left < UNITS:
                return "insufficient_stock"
            connection.execute(text("UPDATE naive_stock SET units = :left"), {"left": left - UNITS})
            connection.commit()
            return "done"

    outcomes = all_at_once(issue)
    with engine.connect() as connection:
        left = connection.execute(text("SELECT units FROM naive_stock")).scalar_one()
    engine.dispose()
    assert outcomes["done"] * UNITS > STOCK - left, "the naive variant must issue more than it booked"


def test_what_is_reserved_at_once_never_exceeds_what_is_there(
    database: Database, clock: Clock, city: City, lot: int
) -> None:
    def promise_or_ship(writer: int) -> str:
        if writer % 2:
            return outcome_of(database, lambda session: move(Work(session, KEEPER, clock), city.shipment(lot, UNITS)))
        return outcome_of(
            database,
            lambda session: reserve(
                Work(session, KEEPER, clock),
                [city.promise(lot, UNITS)],
                reference_kind="plan",
                reference_key=str(writer),
            ),
        )

    assert all_at_once(promise_or_ship)["done"] == STOCK
    units, reserved = on_hand(database, lot)["wh-1"]
    assert units == reserved
    with database.read() as session:
        assert session.scalar(select(func.sum(StockReservation.quantity))) == reserved


def test_a_promise_is_given_back_once(database: Database, clock: Clock, city: City, lot: int) -> None:
    with database.write() as session:
        reserve(Work(session, KEEPER, clock), [city.promise(lot, 5)], reference_kind="plan", reference_key="P")
    given_back = []

    def give_back(_writer: int) -> str:
        return outcome_of(
            database, lambda session: given_back.extend(release(Work(session, KEEPER, clock), "plan", "P"))
        )

    assert all_at_once(give_back) == {"done": WRITERS * ROUNDS}
    assert len(given_back) == 1
    assert on_hand(database, lot) == {"wh-1": (STOCK, 0)}


def test_an_event_is_reversed_by_one_of_many(database: Database, clock: Clock, city: City, lot: int) -> None:
    with database.write() as session:
        event_id = move(Work(session, KEEPER, clock), city.shipment(lot, 5)).id

    def undo(_writer: int) -> str:
        return outcome_of(database, lambda session: reverse(Work(session, KEEPER, clock), event_id, "wrong"))

    assert all_at_once(undo) == {"done": 1, "already_reversed": WRITERS * ROUNDS - 1}
    assert on_hand(database, lot) == {"wh-1": (STOCK, 0)}


def test_transfers_in_opposite_order_do_not_wait_for_each_other(
    database: Database, clock: Clock, city: City, lot: int
) -> None:
    with database.write() as session:
        other = stocked_lot(session, clock, "B", STOCK, warehouse="wh-2")

    def swap(writer: int) -> str:
        there = city.transfer(lot, 1)
        back = city.transfer(other, 1, way=("wh-2", "wh-1"))
        order = [there, back] if writer % 2 else [back, there]
        while True:
            try:
                with database.write() as session:
                    move_all(Work(session, KEEPER, clock), order)
                return "done"
            except BusyError as busy:
                if getattr(getattr(busy.__cause__, "orig", None), "sqlstate", None) == DEADLOCK_SQLSTATE:
                    return "deadlock"  # others merely had no connection, or no turn, in time
            except ServiceError as refusal:
                return refusal.faults[0].code

    assert all_at_once(swap) == {"done": STOCK, "insufficient_stock": WRITERS * ROUNDS - STOCK}
    assert on_hand(database, lot) == {"wh-1": (0, 0), "wh-2": (STOCK, 0)}
    assert_conserved(database, lot)
    assert_conserved(database, other)
