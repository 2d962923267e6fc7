"""REST of disclosure."""

from typing import Annotated

from fastapi import APIRouter, Query, status

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, tagged
from app.core.records import row_by_code
from app.disclosure import service
from app.disclosure.models import Disclosure
from app.disclosure.schemas import DisclosureHeadView, DisclosureView, NewDisclosure, PublishedDayView
from app.stock.models import PublishedDay
from app.stock.published import select_published_days

router = APIRouter(tags=["disclosure"])


@router.post(
    "/disclosures",
    status_code=status.HTTP_201_CREATED,
    summary="Publish the balance of a day",
    responses=problem_answers(409),
    dependencies=[needs(Right.DISCLOSURE_PUBLISH)],
)
def publish_disclosure(new: NewDisclosure, work: Write, once: Once) -> Rendered[DisclosureView]:
    """The figures come from the ledger and are refused, with the difference, unless they balance; a second version
    for a day needs the reason of the correction. Figures prepared by hand may be given along to be checked."""
    return once(work, lambda: tagged(service.publish(work, new), service.disclosure_view))


@router.get(
    "/disclosures",
    summary="List what was published",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_disclosures(session: Reader, cursor: PageCursor) -> Rendered[Page[DisclosureHeadView]]:
    """Every version of every day; the page `/disclosure` shows them to the public."""
    return show_page(session, service.select_disclosures(), Disclosure.id, cursor, DisclosureHeadView)


@router.get(
    "/disclosures/{code}",
    summary="Show a published balance",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def read_disclosure(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[DisclosureView]:
    """Per item and channel, and per item and facility."""
    return known.answer(row_by_code(session, Disclosure, "disclosure", code), service.disclosure_view)


@router.get(
    "/published-days",
    summary="List published days",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_published_days(
    session: Reader,
    cursor: PageCursor,
    due: Annotated[bool | None, Query(description="Only days whose next version is due, or only the others.")] = None,
) -> Rendered[Page[PublishedDayView]]:
    """A day is due once something dated into it was recorded after its newest version was published."""
    return show_page(session, select_published_days(due=due), PublishedDay.id, cursor, PublishedDayView)
