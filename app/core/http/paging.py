"""Pages of lists: keyset pagination by the rows' key, with the key of the last row as cursor."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.http.answers import Rendered
from app.core.http.payloads import View

Row = TypeVar("Row")
Shown = TypeVar("Shown", bound=View)


class Page(BaseModel, Generic[Row]):
    """One page of a list; `next` is the cursor of the page after it, missing on the last."""

    items: list[Row]
    next: str | None = None


class Cursor(BaseModel):
    """Where a page begins and how long it is."""

    after: int
    limit: int


async def _cursor(
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


def show_page(
    session: Session, query: Select[Row], key: InstrumentedAttribute[int], cursor: Cursor, view: type[Shown]
) -> Rendered[Page[Shown]]:
    """A page of rows as they are shown."""
    rows, after = read_page(session, query, key, cursor)
    return Rendered(Page(items=[view.of(row) for row in rows], next=after))
