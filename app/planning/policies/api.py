"""REST of policies in versions, and of tier raises: propose, confirm, end."""

from datetime import date

from fastapi import APIRouter, status
from sqlalchemy import select

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, read_page
from app.core.http.payloads import Identifier
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.planning.policies import service, views
from app.planning.policies.models import Policy, TierRaise
from app.planning.policies.schemas import NewPolicy, NewTierRaise, PolicyView, RaiseReason, TierRaiseView

router = APIRouter(tags=["planning"])


@router.post(
    "/policies",
    status_code=status.HTTP_201_CREATED,
    summary="Enter a new version of a program's policy",
    responses=problem_answers(),
    dependencies=[needs(Right.POLICY_WRITE)],
)
def create_policy(new: NewPolicy, work: Write, once: Once) -> Rendered[PolicyView]:
    """In force from now on; the versions before it stay as they were, with the plans that used them."""
    return once(work, lambda: tagged(service.create_policy(work, new), views.policy_view))


@router.get(
    "/policies",
    summary="List policies, all versions",
    responses=problem_answers(),
    dependencies=[needs(Right.PLAN_READ)],
)
def list_policies(session: Reader, cursor: PageCursor, program: Program | None = None) -> Rendered[Page[PolicyView]]:
    """The newest version of a program is in force."""
    query = select(Policy) if program is None else select(Policy).where(Policy.program == program)
    rows, after = read_page(session, query, Policy.id, cursor)
    return Rendered(Page(items=[views.policy_view(row) for row in rows], next=after))


@router.get(
    "/policies/{program}/{version}",
    summary="Show a version of a policy",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def show_policy(program: Program, version: int, session: Reader, known: IfNoneMatch) -> Rendered[PolicyView]:
    """Bands in their order, tiers by facility type, reserves by item."""
    return known.answer(service.policy_in_force(session, program, version), views.policy_view)


@router.post(
    "/tier-raises",
    status_code=status.HTTP_201_CREATED,
    summary="Propose that a facility's tier is raised for a while",
    responses=problem_answers(404),
    dependencies=[needs(Right.TIER_RAISE)],
)
def raise_tier(new: NewTierRaise, work: Write, once: Once) -> Rendered[TierRaiseView]:
    """Counts in plans that begin while it is valid, once another leader has confirmed it."""
    return once(work, lambda: tagged(service.raise_tier(work, new), views.raise_view))


@router.get(
    "/tier-raises", summary="List tier raises", responses=problem_answers(), dependencies=[needs(Right.PLAN_READ)]
)
def list_raises(session: Reader, cursor: PageCursor, valid_on: date | None = None) -> Rendered[Page[TierRaiseView]]:
    """All, or those that count on a day: confirmed, and not ended."""
    query = select(TierRaise)
    if valid_on is not None:
        query = query.where(
            TierRaise.valid_from <= valid_on,
            TierRaise.valid_until >= valid_on,
            TierRaise.confirmation.has(),
            ~TierRaise.ending.has(),
        )
    rows, after = read_page(session, query, TierRaise.id, cursor)
    return Rendered(Page(items=[views.raise_view(row) for row in rows], next=after))


@router.get(
    "/tier-raises/{raise_id}",
    summary="Show a tier raise",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def show_raise(raise_id: Identifier, session: Reader, known: IfNoneMatch) -> Rendered[TierRaiseView]:
    """Who proposed it and why, who confirmed it, and whether it was ended."""
    return known.answer(service.raise_by_id(session, raise_id), views.raise_view)


@router.post(
    "/tier-raises/{raise_id}/confirm",
    summary="Confirm a tier raise",
    responses=problem_answers(403, 404, 409),
    dependencies=[needs(Right.TIER_RAISE)],
)
def confirm_raise(raise_id: Identifier, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[TierRaiseView]:
    """By another leader than who proposed it; from then on it counts in plans that begin while it is valid."""
    return once(work, lambda: tagged(service.confirm_raise(work, raise_id, if_match), views.raise_view))


@router.post(
    "/tier-raises/{raise_id}/end",
    summary="End a tier raise",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.TIER_RAISE)],
)
def end_raise(
    raise_id: Identifier, why: RaiseReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[TierRaiseView]:
    """Turned down before it counts, or called off; it never counts again."""
    return once(work, lambda: tagged(service.end_raise(work, raise_id, why.reason, if_match), views.raise_view))
