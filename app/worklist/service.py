"""Counts what waits for somebody; each kind is one aggregate over the rows of its table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from app.auth import Actor
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.rights import Role
from app.dispatch.models import DeliveryCase, ShippedLot, TransferOrder, TransferOrderLine
from app.dispatch.types import DeliveryCaseState, TransferOrderState
from app.facilities.models import Facility
from app.market.models import MarketAlert, MarketObservation
from app.market.types import AlertState, ObservationState
from app.planning.directives.models import Directive, DirectiveConfirmation, DirectiveEnding
from app.planning.plans.models import AllocationPlan
from app.planning.plans.types import PlanState
from app.planning.policies.models import TierRaise, TierRaiseConfirmation, TierRaiseEnding
from app.procurement.models import Pledge, PurchaseOrder
from app.procurement.types import PledgeState, PurchaseOrderState
from app.requisitions.gaps import select_silent_facilities
from app.requisitions.models import Requisition
from app.requisitions.rules import Thresholds
from app.requisitions.types import RequisitionState
from app.stock.models import LotRecall, PhysicalInventory, RecallAnswer
from app.stock.types import InventoryState, RecallState
from app.worklist.rules import TASK_RULES, due_at, is_own, is_watched, late_before
from app.worklist.types import TaskKind

Query = Callable[[Actor, date], Select[Any]]
"""A query with one column, `since`: a moment or a day for each thing that waits, within the actor's reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work of one kind that waits."""

    kind: TaskKind
    owner: Role
    count: int
    overdue: int
    due_at: datetime
    """When the one that waits longest is due."""
    address: str
    """The page on which it is done."""
    is_own: bool
    """Else it is shown because its owner is late."""
    oldest: datetime | date
    newest: datetime | date
    """Since when the first and the last of them wait, or for which day."""
    newest_late: datetime | date | None


def work_list(session: Session, actor: Actor, clock: Clock) -> list[Task]:
    """What waits for somebody, and what others have not done in time, most urgent first."""
    return sorted(_tasks(session, actor, clock), key=lambda task: (not task.is_own, not task.overdue, task.due_at))


def _tasks(session: Session, actor: Actor, clock: Clock) -> Iterator[Task]:
    now, zone = clock.now(), clock.city_zone
    for kind, (query, address) in _QUERIES.items():
        own = is_own(kind, actor.role, actor.rights)
        if not own and not is_watched(kind, actor.role):
            continue
        rows = query(actor, clock.today()).subquery()
        since = rows.c.since
        is_late = since < late_before(kind, now, zone)
        late_count, newest_late = func.coalesce(func.sum(case((is_late, 1), else_=0)), 0), case((is_late, since))
        count, late, oldest, newest, newest_late_one = session.execute(
            select(func.count(), late_count, func.min(since), func.max(since), func.max(newest_late)).select_from(rows)
        ).one()
        shown = count if own else late
        if shown:
            yield Task(
                kind=kind,
                owner=TASK_RULES[kind].owner,
                count=shown,
                overdue=late,
                due_at=due_at(kind, oldest, zone),
                address=address,
                is_own=own,
                oldest=oldest,
                newest=newest,
                newest_late=newest_late_one,
            )


def _since(column: Any, *wheres: Any) -> Select[Any]:
    return select(column.label("since")).where(*wheres)


def _within(actor: Actor, facility_id: Any, *, warehouse: bool = False) -> Any:
    """Rows of the places that the actor's reach holds."""
    codes = actor.warehouses if warehouse else actor.facilities
    if codes is None:
        return literal(value=True)
    place = aliased(Facility)
    return exists().where(place.id == facility_id, place.code.in_(sorted(codes)))


def _plans(_actor: Actor, _today: date) -> Select[Any]:
    return _since(AllocationPlan.proposed_at, AllocationPlan.state == PlanState.PROPOSED)


def _directives(actor: Actor, today: date) -> Select[Any]:
    settled = exists().where(DirectiveConfirmation.directive_id == Directive.id)
    ended = exists().where(DirectiveEnding.directive_id == Directive.id)
    return _since(
        Directive.ordered_at, ~settled, ~ended, Directive.ordered_by != actor.name, Directive.needed_by >= today
    )


def _tier_raises(actor: Actor, today: date) -> Select[Any]:
    settled = exists().where(TierRaiseConfirmation.tier_raise_id == TierRaise.id)
    ended = exists().where(TierRaiseEnding.tier_raise_id == TierRaise.id)
    others = TierRaise.raised_by != actor.name
    return _since(TierRaise.raised_at, ~settled, ~ended, others, TierRaise.valid_until >= today)


def _special_orders(actor: Actor, _today: date) -> Select[Any]:
    placed = PurchaseOrder.ordered_by.is_not(None) & (PurchaseOrder.ordered_by != actor.name)
    return _since(
        PurchaseOrder.review_by, PurchaseOrder.review_by.is_not(None), PurchaseOrder.reviewed_at.is_(None), placed
    )


def _orders_in(state: PurchaseOrderState, column: Any) -> Query:
    return lambda _actor, _today: _since(column, PurchaseOrder.state == state)


def _donations(_actor: Actor, _today: date) -> Select[Any]:
    return _since(Pledge.expected_on, Pledge.state == PledgeState.PROMISED)


def _requisitions(_actor: Actor, _today: date) -> Select[Any]:
    return _since(Requisition.submitted_at, Requisition.state == RequisitionState.SUBMITTED)


def _silent(actor: Actor, today: date) -> Select[Any]:
    oldest = today - timedelta(days=Thresholds().stale_after_days)
    silent = [select_silent_facilities(program, oldest).with_only_columns(Facility.id) for program in Program]
    one_each = union_all(*silent).subquery()
    return _since(literal(today), _within(actor, one_each.c.id)).select_from(one_each)


def _recalls_to_answer(actor: Actor, _today: date) -> Select[Any]:
    answered = exists().where(
        RecallAnswer.recall_id == LotRecall.id, RecallAnswer.facility_id == TransferOrder.facility_id
    )
    given = (
        select(LotRecall.id, TransferOrder.facility_id, func.min(LotRecall.opened_at).label("since"))
        .join(ShippedLot, ShippedLot.lot_id == LotRecall.lot_id)
        .join(TransferOrderLine, TransferOrderLine.id == ShippedLot.line_id)
        .join(TransferOrder, TransferOrder.id == TransferOrderLine.transfer_order_id)
        .where(LotRecall.state == RecallState.OPEN, ~answered, _within(actor, TransferOrder.facility_id))
        .group_by(LotRecall.id, TransferOrder.facility_id)
        .subquery()
    )
    return select(given.c.since)


def _recalls_to_close(_actor: Actor, _today: date) -> Select[Any]:
    return _since(LotRecall.opened_at, LotRecall.state == RecallState.OPEN)


def _orders_to_receive(actor: Actor, today: date) -> Select[Any]:
    coming = PurchaseOrder.state.in_([PurchaseOrderState.ORDERED, PurchaseOrderState.PARTLY_RECEIVED])
    here = _within(actor, PurchaseOrder.warehouse_id, warehouse=True)
    return _since(PurchaseOrder.expected_on, coming, PurchaseOrder.expected_on <= today, here)


def _donations_to_receive(actor: Actor, today: date) -> Select[Any]:
    coming = Pledge.state.in_([PledgeState.CONFIRMED, PledgeState.PARTLY_RECEIVED])
    here = _within(actor, Pledge.warehouse_id, warehouse=True)
    return _since(Pledge.expected_on, coming, Pledge.expected_on <= today, here)


def _orders_to_ship(actor: Actor, today: date) -> Select[Any]:
    here = _within(actor, TransferOrder.warehouse_id, warehouse=True)
    return _since(
        TransferOrder.ship_on, TransferOrder.state == TransferOrderState.OPEN, TransferOrder.ship_on <= today, here
    )


def _deliveries(actor: Actor, _today: date) -> Select[Any]:
    ours = _within(actor, TransferOrder.facility_id)
    return _since(TransferOrder.shipped_at, TransferOrder.state == TransferOrderState.SHIPPED, ours)


def _cases_to_state(actor: Actor, _today: date) -> Select[Any]:
    ours = exists().where(TransferOrder.id == DeliveryCase.transfer_order_id, _within(actor, TransferOrder.facility_id))
    unheard = and_(DeliveryCase.state == DeliveryCaseState.OPEN, DeliveryCase.facility_statement == "")
    return _since(DeliveryCase.opened_at, unheard, ours)


def _cases_to_settle(_actor: Actor, _today: date) -> Select[Any]:
    return _since(DeliveryCase.opened_at, DeliveryCase.state != DeliveryCaseState.SETTLED)


def _counts(actor: Actor, _today: date) -> Select[Any]:
    here = _within(actor, PhysicalInventory.warehouse_id, warehouse=True)
    return _since(PhysicalInventory.counted_on, PhysicalInventory.state == InventoryState.DRAFT, here)


def _alarms(_actor: Actor, _today: date) -> Select[Any]:
    return _since(MarketAlert.due_at, MarketAlert.state == AlertState.OPEN)


def _questioned(_actor: Actor, _today: date) -> Select[Any]:
    asked = MarketObservation.state == ObservationState.QUESTIONED
    return _since(MarketObservation.entered_at, asked, MarketObservation.is_newest)


_QUERIES: Mapping[TaskKind, tuple[Query, str]] = {
    TaskKind.APPROVE_PLAN: (_plans, "/plans?state=PROPOSED"),
    TaskKind.CONFIRM_DIRECTIVE: (_directives, "/directives"),
    TaskKind.CONFIRM_TIER_RAISE: (_tier_raises, "/tier-raises"),
    TaskKind.REVIEW_SPECIAL_ORDER: (_special_orders, "/purchase-orders?channel=SPECIAL_HANDLING"),
    TaskKind.APPROVE_ORDER: (
        _orders_in(PurchaseOrderState.DRAFT, PurchaseOrder.created_at), "/purchase-orders?state=DRAFT",
    ),
    TaskKind.PLACE_ORDER: (
        _orders_in(PurchaseOrderState.APPROVED, PurchaseOrder.approved_at), "/purchase-orders?state=APPROVED",
    ),
    TaskKind.CONFIRM_DONATION: (_donations, "/pledges?state=PROMISED"),
    TaskKind.REVIEW_REQUISITION: (_requisitions, "/requisitions?state=SUBMITTED"),
    TaskKind.REMIND_FACILITY: (_silent, "/reporting-gaps"),
    TaskKind.REPORT_NEEDS: (_silent, "/our-facility"),
    TaskKind.ANSWER_RECALL: (_recalls_to_answer, "/recalls"),
    TaskKind.CLOSE_RECALL: (_recalls_to_close, "/recalls"),
    TaskKind.RECEIVE_ORDER: (_orders_to_receive, "/purchase-orders?state=ORDERED"),
    TaskKind.RECEIVE_DONATION: (_donations_to_receive, "/pledges?state=CONFIRMED"),
    TaskKind.SHIP_ORDER: (_orders_to_ship, "/transfer-orders?state=OPEN"),
    TaskKind.CONFIRM_DELIVERY: (_deliveries, "/deliveries"),
    TaskKind.STATE_CASE: (_cases_to_state, "/delivery-cases"),
    TaskKind.SETTLE_CASE: (_cases_to_settle, "/delivery-cases"),
    TaskKind.POST_COUNT: (_counts, "/counts"),
    TaskKind.ANSWER_ALARM: (_alarms, "/market-alerts?state=OPEN"),
    TaskKind.SETTLE_VALUE: (_questioned, "/questioned-values"),
}  # fmt: skip
