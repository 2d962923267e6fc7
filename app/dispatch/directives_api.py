"""REST of confirming a directive by a second leader."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.idempotency import Once
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, tagged
from app.dispatch.directives import confirm_directive
from app.planning.directives.schemas import DirectiveView
from app.planning.directives.service import directive_view

router = APIRouter()


@router.post(
    "/directives/{code}/confirm",
    summary="Stand behind another leader's directive",
    tags=["planning"],
    responses=problem_answers(403, 404, 409),
    dependencies=[needs(Right.DIRECTIVE)],
)
def confirm(code: Code, work: Write, if_match: IfMatch, once: Once) -> Rendered[DirectiveView]:
    """From now on the next plan serves it before all bands; one at once is reserved and gets its transfer orders. 403
    for whoever proposed it; 409 naming what there is where it is beyond all stock."""
    return once(work, lambda: tagged(confirm_directive(work, code, if_match), directive_view))
