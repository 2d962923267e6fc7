"""REST of tier raises after their proposal: shown, confirmed by a second leader, turned down or called off."""

from app.auth import Right, Write, needs
from app.core.http.payloads import Identifier, Reader, problem_answers
from app.core.http.routing import ServiceRouter
from app.planning.approval.schemas import RaiseReason
from app.planning.plans import views
from app.planning.plans.schemas import TierRaiseView
from app.planning.policies import service as policies

router = ServiceRouter(prefix="/tier-raises", tags=["planning"])


@router.get(
    "/{raise_id}", summary="Show a tier raise", responses=problem_answers(404), dependencies=[needs(Right.PLAN_READ)]
)
def show_raise(raise_id: Identifier, session: Reader) -> TierRaiseView:
    """Who proposed it and why, who stands behind it, and whether it was ended."""
    return views.raise_view(policies.raise_by_id(session, raise_id))


@router.post(
    "/{raise_id}/confirm",
    summary="Confirm a tier raise",
    responses=problem_answers(403, 404, 409),
    dependencies=[needs(Right.TIER_RAISE)],
)
def confirm_raise(raise_id: Identifier, work: Write) -> TierRaiseView:
    """By another leader than who proposed it; from then on it counts in plans that begin while it is valid."""
    return views.raise_view(policies.confirm_raise(work, raise_id))


@router.post(
    "/{raise_id}/end",
    summary="End a tier raise",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.TIER_RAISE)],
)
def end_raise(raise_id: Identifier, why: RaiseReason, work: Write) -> TierRaiseView:
    """Turned down before it counts, or called off; it never counts again."""
    return views.raise_view(policies.end_raise(work, raise_id, why.reason))
