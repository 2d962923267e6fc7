"""Get-or-404, lock-or-404 (row lock) and insert-or-409 helpers by business key."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.errors import ConflictError, Fault, InvalidInputError, NotFoundError, missing


class _Coded(Protocol):
    """A table row with a business key."""

    @property
    def code(self) -> str: ...


class _Mergeable(_Coded, Protocol):
    """A table row that may have become another one."""

    @property
    def merged_into(self) -> str | None: ...


Coded = TypeVar("Coded", bound=_Coded)
Row = TypeVar("Row")


def _code_of(table: type[Coded]) -> InstrumentedAttribute[str]:
    return cast(InstrumentedAttribute[str], table.code)


_UNIQUE_VIOLATION_SQLSTATE = "23505"
_UNIQUE_VIOLATIONS_SQLITE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


def taken(what: str, key: str | int, *, where: str = "code") -> Fault:
    """The fault that says that `what` with this key exists already."""
    return Fault("duplicate_key", "This {what} exists already: “{key}”.", where, {"what": what, "key": key})


def set_fields(row: object, values: Mapping[str, Any]) -> None:
    """Give the row's attributes of these names these values."""
    for name, value in values.items():
        setattr(row, name, value)


def refuse_merged(row: _Mergeable) -> None:
    """Raise `ConflictError` where a row was merged into another: that one is changed instead."""
    if row.merged_into is not None:
        message = "“{key}” is merged into “{into}”: change that one."
        raise ConflictError.of(message, code="merged", key=row.code, into=row.merged_into)


def add_row(session: Session, row: object, duplicate: Fault) -> None:
    """Insert a row; raises `ConflictError` with the fault given when its unique key is held by another row.

    The database itself decides, so it also holds when another writer was quicker by a moment.
    """
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        sqlstate = getattr(error.orig, "sqlstate", None)
        sqlite_code = getattr(error.orig, "sqlite_errorcode", None)
        if sqlstate == _UNIQUE_VIOLATION_SQLSTATE or sqlite_code in _UNIQUE_VIOLATIONS_SQLITE:
            raise ConflictError(duplicate) from error
        raise


def one_row(session: Session, query: Select[Row], what: str, key: str | int) -> Row:
    """The only row of a query; raises `NotFoundError`, which names what was looked for by which key."""
    row = session.scalars(query).unique().one_or_none()
    if row is None:
        raise NotFoundError(missing(what, key))
    return row


def lock_one_row(session: Session, table: type[Row], query: Select[Row], what: str, key: str | int) -> Row:
    """As `one_row`, under a row lock (SELECT ... FOR UPDATE) until the transaction ends, and read afresh.

    Only rows of `table` are locked, not those that the query joins.
    """
    locking = query.with_for_update(of=table).execution_options(populate_existing=True)
    return one_row(session, locking, what, key)


def row_by_code(session: Session, table: type[Coded], what: str, code: str) -> Coded:
    """The row with this code; raises `NotFoundError`."""
    return one_row(session, select(table).where(_code_of(table) == code), what, code)


def lock_row_by_code(session: Session, table: type[Coded], what: str, code: str) -> Coded:
    """As `row_by_code`, under a row lock until the transaction ends; raises `NotFoundError`."""
    return lock_one_row(session, table, select(table).where(_code_of(table) == code), what, code)


def rows_by_code(
    session: Session,
    table: type[Coded],
    what: str,
    codes: Iterable[str],
    *,
    where: str = "",
    faults: list[Fault] | None = None,
    suits: Callable[[Coded], bool] = lambda _: True,
) -> dict[str, Coded]:
    """The rows with these codes by code, in one query; every code that has no (suiting) row is a fault.

    `where` is the path of the codes in the payload, `{n}` in it the position of a code: `lines.{n}.item`.
    The faults are raised as `InvalidInputError`, or added to `faults` where the caller collects them all.
    """
    asked = list(codes)
    query = select(_code_of(table), table).where(_code_of(table).in_(sorted(set(asked))))
    found = dict(session.execute(query).all())
    rows = {code: row for code, row in found.items() if suits(row)}
    unknown = [
        missing(what, code, where=where.replace("{n}", str(n))) for n, code in enumerate(asked) if code not in rows
    ]
    if faults is None:
        InvalidInputError.raise_if(unknown)
    else:
        faults.extend(unknown)
    return rows
