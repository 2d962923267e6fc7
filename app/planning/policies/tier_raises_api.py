"""REST of tier raises after their proposal: shown, confirmed by a second leader, turned down or called off."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.payloads import Identifier
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.planning.approval.schemas import RaiseReason
from app.planning.plans import views
from app.planning.plans.schemas import TierRaiseView
from app.planning.policies import service as policies

router = APIRouter(prefix="/tier-raises", tags=["planning"])


@router.get(
    "/{raise_id}", summary="Show a tier raise", responses=problem_answers(404), dependencies=[needs(Right.PLAN_READ)]
)
def show_raise(raise_id: Identifier, session: Reader, known: IfNoneMatch) -> Rendered[TierRaiseView]:
    """Who proposed it and why, who stands behind it, and whether it was ended."""
    return known.answer(policies.raise_by_id(session, raise_id), views.raise_view)


@router.post(
    "/{raise_id}/confirm",
    summary="Confirm a tier raise",
    responses=problem_answers(403, 404, 409),
    dependencies=[needs(Right.TIER_RAISE)],
)
def confirm_raise(raise_id: Identifier, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[TierRaiseView]:
    """By another leader than who proposed it; from then on it counts in plans that begin while it is valid."""
    return once(work, lambda: tagged(policies.confirm_raise(work, raise_id, if_match), views.raise_view))


@router.post(
    "/{raise_id}/end",
    summary="End a tier raise",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.TIER_RAISE)],
)
def end_raise(
    raise_id: Identifier, why: RaiseReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[TierRaiseView]:
    """Turned down before it counts, or called off; it never counts again."""
    return once(work, lambda: tagged(policies.end_raise(work, raise_id, why.reason, if_match), views.raise_view))
