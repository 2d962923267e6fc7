"""The database: engines for SQLite and PostgreSQL, column types, and the read and write sessions."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from app.core.errors import BusyError, ConflictError, DatabaseUnavailableError
from app.core.settings import Settings
from app.core.versioned import refuse_update_without_version
from app.core.write_guard import refuse_unrecorded_writes

# SQLite releases before this one can corrupt a database in WAL mode when the log is reset.
FIRST_SQLITE_WITH_SAFE_WAL = (3, 51, 3)

WHOLE_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""64-bit integers; SQLite's own INTEGER is 64 bits and alone may be an autoincrementing key."""


STATEMENTS_KEPT_COMPILED = 2_000
"""More than all routes and pages have; to compile one takes longer than most take to run."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC on both databases; refuses naive values, which would be a programmer's mistake."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the database: UTC."""
        assert value is None or value.tzinfo is not None, "naive datetime"
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database: aware, UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def enum_column(kind: type[StrEnum], name: str) -> Enum:
    """A text column that holds a value of the enumeration, kept so by a CHECK constraint."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Base of all tables; every constraint gets a name, so that migrations can find it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {int: WHOLE_NUMBER, datetime: UtcDateTime()}  # noqa: RUF012 - SQLAlchemy's way


Key = Annotated[int, mapped_column(primary_key=True, autoincrement=True)]
"""A surrogate key; keyset cursors follow it."""


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own habit loses updates
    connection.execute("PRAGMA foreign_keys = ON")
    wal_is_safe = sqlite3.sqlite_version_info >= FIRST_SQLITE_WITH_SAFE_WAL
    connection.execute(f"PRAGMA journal_mode = {'WAL' if wal_is_safe else 'DELETE'}")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # BEGIN IMMEDIATE: two writers must queue here, not fail at commit with "database is locked".
    writes = connection.get_execution_options().get("tongchou_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


_ENDS_OF_LOST_CONNECTIONS = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Of libpq, in seconds and milliseconds; without them a connection to a machine that lost power stays for hours."""


def _make_private_file(path: Path) -> None:
    """A new database file belongs to its owner alone, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent.is_dir() and not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def build_engine(settings: Settings) -> Engine:
    """An engine for the settings' database, set up so that concurrent writers cannot lose updates."""
    url = make_url(settings.database_url)
    pool = {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": settings.pool_timeout_seconds,
        "query_cache_size": STATEMENTS_KEPT_COMPILED,
        "hide_parameters": True,  # names, hashes and tokens stay out of the logs
    }
    if url.get_backend_name() == "sqlite":
        if settings.sqlite_path is not None:
            _make_private_file(settings.sqlite_path)
        engine = create_engine(url, connect_args={"timeout": settings.busy_timeout_seconds}, **pool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    limits = {
        "lock_timeout": settings.busy_timeout_seconds,
        "idle_in_transaction_session_timeout": settings.idle_transaction_seconds,
    }
    options = [f"-c {name}={int(seconds * 1000)}" for name, seconds in limits.items()]
    return create_engine(
        url,
        connect_args={"options": " ".join([*options, "-c timezone=UTC"]), **_ENDS_OF_LOST_CONNECTIONS},
        pool_pre_ping=True,
        **pool,
    )


class Database:
    """One engine with its read and write sessions.

    `read()` sees one consistent state; `write()` is one transaction, committed when the block ends well.
    """

    def __init__(self, settings: Settings) -> None:
        self.engine = build_engine(settings)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._read_sessions = sessionmaker(self.engine.execution_options(**reading), autoflush=False)
        writing = self.engine.execution_options(tongchou_writes=True)
        refuse_unrecorded_writes(writing, Base.metadata)
        self._write_sessions = sessionmaker(writing)
        event.listen(self._write_sessions, "do_orm_execute", refuse_update_without_version)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to look with; raises `BusyError` without time, `DatabaseUnavailableError` without a database."""
        with _failures_named(), self._read_sessions() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session to change with: commits at the end, rolls back on any error.

        Raises `BusyError` when a lock is not given within the time limit, `DatabaseUnavailableError` where there is
        no database or no room on its disk, `ConflictError` where a row was changed after this session read it,
        `UnrecordedWriteError` where rows were written and no audit record tells of it.
        """
        with _failures_named(), self._write_sessions.begin() as session:
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


# PostgreSQL's lock timeout, deadlock, serialization failure, too many connections: nothing was written.
_BUSY_SQLSTATES = {"55P03", "40P01", "40001", "53300"}
# Shut down, crashed, starting; disk full; out of memory; read-only (a standby). Class 08: the connection failed.
_UNAVAILABLE_SQLSTATES = {"57P01", "57P02", "57P03", "53100", "53200", "25006"}
_UNAVAILABLE_SQLITE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
}
_PRIMARY_CODE = 0xFF
"""SQLite's extended codes have the primary one in their lowest byte."""


def _is_busy(error: DBAPIError) -> bool:
    return "database is locked" in str(error.orig) or getattr(error.orig, "sqlstate", None) in _BUSY_SQLSTATES


def _is_unavailable(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY_CODE in _UNAVAILABLE_SQLITE
    state = getattr(error.orig, "sqlstate", None)
    # Without a state there was no server to give one.
    lost = isinstance(error, OperationalError) and state is None
    return error.connection_invalidated or lost or state in _UNAVAILABLE_SQLSTATES or (state or "").startswith("08")


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise BusyError() from error
    except DBAPIError as error:
        if _is_busy(error):
            raise BusyError() from error
        if _is_unavailable(error):
            raise DatabaseUnavailableError() from error
        raise
    except StaleDataError as error:
        message = "Somebody else changed this at the same moment; please try again."
        raise ConflictError.of(message, code="changed_at_once") from error
