"""A facility declines or lowers a need before it is shipped: what is promised beyond that is free at once.

Lock order as everywhere in dispatch: plans, their orders, requisitions, lots, the audit trail.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import BusyError, Fault, InvalidInputError
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.lowering_rules import lowering_faults
from app.dispatch.models import TransferOrder, TransferOrderLine
from app.dispatch.orders import close_if_done, lock_needs_if_last, record_order
from app.dispatch.outlook_schemas import LoweredNeed
from app.dispatch.rules import Step as OrderStep
from app.dispatch.rules import next_state
from app.dispatch.schemas import TransferOrderView
from app.dispatch.types import TransferOrderState
from app.planning.approval.models import LinePromise, WaitingLine
from app.planning.commitments.giving_back import Promise, units_to_give_back
from app.planning.commitments.service import REFERENCE_KIND as PLAN
from app.planning.commitments.service import promised_lots, promised_units, select_promises
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand
from app.planning.plans.rules import LIVE_STATES
from app.requisitions.lifecycle import lock_by_codes, refuse_impossible, requisition_by_code
from app.requisitions.lowering import lower_line
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import Step
from app.stock.holdings import Place
from app.stock.service import lock_lots, release_part


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """A line of a live plan that serves the need, with what stands for it and what is on the road for it."""

    plan_id: int
    warehouse_id: int
    promise: Promise
    on_the_road_units: int


def lower_need(work: Work, code: str, new: LoweredNeed, if_match: Precondition = ANY_VERSION) -> Requisition:
    """Need only `new.units` of a line from now on; 0 declines it.

    What plans have promised beyond that is given back, the latest day first; transfer orders that bring nothing then
    are cancelled. Raises `InvalidInputError` where the line is unknown, the quantity is no less, or less than what has
    come or is on the road; `ConflictError` in a state in which nothing can be lowered.
    """
    line_id = _line_of(requisition_by_code(work.session, code, actor=work.actor), new).id
    plans = _lock_plans(work.session, line_id)
    orders = _lock_orders(work.session, line_id)
    for order in orders:
        lock_needs_if_last(work.session, plans[order.plan_id], order)
    requisition = if_match.check(lock_by_codes(work.session, [code], actor=work.actor)[code])
    refuse_impossible([requisition], Step.LOWER)
    line = _line_of(requisition, new)
    standing = _standing(work.session, line.id)
    if {one.plan_id for one in standing} - set(plans):
        raise BusyError.of("A plan was approved for this need just now; please look again.", requisition=code)
    road_permille = sum(one.on_the_road_units * one.promise.ratio_permille for one in standing)
    gone = {
        "delivered_units": line.delivered_units + line.carried_units,
        "on_the_road_units": -(-road_permille // 1000),
    }
    approved = line.approved_units or 0
    InvalidInputError.raise_if(lowering_faults(new.units, item=new.item, approved_units=approved, **gone))
    back = units_to_give_back([one.promise for one in standing], new.units - sum(gone.values()))
    _give_back(work, plans, standing, back)
    _lower_orders(work, orders, back, new.reason)
    owed = promised_units(work.session, requisition.program)
    lower_line(
        work, requisition, line, new.units, new.reason, still_owed=any(one.id in owed for one in requisition.lines)
    )
    for plan in plans.values():
        if any(one.plan_id == plan.id and one.state is TransferOrderState.CANCELLED for one in orders):
            close_if_done(work, plan)
    return requisition


def _line_of(requisition: Requisition, new: LoweredNeed) -> RequisitionLine:
    for line in requisition.lines:
        if (line.item.code, line.needed_by) == (new.item, new.needed_by):
            return line
    message = "Requisition {requisition} has no line of “{item}” for {day}."
    params = {"requisition": requisition.code, "item": new.item, "day": new.needed_by.isoformat()}
    raise InvalidInputError(Fault("unknown_line", message, "item", params))


def _lock_plans(session: Session, need_id: int) -> dict[int, AllocationPlan]:
    """The approved plans, not yet closed, that promise something to the need; row locks in the order of ids."""
    ids = (
        select(PlanDemand.plan_id)
        .join(AllocationLine, AllocationLine.plan_demand_id == PlanDemand.id)
        .join(LinePromise, LinePromise.allocation_line_id == AllocationLine.id)
        .where(PlanDemand.requisition_line_id == need_id)
    )
    query = (
        select(AllocationPlan)
        .where(AllocationPlan.id.in_(ids), AllocationPlan.state.in_(sorted(LIVE_STATES)))
        .order_by(AllocationPlan.id)
        .with_for_update(of=AllocationPlan)
        .execution_options(populate_existing=True)
    )
    return {plan.id: plan for plan in session.scalars(query).unique()}


def _lock_orders(session: Session, need_id: int) -> list[TransferOrder]:
    """The orders with lines for the need that have not left, locked in the order of their ids."""
    ids = (
        select(TransferOrderLine.transfer_order_id)
        .join(AllocationLine, AllocationLine.id == TransferOrderLine.allocation_line_id)
        .join(PlanDemand, PlanDemand.id == AllocationLine.plan_demand_id)
        .where(PlanDemand.requisition_line_id == need_id)
    )
    query = (
        select(TransferOrder)
        .where(TransferOrder.id.in_(ids), TransferOrder.state == TransferOrderState.OPEN)
        .order_by(TransferOrder.id)
        .with_for_update(of=TransferOrder)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query).unique())


def _standing(session: Session, need_id: int) -> list[_Standing]:
    """What live plans have promised to the need."""
    promises = select_promises(AllocationLine).where(PlanDemand.requisition_line_id == need_id)
    query = promises.order_by(AllocationLine.id)
    return [
        _Standing(
            plan_id=line.plan_id,
            warehouse_id=line.warehouse_id,
            promise=Promise(
                line_id=line.id,
                ship_on=line.ship_on,
                units=int(waiting) + int(lots),
                pack_units=line.item.pack_units,
                ratio_permille=ratio,
            ),
            on_the_road_units=on_the_road,
        )
        for line, ratio, on_the_road, waiting, lots in session.execute(query).unique()
    ]


def _give_back(
    work: Work, plans: Mapping[int, AllocationPlan], standing: Sequence[_Standing], back: Mapping[int, int]
) -> None:
    """Free what goes back: first what is still to come, then lots, those that keep longest first."""
    lots = promised_lots(work.session, back)
    lock_lots(work.session, sorted({row.lot_id for row in lots}))
    freed: dict[int, dict[Place, int]] = defaultdict(lambda: defaultdict(int))
    for one in standing:
        units = back.get(one.promise.line_id, 0)
        waiting = work.session.get(WaitingLine, one.promise.line_id)
        if waiting is not None:
            not_to_come = min(units, waiting.waiting_units)
            waiting.waiting_units -= not_to_come
            units -= not_to_come
        for row in reversed([row for row in lots if row.allocation_line_id == one.promise.line_id]):
            part = min(units, row.quantity)
            row.quantity -= part
            units -= part
            if part:
                freed[one.plan_id][row.lot_id, one.warehouse_id] += part
    for plan_id in sorted(freed):
        release_part(work, freed[plan_id], PLAN, plans[plan_id].code)
    work.session.flush()


def _lower_orders(work: Work, orders: Collection[TransferOrder], back: Mapping[int, int], reason: str) -> None:
    """Orders bring so much less; a line that brings nothing is taken off, and an order without lines is cancelled."""
    for order in orders:
        lowered = [line for line in order.lines if back.get(line.allocation_line_id)]
        if not lowered:
            continue
        before = TransferOrderView.snapshot(order)
        gone = [line for line in lowered if back[line.allocation_line_id] >= line.ordered_units]
        if len(gone) == len(order.lines):
            order.state, order.closing_reason = next_state(order.code, order.state, OrderStep.CANCEL), reason
            record_order(work, order, "TRANSFER_ORDER_CANCELLED", before)
            continue
        for line in lowered:
            if line in gone:
                order.lines.remove(line)
            else:
                line.ordered_units -= back[line.allocation_line_id]
        order.touch()
        record_order(work, order, "TRANSFER_ORDER_LOWERED", before)
