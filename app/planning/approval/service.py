"""Approval: reserves a plan's lots and commits its money in one transaction, if all that it takes is still there.

One lock makes that true: the head of the audit trail. Every write of the service ends with a record in the trail
and so needs the head, which is taken last and held until the commit (`trail.record`). The approval therefore first
locks all rows that it will change, in the order that every writer keeps (plans, requisitions, lots, offers, funds),
then the head, and only then retakes the snapshot. From that moment on nobody else can commit anything: what others
have committed is seen, what they have not must wait until the plan has its lots. A lock on a row of planning alone
would not do, since those who change stock, needs, offers or policies do not know of it.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import ConflictError
from app.core.numbering import lock_series
from app.core.trail.models import AuditHead
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.planning.approval.models import PlanApproval, PlanEnding, PlanOrder, PromisedLot, WaitingLine
from app.planning.approval.taken import (
    age_fault,
    booked_costs,
    computed_from,
    firm_lines,
    less_by_newer_reports,
    missing_of,
    partial_fault,
)
from app.planning.commitments.service import (
    REFERENCE_KIND,
    bind_received,
    give_up_lines,
    promise_to_needs,
    promised_units,
    received_lots,
)
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand, PlanPurchase
from app.planning.plans.rules import LIVE_STATES, Step, late_fault, next_state, overlap, refuse_own_approval
from app.planning.plans.service import lock_plan, plan_by_code
from app.planning.plans.types import PlanState
from app.planning.policies.service import policy_in_force
from app.planning.snapshot.changes import policy_fault
from app.planning.snapshot.facts import Snapshot, take_snapshot
from app.procurement.models import FundCommitment, FundSource, Offer
from app.procurement.service import commit_fund, release_fund
from app.requisitions.fulfilment import give_back, mark_planned
from app.requisitions.lifecycle import lock_by_lines
from app.stock.service import ReservationLine, lock_lots, open_reservations, release, reserve


class PlanOutdatedError(ConflictError):
    """Something that the plan takes is not there any more; it must be computed anew. Each fault names one thing."""

    code = "plan_outdated"
    title = "Something that this plan takes is not there any more; compute it anew."


def approve_plan(
    work: Work, code: str, if_match: Precondition = ANY_VERSION, *, number_series: str | None = None
) -> AllocationPlan:
    """Approve a proposed plan: its lots are reserved, its money committed, the needs it serves marked as planned.

    Other proposed plans of the program with a day in common are superseded. Raises `OwnApprovalError` for whoever
    proposed it, `PlanStateError`, `PlanOutdatedError` naming what the plan takes and is not there any more; then
    nothing has changed. Only firm lines take anything: what later days foresee is left to the plans that follow.
    `number_series` names the documents that the caller makes of the plan in the same transaction.
    """
    plan, rivals = _lock_proposed(work.session, code)
    if_match.check(plan)
    after = next_state(plan.code, plan.state, Step.APPROVE)
    refuse_own_approval(plan.code, work.actor.name, authors_of(plan))
    late = late_fault(plan.code, plan.start, work.today)
    PlanOutdatedError.raise_if([late] if late is not None else [])
    if number_series is not None:
        lock_series(work.session, number_series, work.today)
    _lock_for_approval(work.session, plan)
    snapshot = _refuse_if_outdated(work, plan)
    lines = firm_lines(work.session, plan)
    less = less_by_newer_reports(work.session, plan, snapshot)
    mark_planned(work, _served_line_ids(work.session, plan), plan=plan.code)
    _reserve_lots(work, plan, lines, less)
    purchases = work.session.scalars(select(PlanPurchase).where(PlanPurchase.plan_id == plan.id)).unique()
    for fund, amount_fen in booked_costs(purchases):
        commit_fund(work, fund, amount_fen, REFERENCE_KIND, plan.code)
    work.session.add(
        PlanApproval(
            plan_id=plan.id,
            proposed_by=plan.proposed_by,
            approved_by=work.actor.name,
            approved_at=work.now,
            snapshot_digest=snapshot.digest,
        )
    )
    plan.state = after
    for rival in rivals:
        if overlap(plan.start, plan.horizon_days, rival.start, rival.horizon_days):
            _end(work, rival, Step.SUPERSEDE, "", successor=plan)
    work.session.flush()
    # What a line counts on may have come in since the plan was computed: it is the plan's from now on.
    bind_received(work, plan.program, plan_id=plan.id)
    more = {"units_less_by_newer_reports": sum(less.values())} if less else {}
    record_step(work, plan, "PLAN_APPROVED", PlanState.PROPOSED, **more)
    return plan


def authors_of(plan: AllocationPlan) -> frozenset[str]:
    """Everybody who had a hand in a plan; a plan is never edited once it is proposed, so that is who proposed it."""
    return frozenset({plan.proposed_by})


def reject_plan(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> AllocationPlan:
    """Turn a proposed plan down; it can never be approved or dispatched afterwards."""
    plan = if_match.check(lock_plan(work.session, code))
    return _end(work, plan, Step.REJECT, reason)


def end_plan(work: Work, plan: AllocationPlan, step: Step, reason: str) -> AllocationPlan:
    """Cancel or close a plan that the caller holds: reservations, money and needs are given back as far as unused.

    Purchases that were ordered stay ordered, and what was delivered stays delivered.
    """
    return _end(work, plan, step, reason)


def begin_dispatch(work: Work, plan: AllocationPlan) -> None:
    """Say that transfer orders carry out an approved plan from now on; the caller holds the plan."""
    before = plan.state
    plan.state = next_state(plan.code, before, Step.DISPATCH)
    record_step(work, plan, "PLAN_DISPATCHING", before)


def record_step(work: Work, plan: AllocationPlan, action: str, before: PlanState, **more: str | int) -> None:
    """Append the move of a plan from one state to another to the audit trail."""
    work.record(
        action, "allocation_plan", plan.code, before={"state": before.value}, after={"state": plan.state.value, **more}
    )


def _lock_proposed(session: Session, code: str) -> tuple[AllocationPlan, list[AllocationPlan]]:
    """The plan, and the other proposed plans of its program: locked in one order, so that two approvals queue here."""
    found = plan_by_code(session, code)
    query = (
        select(AllocationPlan)
        .where(
            AllocationPlan.program == found.program,
            (AllocationPlan.state == PlanState.PROPOSED) | (AllocationPlan.id == found.id),
        )
        .order_by(AllocationPlan.id)
        .with_for_update(of=AllocationPlan, key_share=True)
        .execution_options(populate_existing=True)
    )
    plans = list(session.scalars(query).unique())
    return found, [one for one in plans if one.id != found.id and one.state is PlanState.PROPOSED]


def _lock_for_approval(session: Session, plan: AllocationPlan) -> None:
    """Lock what the approval will change, in the order of all writers, and the audit trail's head at the end."""
    lots = select(AllocationLine.lot_id).where(
        AllocationLine.plan_id == plan.id, AllocationLine.firm, AllocationLine.lot_id.is_not(None)
    )
    received = received_lots(session, plan)
    offers = select(PlanPurchase.offer_id).where(PlanPurchase.plan_id == plan.id)
    funds = select(Offer.fund_source_id).where(Offer.id.in_(offers), Offer.fund_source_id.is_not(None))
    lock_by_lines(session, _served_line_ids(session, plan))
    lock_lots(session, sorted({*session.scalars(lots), *received}))
    lock_money(session, session.scalars(offers), session.scalars(funds))
    session.execute(select(AuditHead.seq).with_for_update()).all()
    # What was read before the head was ours may be stale; from here on everything is read again.
    session.expire_all()


def lock_money(session: Session, offer_ids: Iterable[int], fund_ids: Iterable[int | None]) -> None:
    """Lock offers, then funds, each in the order of their ids."""
    offers = select(Offer.id).where(Offer.id.in_(sorted(set(offer_ids)))).order_by(Offer.id)
    session.execute(offers.with_for_update(key_share=True)).all()
    ids = sorted({fund_id for fund_id in fund_ids if fund_id is not None})
    funds = select(FundSource.id).where(FundSource.id.in_(ids)).order_by(FundSource.id)
    session.execute(funds.with_for_update(key_share=True)).all()


def _refuse_if_outdated(work: Work, plan: AllocationPlan) -> Snapshot:
    """The facts as they are now; raises `PlanOutdatedError` naming what the plan takes and is gone."""
    in_force = policy_in_force(work.session, plan.program)
    found = [
        policy_fault(plan.policy.version, in_force.version),
        age_fault(plan, in_force, work.now),
        partial_fault(plan, in_force),
    ]
    snapshot = take_snapshot(work.session, plan.policy, plan.start, beside_proposals=False)
    PlanOutdatedError.raise_if(
        [one for one in found if one is not None]
        + missing_of(work.session, plan, computed_from(plan), snapshot, work.clock)
    )
    return snapshot


def _served_line_ids(session: Session, plan: AllocationPlan) -> list[int]:
    """The requisition lines that get something on a firm day; the others stay open for the next plan."""
    query = select(PlanDemand.requisition_line_id).join(AllocationLine, AllocationLine.plan_demand_id == PlanDemand.id)
    return sorted(set(session.scalars(query.where(PlanDemand.plan_id == plan.id, AllocationLine.firm))))


def _reserve_lots(work: Work, plan: AllocationPlan, lines: Collection[AllocationLine], less: Mapping[int, int]) -> None:
    """Reserve what the lines take, less what newer reports do not need any more (`less`, by line)."""
    units = {line.id: line.quantity - less.get(line.id, 0) for line in lines}
    wanted = [
        ReservationLine(
            lot_id=line.lot_id,
            warehouse_id=line.warehouse_id,
            quantity=units[line.id],
            facility_id=line.demand.facility_id,
            needed_on=line.demand.requisition_line.needed_by,
        )
        for line in lines
        if line.lot_id is not None and units[line.id] > 0
    ]
    reserve(work, wanted, reference_kind=REFERENCE_KIND, reference_key=plan.code)
    for line in lines:
        if line.lot_id is not None:
            work.session.add(PromisedLot(allocation_line_id=line.id, lot_id=line.lot_id, quantity=units[line.id]))
        else:
            work.session.add(WaitingLine(allocation_line_id=line.id, waiting_units=units[line.id]))
    promise_to_needs(work.session, lines)


def _end(
    work: Work, plan: AllocationPlan, step: Step, reason: str, successor: AllocationPlan | None = None
) -> AllocationPlan:
    before = plan.state
    plan.state = next_state(plan.code, before, step)
    if before in LIVE_STATES:
        _give_all_back(work, plan)
    work.session.add(
        PlanEnding(
            plan_id=plan.id,
            state=plan.state,
            ended_by=work.actor.name,
            ended_at=work.now,
            reason=reason,
            superseded_by_id=successor.id if successor is not None else None,
        )
    )
    more = {"superseded_by": successor.code} if successor is not None else {"reason": reason}
    record_step(work, plan, f"PLAN_{plan.state.value}", before, **more)
    return plan


def lock_for_ending(session: Session, plan: AllocationPlan) -> None:
    """Lock what a plan gives back when it ends, in the order of all writers; the caller holds the plan."""
    lock_by_lines(session, _served_line_ids(session, plan))
    lock_lots(session, sorted({row.lot_id for row in open_reservations(session, REFERENCE_KIND, plan.code)}))
    funds = select(FundCommitment.fund_source_id).where(
        FundCommitment.reference_kind == REFERENCE_KIND,
        FundCommitment.reference_key == plan.code,
        FundCommitment.released_at.is_(None),
    )
    lock_money(session, (), session.scalars(funds))


def _give_all_back(work: Work, plan: AllocationPlan) -> None:
    """Reservations, money that no order has taken over, and the needs to which no other plan owes anything."""
    lock_for_ending(work.session, plan)
    owed = promised_units(work.session, plan.program)
    give_back(work, _served_line_ids(work.session, plan), plan=plan.code, still_owed=owed.keys())
    release(work, REFERENCE_KIND, plan.code)
    release_fund(work, REFERENCE_KIND, plan.code)
    lines = select(AllocationLine.id).where(AllocationLine.plan_id == plan.id)
    give_up_lines(work.session, list(work.session.scalars(lines)))


def approval_of(session: Session, plan: AllocationPlan) -> PlanApproval | None:
    """Who approved the plan, if anybody did."""
    return session.get(PlanApproval, plan.id)


def ending_of(session: Session, plan: AllocationPlan) -> PlanEnding | None:
    """How the plan ended, if it has."""
    return session.get(PlanEnding, plan.id)


def orders_of(session: Session, plan: AllocationPlan) -> list[PlanOrder]:
    """The purchase orders that the plan's offers became."""
    return list(session.scalars(select(PlanOrder).where(PlanOrder.plan_id == plan.id).order_by(PlanOrder.offer_id)))
