"""What all API payloads share: strict types with bounds, pages with keyset cursors, the request's sessions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.clock import Clock
from app.database import Database

Row = TypeVar("Row")

QUANTITY_MAX = 10**12
"""No quantity, price or amount is larger; 64 bits hold a million of them added up."""


def _plain(text: str) -> str:
    """Refuse what one of the two databases would refuse or garble: NUL, other control characters, lone surrogates."""
    if any((ord(letter) < 32 and letter not in "\n\t") or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("contains control characters or broken Unicode")
    return text


class Payload(BaseModel):
    """Base of everything that comes in: unknown fields, NaN and loosely typed values are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, str_strip_whitespace=True)


class View(BaseModel):
    """Base of everything that goes out; built from table rows by attribute."""

    model_config = ConfigDict(from_attributes=True)


Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A business key: letters, digits, dot, dash, underscore; at most 64."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain)]
Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_plain)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_plain)]

Units = Annotated[int, Field(ge=0, le=QUANTITY_MAX, description="Whole base units of the item.")]
PositiveUnits = Annotated[int, Field(ge=1, le=QUANTITY_MAX, description="Whole base units of the item.")]
Fen = Annotated[int, Field(ge=0, le=10**15, description="Money in fen (1/100 yuan).")]
Microyuan = Annotated[int, Field(ge=0, le=QUANTITY_MAX, description="Price per base unit in millionths of a yuan.")]
Days = Annotated[int, Field(ge=0, le=3660)]
Identifier = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Page(BaseModel, Generic[Row]):
    """One page of a list; `next` is the cursor of the page after it, missing on the last."""

    items: list[Row]
    next: str | None = None


class Cursor(BaseModel):
    """Where a page begins and how long it is."""

    after: int
    limit: int


def _cursor(
    after: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Rows a page.")] = 100,
) -> Cursor:
    return Cursor(after=int(after or 0), limit=limit)


PageCursor = Annotated[Cursor, Depends(_cursor)]


def read_page(
    session: Session, query: Select[Row], key: InstrumentedAttribute[int], cursor: Cursor
) -> tuple[Sequence[Row], str | None]:
    """The rows of a page in the order of their key, and the cursor of the next page (None on the last)."""
    rows = session.scalars(query.where(key > cursor.after).order_by(key).limit(cursor.limit + 1)).unique().all()
    page = rows[: cursor.limit]
    return page, (str(getattr(page[-1], key.key)) if len(rows) > cursor.limit else None)


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


def _reader(database: Annotated[Database, Depends(_database)]) -> Iterator[Session]:
    with database.read() as session:
        yield session


def _writer(database: Annotated[Database, Depends(_database)]) -> Iterator[Session]:
    with database.write() as session:
        yield session


# scope="function": the transaction is committed before the answer is sent, never after it.
Reader = Annotated[Session, Depends(_reader, scope="function")]
Writer = Annotated[Session, Depends(_writer, scope="function")]
Now = Annotated[Clock, Depends(_clock)]
OpenDatabase = Annotated[Database, Depends(_database)]


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the error answers that a route may give; 422 is always there."""
    titles = {
        400: "Not a proper request", 401: "Not logged in", 403: "No right to it", 404: "Not found",
        409: "The present state does not allow it", 412: "Changed meanwhile", 413: "Too large",
        422: "Not valid; every fault at once", 428: "If-Match is missing", 503: "Busy; try again",
    }  # fmt: skip
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": titles[status], "content": content} for status in {*statuses, 422, 503}}
