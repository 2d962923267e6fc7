"""REST of the headings of columns that operators add to the reader of sheets."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Name
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, tagged
from app.interop import sheet_headings
from app.interop.models import SheetHeading
from app.interop.sheet_schemas import HeadingView, NewHeading

router = APIRouter(tags=["catalogue"])


@router.get(
    "/sheet-headings",
    summary="List the headings that operators added",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_headings(session: Reader, cursor: PageCursor) -> Rendered[Page[HeadingView]]:
    """Headings of columns in uploaded sheets, folded; they go before those that come with the program."""
    return show_page(session, sheet_headings.select_headings(), SheetHeading.id, cursor, HeadingView)


@router.post(
    "/sheet-headings",
    status_code=201,
    summary="Say what a heading means",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def add_heading(new: NewHeading, work: Write, once: Once) -> Rendered[HeadingView]:
    """From now on columns with this heading are read as the field, in everybody's sheets."""
    return once(work, lambda: tagged(sheet_headings.add_heading(work, new), HeadingView.of))


@router.get(
    "/sheet-headings/{heading:path}",
    summary="Show a heading",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_heading(heading: Name, session: Reader, known: IfNoneMatch) -> Rendered[HeadingView]:
    """Which field it means."""
    return known.answer(sheet_headings.heading_of(session, heading), HeadingView.of)


@router.delete(
    "/sheet-headings/{heading:path}",
    status_code=204,
    summary="Remove a heading",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def delete_heading(heading: Name, work: Write, if_match: IfMatch) -> None:
    """From now on it means what it means to the program alone."""
    sheet_headings.delete_heading(work, heading, if_match)
