"""Decisions on a plan: a page that shows what an approval would do and asks for one's own name, and the rejection."""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.core.errors import InvalidInputError
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.fairness import needs_in_plans
from app.dispatch.orders import approve_plan
from app.facilities.models import Facility
from app.planning.approval import service as approval
from app.planning.approval.models import PlanEnding, PromisedLot
from app.planning.commitments.service import REFERENCE_KIND
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand, PlanPurchase
from app.planning.plans.report import last_day
from app.planning.plans.service import plan_by_code
from app.procurement.models import FundCommitment
from app.procurement.money import is_overpriced, line_amount_fen, price_ratio_permille
from app.web.kit.form_pages import PageContext, SentForm
from app.web.kit.forms import Form, Typed
from app.web.planning.overview import plan_page

router = APIRouter(include_in_schema=False)

BELOW_FLOOR_SHOWN = 30


@router.post("/plans/{code}/approve", dependencies=[needs(Right.PLAN_APPROVE)])
def approve(code: Code, sent: SentForm) -> Response:
    """Show what the approval would do; with one's own name, approve."""

    def act(work: Work, _: Typed) -> str:
        approve_plan(work, code)
        return f"/plans/{code}"

    return sent.confirm(
        act,
        lambda session, form: plan_page(sent.page, session, plan_by_code(session, code), form),
        lambda work, form, _: _consequences(sent.page, work.session, code, form),
    )


@router.post("/plans/{code}/reject", dependencies=[needs(Right.PLAN_APPROVE)])
def reject(code: Code, sent: SentForm) -> Response:
    """Reject the plan with the reason; the page again where there is none."""

    def act(work: Work, typed: Typed) -> str:
        reason = str(typed.get("reason", ""))
        if not reason:
            raise InvalidInputError.of("Say why the plan is rejected.", where="reason", code="rejection_without_reason")
        approval.reject_plan(work, code, reason)
        return f"/plans/{code}"

    return sent.run(
        act, lambda session, form: plan_page(sent.page, session, plan_by_code(session, code), form), part="reject"
    )


def _consequences(page: PageContext, session: Session, code: str, form: Form) -> Response:
    """What the approval has just written, in the transaction that is rolled back afterwards."""
    plan = plan_by_code(session, code)
    below = _below_floor(session, plan)
    bought = session.scalars(select(PlanPurchase).where(PlanPurchase.plan_id == plan.id)).unique().all()
    return page.render(
        "planning/approval.html",
        form=form,
        plan=plan,
        last_day=last_day(plan),
        lots=_lots_held(session, plan),
        commitments=session.scalars(
            select(FundCommitment)
            .where(FundCommitment.reference_kind == REFERENCE_KIND, FundCommitment.reference_key == plan.code)
            .order_by(FundCommitment.fund_source_id)
        ).all(),
        purchases=[_purchase(one) for one in bought],
        below_floor=below[:BELOW_FLOOR_SHOWN],
        below_floor_more=max(0, len(below) - BELOW_FLOOR_SHOWN),
        superseded=_superseded(session, plan),
    )


def _lots_held(session: Session, plan: AllocationPlan) -> Sequence[tuple[Item, Facility, int, int]]:
    """By item and warehouse: how many lots are reserved, and how many units of them."""
    line = AllocationLine
    query = (
        select(
            line.item_id, line.warehouse_id, func.count(PromisedLot.lot_id.distinct()), func.sum(PromisedLot.quantity)
        )
        .join(line, line.id == PromisedLot.allocation_line_id)
        .where(line.plan_id == plan.id)
        .group_by(line.item_id, line.warehouse_id)
        .order_by(line.item_id, line.warehouse_id)
    )
    return [
        (session.get_one(Item, item_id), session.get_one(Facility, warehouse_id), int(count), int(total))
        for item_id, warehouse_id, count, total in session.execute(query)
    ]


def _below_floor(session: Session, plan: AllocationPlan) -> list[tuple[Facility, Item, int, int, int]]:
    """The needs that get less than their floor, the worst off first: place, item, wanted, floor and planned units."""
    ids = select(PlanDemand.facility_id).where(PlanDemand.plan_id == plan.id).distinct()
    needs_of_plan = [
        need
        for need in needs_in_plans(session, session.scalars(ids).all(), plan.program)
        if need.plan == plan.code and need.share.is_below_floor
    ]
    needs_of_plan.sort(key=lambda need: need.share.planned_units / need.share.wanted_units)
    return [
        (
            session.get_one(Facility, need.facility_id),
            session.get_one(Item, need.item_id),
            need.share.wanted_units,
            need.share.floor_units,
            need.share.planned_units,
        )
        for need in needs_of_plan
    ]


def _purchase(one: PlanPurchase) -> tuple[PlanPurchase, int, int | None, bool]:
    """A purchase, its amount in fen, its price as thousandths of the reference, and whether that is far above it."""
    price, reference = one.offer.unit_price_microyuan, one.offer.item.value_microyuan_per_unit
    amount_fen = line_amount_fen(price, one.quantity)
    return one, amount_fen, price_ratio_permille(price, reference), is_overpriced(price, reference)


def _superseded(session: Session, plan: AllocationPlan) -> Sequence[str]:
    """The other proposed plans that end with this approval."""
    query = select(AllocationPlan.code).join(PlanEnding, PlanEnding.plan_id == AllocationPlan.id)
    return session.scalars(query.where(PlanEnding.superseded_by_id == plan.id).order_by(AllocationPlan.id)).all()
