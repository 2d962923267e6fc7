"""Write guard: a transaction that wrote rows and appended no audit record is not committed.

It looks at the statements that the write sessions send (a flush of the ORM, bulk DML, SQL text), and checks when the
transaction is about to be committed. What a savepoint took back counts for nothing. Rows that need no record say so
themselves, with the reason: `unrecorded` in the `info` of a table or, for updates, of its columns.
"""

import re
from collections.abc import Collection, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, Delete, Engine, Insert, MetaData, Table, Update, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.sql.compiler import SQLCompiler

TRAIL = "audit_record"
"""The table whose rows are the audit records."""

VERSION = "version"
"""The column of optimistic locking (`app.core.versioned`)."""

_INFO, _STATE = "unrecorded", "tongchou_writes"


class UnrecordedWriteError(RuntimeError):
    """Rows were written and no audit record tells of it: a mistake in the code, and nothing was committed."""


def unrecorded(reason: str) -> dict[str, str]:
    """The `info` of a table or column whose rows or values may be written without an audit record, and why."""
    assert reason, "an exception needs its reason"
    return {_INFO: reason}


def exceptions_of(tables: Iterable[Table]) -> dict[str, str]:
    """All that may be written without a record: the reason by `table` or `table.column`."""
    found = {table.name: table.info[_INFO] for table in tables if _INFO in table.info}
    columns = ((f"{table.name}.{column.name}", column) for table in tables for column in table.columns)
    return found | {name: column.info[_INFO] for name, column in columns if _INFO in column.info}


@dataclass(slots=True)
class _Writes:
    """What a transaction has written so far: tables that need a record, and whether one was appended."""

    tables: set[str] = field(default_factory=set)
    recorded: bool = False


@dataclass(slots=True)
class _State:
    now: _Writes = field(default_factory=_Writes)
    at_savepoints: list[_Writes] = field(default_factory=list)


_DML_TEXT = re.compile(r'\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE)


def _needs_record(table: Table, updated: Collection[str] | None) -> bool:
    """Does a write to this table need a record? `updated` are the columns of an UPDATE, None for all other writes."""
    if _INFO in table.info:
        return False
    return updated is None or not all(_INFO in table.columns[name].info for name in updated)


def _columns_set(statement: Update, table: Table, compiled: SQLCompiler) -> set[str]:
    named = {*(compiled.column_keys or ()), *(str(getattr(key, "key", key)) for key in statement._values or ())}
    found = {name for name in named if name in table.columns}
    return found - {VERSION} or found  # the version grows with whatever else changes


def _note(
    metadata: MetaData,
    connection: Connection,
    cursor: DBAPICursor,
    sql: str,
    _parameters: Any,
    context: ExecutionContext | None,
    _many: bool,
) -> None:
    compiled = getattr(context, "compiled", None)
    statement = getattr(compiled, "statement", None)
    updated = None
    if isinstance(statement, Insert | Update | Delete) and isinstance(statement.table, Table):
        assert isinstance(compiled, SQLCompiler)
        # With RETURNING, SQLite knows the number of rows only when they have been fetched: it counts as a write.
        if cursor.rowcount == 0 and not compiled.effective_returning:
            return
        table = statement.table
        updated = _columns_set(statement, table, compiled) if isinstance(statement, Update) else None
    else:
        written = _DML_TEXT.match(sql)
        if written is None or written[1] not in metadata.tables:
            return
        table = metadata.tables[written[1]]
    writes: _Writes = connection.info[_STATE].now
    if table.name == TRAIL:
        writes.recorded = True
    elif _needs_record(table, updated):
        writes.tables.add(table.name)


def _begin(connection: Connection) -> None:
    connection.info[_STATE] = _State()


def _savepoint(connection: Connection, _name: str | None) -> None:
    state: _State = connection.info[_STATE]
    state.at_savepoints.append(deepcopy(state.now))


def _release_savepoint(connection: Connection, _name: str, _context: None) -> None:
    connection.info[_STATE].at_savepoints.pop()


def _rollback_savepoint(connection: Connection, _name: str, _context: None) -> None:
    state: _State = connection.info[_STATE]
    state.now = state.at_savepoints.pop()


def _commit(connection: Connection) -> None:
    writes: _Writes = connection.info[_STATE].now
    if writes.tables and not writes.recorded:
        raise UnrecordedWriteError(f"no audit record tells of what was written to {', '.join(sorted(writes.tables))}")


def refuse_unrecorded_writes(engine: Engine, metadata: MetaData) -> None:
    """Let transactions of this engine raise `UnrecordedWriteError` instead of committing unrecorded writes."""
    event.listen(engine, "begin", _begin)
    event.listen(engine, "after_cursor_execute", partial(_note, metadata))
    event.listen(engine, "savepoint", _savepoint)
    event.listen(engine, "release_savepoint", _release_savepoint)
    event.listen(engine, "rollback_savepoint", _rollback_savepoint)
    event.listen(engine, "commit", _commit)
