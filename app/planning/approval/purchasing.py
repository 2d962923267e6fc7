"""Purchases of an approved plan: one confirmation turns its offers into orders, which take over the committed money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import ConflictError
from app.core.numbering import NumberSeries
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.planning.approval.models import PlanOrder
from app.planning.approval.schemas import PlanOrderConfirmation
from app.planning.approval.service import lock_money, record_step
from app.planning.commitments.service import REFERENCE_KIND
from app.planning.plans.models import AllocationPlan, PlanPurchase
from app.planning.plans.rules import TRANSITIONS, Step, next_state
from app.planning.plans.service import lock_plan
from app.procurement.funds import fund_by_code
from app.procurement.models import Offer
from app.procurement.order_schemas import NewOrderLine, NewPurchaseOrder
from app.procurement.service import PlacedOrder, approve_order, create_purchase_order, place_order, release_fund


@dataclass(frozen=True, slots=True, kw_only=True)
class _Purchase:
    offer: Offer
    units: int
    expected_on: date


def order_purchases(
    work: Work, code: str, confirmation: PlanOrderConfirmation, if_match: Precondition = ANY_VERSION
) -> list[PlacedOrder]:
    """Order what an approved plan buys: one order a partner, fund, warehouse and day of arrival.

    The plan's commitment ends in the same transaction in which the orders make theirs. Raises `PlanStateError`,
    `ConflictError` where nothing is left to order, and what procurement refuses; then nothing has changed.
    """
    plan = if_match.check(lock_plan(work.session, code))
    next_state(plan.code, plan.state, Step.ORDER)
    bought = _open_purchases(work.session, plan)
    if not bought:
        raise ConflictError.of("Plan {plan} has nothing to order.", code="nothing_to_order", plan=plan.code)
    own_fund = fund_by_code(work.session, confirmation.fund) if confirmation.fund is not None else None
    _lock_number_series(work.session, work.today)
    funds = [row.offer.fund_source_id for row in bought]
    lock_money(work.session, (row.offer_id for row in bought), [*funds, own_fund.id if own_fund is not None else None])
    purchases = [
        _Purchase(offer=row.offer, units=row.quantity, expected_on=work.today + timedelta(days=row.offer.lead_days))
        for row in bought
    ]
    release_fund(work, REFERENCE_KIND, plan.code)
    placed = [_order(work, plan, group, confirmation) for group in _groups(purchases)]
    codes = ", ".join(one.order.code for one in placed)
    record_step(work, plan, "PLAN_PURCHASES_ORDERED", plan.state, purchase_orders=codes)
    return placed


def plans_to_order(session: Session) -> dict[AllocationPlan, list[PlanPurchase]]:
    """What plans buy and nobody has ordered yet, by plan in the order of their codes."""
    query = select(AllocationPlan).where(AllocationPlan.state.in_(TRANSITIONS[Step.ORDER])).order_by(AllocationPlan.id)
    found = {plan: _open_purchases(session, plan) for plan in session.scalars(query).unique()}
    return {plan: purchases for plan, purchases in found.items() if purchases}


def _open_purchases(session: Session, plan: AllocationPlan) -> list[PlanPurchase]:
    query = (
        select(PlanPurchase)
        .outerjoin(
            PlanOrder, (PlanOrder.plan_id == PlanPurchase.plan_id) & (PlanOrder.offer_id == PlanPurchase.offer_id)
        )
        .where(PlanPurchase.plan_id == plan.id, PlanOrder.plan_id.is_(None))
        .order_by(PlanPurchase.offer_id)
    )
    return list(session.scalars(query).unique())


def _lock_number_series(session: Session, today: date) -> None:
    # Numbers are taken before the money in other orders too; held first, nobody waits for us while we wait for them.
    series = select(NumberSeries.series).where(NumberSeries.series == f"PO-{today.year}")
    session.execute(series.with_for_update()).all()


def _groups(purchases: Iterable[_Purchase]) -> list[list[_Purchase]]:
    """What goes on one order: the same partner, channel, warehouse, fund and day; an item once only."""
    groups: dict[tuple[object, ...], list[_Purchase]] = {}
    times: dict[tuple[object, ...], int] = {}
    for one in purchases:
        offer = one.offer
        key = (
            offer.partner.code,
            offer.supply_channel.value,
            offer.warehouse.code,
            offer.fund_source.code if offer.fund_source is not None else "",
            one.expected_on.isoformat(),
        )
        times[*key, offer.item.code] = nth = times.get((*key, offer.item.code), 0) + 1
        groups.setdefault((*key, nth), []).append(one)
    return [groups[key] for key in sorted(groups, key=str)]


def _order(
    work: Work, plan: AllocationPlan, group: Sequence[_Purchase], confirmation: PlanOrderConfirmation
) -> PlacedOrder:
    first = group[0].offer
    new = NewPurchaseOrder(
        partner=first.partner.code,
        supply_channel=first.supply_channel,
        warehouse=first.warehouse.code,
        fund=first.fund_source.code if first.fund_source is not None else confirmation.fund,
        expected_on=group[0].expected_on,
        lines=[NewOrderLine(item=one.offer.item.code, quantity=one.units, offer=one.offer.code) for one in group],
    )
    draft = create_purchase_order(work, new).order
    approve_order(work, draft.code)
    placed = place_order(work, draft.code)
    work.session.add_all(
        PlanOrder(plan_id=plan.id, offer_id=one.offer.id, purchase_order_id=placed.order.id) for one in group
    )
    work.session.flush()
    return placed
