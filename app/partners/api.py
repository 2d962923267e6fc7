"""The API of partners."""

from app.auth import Right, Write, needs
from app.core.http.payloads import Code, Page, PageCursor, Reader, SearchText, problem_answers, show_page
from app.core.http.routing import ServiceRouter
from app.partners import service
from app.partners.models import Partner
from app.partners.schemas import NewPartner, PartnerChange, PartnerView
from app.partners.types import PartnerKind

router = ServiceRouter(tags=["partners"])


@router.get(
    "/partners", summary="List partners", responses=problem_answers(), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def list_partners(
    session: Reader,
    cursor: PageCursor,
    kind: PartnerKind | None = None,
    active: bool | None = None,
    q: SearchText | None = None,
) -> Page[PartnerView]:
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
def create_partner(new: NewPartner, work: Write) -> PartnerView:
    """Who sells, gives or allocates supplies."""
    return PartnerView.of(service.create_partner(work, new))


@router.get(
    "/partners/{code}",
    summary="Show a partner",
    responses=problem_answers(404),
    dependencies=[needs(Right.PROCUREMENT_READ)],
)
def show_partner(code: Code, session: Reader) -> PartnerView:
    """One partner."""
    return PartnerView.of(service.partner_by_code(session, code))


@router.patch(
    "/partners/{code}",
    summary="Change a partner",
    responses=problem_answers(404),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def change_partner(code: Code, change: PartnerChange, work: Write) -> PartnerView:
    """Only the fields named are changed; the kind stays."""
    return PartnerView.of(service.change_partner(work, code, change))
