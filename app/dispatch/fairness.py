"""Fairness over time: what each facility got of what was approved, and who stayed below the floor plan after plan."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlalchemy.orm import Session, aliased

from app.catalog.models import Item
from app.catalog.types import Program
from app.dispatch.rules import PlannedShare, plans_below_floor
from app.dispatch.schemas import FairnessView
from app.facilities.models import Facility
from app.planning.directives.in_plans import is_of_directive
from app.planning.plans.models import AllocationPlan, PlanDemand
from app.planning.plans.types import PlanState
from app.planning.policies.models import PolicyBand, PolicyBandCap
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.types import RequisitionState

APPROVED_STATES = (PlanState.APPROVED, PlanState.DISPATCHING, PlanState.CLOSED)
COUNTED_STATES = (
    RequisitionState.REVIEWED,
    RequisitionState.PLANNED,
    RequisitionState.FULFILLED,
    RequisitionState.LAPSED,
)
ALARM_AFTER_PLANS = 3

_Key = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessFilter:
    """Whose needs are looked at, and until which day."""

    program: Program
    day: date
    facility: str | None = None
    item: str | None = None


def select_facilities(wanted: FairnessFilter) -> Select[Facility]:
    """The facilities with approved needs that are due by the day."""
    needs = select(Requisition.facility_id).join(Requisition.lines).join(RequisitionLine.item).where(*_is_due(wanted))
    query = select(Facility).where(Facility.id.in_(needs))
    return query if wanted.facility is None else query.where(Facility.code == wanted.facility)


def _is_due(wanted: FairnessFilter) -> list:  # type: ignore[type-arg]
    tests = [
        Requisition.program == wanted.program,
        Requisition.state.in_(COUNTED_STATES),
        RequisitionLine.approved_units > 0,
        RequisitionLine.needed_by <= wanted.day,
    ]
    return tests if wanted.item is None else [*tests, Item.code == wanted.item]


def fairness_of(
    session: Session, facilities: Sequence[Facility], wanted: FairnessFilter, *, alarm_after_plans: int
) -> list[FairnessView]:
    """Per facility and item: the cumulative share of its needs, and whether it stayed below its floor too long."""
    codes = {facility.id: facility.code for facility in facilities}
    items = {item.id: item.code for item in session.scalars(select(Item).where(Item.program == wanted.program))}
    runs = _runs_below_floor(session, codes, wanted.program)
    views = []
    for row in _sums(session, codes, wanted):
        run = runs.get((row.facility_id, row.item_id), 0)
        views.append(
            FairnessView(
                facility=codes[row.facility_id],
                item=items[row.item_id],
                needs=int(row.needs),
                approved_units=int(row.approved),
                delivered_units=int(row.delivered),
                share_permille=int(row.counted) * 1000 // int(row.approved),
                plans_below_floor=run,
                alarm=run >= alarm_after_plans,
            )
        )
    return sorted(views, key=lambda view: (view.facility, view.item))


def _counted_units() -> ColumnElement[int]:
    # More than was approved of one need does not make up for another.
    line = RequisitionLine
    come = line.delivered_units + line.carried_units
    return case((come > line.approved_units, line.approved_units), else_=come)


def _sums(session: Session, facility_ids: Collection[int], wanted: FairnessFilter) -> Sequence[Row]:  # type: ignore[type-arg]
    line = RequisitionLine
    query = (
        select(
            Requisition.facility_id,
            line.item_id,
            func.count(line.id).label("needs"),
            func.sum(line.approved_units).label("approved"),
            func.sum(line.delivered_units).label("delivered"),
            func.sum(_counted_units()).label("counted"),
        )
        .join(Requisition.lines)
        .join(line.item)
        .where(Requisition.facility_id.in_(sorted(facility_ids)), *_is_due(wanted))
        .group_by(Requisition.facility_id, line.item_id)
    )
    return session.execute(query).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayShare:
    """What a facility has been given of all its approved needs for an item that were due by a day."""

    day: date
    item_id: int
    approved_units: int
    counted_units: int
    """Delivered; more than was approved of one need does not make up for another."""

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.counted_units / self.approved_units


def shares_over_time(session: Session, facility: Facility, wanted: FairnessFilter) -> list[DayShare]:
    """The cumulative share of each item on each day on which the facility needed it, up to the day wanted."""
    line = RequisitionLine
    query = (
        select(line.item_id, line.needed_by, func.sum(line.approved_units), func.sum(_counted_units()))
        .join(line.requisition)
        .join(line.item)
        .where(Requisition.facility_id == facility.id, *_is_due(wanted))
        .group_by(line.item_id, line.needed_by)
        .order_by(line.item_id, line.needed_by)
    )
    sums: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    shares = []
    for item_id, day, approved, counted in session.execute(query):
        before = sums[item_id]
        sums[item_id] = (before[0] + int(approved or 0), before[1] + int(counted))
        total, given = sums[item_id]
        shares.append(DayShare(day=day, item_id=item_id, approved_units=total, counted_units=given))
    return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedInPlan:
    """What an approved plan gave to one need of a facility, beside its floor."""

    plan: str
    start: date
    facility_id: int
    item_id: int
    share: PlannedShare


def needs_in_plans(session: Session, facility_ids: Collection[int], program: Program) -> list[NeedInPlan]:
    """Every need of the facilities in every approved plan, in the order of the plans.

    The floor is what the first band of the plan's own policy gives to the facility's tier.
    """
    floor = aliased(PolicyBandCap)
    query = (
        select(
            AllocationPlan.code,
            AllocationPlan.start,
            PlanDemand.facility_id,
            PlanDemand.item_id,
            PlanDemand.wanted_units,
            PlanDemand.planned_units,
            Item.pack_units,
            func.coalesce(floor.cap_permille, 0).label("floor_permille"),
        )
        .join(AllocationPlan, AllocationPlan.id == PlanDemand.plan_id)
        .join(Item, Item.id == PlanDemand.item_id)
        .outerjoin(PolicyBand, (PolicyBand.policy_id == AllocationPlan.policy_id) & (PolicyBand.position == 0))
        .outerjoin(floor, (floor.band_id == PolicyBand.id) & (floor.tier == PlanDemand.tier))
        .where(
            AllocationPlan.program == program,
            AllocationPlan.state.in_(APPROVED_STATES),
            PlanDemand.facility_id.in_(sorted(facility_ids)),
            ~is_of_directive(),
        )
        .order_by(AllocationPlan.id, PlanDemand.id)
    )
    return [
        NeedInPlan(
            plan=row.code,
            start=row.start,
            facility_id=row.facility_id,
            item_id=row.item_id,
            share=PlannedShare(
                wanted_units=row.wanted_units,
                planned_units=row.planned_units,
                floor_permille=row.floor_permille,
                pack_units=row.pack_units,
            ),
        )
        for row in session.execute(query)
    ]


def _runs_below_floor(session: Session, facility_ids: Collection[int], program: Program) -> Mapping[_Key, int]:
    """How many approved plans in a row, up to the last, gave a facility less of an item than its floor."""
    plans: dict[_Key, dict[str, list[PlannedShare]]] = defaultdict(lambda: defaultdict(list))
    for need in needs_in_plans(session, facility_ids, program):
        plans[need.facility_id, need.item_id][need.plan].append(need.share)
    return {key: plans_below_floor(list(by_plan.values())) for key, by_plan in plans.items()}
