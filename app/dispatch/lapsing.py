"""Overdue transfer orders: those not shipped on their day are listed, and given back plan by plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.types import Program
from app.core.errors import ConflictError
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.models import TransferOrder
from app.dispatch.orders import close_if_done, give_rest_back, lock_orders_of_plan, record_order, within_reach
from app.dispatch.schemas import TransferOrderView
from app.dispatch.types import TransferOrderState
from app.planning.approval import service as approval
from app.planning.plans.models import AllocationPlan
from app.planning.plans.service import lock_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """How many orders of a plan should have left on earlier days, and the first of these days."""

    plan: str
    orders: int
    since: date


def lapsed_of(session: Session, program: Program, today: date, *, actor: Actor) -> list[Lapsed]:
    """Plans with orders within the actor's reach that should have left before today and have not, by code."""
    query = (
        select(AllocationPlan.code, func.count(), func.min(TransferOrder.ship_on))
        .join(AllocationPlan, AllocationPlan.id == TransferOrder.plan_id)
        .where(
            AllocationPlan.program == program,
            TransferOrder.state == TransferOrderState.OPEN,
            TransferOrder.ship_on < today,
            within_reach(actor),
        )
        .group_by(AllocationPlan.code)
        .order_by(AllocationPlan.code)
    )
    return [Lapsed(plan=code, orders=orders, since=since) for code, orders, since in session.execute(query)]


def give_lapsed_back(
    work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION
) -> Sequence[TransferOrder]:
    """Cancel the orders of a plan whose day has passed unshipped: their stock and needs are free for the next plan.

    Only those that leave the actor's warehouses. Raises `NotFoundError`, and `ConflictError` where there are none. A
    plan all of whose orders are done then is closed.
    """
    plan = if_match.check(lock_plan(work.session, code))
    lapsed = [
        one
        for one in lock_orders_of_plan(work.session, plan)
        if one.state is TransferOrderState.OPEN
        and one.ship_on < work.today
        and work.actor.has_warehouse(one.warehouse.code)
    ]
    if not lapsed:
        message = "No transfer order of plan {plan} is late: there is nothing to give back."
        raise ConflictError.of(message, code="nothing_lapsed", plan=plan.code)
    approval.lock_for_ending(work.session, plan)
    for order in lapsed:
        before = TransferOrderView.snapshot(order)
        give_rest_back(work, plan, order)
        order.state, order.closing_reason = TransferOrderState.CANCELLED, reason
        record_order(work, order, "TRANSFER_ORDER_LAPSED", before)
    close_if_done(work, plan)
    return lapsed
