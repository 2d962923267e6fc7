"""Alembic's environment: runs the migrations on the settings' database, or on a connection handed in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from app.core.database import Base, UtcDateTime, build_engine
from app.core.settings import Settings
from migrations.tables import all_tables

assert all_tables  # importing it puts every table into the metadata

MIGRATION_LOCK = 7_466_010
"""Key of the advisory lock that a migration holds on PostgreSQL; any number that nothing else in the database uses."""


def _render(kind: str, thing: Any, _autogen: AutogenContext) -> str | Literal[False]:
    # Migrations must not change when the application's own column type does.
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _wait_for_other_migrations(connection: Connection) -> None:
    # Of two services that start at once the second waits as long as the first needs, and then finds nothing to do.
    usual = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{usual}'")


def _migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        # Batch mode drops and re-creates tables: with foreign keys on, that would delete the rows that refer to them.
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        _wait_for_other_migrations(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=False,
        render_item=_render,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if is_sqlite:
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if dangling:
            raise RuntimeError(f"the migration leaves rows that refer to nothing: {dangling[:5]}")
    connection.commit()
    if is_sqlite:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql("BEGIN")


def run_migrations() -> None:
    """On the connection that the caller handed in, else on the settings' database."""
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    engine = build_engine(Settings())
    try:
        with engine.connect() as connection:
            _migrate(connection)
    finally:
        engine.dispose()


if context.is_offline_mode():
    context.configure(
        url=Settings().database_url, target_metadata=Base.metadata, literal_binds=True, render_item=_render
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    run_migrations()
