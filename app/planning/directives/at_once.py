"""Directives at once: an approved plan of one line out of free stock, which transfer orders carry out like any other.

It was proposed by one leader and is approved by the other, as every plan is; no solver has computed it.
"""

import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

import solver
from app.catalog.types import Program
from app.core.numbering import lock_series
from app.core.work import Work
from app.facilities.models import Facility, Lane
from app.planning.approval.models import PlanApproval, PromisedLot
from app.planning.commitments.service import REFERENCE_KIND, promise_to_needs
from app.planning.directives.models import Directive
from app.planning.directives.rules import FreeUnits, pick_lots
from app.planning.directives.service import (
    REQUISITION_SERIES,
    keep_confirmation,
    need_of,
    refuse_beyond_stock,
    stock_of,
)
from app.planning.directives.types import DIRECTIVE_BAND, DIRECTIVE_TIER
from app.planning.plans.models import BILLION, AllocationLine, AllocationPlan, PlanDemand, PlanShare
from app.planning.plans.types import PlanState
from app.planning.policies.models import Policy
from app.planning.policies.service import policy_in_force, raised_tiers
from app.planning.snapshot.facts import GRAMS_PER_KG, MICRO, digest_of
from app.procurement.money import MICROYUAN_IN_A_FEN
from app.requisitions.fulfilment import mark_planned
from app.requisitions.models import RequisitionLine
from app.stock.service import ReservationLine, lock_lots, reserve
from solver import problem_digest, problem_to_json

Pick = tuple[FreeUnits, int]


def confirm_at_once(work: Work, directive: Directive, *, number_series: str) -> AllocationPlan:
    """Stand behind a directive and reserve its lots now; the approved plan of it, without its transfer orders yet.

    The caller holds the directive. What is free is looked at again under the locks of all lots that could serve it.
    `number_series` names the documents that the caller makes of the plan. Raises `BeyondStockError`.
    """
    lock_series(work.session, REQUISITION_SERIES, work.today)
    lock_series(work.session, number_series, work.today)
    lock_lots(work.session, [one.lot_id for one in stock_of(work.session, directive, work.today).lots])
    stock = stock_of(work.session, directive, work.today)
    refuse_beyond_stock(directive, stock)
    picks = pick_lots(stock.lots, directive.quantity, directive.item.pack_units)
    need = need_of(work, directive)
    policy = policy_in_force(work.session, directive.item.program)
    plan = _plan(work, directive, policy, picks)
    lines = _lines(work, plan, _demand(work, plan, directive, need, policy), directive, picks)
    keep_confirmation(work, directive, need, plan)
    mark_planned(work, [need.id], plan=plan.code)
    _reserve(work, plan, directive, lines)
    work.record(
        "PLAN_APPROVED",
        "allocation_plan",
        plan.code,
        after={"state": plan.state.value, "directive": directive.code, "problem": plan.problem_digest},
    )
    return plan


def _plan(work: Work, directive: Directive, policy: Policy, picks: Sequence[Pick]) -> AllocationPlan:
    problem = _problem(work.session, directive, picks, work.today)
    plan = AllocationPlan(
        code=directive.code,
        program=policy.program,
        policy_id=policy.id,
        policy=policy,
        state=PlanState.APPROVED,
        start=work.today,
        horizon_days=1,
        snapshot_digest=digest_of(problem, policy),
        problem_digest=problem_digest(problem),
        problem_json=json.dumps(problem_to_json(problem), ensure_ascii=False),
        cost_fen=_cost_fen(work.session, directive, picks),
        proposed_by=directive.ordered_by,
        proposed_at=directive.ordered_at,
    )
    work.session.add(plan)
    work.session.flush()
    approval = PlanApproval(
        plan_id=plan.id,
        proposed_by=directive.ordered_by,
        approved_by=work.actor.name,
        approved_at=work.now,
        snapshot_digest=plan.snapshot_digest,
    )
    work.session.add(approval)
    work.session.flush()
    return plan


def _lanes(session: Session, directive: Directive, picks: Sequence[Pick]) -> list[Lane]:
    warehouses = sorted({one.warehouse_id for one, _ in picks})
    query = select(Lane).where(Lane.facility_id == directive.facility_id, Lane.warehouse_id.in_(warehouses))
    return list(session.scalars(query.order_by(Lane.warehouse_id)).unique())


def _microyuan_per_unit(directive: Directive, lane: Lane) -> float:
    if directive.item.program is Program.MEDICAL:
        return lane.cost_microyuan_per_piece
    return lane.cost_microyuan_per_kg / GRAMS_PER_KG


def _cost_fen(session: Session, directive: Directive, picks: Sequence[Pick]) -> int:
    """What the way costs by the lanes; the goods are there already."""
    costs = {lane.warehouse_id: _microyuan_per_unit(directive, lane) for lane in _lanes(session, directive, picks)}
    return round(sum(costs[one.warehouse_id] * units for one, units in picks) / MICROYUAN_IN_A_FEN)


def _problem(session: Session, directive: Directive, picks: Sequence[Pick], today: date) -> solver.Problem:
    """The facts of the directive as a problem of the public format: the lots taken, their lanes, one demand."""
    lanes = _lanes(session, directive, picks)
    codes = {lane.warehouse_id: lane.warehouse.code for lane in lanes}
    item, facility = directive.item, directive.facility.code
    return solver.Problem.of(
        start=today,
        periods=max(1, max(lane.lead_days for lane in lanes) + 1),
        items=[solver.Item(id=item.code, pack=item.pack_units)],
        sites=[solver.Site(id=code) for code in sorted(codes.values())],
        facilities=[solver.Facility(id=facility)],
        lanes=[
            solver.Lane(
                site=lane.warehouse.code,
                facility=facility,
                days=lane.lead_days,
                cost=_microyuan_per_unit(directive, lane) / MICRO,
            )
            for lane in lanes
        ],
        supplies=[
            solver.Supply(id=one.source_key, item=item.code, site=codes[one.warehouse_id], quantity=one.units)
            for one, _ in picks
        ],
        demands=[
            solver.Demand(
                id=f"{directive.code}/{item.code}/{directive.needed_by.isoformat()}",
                facility=facility,
                item=item.code,
                quantity=directive.quantity,
                due=max(lane.lead_days for lane in lanes),
                tier=DIRECTIVE_TIER,
            )
        ],
        bands=[solver.Band(name=DIRECTIVE_BAND, caps=((DIRECTIVE_TIER, 1.0),))],
    )


def _demand(
    work: Work, plan: AllocationPlan, directive: Directive, need: RequisitionLine, policy: Policy
) -> PlanDemand:
    facility = directive.facility
    tiers = {row.facility_type_id: row.tier for row in policy.tiers}
    tier = tiers.get(facility.facility_type_id, DIRECTIVE_TIER)
    demand = PlanDemand(
        plan_id=plan.id,
        requisition_line_id=need.id,
        facility_id=facility.id,
        item_id=directive.item_id,
        tier=min(tier, raised_tiers(work.session, work.today).get(facility.code, tier)),
        wanted_units=directive.quantity,
        planned_units=directive.quantity,
        reasons=[],
        shares=[PlanShare(band_position=band.position, share_e9=BILLION) for band in policy.bands],
    )
    work.session.add(demand)
    work.session.flush()
    return demand


def _lines(
    work: Work, plan: AllocationPlan, demand: PlanDemand, directive: Directive, picks: Sequence[Pick]
) -> list[AllocationLine]:
    lines = [
        AllocationLine(
            plan_id=plan.id,
            demand=demand,
            source_key=one.source_key,
            lot_id=one.lot_id,
            item_id=directive.item_id,
            warehouse_id=one.warehouse_id,
            warehouse=work.session.get_one(Facility, one.warehouse_id),
            ship_on=work.today,
            firm=True,
            quantity=units,
        )
        for one, units in picks
    ]
    work.session.add_all(lines)
    work.session.flush()
    return lines


def _reserve(work: Work, plan: AllocationPlan, directive: Directive, lines: Sequence[AllocationLine]) -> None:
    wanted = [
        ReservationLine(
            lot_id=line.lot_id or 0,
            warehouse_id=line.warehouse_id,
            quantity=line.quantity,
            facility_id=directive.facility_id,
            needed_on=directive.needed_by,
        )
        for line in lines
    ]
    reserve(work, wanted, reference_kind=REFERENCE_KIND, reference_key=plan.code)
    for line in lines:
        work.session.add(PromisedLot(allocation_line_id=line.id, lot_id=line.lot_id or 0, quantity=line.quantity))
    promise_to_needs(work.session, lines)
