"""Puts a backup into an empty database, and proves before the commit that what is there now is sound."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, column, func, inspect, select, table, text
from sqlalchemy.exc import IntegrityError

from app.audit.export import Head
from app.audit.verify import verify_records
from app.core.database import Database
from app.core.errors import ConflictError
from app.operations.archive import COLUMN_TYPES, ArchiveReader, DamagedBackupError, Manifest, TableContent
from app.operations.invariants import broken_invariants
from migrations.run import alembic_config, downgrade, upgrade

ROWS_A_STATEMENT = 1_000
MIGRATIONS_OWN = "alembic_version"
AUDIT_HEAD, AUDIT_RECORD = "audit_head", "audit_record"


def restore(database: Database, path: Path) -> Manifest:
    """Fill an empty database from a backup, whole or not at all, and bring it to this release's schema.

    The archive's digests, the chain of its audit trail and the sums of its ledger are proved before anything is kept.
    Raises `DamagedBackupError`, `ConflictError` where the database is not empty or the backup is of a later release.
    """
    reader = ArchiveReader(path)
    try:
        manifest = reader.manifest
        _refuse_unknown_revision(manifest)
        _refuse_broken_trail(reader)
        _refuse_content(database)
        downgrade(database.engine, "base")
        upgrade(database.engine, manifest.revision)
        with database.engine.connect().execution_options(tongchou_writes=True) as connection, connection.begin():
            connection.execute(table(AUDIT_HEAD).delete())  # the first revision begins a trail of its own
            for content in manifest.tables:
                _fill(connection, reader, content)
            _prove(connection, manifest)
    finally:
        reader.close()
    upgrade(database.engine)
    return manifest


def _refuse_unknown_revision(manifest: Manifest) -> None:
    try:
        ScriptDirectory.from_config(alembic_config()).get_revision(manifest.revision)
    except CommandError as error:
        message = "The backup is of release {version} and its schema {revision} is not known to this one."
        raise ConflictError.of(
            message, code="backup_of_another_release", version=manifest.version, revision=manifest.revision
        ) from error


def _refuse_broken_trail(reader: ArchiveReader) -> None:
    content = next((one for one in reader.manifest.tables if one.name == AUDIT_RECORD), None)
    if content is None:
        message = "Its table {table} is missing."
        raise DamagedBackupError.of(message, table=AUDIT_RECORD)
    names = list(content.columns)
    records = (SimpleNamespace(**dict(zip(names, row, strict=True))) for row in reader.rows(content))
    head = Head(seq=reader.manifest.audit_seq, digest=reader.manifest.audit_digest)
    DamagedBackupError.raise_if(list(islice(verify_records(records, head), 100)))


def _refuse_content(database: Database) -> None:
    """Only a database without tables, or with the tables of a fresh migration, is filled."""
    with database.engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            own = name == MIGRATIONS_OWN
            count = connection.scalar(select(func.count()).select_from(table(name)))
            if name == AUDIT_HEAD:
                own = connection.scalar(select(column("seq")).select_from(table(name))) in {0, None}
            if count and not own:
                message = "The database is not empty: its table {table} has {count} rows."
                raise ConflictError.of(message, code="database_not_empty", table=name, count=count)


def _batches(rows: Iterator[list[Any]], names: list[str]) -> Iterator[list[dict[str, Any]]]:
    while batch := [dict(zip(names, row, strict=True)) for row in islice(rows, ROWS_A_STATEMENT)]:
        yield batch


def _fill(connection: Connection, reader: ArchiveReader, content: TableContent) -> None:
    target = table(content.name, *(column(name, COLUMN_TYPES[kind]) for name, kind in content.columns.items()))
    try:
        for batch in _batches(reader.rows(content), list(content.columns)):
            connection.execute(target.insert(), batch)
    except IntegrityError as error:
        message = "Rows of its table {table} break a rule of the database: {reason}"
        reason = str(error.orig).splitlines()[0]
        raise DamagedBackupError.of(message, table=content.name, reason=reason) from error
    if connection.dialect.name == "postgresql" and content.columns.get("id") == "integer":
        # Explicit keys leave the sequence behind, which would give them out once more.
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": content.name})
        if sequence is not None and content.rows:
            connection.execute(select(func.setval(sequence, select(func.max(target.c.id)).scalar_subquery())))


def _prove(connection: Connection, manifest: Manifest) -> None:
    """The rows are as many as the manifest says, and the ledger's sums hold."""
    for content in manifest.tables:
        count = connection.scalar(select(func.count()).select_from(table(content.name)))
        if count != content.rows:
            message = "The table {table} has {count} rows after restoring, and {expected} in the backup."
            raise DamagedBackupError.of(message, table=content.name, count=count, expected=content.rows)
    DamagedBackupError.raise_if(list(broken_invariants(connection)))
