"""The database itself keeps the ledger: no past can be changed, no balance can leave its card."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.core.clock import Clock
from app.core.database import Database
from app.core.work import Work
from app.stock.service import reverse
from migrations.run import downgrade, upgrade
from migrations.versions.initial.guards import APPEND_ONLY
from tests.seeding import seeding
from tests.stock.city import KEEPER, build_city, stocked_lot

TABLES = ("audit_record", "stock_card_line", "stock_event")
"""Those that hold rows once a lot is received; the published ones are in tests/disclosure."""


@pytest.fixture
def stocked(database: Database, clock: Clock) -> Database:
    """A database with one lot of 10 received."""
    with database.write() as session:
        build_city(session)
        stocked_lot(session, clock, "A", 10)
    return database


def rows_of(database: Database, table: str) -> list[object]:
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]


def refused(database: Database, statement: str, message: str) -> None:
    with pytest.raises(DBAPIError, match=message), database.write() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("table", TABLES)
def test_an_append_only_table_refuses_update_delete_and_truncate(stocked: Database, table: str) -> None:
    before = rows_of(stocked, table)
    assert before
    key = APPEND_ONLY[table][0][0]
    refused(stocked, f"UPDATE {table} SET {key} = {key}", f"{table} is append-only")
    refused(stocked, f"DELETE FROM {table}", f"{table} is append-only")
    if not stocked.is_sqlite:
        refused(stocked, f"TRUNCATE {table} CASCADE", "is append-only")
        refused(stocked, f"SET session_replication_role = replica; DELETE FROM {table}", f"{table} is append-only")
    assert rows_of(stocked, table) == before


@pytest.mark.parametrize(("table", "key"), [(table, key) for table in TABLES for key in APPEND_ONLY[table]])
def test_a_row_cannot_be_replaced_through_any_of_its_keys(
    stocked: Database, clock: Clock, table: str, key: tuple[str, ...]
) -> None:
    if key == ("reverses_event_id",):  # needs a reversal to be there
        with stocked.write() as session:
            reverse(Work(session, KEEPER, clock), 1, "never came")
    before = rows_of(stocked, table)
    columns = [column["name"] for column in inspect(stocked.engine).get_columns(table)]
    surrogate = APPEND_ONLY[table][0][0]
    # The same row again, under a new number unless the number itself is the key tried.
    copied = [column if column != surrogate or key == (surrogate,) else f"{column} + 1000" for column in columns]
    where = " AND ".join(f"{column} IS NOT NULL" for column in key)
    source = f"SELECT {', '.join(copied)} FROM {table} WHERE {where}"
    if stocked.is_sqlite:
        refused(stocked, f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) {source}", "append-only")
    else:
        conflict = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {surrogate} = {table}.{surrogate}"
        refused(stocked, f"INSERT INTO {table} ({', '.join(columns)}) {source} {conflict}", "append-only")
    assert rows_of(stocked, table) == before


@pytest.mark.parametrize("change", ["on_hand = 9", "on_hand = 11", "last_seq = 0", "last_seq = 2"])
def test_a_balance_cannot_leave_its_card(stocked: Database, change: str) -> None:
    refused(stocked, f"UPDATE stock_balance SET {change}", "a balance must equal the last line of its stock card")


def test_no_balance_without_a_card(stocked: Database) -> None:
    invented = "SELECT lot_id, from_id, 5, 0, 1 FROM (SELECT 1 AS lot_id, 2 AS from_id) AS made_up"
    refused(
        stocked,
        f"INSERT INTO stock_balance (lot_id, warehouse_id, on_hand, reserved, last_seq) {invented}",
        "a balance must equal the last line of its stock card",
    )


@pytest.mark.parametrize(("seq", "change", "balance_after"), [(3, 1, 11), (2, 1, 12), (2, -4, 5), (7, 0, 10)])
def test_a_card_line_must_follow_the_one_before(
    stocked: Database, clock: Clock, seq: int, change: int, balance_after: int
) -> None:
    event = (
        "INSERT INTO stock_event (lot_id, kind, quantity, from_end, from_warehouse_id, to_end, occurred_on, "
        "recorded_at, actor, reason, reference_kind, reference_key) "
        "SELECT lot_id, 'LOSS', 1, 'WAREHOUSE', warehouse_id, 'LOST', '2020-01-31', '2020-01-31 04:00:00', 'x', "
        "'x', '', '' FROM stock_balance"
    )
    line = (
        "INSERT INTO stock_card_line (lot_id, warehouse_id, seq, event_id, change, balance_after) "
        f"SELECT lot_id, warehouse_id, {seq}, 2, {change}, {balance_after} FROM stock_balance"
    )
    with seeding(stocked) as session:
        session.execute(text(event))
    refused(stocked, line, "a stock card line must follow the one before")


def test_a_reserve_beyond_what_is_on_hand_is_refused(stocked: Database) -> None:
    refused(stocked, "UPDATE stock_balance SET reserved = 11", "ck_stock_balance_available")


def test_the_guards_go_down_with_rows_in_the_tables_and_up_again(stocked: Database, clock: Clock) -> None:
    downgrade(stocked.engine, "base")
    upgrade(stocked.engine)
    with stocked.write() as session:
        build_city(session)
        stocked_lot(session, clock, "A", 10)
    refused(stocked, "UPDATE stock_event SET reason = 'again'", "stock_event is append-only")
    refused(stocked, "UPDATE stock_balance SET on_hand = 9", "a balance must equal the last line of its stock card")
