"""The guards in the database itself: append-only tables, and stock cards whose lines and balances follow each other.

The one registry of triggers: a migration that re-creates a table on SQLite drops its triggers and must call
`drop_guards` before and `create_guards` after. Everything here is for SQLite and for PostgreSQL.
"""

from collections.abc import Iterable, Mapping

from alembic import op

APPEND_ONLY_TABLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "audit_record": (("seq",), ("digest",)),
    "stock_card_line": (("id",), ("lot_id", "warehouse_id", "seq"), ("event_id", "warehouse_id")),
    "stock_event": (("id",), ("reverses_event_id",)),
}
"""Tables that only grow, with their unique keys: on SQLite, INSERT OR REPLACE on one of these would delete a row."""

DISCLOSURE_TABLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "disclosure": (("id",), ("code",), ("as_of", "version")),
    "disclosure_line": (("disclosure_id", "item_id", "channel"),),
    "disclosure_issue": (("disclosure_id", "item_id", "facility_id"),),
}
"""The same for what is published; these came later, so they have guards of their own."""

_SQLITE_BALANCE_DIFFERS = """
NOT EXISTS (SELECT 1 FROM stock_card_line AS line
            WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id
              AND line.seq = NEW.last_seq AND line.balance_after = NEW.on_hand)
OR EXISTS (SELECT 1 FROM stock_card_line AS line
           WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id AND line.seq > NEW.last_seq)
"""

_SQLITE_LINE_DOES_NOT_FOLLOW = """
NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM stock_card_line AS line
                            WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id
                              AND line.seq = NEW.seq - 1 AND line.balance_after + NEW.change = NEW.balance_after)
"""


def _sqlite_trigger(name: str, table: str, moment: str, message: str, condition: str = "") -> str:
    when = f"WHEN {condition} " if condition else ""
    return f"CREATE TRIGGER {name} BEFORE {moment} ON {table} {when}BEGIN SELECT RAISE(ABORT, '{message}'); END"


def _sqlite_append_only(tables: Mapping[str, tuple[tuple[str, ...], ...]]) -> dict[str, str]:
    """The triggers for SQLite that let tables only grow, by name."""
    guards = {}
    for table, keys in tables.items():
        message = f"{table} is append-only"
        same_key = " OR ".join(
            "(" + " AND ".join(f"present.{column} = NEW.{column}" for column in key) + ")" for key in keys
        )
        held = f"EXISTS (SELECT 1 FROM {table} AS present WHERE {same_key})"  # noqa: S608 - our own names
        for name, moment, condition in (
            (f"{table}_no_update", "UPDATE", ""),
            (f"{table}_no_delete", "DELETE", ""),
            # Not even under INSERT OR REPLACE, which deletes without asking the trigger above.
            (f"{table}_no_replace", "INSERT", held),
        ):
            guards[name] = _sqlite_trigger(name, table, moment, message, condition)
    return guards


def _sqlite_guards() -> dict[str, str]:
    """The triggers for SQLite by name."""
    guards = _sqlite_append_only(APPEND_ONLY_TABLES)
    guards["stock_card_line_follows"] = _sqlite_trigger(
        "stock_card_line_follows",
        "stock_card_line",
        "INSERT",
        "a stock card line must follow the one before",
        _SQLITE_LINE_DOES_NOT_FOLLOW,
    )
    for moment in ("INSERT", "UPDATE"):
        name = f"stock_balance_on_{moment.lower()}"
        message = "a balance must equal the last line of its stock card"
        guards[name] = _sqlite_trigger(name, "stock_balance", moment, message, _SQLITE_BALANCE_DIFFERS)
    return guards


_POSTGRESQL_FUNCTIONS: Mapping[str, str] = {
    "tongchou_refuse_change": """
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    """,
    "tongchou_check_card_line": """
        IF NEW.seq > 1 AND NOT EXISTS (
            SELECT 1 FROM stock_card_line AS line
            WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id
              AND line.seq = NEW.seq - 1 AND line.balance_after + NEW.change = NEW.balance_after
        ) THEN
            RAISE EXCEPTION 'a stock card line must follow the one before' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
    "tongchou_check_balance": """
        IF NOT EXISTS (
            SELECT 1 FROM stock_card_line AS line
            WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id
              AND line.seq = NEW.last_seq AND line.balance_after = NEW.on_hand
        ) OR EXISTS (
            SELECT 1 FROM stock_card_line AS line
            WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id AND line.seq > NEW.last_seq
        ) THEN
            RAISE EXCEPTION 'a balance must equal the last line of its stock card' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
}


def _postgresql_append_only(tables: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The triggers for PostgreSQL that let tables only grow, by name: their table and what creates them.

    They are per statement, so they also refuse TRUNCATE and what would touch no row.
    """
    return {
        f"{table}_append_only": (
            table,
            f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT "
            "EXECUTE FUNCTION tongchou_refuse_change()",
        )
        for table in tables
    }


def _postgresql_guards() -> dict[str, tuple[str, str]]:
    """The triggers for PostgreSQL by name: their table and what creates them."""
    guards = _postgresql_append_only(APPEND_ONLY_TABLES)
    guards["stock_card_line_follows"] = (
        "stock_card_line",
        "BEFORE INSERT ON stock_card_line FOR EACH ROW EXECUTE FUNCTION tongchou_check_card_line()",
    )
    guards["stock_balance_follows"] = (
        "stock_balance",
        "BEFORE INSERT OR UPDATE ON stock_balance FOR EACH ROW EXECUTE FUNCTION tongchou_check_balance()",
    )
    return guards


def create_guards() -> None:
    """Put all guards up; inside a migration."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _sqlite_guards().values():
            op.execute(statement)
        return
    for name, body in _POSTGRESQL_FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    _create_postgresql(_postgresql_guards())


def _create_postgresql(guards: Mapping[str, tuple[str, str]]) -> None:
    for name, (table, definition) in guards.items():
        op.execute(f"CREATE TRIGGER {name} {definition}")
        # ALWAYS: not even a session that replays a replica's changes passes by.
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def create_append_only(tables: Mapping[str, tuple[tuple[str, ...], ...]]) -> None:
    """Let more tables only grow from now on; inside the migration that creates them, after `create_guards`."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _sqlite_append_only(tables).values():
            op.execute(statement)
    else:
        _create_postgresql(_postgresql_append_only(tables))


def drop_guards() -> None:
    """Take all guards down; inside a migration."""
    if op.get_bind().dialect.name == "sqlite":
        for name in _sqlite_guards():
            op.execute(f"DROP TRIGGER {name}")
        return
    for name, (table, _) in _postgresql_guards().items():
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in _POSTGRESQL_FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
