"""Plans and their rows as the API shows them."""

from app.core.i18n import name_of
from app.planning.plans.models import (
    BILLION,
    AllocationLine,
    AllocationPlan,
    PlanDemand,
    PlanHistory,
    PlanLimit,
    PlanPurchase,
)
from app.planning.plans.schemas import (
    AllocationLineView,
    FairnessPriceView,
    PlanDemandView,
    PlanLimitView,
    PlanPurchaseView,
    PlanView,
    ReasonView,
)
from app.planning.plans.wording import Namer, reason_text
from app.procurement.money import line_amount_fen


def plan_view(plan: AllocationPlan) -> PlanView:
    """A plan without its lines."""
    return PlanView(
        code=plan.code,
        program=plan.program,
        policy_version=plan.policy.version,
        state=plan.state,
        start=plan.start,
        horizon_days=plan.horizon_days,
        snapshot_digest=plan.snapshot_digest,
        problem_digest=plan.problem_digest,
        cost_fen=plan.cost_fen,
        is_partial=plan.is_partial,
        fairness_prices=[FairnessPriceView(**row) for row in plan.fairness_prices or ()],
        failure=plan.failure,
        follows=plan.parent.code if plan.parent else None,
        proposed_by=plan.proposed_by,
        proposed_at=plan.proposed_at,
    )


def demand_view(demand: PlanDemand, language: str, naming: Namer, before: PlanHistory | None = None) -> PlanDemandView:
    """What a plan gives to a need, with its reasons in a language."""
    return PlanDemandView(
        id=demand.id,
        requisition_line_id=demand.requisition_line_id,
        facility=demand.facility.code,
        facility_name=name_of(demand.facility, language),
        zone=demand.facility.zone.code,
        item=demand.item.code,
        unit=demand.item.base_unit.value,
        tier=demand.tier,
        needed_by=demand.requisition_line.needed_by,
        wanted_units=demand.wanted_units,
        planned_units=demand.planned_units,
        asked_before_units=before.asked_units if before is not None else 0,
        received_before_units=before.received_units if before is not None else 0,
        shares=[share.share_e9 / BILLION for share in demand.shares],
        reasons=[
            ReasonView(
                code=reason["code"],
                params={name: value for name, value in reason.items() if name != "code"},
                text=reason_text(reason, language, naming),
            )
            for reason in demand.reasons
        ],
    )


def line_view(line: AllocationLine) -> AllocationLineView:
    """An allocation line."""
    return AllocationLineView(
        id=line.id,
        demand_id=line.plan_demand_id,
        facility=line.demand.facility.code,
        item=line.item.code,
        source=line.source_key,
        lot=line.lot.code if line.lot else None,
        offer=line.offer.code if line.offer else None,
        warehouse=line.warehouse.code,
        ship_on=line.ship_on,
        firm=line.firm,
        quantity=line.quantity,
        unit=line.item.base_unit.value,
    )


def purchase_view(purchase: PlanPurchase) -> PlanPurchaseView:
    """What a plan buys of an offer."""
    return PlanPurchaseView(
        offer=purchase.offer.code,
        item=purchase.offer.item.code,
        partner=purchase.offer.partner.code,
        quantity=purchase.quantity,
        cost_fen=line_amount_fen(purchase.offer.unit_price_microyuan, purchase.quantity),
    )


def limit_view(limit: PlanLimit) -> PlanLimitView:
    """A limit that holds needs below their caps."""
    return PlanLimitView(limit=limit.limit_key, kind=limit.kind, demands=limit.demand_count, gain=limit.gain)
