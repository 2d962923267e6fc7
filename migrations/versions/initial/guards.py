"""Triggers of the first revision: append-only tables, and stock cards whose lines and balances follow each other.

A later revision that re-creates one of these tables on SQLite drops its triggers: it must create them again, with
its own copy of their text.
"""

from collections.abc import Mapping

from alembic import op

APPEND_ONLY: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "audit_record": (("seq",), ("digest",)),
    "stock_card_line": (("id",), ("lot_id", "warehouse_id", "seq"), ("event_id", "warehouse_id")),
    "stock_event": (("id",), ("reverses_event_id",)),
    "disclosure": (("id",), ("code",), ("as_of", "version")),
    "disclosure_line": (("disclosure_id", "item_id", "channel"),),
    "disclosure_issue": (("disclosure_id", "item_id", "facility_id"),),
}
"""Tables that only grow, with their unique keys: on SQLite, INSERT OR REPLACE on one of these would delete a row."""

_SQLITE_LINE_FOLLOWS = """
CREATE TRIGGER stock_card_line_follows BEFORE INSERT ON stock_card_line
WHEN NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM stock_card_line AS line
                                 WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id
                                   AND line.seq = NEW.seq - 1
                                   AND line.balance_after + NEW.change = NEW.balance_after)
BEGIN SELECT RAISE(ABORT, 'a stock card line must follow the one before'); END
"""

_SQLITE_BALANCE_FOLLOWS = """
CREATE TRIGGER stock_balance_on_{name} BEFORE {moment} ON stock_balance
WHEN NOT EXISTS (SELECT 1 FROM stock_card_line AS line
                 WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id
                   AND line.seq = NEW.last_seq AND line.balance_after = NEW.on_hand)
  OR EXISTS (SELECT 1 FROM stock_card_line AS line
             WHERE line.lot_id = NEW.lot_id AND line.warehouse_id = NEW.warehouse_id AND line.seq > NEW.last_seq)
BEGIN SELECT RAISE(ABORT, 'a balance must equal the last line of its stock card'); END
"""

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


def create_guards() -> None:
    """Create all triggers, after all tables."""
    if op.get_bind().dialect.name == "sqlite":
        _create_on_sqlite()
    else:
        _create_on_postgresql()


def drop_guards() -> None:
    """Drop the functions of PostgreSQL, after all tables: the triggers went with their tables."""
    if op.get_bind().dialect.name == "postgresql":
        for name in _POSTGRESQL_FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")


def _create_on_sqlite() -> None:
    for table, keys in APPEND_ONLY.items():
        refused = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        same_key = " OR ".join(
            "(" + " AND ".join(f"present.{column} = NEW.{column}" for column in key) + ")" for key in keys
        )
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refused}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refused}")
        # INSERT OR REPLACE deletes without asking the trigger above.
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} AS present WHERE {same_key}) {refused}"
        )
    op.execute(_SQLITE_LINE_FOLLOWS)
    for moment in ("INSERT", "UPDATE"):
        op.execute(_SQLITE_BALANCE_FOLLOWS.format(name=moment.lower(), moment=moment))


def _create_on_postgresql() -> None:
    for name, body in _POSTGRESQL_FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    for table in APPEND_ONLY:
        # For each statement, so that TRUNCATE and statements that touch no row are refused as well.
        _create_trigger(
            f"{table}_append_only",
            table,
            "BEFORE UPDATE OR DELETE OR TRUNCATE",
            "FOR EACH STATEMENT EXECUTE FUNCTION tongchou_refuse_change()",
        )
    _create_trigger(
        "stock_card_line_follows",
        "stock_card_line",
        "BEFORE INSERT",
        "FOR EACH ROW EXECUTE FUNCTION tongchou_check_card_line()",
    )
    _create_trigger(
        "stock_balance_follows",
        "stock_balance",
        "BEFORE INSERT OR UPDATE",
        "FOR EACH ROW EXECUTE FUNCTION tongchou_check_balance()",
    )


def _create_trigger(name: str, table: str, moment: str, action: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {moment} ON {table} {action}")
    # ALWAYS: also in sessions that replay a replica's changes.
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
