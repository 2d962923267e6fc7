"""What a plan takes, read from its rows, and whether it is still there: for an approval, and for who looks at it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item
from app.core.clock import Clock
from app.core.errors import Fault
from app.core.trail.models import AuditRecord
from app.planning.approval.replaced import is_replaced, ratios_of, replacing_needs, sent_less, units_less
from app.planning.approval.requirements import FirmShipment, NeedNow, Taken, missing_requirements
from app.planning.commitments.service import free_lots_of_documents
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand, PlanPurchase
from app.planning.policies.models import Policy
from app.planning.snapshot.changes import changed_inputs
from app.planning.snapshot.facts import Snapshot, take_snapshot
from app.procurement.models import FundSource
from app.procurement.money import line_amount_fen
from app.stock.models import Lot
from solver import Problem, parse_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What has happened since a plan was computed: what stands in the way of its approval, and what is only news."""

    missing: tuple[Fault, ...]
    news: tuple[Fault, ...]
    new_needs: int
    new_sources: int


def changes_since(session: Session, plan: AllocationPlan, clock: Clock) -> Changes:
    """The changes since the plan was computed, by the facts as they are now."""
    snapshot = take_snapshot(session, plan.policy, plan.start, beside_proposals=False)
    before = computed_from(plan)
    lines = firm_lines(session, plan)
    known_needs = {row.id for row in before.demands}
    known_sources = _sources(before)
    return Changes(
        missing=tuple(missing_of(session, plan, before, snapshot, clock)),
        # Room on the trucks depends on what is decided beside it; where it is not enough, it is missing.
        news=(
            *sent_less(lines, needs_now(lines, snapshot), ratios_of(session, lines)),
            *(one for one in changed_inputs(before, snapshot.problem) if one.where != "capacities"),
        ),
        new_needs=sum(row.id not in known_needs for row in snapshot.problem.demands),
        new_sources=len(_sources(snapshot.problem) - known_sources),
    )


def _sources(problem: Problem) -> set[str]:
    return {row.id for row in problem.supplies} | {row.id for row in problem.offers}


def computed_from(plan: AllocationPlan) -> Problem:
    """The facts that a plan was computed from. Large, and parsed anew at each call."""
    return parse_problem(json.loads(plan.problem_json))


def missing_of(
    session: Session, plan: AllocationPlan, before: Problem, snapshot: Snapshot, clock: Clock
) -> list[Fault]:
    """A fault for everything that the plan takes and that the facts of the snapshot do not hold any more.

    `before` are the facts that it was computed from (`computed_from`).
    """
    lines = firm_lines(session, plan)
    needs = needs_now(lines, snapshot)
    purchases = list(session.scalars(select(PlanPurchase).where(PlanPurchase.plan_id == plan.id)).unique())
    booked = booked_costs(purchases)
    taken = Taken(
        shipments=_shipments(plan, lines, needs, ratios_of(session, lines)),
        purchases={row.offer.code: row.quantity for row in purchases},
        booked_fen={fund.code: amount_fen for fund, amount_fen in booked},
        left_fen={fund.code: fund.amount_fen - fund.committed_fen for fund, _ in booked},
        received=free_lots_of_documents(
            session,
            {line.source_key for line in lines if line.lot_id is None and line.offer_id is None},
            clock.today(),
        ),
    )
    faults = missing_requirements(taken, before, snapshot.problem, needs)
    return [_with_reason(session, fault, clock) for fault in faults]


def needs_now(lines: Sequence[AllocationLine], snapshot: Snapshot) -> dict[int, NeedNow]:
    """What is owed now to each need that is open, and to those whose reports newer ones have replaced."""
    needs = {
        need.line_id: NeedNow(label=key, item=need.item, facility=need.facility, units=need.remaining_units)
        for key, need in snapshot.needs.items()
    }
    return needs | replacing_needs(lines, snapshot)


def less_by_newer_reports(session: Session, plan: AllocationPlan, snapshot: Snapshot) -> dict[int, int]:
    """Units that an approval leaves out of firm lines, because newer reports of their facilities need less."""
    lines = firm_lines(session, plan)
    return units_less(lines, needs_now(lines, snapshot), ratios_of(session, lines))


def firm_lines(session: Session, plan: AllocationPlan) -> list[AllocationLine]:
    """The lines that an approval promises: those that leave on the plan's firm days."""
    query = select(AllocationLine).where(AllocationLine.plan_id == plan.id, AllocationLine.firm)
    demands = joinedload(AllocationLine.demand).joinedload(PlanDemand.requisition_line)
    return list(session.scalars(query.order_by(AllocationLine.id).options(demands)).unique())


def booked_costs(purchases: Iterable[PlanPurchase]) -> list[tuple[FundSource, int]]:
    """What purchases will be booked with on each fund, in fen, rounded line by line; by the id of the fund."""
    costs: dict[FundSource, int] = defaultdict(int)
    for one in purchases:
        if one.offer.fund_source is not None:
            costs[one.offer.fund_source] += line_amount_fen(one.offer.unit_price_microyuan, one.quantity)
    return sorted(((fund, fen) for fund, fen in costs.items() if fen > 0), key=lambda pair: pair[0].id)


def age_fault(plan: AllocationPlan, in_force: Policy, now: datetime) -> Fault | None:
    """The fault of a plan that is older than the policy allows."""
    if now - plan.proposed_at <= timedelta(hours=in_force.max_age_hours):
        return None
    message = "Plan {plan} was computed more than {hours} hours ago; compute it anew."
    return Fault("plan_old", message, "proposed_at", {"plan": plan.code, "hours": in_force.max_age_hours})


def partial_fault(plan: AllocationPlan, in_force: Policy) -> Fault | None:
    """The fault of a plan of which only the first bands are proved, where the policy does not allow that."""
    if not plan.is_partial or in_force.allows_partial:
        return None
    message = "Of plan {plan} only the first steps of the policy are proved, and the policy asks for all of them."
    return Fault("plan_partial", message, "is_partial", {"plan": plan.code})


def _shipments(
    plan: AllocationPlan, lines: Sequence[AllocationLine], needs: Mapping[int, NeedNow], ratios: Mapping[int, int]
) -> list[FirmShipment]:
    """What leaves on the firm days, less what newer reports do not need any more."""
    less = units_less(lines, needs, ratios)
    found = []
    for line in lines:
        demand, need = line.demand, line.demand.requisition_line
        units = line.quantity - less.get(line.id, 0)
        if units == 0:
            continue
        found.append(
            FirmShipment(
                source=line.source_key,
                need=need.id,
                item=line.item.code,
                wanted_item=demand.item.code,
                site=line.warehouse.code,
                facility=demand.facility.code,
                period=_period(line.ship_on, plan.start),
                due=max(0, _period(need.needed_by, plan.start)),
                units=units,
                counts_for=units * ratios[line.id] // 1000,
            )
        )
    wanted = {line.demand.requisition_line.id: line.demand.wanted_units for line in lines}
    for line in lines:
        if is_replaced(line):
            key = line.demand.requisition_line.id
            wanted[key] = min(wanted[key], needs[key].units)
    return _within_need(found, wanted)


def _within_need(shipments: Sequence[FirmShipment], wanted: Mapping[int, int]) -> list[FirmShipment]:
    """A last pack may bring more than was asked for; what counts for a need is never more than it asked for."""
    left = dict(wanted)
    counted = []
    for one in shipments:
        counts = min(one.counts_for, left[one.need])
        left[one.need] -= counts
        counted.append(replace(one, counts_for=counts))
    return counted


def _period(day: date, start: date) -> int:
    return (day - start).days


def _with_reason(session: Session, fault: Fault, clock: Clock) -> Fault:
    """Where a lot was blocked, say so, and when: the plainest reason why it is not there any more."""
    key = str(fault.params.get("key", ""))
    if fault.code != "source_gone" or "@" not in key:
        return fault
    item, _, rest = key.partition("/")
    code, _, place = rest.rpartition("@")
    lot = session.scalars(
        select(Lot).join(Item, Item.id == Lot.item_id).where(Item.code == item, Lot.code == code)
    ).unique()
    found = lot.one_or_none()
    if found is None or found.blocked_reason is None:
        return fault
    blocked = select(AuditRecord.at).where(
        AuditRecord.action == "LOT_BLOCKED", AuditRecord.subject_kind == "lot", AuditRecord.subject_key == str(found.id)
    )
    at = session.scalar(blocked.order_by(AuditRecord.seq.desc()).limit(1))
    message = "Lot {lot} of {item} in {place} was blocked at {at}: {reason}"
    params = {**fault.params, "lot": code, "place": place, "reason": found.blocked_reason, "at": _moment(at, clock)}
    return Fault("source_blocked", message, fault.where, params)


def _moment(at: datetime | None, clock: Clock) -> str:
    return at.astimezone(clock.city_zone).strftime("%Y-%m-%d %H:%M") if at is not None else ""
