"""The backup file `tongchou.backup/1`: a ZIP archive of `manifest.json` and one JSON Lines file for each table.

It depends on no database: what was written from SQLite can be read into PostgreSQL and the other way round.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Integer, String
from sqlalchemy.types import TypeEngine

from app.core.database import UtcDateTime
from app.core.errors import ConflictError

FORMAT = "tongchou.backup/1"
MANIFEST = "manifest.json"

Row = Sequence[Any]

_KINDS: Mapping[str, tuple[type[TypeEngine[Any]], ...]] = {
    "integer": (BigInteger, Integer),
    "boolean": (Boolean,),
    "day": (Date,),
    "moment": (UtcDateTime,),
    "json": (JSON,),
    "text": (String,),
}
"""What the values of a column are, by its type in the database layer."""

COLUMN_TYPES: Mapping[str, TypeEngine[Any]] = {
    "integer": BigInteger(),
    "boolean": Boolean(),
    "day": Date(),
    "moment": UtcDateTime(),
    "json": JSON(none_as_null=True),
    "text": String(),
}
"""The type with which the values of each kind are written into a database."""


class DamagedBackupError(ConflictError):
    """The file is no backup of this format, or not all of it is as it was written."""

    code = "backup_damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableContent:
    """A table in the archive: its columns with their kinds, the number of its rows, SHA-256 of its file."""

    name: str
    columns: Mapping[str, str]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the archive holds, in the order in which tables can be filled."""

    taken_at: datetime
    version: str
    """Of the service that wrote it."""
    revision: str
    """Of the schema."""
    database: str
    """Kind of the database that it was taken from."""
    audit_seq: int
    audit_digest: str
    tables: Sequence[TableContent]


def kind_of(column: Column[Any]) -> str:
    """The kind of a column's values; every type that the tables use has one."""
    return next(kind for kind, types in _KINDS.items() if isinstance(column.type, types))


def _encoded(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _decoder(kind: str) -> Any:
    return {"day": date.fromisoformat, "moment": datetime.fromisoformat}.get(kind)


class ArchiveWriter:
    """Writes tables one after the other, then the manifest."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.tables: list[TableContent] = []

    def write_table(self, name: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
        """Write the rows of a table as they come."""
        digest, count = hashlib.sha256(), 0
        with self._archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as file:
            for row in rows:
                values = [_encoded(value) for value in row]
                line = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                file.write(line)
                digest.update(line)
                count += 1
        self.tables.append(TableContent(name=name, columns=columns, rows=count, sha256=digest.hexdigest()))

    def write_manifest(self, manifest: Manifest) -> None:
        """Write what the archive holds; the last thing, so that a broken-off file has none."""
        document = {
            "format": FORMAT,
            "taken_at": manifest.taken_at.isoformat(),
            "version": manifest.version,
            "revision": manifest.revision,
            "database": manifest.database,
            "audit_head": {"seq": manifest.audit_seq, "digest": manifest.audit_digest},
            "tables": [
                {"name": one.name, "columns": dict(one.columns), "rows": one.rows, "sha256": one.sha256}
                for one in manifest.tables
            ],
        }
        self._archive.writestr(MANIFEST, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


class ArchiveReader:
    """Reads an archive; raises `DamagedBackupError` where it is none, or not as it was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
            self.manifest = _manifest_of(json.loads(self._archive.read(MANIFEST)))
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            message = "It is not a whole backup of the format {format}."
            raise DamagedBackupError.of(message, where=str(path), format=FORMAT) from error

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def rows(self, table: TableContent) -> Iterator[list[Any]]:
        """The rows of a table in their order, as Python values; its digest and count are compared at the end."""
        decoders = [_decoder(kind) for kind in table.columns.values()]
        digest, count = hashlib.sha256(), 0
        try:
            with self._archive.open(f"tables/{table.name}.jsonl") as file:
                for line in file:
                    digest.update(line)
                    count += 1
                    values = json.loads(line)
                    yield [
                        value if decode is None or value is None else decode(value)
                        for value, decode in zip(values, decoders, strict=True)
                    ]
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, OSError) as error:
            message = "Its table {table} cannot be read."
            raise DamagedBackupError.of(message, where=str(self._path), table=table.name) from error
        if (count, digest.hexdigest()) != (table.rows, table.sha256):
            message = "Its table {table} is not as it was written."
            raise DamagedBackupError.of(message, where=str(self._path), table=table.name)


def _manifest_of(document: Any) -> Manifest:
    if document["format"] != FORMAT:
        raise ValueError(document["format"])
    return Manifest(
        taken_at=datetime.fromisoformat(document["taken_at"]),
        version=str(document["version"]),
        revision=str(document["revision"]),
        database=str(document["database"]),
        audit_seq=int(document["audit_head"]["seq"]),
        audit_digest=str(document["audit_head"]["digest"]),
        tables=[
            TableContent(
                name=str(one["name"]),
                columns={str(name): _known_kind(kind) for name, kind in one["columns"].items()},
                rows=int(one["rows"]),
                sha256=str(one["sha256"]),
            )
            for one in document["tables"]
        ],
    )


def _known_kind(kind: Any) -> str:
    if kind not in COLUMN_TYPES:
        raise ValueError(kind)
    return str(kind)
