"""Headings that operators add to those that come with the program."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.errors import Fault, InvalidInputError
from app.core.records import add_row, lock_one_row, one_row, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.interop.models import SheetHeading
from app.interop.sheet_schemas import HeadingView, NewHeading
from app.interop.sheets.headings import fold_heading


def select_headings() -> Select[SheetHeading]:
    """The operators' headings."""
    return select(SheetHeading)


def add_heading(work: Work, new: NewHeading) -> SheetHeading:
    """Let a heading mean a field, in everybody's sheets; `ConflictError` where operators gave it a meaning already."""
    heading = fold_heading(new.heading)
    if not heading:
        message = "A heading needs at least one letter or digit."
        raise InvalidInputError(Fault("empty_heading", message, "heading"))
    row = SheetHeading(heading=heading, field=new.field)
    add_row(work.session, row, taken("heading", heading, where="heading"))
    work.record("SHEET_HEADING_CREATED", "sheet_heading", heading, after=HeadingView.snapshot(row))
    return row


def heading_of(session: Session, heading: str) -> SheetHeading:
    """The row of a heading, however it is spaced or typed; raises `NotFoundError`."""
    query = select(SheetHeading).where(SheetHeading.heading == fold_heading(heading))
    return one_row(session, query, "heading", heading)


def lock_heading(session: Session, heading: str) -> SheetHeading:
    """As `heading_of`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select(SheetHeading).where(SheetHeading.heading == fold_heading(heading))
    return lock_one_row(session, SheetHeading, query, "heading", heading)


def delete_heading(work: Work, heading: str, if_match: Precondition = ANY_VERSION) -> None:
    """Let a heading mean again what it means to the program alone; raises `NotFoundError`."""
    row = if_match.check(lock_heading(work.session, heading))
    before = HeadingView.snapshot(row)
    work.session.delete(row)
    work.record("SHEET_HEADING_DELETED", "sheet_heading", row.heading, before=before)
