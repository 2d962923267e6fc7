"""REST of deciding on plans: what has changed, compute anew, reject, order what they buy."""

from fastapi import APIRouter, status
from sqlalchemy.orm import Session

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.payloads import Code
from app.core.http.problem_details import ProblemFault, problem_answers
from app.core.http.versions import IfMatch, OptionalIfMatch, tagged
from app.core.work import Work
from app.planning.approval import purchasing
from app.planning.approval import service as approval
from app.planning.approval.schemas import (
    ApprovalView,
    DecidedPlanView,
    EndingView,
    PlanChangesView,
    PlanOrderConfirmation,
    PlanReason,
)
from app.planning.approval.taken import changes_since
from app.planning.plans import views
from app.planning.plans.models import AllocationPlan
from app.planning.plans.service import plan_by_code
from app.planning.runs import service as runs
from app.planning.runs.schemas import PlanRunView, run_view
from app.procurement.order_schemas import PlacedOrderView
from app.procurement.orders_api import Language, show_placed

router = APIRouter(prefix="/plans", tags=["planning"])


def decided_view(session: Session, plan: AllocationPlan) -> DecidedPlanView:
    """A plan with its approval, its ending and its orders."""
    approved, ended = approval.approval_of(session, plan), approval.ending_of(session, plan)
    orders = {row.purchase_order.code for row in approval.orders_of(session, plan)}
    return DecidedPlanView(
        plan=views.plan_view(plan),
        approval=ApprovalView.of(approved) if approved is not None else None,
        ending=EndingView(
            state=ended.state,
            ended_by=ended.ended_by,
            ended_at=ended.ended_at,
            reason=ended.reason,
            superseded_by=ended.superseded_by.code if ended.superseded_by is not None else None,
        )
        if ended is not None
        else None,
        purchase_orders=sorted(orders),
    )


def decided(work: Work, plan: AllocationPlan) -> Rendered[DecidedPlanView]:
    """The answer of a decision."""
    return Rendered(decided_view(work.session, plan))


@router.get(
    "/{code}/decision",
    summary="Show what was decided on a plan",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def show_decision(code: Code, session: Reader) -> Rendered[DecidedPlanView]:
    """Who approved it and when, how it ended, and the orders that its purchases became."""
    return Rendered(decided_view(session, plan_by_code(session, code)))


@router.get(
    "/{code}/changes",
    summary="What has changed since a plan was computed",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def show_changes(code: Code, session: Reader, clock: Now, language: Language) -> Rendered[PlanChangesView]:
    """`missing` stands in the way of its approval; `news` are all facts that are new, gone or different."""
    changes = changes_since(session, plan_by_code(session, code), clock)
    return Rendered(
        PlanChangesView(
            missing=[ProblemFault.of(fault, language) for fault in changes.missing],
            news=[ProblemFault.of(fault, language) for fault in changes.news],
            new_needs=changes.new_needs,
            new_sources=changes.new_sources,
        )
    )


@router.post(
    "/{code}/reject",
    summary="Reject a plan",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PLAN_APPROVE)],
)
def reject_plan(code: Code, why: PlanReason, work: Write, if_match: IfMatch, once: Once) -> Rendered[DecidedPlanView]:
    """Turns a proposed plan down; it can never be approved or dispatched afterwards."""
    return once(work, lambda: decided(work, approval.reject_plan(work, code, why.reason, if_match)))


@router.post(
    "/{code}/compute-anew",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Compute a plan again and bring it to me",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PLAN_APPROVE)],
)
def compute_anew(
    code: Code, work: Write, language: Language, if_match: OptionalIfMatch, once: Once
) -> Rendered[PlanRunView]:
    """A run in the background, from the facts as they are then, near this plan; in the name of who proposed it, so
    that the leader who asks for it may approve what comes of it."""
    return once(
        work,
        lambda: tagged(runs.compute_anew(work, code, if_match), lambda run: run_view(run, language)),
        location="/api/v1/plan-runs/{code}",
    )


@router.post(
    "/{code}/purchase-orders",
    status_code=status.HTTP_201_CREATED,
    summary="Order what a plan buys",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def order_purchases(
    code: Code,
    confirmation: PlanOrderConfirmation,
    work: Write,
    language: Language,
    if_match: OptionalIfMatch,
    once: Once,
) -> Rendered[list[PlacedOrderView]]:
    """One order a partner, fund, warehouse and day of arrival, placed at once; the plan's money becomes theirs."""

    def order() -> Rendered[list[PlacedOrderView]]:
        placed = purchasing.order_purchases(work, code, confirmation, if_match)
        return Rendered([show_placed(one, language) for one in placed])

    return once(work, order)
