"""A facility's outlook: what comes on which day, how certain it is, why no more, and who was served first.

Told from what is approved alone: proposals are nobody's promise.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import NotFoundError, missing
from app.core.i18n import name_of, share_text, translate
from app.dispatch.models import TransferOrder, TransferOrderLine
from app.dispatch.outlook_schemas import ComingState
from app.dispatch.types import TransferOrderState
from app.facilities.models import Facility, Lane
from app.facilities.service import facility_by_code
from app.planning.approval.models import LinePromise, PlanApproval, PromisedLot, WaitingLine
from app.planning.directives.in_plans import is_of_directive
from app.planning.plans.helps import Help, help_texts
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand
from app.planning.plans.report import namer
from app.planning.plans.rules import LIVE_STATES
from app.planning.plans.types import PlanState
from app.planning.plans.wording import Namer, reason_text
from app.planning.policies.models import Policy
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.types import RequisitionState

TURNED_DOWN_DAYS = 14
"""So long a rejected requisition is shown with its reason."""

_FORESEEN_BY = (PlanState.APPROVED, PlanState.DISPATCHING, PlanState.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Units of an item that come to the facility."""

    item: Item
    serves: Item
    need_id: int
    units: int
    counts_for: int
    """Units of the item asked for that they serve, rounded down."""
    warehouse: Facility
    leaves_on: date
    arrives_on: date
    state: ComingState
    order: TransferOrder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookNeed:
    """One approved need that is not met yet; in units of the item asked for."""

    line: RequisitionLine
    firm_units: int
    expected_units: int
    reasons: tuple[str, ...]
    helps: tuple[str, ...]

    @property
    def open_units(self) -> int:
        """Approved, and neither come nor promised."""
        return max(0, self.line.open_units - self.firm_units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The policy of a program in words."""

    program: Program
    tier: int | None
    """As which the facility counted in the newest approved plan."""
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Everything that a facility is told."""

    facility: Facility
    coming: tuple[Coming, ...]
    needs: tuple[OutlookNeed, ...]
    waiting: tuple[Requisition, ...]
    turned_down: tuple[Requisition, ...]
    policies: tuple[Steps, ...]


def outlook_of(session: Session, code: str, *, actor: Actor, today: date, language: str) -> Outlook:
    """What a facility is told; `NotFoundError` where it is beyond the actor's reach."""
    if not actor.has_facility(code):
        raise NotFoundError(missing("facility", code))
    facility = facility_by_code(session, code)
    plans = [plan for program in Program if (plan := _newest_approved(session, program)) is not None]
    coming = [*_promised(session, facility), *_foreseen(session, facility, plans, today)]
    return Outlook(
        facility=facility,
        coming=tuple(sorted(coming, key=lambda one: (one.arrives_on, one.leaves_on, one.item.id, one.units))),
        needs=tuple(_needs(session, facility, plans, coming, language)),
        waiting=tuple(_requisitions(session, facility, RequisitionState.SUBMITTED, None)),
        turned_down=tuple(
            _requisitions(session, facility, RequisitionState.REJECTED, today - timedelta(days=TURNED_DOWN_DAYS))
        ),
        policies=tuple(_steps(session, plan.program, plan.policy, facility, plan, language) for plan in plans),
    )


def _newest_approved(session: Session, program: Program) -> AllocationPlan | None:
    """The plan whose later days are expected: the one that was approved last, unless it was withdrawn."""
    query = (
        select(AllocationPlan)
        .join(PlanApproval, PlanApproval.plan_id == AllocationPlan.id)
        .where(AllocationPlan.program == program, ~is_of_directive())
        .order_by(PlanApproval.approved_at.desc(), AllocationPlan.id.desc())
        .limit(1)
    )
    plan = session.scalars(query).unique().first()
    return plan if plan is not None and plan.state in _FORESEEN_BY else None


def _lead_days(session: Session, facility: Facility) -> dict[int, int]:
    query = select(Lane.warehouse_id, Lane.lead_days).where(Lane.facility_id == facility.id)
    return dict(session.execute(query).all())


def _coming(
    line: AllocationLine, units: int, ratio_permille: int, lead: Mapping[int, int], state: ComingState
) -> Coming:
    return Coming(
        item=line.item,
        serves=line.demand.item,
        need_id=line.demand.requisition_line_id,
        units=units,
        counts_for=units * ratio_permille // 1000,
        warehouse=line.warehouse,
        leaves_on=line.ship_on,
        arrives_on=line.ship_on + timedelta(days=lead.get(line.warehouse_id, 0)),
        state=state,
        order=None,
    )


def _promised(session: Session, facility: Facility) -> list[Coming]:
    """What approved plans that are not closed still promise the facility: on the road, reserved, or expected."""
    lead = _lead_days(session, facility)
    reserved = (
        select(PromisedLot.allocation_line_id.label("line_id"), func.sum(PromisedLot.quantity).label("units"))
        .group_by(PromisedLot.allocation_line_id)
        .subquery()
    )
    query = (
        select(
            AllocationLine,
            LinePromise,
            TransferOrder,
            func.coalesce(WaitingLine.waiting_units, 0) + func.coalesce(reserved.c.units, 0),
        )
        .join(PlanDemand, PlanDemand.id == AllocationLine.plan_demand_id)
        .join(AllocationPlan, AllocationPlan.id == AllocationLine.plan_id)
        .join(LinePromise, LinePromise.allocation_line_id == AllocationLine.id)
        .outerjoin(TransferOrderLine, TransferOrderLine.allocation_line_id == AllocationLine.id)
        .outerjoin(TransferOrder, TransferOrder.id == TransferOrderLine.transfer_order_id)
        .outerjoin(WaitingLine, WaitingLine.allocation_line_id == AllocationLine.id)
        .outerjoin(reserved, reserved.c.line_id == AllocationLine.id)
        .where(PlanDemand.facility_id == facility.id, AllocationPlan.state.in_(sorted(LIVE_STATES)))
        .order_by(AllocationLine.id)
    )
    found = []
    for line, promise, order, standing in session.execute(query).unique():
        state = _state_of(order)
        units = int(standing) if state is ComingState.FIRM else promise.on_the_road_units
        if units > 0:
            found.append(_with_order(_coming(line, units, promise.ratio_permille, lead, state), order))
    return found


def _state_of(order: TransferOrder | None) -> ComingState:
    is_shipped = order is not None and order.state is TransferOrderState.SHIPPED
    return ComingState.ON_THE_ROAD if is_shipped else ComingState.FIRM


def _with_order(coming: Coming, order: TransferOrder | None) -> Coming:
    if order is None:
        return coming
    left_on = order.shipped_on or order.ship_on
    lasts = coming.arrives_on - coming.leaves_on
    values = {name: getattr(coming, name) for name in coming.__slots__}
    return Coming(**{**values, "order": order, "leaves_on": left_on, "arrives_on": left_on + lasts})


def _foreseen(session: Session, facility: Facility, plans: Sequence[AllocationPlan], today: date) -> list[Coming]:
    """What the newest approved plans foresee on the days that they do not promise."""
    lead = _lead_days(session, facility)
    query = (
        select(AllocationLine)
        .join(PlanDemand, PlanDemand.id == AllocationLine.plan_demand_id)
        .where(
            AllocationLine.plan_id.in_([plan.id for plan in plans]),
            PlanDemand.facility_id == facility.id,
            AllocationLine.firm.is_(False),
            AllocationLine.ship_on >= today,
        )
        .order_by(AllocationLine.id)
    )
    # What a substitute counts for is settled when a plan promises it; until then it is told as it is.
    lines = session.scalars(query).unique()
    return [_coming(line, line.quantity, 1000, lead, ComingState.EXPECTED) for line in lines]


def _needs(
    session: Session, facility: Facility, plans: Sequence[AllocationPlan], coming: Sequence[Coming], language: str
) -> list[OutlookNeed]:
    firm, expected = defaultdict[int, int](int), defaultdict[int, int](int)
    for one in coming:
        (expected if one.state is ComingState.EXPECTED else firm)[one.need_id] += one.counts_for
    demands = _demands(session, facility, plans)
    naming = namer(session, language)
    helps = _helps(session, plans, demands, language, naming)
    query = (
        select(RequisitionLine)
        .join(RequisitionLine.requisition)
        .where(
            Requisition.facility_id == facility.id,
            Requisition.state.in_([RequisitionState.REVIEWED, RequisitionState.PLANNED]),
            (RequisitionLine.approved_units > RequisitionLine.delivered_units + RequisitionLine.carried_units)
            | (RequisitionLine.approved_units < RequisitionLine.requested_units),
        )
        .order_by(RequisitionLine.needed_by, RequisitionLine.id)
    )
    return [
        OutlookNeed(
            line=line,
            firm_units=firm[line.id],
            expected_units=expected[line.id],
            reasons=_reasons(line, firm[line.id], demands.get(line.id), language, naming),
            helps=helps.get(line.item.code, ()) if line.id in demands and demands[line.id].reasons else (),
        )
        for line in session.scalars(query).unique()
    ]


def _reasons(
    line: RequisitionLine, firm_units: int, demand: PlanDemand | None, language: str, naming: Namer
) -> tuple[str, ...]:
    """Why no more comes, by the newest approved plan; nothing where all of it has come or is promised."""
    if firm_units >= line.open_units:
        return ()
    if demand is None:
        return (translate("The plan that was approved last does not know this need: the next one will.", language),)
    return tuple(reason_text(reason, language, naming) for reason in demand.reasons)


def _demands(session: Session, facility: Facility, plans: Sequence[AllocationPlan]) -> dict[int, PlanDemand]:
    """What the newest approved plans say of the facility's needs, by requisition line."""
    query = select(PlanDemand).where(
        PlanDemand.plan_id.in_([plan.id for plan in plans]), PlanDemand.facility_id == facility.id
    )
    return {demand.requisition_line_id: demand for demand in session.scalars(query).unique()}


def _helps(
    session: Session,
    plans: Sequence[AllocationPlan],
    demands: Mapping[int, PlanDemand],
    language: str,
    naming: Namer,
) -> dict[str, tuple[str, ...]]:
    """By item that is short at the facility: what would bring more of it, or what its reasons name."""
    found: dict[str, list[str]] = defaultdict(list)
    for plan in plans:
        short = [one for one in demands.values() if one.plan_id == plan.id and one.reasons]
        if not short:
            continue
        problem: dict[str, Any] = json.loads(plan.problem_json)
        for one in help_texts(session, plan, problem, language, naming):
            for item in sorted({demand.item.code for demand in short if _speaks_of(one, demand)}):
                found[item].append(one.text)
    return {item: tuple(texts) for item, texts in found.items()}


def _speaks_of(one: Help, demand: PlanDemand) -> bool:
    named = {str(limit) for reason in demand.reasons for limit in reason.get("limits", ())}
    return one.item == demand.item.code or one.limit_key in named


def _requisitions(
    session: Session, facility: Facility, state: RequisitionState, since: date | None
) -> list[Requisition]:
    query = select(Requisition).where(Requisition.facility_id == facility.id, Requisition.state == state)
    if since is not None:
        query = query.where(Requisition.reported_on >= since)
    return list(session.scalars(query.order_by(Requisition.id.desc())).unique())


def _steps(
    session: Session, program: Program, policy: Policy, facility: Facility, plan: AllocationPlan, language: str
) -> Steps:
    tier = session.scalar(
        select(func.min(PlanDemand.tier)).where(PlanDemand.plan_id == plan.id, PlanDemand.facility_id == facility.id)
    )
    texts = []
    for band in policy.bands:
        caps = [
            translate(
                "tier {tier} up to {cap}", language, tier=cap.tier, cap=share_text(cap.cap_permille / 1000, language)
            )
            for cap in band.caps
            if cap.cap_permille > 0
        ]
        listed = translate(", ", language).join(caps)
        texts.append(translate("{band}: {caps}", language, band=name_of(band, language), caps=listed))
    return Steps(program=program, tier=tier, steps=tuple(texts))
