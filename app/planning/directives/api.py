"""REST of directives but for their confirmation, which may make transfer orders and is with dispatch."""

from fastapi import APIRouter, status

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, read_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, tagged
from app.planning.directives import service
from app.planning.directives.in_plans import plan_directives_view
from app.planning.directives.models import Directive
from app.planning.directives.schemas import DirectiveReason, DirectiveView, NewDirective, PlanDirectivesView
from app.planning.plans.service import plan_by_code

router = APIRouter(tags=["planning"])


@router.post(
    "/directives",
    status_code=status.HTTP_201_CREATED,
    summary="Propose a directive",
    responses=problem_answers(409),
    dependencies=[needs(Right.DIRECTIVE)],
)
def order_directive(new: NewDirective, work: Write, once: Once) -> Rendered[DirectiveView]:
    """A facility gets a quantity by a day, before all others; counts once another leader confirms it. 409
    `directive_beyond_stock` and its like name what there is."""
    return once(
        work,
        lambda: tagged(service.order_directive(work, new), service.directive_view),
        location="/api/v1/directives/{code}",
    )


@router.get(
    "/directives", summary="List directives", responses=problem_answers(), dependencies=[needs(Right.PLAN_READ)]
)
def list_directives(
    session: Reader, cursor: PageCursor, program: Program | None = None, facility: Code | None = None
) -> Rendered[Page[DirectiveView]]:
    """In the order in which they were proposed."""
    query = service.select_directives(program=program, facility=facility)
    rows, after = read_page(session, query, Directive.id, cursor)
    return Rendered(Page(items=[service.directive_view(row) for row in rows], next=after))


@router.get(
    "/directives/{code}",
    summary="Show a directive",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def show_directive(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[DirectiveView]:
    """Who proposed it and why, who confirmed it, what was shipped for it."""
    return known.answer(service.directive_by_code(session, code), service.directive_view)


@router.post(
    "/directives/{code}/end",
    summary="Turn a directive down, or call it off",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DIRECTIVE)],
)
def end_directive(
    code: Code, why: DirectiveReason, work: Write, if_match: IfMatch, once: Once
) -> Rendered[DirectiveView]:
    """Its need is withdrawn; 409 `directive_promised` once a plan has promised something to it."""
    return once(work, lambda: tagged(service.end_directive(work, code, why.reason, if_match), service.directive_view))


@router.get(
    "/plans/{code}/directives",
    summary="Directives that a plan serves first, and what they cost the others",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def list_plan_directives(code: Code, session: Reader) -> Rendered[PlanDirectivesView]:
    """The costs come from a solve of the same facts without the directives."""
    return Rendered(plan_directives_view(session, plan_by_code(session, code)))
