"""REST of goods that facilities give back."""

from fastapi import APIRouter, status

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.dispatch import returns
from app.dispatch.models import FacilityReturn
from app.dispatch.return_schemas import FacilityReturnView, NewFacilityReturn

router = APIRouter()


@router.get(
    "/facility-returns",
    summary="List what facilities gave back",
    responses=problem_answers(),
    dependencies=[needs(Right.STOCK_READ)],
)
def list_returns(
    session: Reader, cursor: PageCursor, facility: Code | None = None, warehouse: Code | None = None
) -> Rendered[Page[FacilityReturnView]]:
    """In the order in which they were recorded."""
    query = returns.select_returns(facility=facility, warehouse=warehouse)
    return show_page(session, query, FacilityReturn.id, cursor, FacilityReturnView)


@router.post(
    "/facility-returns",
    status_code=status.HTTP_201_CREATED,
    summary="Take goods back from a facility",
    responses=problem_answers(403, 409),
    dependencies=[needs(Right.STOCK_RECEIVE)],
)
def take_back(new: NewFacilityReturn, work: Write, once: Once) -> Rendered[FacilityReturnView]:
    """What is usable is stock again, the rest is written off; a blocked lot stays blocked."""
    return once(work, lambda: Rendered(FacilityReturnView.of(returns.take_back(work, new))))
