"""Needs of a plan, each beside what an even split would have given it, where its goods come from, and why no more."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item
from app.facilities.models import Facility
from app.planning.plans.history import history_in
from app.planning.plans.models import BILLION, AllocationLine, AllocationPlan, PlanDemand, PlanHistory
from app.planning.plans.report import namer
from app.planning.plans.wording import limit_name, reason_text
from app.requisitions.models import RequisitionLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Goods for one need: what, from where, when; `source` names the lot, arrival or offer for people."""

    line: AllocationLine
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedNeed:
    """One need of a plan; all quantities in base units of the item asked for."""

    demand: PlanDemand
    pro_rata_units: int
    """What it would get if all that the plan gives of its item were split in proportion to the needs."""
    band_shares: tuple[float, ...]
    reasons: tuple[str, ...]
    coming: tuple[Coming, ...]
    before: PlanHistory | None = None
    """What the facility had been approved of the item before, over the policy's days, and got."""

    @property
    def share(self) -> float:
        """Part of the need that whole packs meet, 0 to 1."""
        return min(1.0, self.demand.planned_units / self.demand.wanted_units)

    @property
    def pro_rata_share(self) -> float:
        """Part of the need that an even split would meet, 0 to 1."""
        return self.pro_rata_units / self.demand.wanted_units


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilitySummary:
    """What a plan does for one facility."""

    facility: Facility
    tier: int
    needs: int
    short_needs: int
    mean_share: float
    lowest_share: float
    pro_rata_mean_share: float
    """The mean share that an even split of each item would give it."""


def select_demands(plan: AllocationPlan) -> Select[PlanDemand]:
    """The needs of a plan, with what lists show of them; may be narrowed further."""
    return (
        select(PlanDemand)
        .where(PlanDemand.plan_id == plan.id)
        .join(PlanDemand.facility)
        .join(PlanDemand.item)
        .join(RequisitionLine, RequisitionLine.id == PlanDemand.requisition_line_id)
        .options(joinedload(PlanDemand.requisition_line), joinedload(PlanDemand.facility).joinedload(Facility.zone))
    )


def pro_rata_ratios(session: Session, plan: AllocationPlan) -> dict[int, float]:
    """By item: all that the plan gives of it over all that is asked, at most 1."""
    given, wanted = func.sum(PlanDemand.planned_units), func.sum(PlanDemand.wanted_units)
    rows = session.execute(
        select(PlanDemand.item_id, given, wanted).where(PlanDemand.plan_id == plan.id).group_by(PlanDemand.item_id)
    )
    return {item_id: min(1.0, int(given) / int(wanted)) for item_id, given, wanted in rows}


def pro_rata_units(demand: PlanDemand, ratios: Mapping[int, float]) -> int:
    """What an even split of its item would give to a need."""
    return round(demand.wanted_units * ratios[demand.item_id])


def explain_facility(
    session: Session, plan: AllocationPlan, facility: Facility, language: str
) -> Sequence[ExplainedNeed]:
    """Every need of a facility in a plan, explained; the worst met first."""
    demands = session.scalars(select_demands(plan).where(PlanDemand.facility_id == facility.id)).unique().all()
    return _explained(session, plan, demands, language)


def explain_item(
    session: Session, plan: AllocationPlan, item: Item, language: str, *, tier: int | None = None
) -> Sequence[ExplainedNeed]:
    """Every need for an item in a plan (of one tier, if asked for), explained; the worst met first."""
    query = select_demands(plan).where(PlanDemand.item_id == item.id)
    if tier is not None:
        query = query.where(PlanDemand.tier == tier)
    return _explained(session, plan, session.scalars(query).unique().all(), language)


def summarise_facilities(session: Session, plan: AllocationPlan) -> list[FacilitySummary]:
    """Every facility that a plan knows, in the order of tiers and then of how little it gets."""
    ratios = pro_rata_ratios(session, plan)
    members: dict[Facility, list[PlanDemand]] = defaultdict(list)
    for demand in session.scalars(select_demands(plan)).unique():
        members[demand.facility].append(demand)
    summaries = []
    for facility, demands in members.items():
        shares = [min(1.0, demand.planned_units / demand.wanted_units) for demand in demands]
        even = [pro_rata_units(demand, ratios) / demand.wanted_units for demand in demands]
        summaries.append(
            FacilitySummary(
                facility=facility,
                tier=min(demand.tier for demand in demands),
                needs=len(demands),
                short_needs=sum(demand.planned_units < demand.wanted_units for demand in demands),
                mean_share=sum(shares) / len(shares),
                lowest_share=min(shares),
                pro_rata_mean_share=sum(even) / len(even),
            )
        )
    return sorted(summaries, key=lambda one: (one.tier, one.mean_share, one.facility.code))


def _explained(
    session: Session, plan: AllocationPlan, demands: Sequence[PlanDemand], language: str
) -> list[ExplainedNeed]:
    ratios = pro_rata_ratios(session, plan)
    naming = namer(session, language)
    lines: dict[int, list[AllocationLine]] = defaultdict(list)
    query = (
        select(AllocationLine)
        .where(AllocationLine.plan_id == plan.id, AllocationLine.plan_demand_id.in_([one.id for one in demands]))
        .order_by(AllocationLine.ship_on, AllocationLine.id)
    )
    for line in session.scalars(query).unique():
        lines[line.plan_demand_id].append(line)
    before = history_in(session, plan)
    explained = [
        ExplainedNeed(
            demand=demand,
            pro_rata_units=pro_rata_units(demand, ratios),
            band_shares=tuple(share.share_e9 / BILLION for share in demand.shares),
            reasons=tuple(reason_text(reason, language, naming) for reason in demand.reasons),
            before=before.get((demand.facility_id, demand.item_id)),
            coming=tuple(
                Coming(line=line, source=limit_name(line.source_key, language, naming)) for line in lines[demand.id]
            ),
        )
        for demand in demands
    ]
    return sorted(explained, key=lambda one: (one.share >= 1.0, one.demand.tier, one.share, one.demand.id))
