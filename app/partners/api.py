"""The API of partners."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, SearchText
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, tagged
from app.partners import service
from app.partners.models import Partner
from app.partners.schemas import NewPartner, PartnerChange, PartnerView
from app.partners.types import PartnerKind

router = APIRouter(tags=["partners"])


@router.get(
    "/partners", summary="List partners", responses=problem_answers(), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def list_partners(
    session: Reader,
    cursor: PageCursor,
    kind: PartnerKind | None = None,
    active: bool | None = None,
    q: SearchText | None = None,
) -> Rendered[Page[PartnerView]]:
    """Suppliers, donors and authorities that supplies come from."""
    query = service.select_partners(kind=kind, active=active, q=q)
    return show_page(session, query, Partner.id, cursor, PartnerView)


@router.post(
    "/partners",
    status_code=201,
    summary="Enter a partner",
    responses=problem_answers(409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def create_partner(new: NewPartner, work: Write, once: Once) -> Rendered[PartnerView]:
    """Who sells, gives or allocates supplies."""
    return once(work, lambda: tagged(service.create_partner(work, new), PartnerView.of))


@router.get(
    "/partners/{code}",
    summary="Show a partner",
    responses=problem_answers(404),
    dependencies=[needs(Right.PROCUREMENT_READ)],
)
def show_partner(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[PartnerView]:
    """One partner."""
    return known.answer(service.partner_by_code(session, code), PartnerView.of)


@router.patch(
    "/partners/{code}",
    summary="Change a partner",
    responses=problem_answers(404),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def change_partner(code: Code, change: PartnerChange, work: Write, if_match: IfMatch) -> Rendered[PartnerView]:
    """Only the fields named are changed; the kind stays."""
    return tagged(service.change_partner(work, code, change, if_match), PartnerView.of)
