"""Transfer orders: made from an approved plan, found, cancelled; and the plan closed when all of them are done.

Lock order of everything that changes them: the plan, its orders, number series, requisitions, lots, funds, the audit
trail. Under the row lock on the plan, changes to its orders happen one after the other.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.models import Item, Substitution
from app.core.errors import Fault, NotFoundError, missing
from app.core.numbering import next_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.models import TransferOrder, TransferOrderLine, Trip
from app.dispatch.rules import DONE_STATES, MisgradedError, OrderStateError, Step, next_state
from app.dispatch.schemas import TransferOrderView
from app.dispatch.types import TransferOrderState
from app.facilities.models import Facility
from app.planning.approval import service as approval
from app.planning.approval.taken import firm_lines
from app.planning.commitments.service import REFERENCE_KIND as PLAN
from app.planning.commitments.service import bind_received, give_up_lines, promised_lots, waiting_units
from app.planning.plans import rules as plan_rules
from app.planning.plans.models import AllocationLine, AllocationPlan
from app.planning.plans.service import lock_plan
from app.stock.holdings import Place
from app.stock.service import release_part

REFERENCE_KIND = "transfer_order"
"""What stock events of dispatch refer to, by the order's code."""

NUMBER_SERIES = "TO"

FIRM_LINES_MAX = 2_000
"""A plan with more firm lines gets its transfer orders after its approval, not with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """What a list of transfer orders is narrowed to; what is None narrows nothing."""

    plan: str | None = None
    warehouse: str | None = None
    facility: str | None = None
    day: date | None = None
    state: TransferOrderState | None = None
    trip: str | None = None


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """Only orders that the actor may know of: a facility's people know of what comes to their own facilities."""
    if actor.facilities is None:
        return true()
    return TransferOrder.facility_id.in_(select(Facility.id).where(Facility.code.in_(sorted(actor.facilities))))


def order_by_code(session: Session, code: str, *, actor: Actor) -> TransferOrder:
    """The transfer order with this code; raises `NotFoundError`, also where it is beyond the actor's reach."""
    query = select(TransferOrder).where(TransferOrder.code == code, within_reach(actor))
    order = session.scalars(query).unique().one_or_none()
    if order is None:
        raise NotFoundError(missing("transfer order", code))
    return order


def lock_order(
    session: Session, code: str, if_match: Precondition = ANY_VERSION, *, actor: Actor
) -> tuple[AllocationPlan, TransferOrder]:
    """The order and its plan, both locked, the plan first.

    Raises `NotFoundError`, and `ForbiddenError` where the order leaves a warehouse beyond the actor's reach.
    """
    found = order_by_code(session, code, actor=actor)
    actor.refuse_foreign_warehouses([("code", found.warehouse.code)])
    plan = lock_plan(session, found.plan.code)
    query = select(TransferOrder).where(TransferOrder.code == code)
    locked = query.with_for_update(of=TransferOrder).execution_options(populate_existing=True)
    return plan, if_match.check(session.scalars(locked).unique().one())


def select_orders(wanted: OrderFilter, *, actor: Actor) -> Select[TransferOrder]:
    """The orders within the actor's reach that all the filters let pass."""
    query = select(TransferOrder).where(within_reach(actor))
    if wanted.plan is not None:
        query = query.where(TransferOrder.plan.has(AllocationPlan.code == wanted.plan))
    if wanted.warehouse is not None:
        query = query.where(TransferOrder.warehouse.has(Facility.code == wanted.warehouse))
    if wanted.facility is not None:
        query = query.where(TransferOrder.facility.has(Facility.code == wanted.facility))
    if wanted.day is not None:
        query = query.where(TransferOrder.ship_on == wanted.day)
    if wanted.state is not None:
        query = query.where(TransferOrder.state == wanted.state)
    if wanted.trip is not None:
        query = query.where(TransferOrder.trip.has(Trip.code == wanted.trip))
    return query


def _select_of_plan(plan: AllocationPlan) -> Select[TransferOrder]:
    return select(TransferOrder).where(TransferOrder.plan_id == plan.id).order_by(TransferOrder.id)


def orders_of_plan(session: Session, plan: AllocationPlan) -> list[TransferOrder]:
    """All orders of a plan, by their key."""
    return list(session.scalars(_select_of_plan(plan)).unique())


def lock_orders_of_plan(session: Session, plan: AllocationPlan) -> list[TransferOrder]:
    """All orders of a plan, locked in the order of their key until the transaction ends."""
    query = _select_of_plan(plan).with_for_update(of=TransferOrder)
    return list(session.scalars(query.execution_options(populate_existing=True)).unique())


def create_orders(work: Work, plan_code: str, if_match: Precondition = ANY_VERSION) -> list[TransferOrder]:
    """One order a warehouse, facility and firm day from an approved plan, which is DISPATCHING from then on.

    Of a plan that has its orders they are answered, and nothing is done. A plan that sends nothing is closed at once.
    Raises `PlanStateError` for any other plan that is not APPROVED, `MisgradedError` where a substitution that the
    plan relies on is no longer allowed, and `ForbiddenError` where a warehouse is beyond the actor's reach.
    """
    plan = if_match.check(lock_plan(work.session, plan_code))
    there = orders_of_plan(work.session, plan)
    if there:
        return there
    plan_rules.next_state(plan.code, plan.state, plan_rules.Step.DISPATCH)
    lines = firm_lines(work.session, plan)
    work.actor.refuse_foreign_warehouses([("code", code) for code in sorted({line.warehouse.code for line in lines})])
    return orders_from_lines(work, plan, lines)


def approve_plan(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> AllocationPlan:
    """Approve a plan, with the transfer orders of its firm days in the same transaction.

    Of a plan with more than `FIRM_LINES_MAX` firm lines the orders are made afterwards, by `create_orders`: nobody
    else can write while an approval works. Raises what an approval raises.
    """
    plan = approval.approve_plan(work, code, if_match, number_series=NUMBER_SERIES)
    lines = firm_lines(work.session, plan)
    if 0 < len(lines) <= FIRM_LINES_MAX:
        orders_from_lines(work, plan, lines)
    return plan


def orders_from_lines(work: Work, plan: AllocationPlan, lines: Sequence[AllocationLine]) -> list[TransferOrder]:
    """The transfer orders of these lines of an approved plan, which is DISPATCHING from then on; its holder calls."""
    ratios = allowed_ratios(work.session, lines)
    groups: dict[tuple[date, str, str], list[AllocationLine]] = defaultdict(list)
    units = _standing_units(work.session, [line.id for line in lines])
    for line in lines:
        if units[line.id] > 0:
            groups[line.ship_on, line.warehouse.code, line.demand.facility.code].append(line)
    orders = [_new_order(work, plan, groups[key], ratios, units) for key in sorted(groups)]
    work.session.add_all(orders)
    work.session.flush()
    if not orders:
        approval.lock_for_ending(work.session, plan)
    bind_received(work, plan.program, plan_id=plan.id)
    approval.begin_dispatch(work, plan)
    for order in orders:
        record_order(work, order, "TRANSFER_ORDER_CREATED", None)
    close_if_done(work, plan)
    return orders


def _standing_units(session: Session, line_ids: Sequence[int]) -> dict[int, int]:
    """What is promised by each line, reserved or still to come: less than planned where its facility needs less now."""
    units = dict.fromkeys(line_ids, 0) | waiting_units(session, line_ids)
    for lot in promised_lots(session, line_ids):
        units[lot.allocation_line_id] += lot.quantity
    return units


def _new_order(
    work: Work,
    plan: AllocationPlan,
    lines: Collection[AllocationLine],
    ratios: Mapping[int, int],
    units: Mapping[int, int],
) -> TransferOrder:
    first = next(iter(lines))
    return TransferOrder(
        code=next_code(work.session, NUMBER_SERIES, work.today),
        plan_id=plan.id,
        warehouse_id=first.warehouse_id,
        facility_id=first.demand.facility_id,
        ship_on=first.ship_on,
        state=TransferOrderState.OPEN,
        created_at=work.now,
        created_by=work.actor.name,
        lines=[
            TransferOrderLine(
                position=position,
                allocation_line_id=line.id,
                item_id=line.item_id,
                serves_item_id=line.demand.item_id,
                ratio_permille=ratios[line.id],
                ordered_units=units[line.id],
                shipped_units=0,
                accepted_units=0,
                rejected_units=0,
                missing_units=0,
                lots=[],
            )
            for position, line in enumerate(lines, 1)
        ],
    )


def allowed_ratios(session: Session, lines: Collection[AllocationLine]) -> dict[int, int]:
    """What 1,000 units of each line's item count for at its facility, by line, by the catalogue as it is now.

    Raises `MisgradedError` naming every line whose item is neither the one asked for nor an allowed substitute.
    """
    substitutes = session.scalars(select(Substitution)).unique()
    allowed = {
        (row.item_id, row.serves_item_id, kind.facility_type_id): row.ratio_permille
        for row in substitutes
        for kind in row.facility_types
    }
    ratios: dict[int, int] = {}
    faults = []
    for line in lines:
        demand = line.demand
        key = (line.item_id, demand.item_id, demand.facility.facility_type_id)
        if line.item_id == demand.item_id:
            ratios[line.id] = 1000
        elif key in allowed:
            ratios[line.id] = allowed[key]
        else:
            faults.append(_misgraded(line.item, demand.item, demand.facility.code))
    MisgradedError.raise_if(faults)
    return ratios


def _misgraded(item: Item, asked: Item, facility: str) -> Fault:
    message = "{facility} asked for {asked}; {item} is not allowed in its place there."
    return Fault("misgraded", message, "", {"facility": facility, "asked": asked.code, "item": item.code})


def cancel_order(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> TransferOrder:
    """Call off an order that has not left: what is reserved for it is given back."""
    plan, order = lock_order(work.session, code, if_match, actor=work.actor)
    after = next_state(order.code, order.state, Step.CANCEL)
    lock_needs_if_last(work.session, plan, order)
    before = TransferOrderView.snapshot(order)
    give_rest_back(work, plan, order)
    order.state, order.closing_reason = after, reason
    record_order(work, order, "TRANSFER_ORDER_CANCELLED", before)
    close_if_done(work, plan)
    return order


def cancel_plan(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> AllocationPlan:
    """Call off a plan with its open orders: reservations, money and needs are given back as far as unused.

    Raises `OrderStateError` naming every order on the road, which must arrive first, and `PlanStateError` for a
    plan that has ended.
    """
    plan = if_match.check(lock_plan(work.session, code))
    plan_rules.next_state(plan.code, plan.state, plan_rules.Step.CANCEL)
    orders = lock_orders_of_plan(work.session, plan)
    message = "Transfer order {order} is on the road; its delivery must be confirmed first."
    OrderStateError.raise_if(
        [
            Fault("order_on_the_road", message, "", {"order": one.code})
            for one in orders
            if one.state is TransferOrderState.SHIPPED
        ]
    )
    if plan.state in plan_rules.LIVE_STATES:
        approval.lock_for_ending(work.session, plan)
    for order in orders:
        if order.state is TransferOrderState.OPEN:
            before = TransferOrderView.snapshot(order)
            order.state, order.closing_reason = TransferOrderState.CANCELLED, reason
            record_order(work, order, "TRANSFER_ORDER_CANCELLED", before)
    return approval.end_plan(work, plan, plan_rules.Step.CANCEL, reason)


def may_be_withdrawn(session: Session, plan: AllocationPlan) -> bool:
    """Whether the plan is approved and nothing of it has left yet."""
    if plan.state not in plan_rules.LIVE_STATES:
        return False
    query = select(TransferOrder.id).where(
        TransferOrder.plan_id == plan.id,
        TransferOrder.state.not_in([TransferOrderState.OPEN, TransferOrderState.CANCELLED]),
    )
    return session.scalar(query.limit(1)) is None


def give_rest_back(work: Work, plan: AllocationPlan, order: TransferOrder) -> None:
    """What is still reserved for an order's lines is free again, and they wait for nothing any more."""
    line_ids = [line.allocation_line_id for line in order.lines]
    units: dict[Place, int] = defaultdict(int)
    for lot in promised_lots(work.session, line_ids):
        units[lot.lot_id, order.warehouse_id] += lot.quantity
    if units:
        release_part(work, units, PLAN, plan.code)
    give_up_lines(work.session, line_ids)


def _others_open(session: Session, plan: AllocationPlan, order: TransferOrder | None) -> bool:
    query = select(TransferOrder.id).where(
        TransferOrder.plan_id == plan.id,
        TransferOrder.state.not_in(sorted(DONE_STATES)),
        TransferOrder.id != (order.id if order is not None else 0),
    )
    return session.scalar(query.limit(1)) is not None


def lock_needs_if_last(session: Session, plan: AllocationPlan, order: TransferOrder) -> None:
    """Lock what the plan gives back when it ends, where this order is the last that is not done."""
    if not _others_open(session, plan, order):
        approval.lock_for_ending(session, plan)


def close_if_done(work: Work, plan: AllocationPlan) -> None:
    """A plan whose orders are all done is closed, and what it did not serve is open for the next one."""
    work.session.flush()
    if not _others_open(work.session, plan, None):
        approval.end_plan(work, plan, plan_rules.Step.CLOSE, "")


def record_order(
    work: Work,
    order: TransferOrder,
    action: str,
    before: Mapping[str, Any] | None,
    accepted_anyway: Mapping[str, str] | None = None,
) -> None:
    """Append what was done to an order to the audit trail; with why lots that may not be used were accepted."""
    work.session.flush()
    more = {"accepted_anyway": dict(accepted_anyway)} if accepted_anyway else {}
    work.record(action, REFERENCE_KIND, order.code, before=before, after={**TransferOrderView.snapshot(order), **more})
