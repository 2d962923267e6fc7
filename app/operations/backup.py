"""Takes a backup while the service goes on: every table as it was at one moment."""

import os
import sqlite3
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, select

from app.core.clock import Clock
from app.core.database import Base, Database
from app.core.settings import Settings
from app.core.trail.models import AuditHead
from app.operations.archive import ArchiveWriter, Manifest, Row, kind_of

ROWS_A_FETCH = 2_000

LEFT_OUT = frozenset({"login_session", "worker_sign"})
"""Tables that a backup does not hold: whoever was logged in logs in again, and workers sign anew."""


def back_up(database: Database, path: Path, clock: Clock) -> Manifest:
    """Write a backup of the database to a file, whole or not at all; only its owner may read it.

    Raises `OSError` where the file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        # The archive holds password hashes and the names of people.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as file,
            zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED) as archive,
            _one_moment(database, path.parent) as connection,
        ):
            manifest = _write(archive, connection, clock)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


@contextmanager
def _one_moment(database: Database, folder: Path) -> Iterator[Connection]:
    """A connection that sees the database as it is now for as long as the block takes, and holds no writer up.

    SQLite: of a copy, because without a write-ahead log a long reading would hold writers up.
    """
    if not database.is_sqlite:
        with database.read() as session:
            yield session.connection()
        return
    with tempfile.TemporaryDirectory(prefix=".tongchou-backup-", dir=folder) as work:
        copied = Path(work) / "copy.db"
        source = database.engine.raw_connection()
        try:
            target = sqlite3.connect(copied)
            try:
                assert isinstance(source.driver_connection, sqlite3.Connection)
                source.driver_connection.backup(target)
            finally:
                target.close()
        finally:
            source.close()
        copy = Database(Settings(database_url=f"sqlite:///{copied}"))
        try:
            with copy.read() as session:
                yield session.connection()
        finally:
            copy.close()


def _write(archive: zipfile.ZipFile, connection: Connection, clock: Clock) -> Manifest:
    writer = ArchiveWriter(archive)
    taken_at = clock.now()
    head = connection.execute(select(AuditHead.seq, AuditHead.digest)).one()
    for table in Base.metadata.sorted_tables:
        if table.name not in LEFT_OUT:
            columns = {column.name: kind_of(column) for column in table.columns}
            writer.write_table(table.name, columns, _rows(connection, table))
    manifest = Manifest(
        taken_at=taken_at,
        version=version("tongchou"),
        revision=MigrationContext.configure(connection).get_current_revision() or "",
        database=connection.dialect.name,
        audit_seq=head.seq,
        audit_digest=head.digest,
        tables=writer.tables,
    )
    writer.write_manifest(manifest)
    return manifest


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    query = select(table).order_by(*table.primary_key.columns)
    rows = connection.execution_options(yield_per=ROWS_A_FETCH).execute(query)
    own = [(key.parent.name, key.column.name) for key in table.foreign_keys if key.column.table is table]
    assert len(own) <= 1, f"{table.name}: refers to itself by several columns"
    return _referred_first(rows, *own[0]) if own else iter(rows)


def _referred_first(rows: Any, reference: str, referred_to: str) -> Iterator[Row]:
    """The rows of a table that refers to itself: none before the one that it refers to.

    `reference` is the column that refers, `referred_to` the unique column that it refers to. Only rows that wait are
    kept in memory, and of the others that one value.
    """
    waiting: dict[Any, list[Any]] = defaultdict(list)
    written = set[Any]()
    for row in rows:
        referred = getattr(row, reference)
        if referred is not None and referred not in written:
            waiting[referred].append(row)
            continue
        ready = [row]
        while ready:
            one = ready.pop()
            yield one
            written.add(getattr(one, referred_to))
            ready.extend(waiting.pop(getattr(one, referred_to), []))
    assert not waiting, f"rows refer to each other in a circle by {reference}"
