"""A plan as leaders look at it: per item, tier and zone, the worst shortfalls with reasons, and what would help."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item
from app.core.i18n import quantity_text, translate
from app.facilities.models import Facility, GeographicZone
from app.planning.directives.types import DIRECTIVE_BAND
from app.planning.plans.headline import headline
from app.planning.plans.helps import help_texts
from app.planning.plans.models import BILLION, AllocationLine, AllocationPlan, PlanDemand
from app.planning.plans.wording import Namer, limit_name, reason_text
from app.planning.policies.models import PolicyBand
from app.procurement.models import FundSource, Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item of a plan: what is asked, what there is, what the plan gives; all in base units."""

    item: Item
    needs: int
    wanted_units: int
    stock_units: int
    arriving_units: int
    offered_units: int
    bought_units: int
    planned_units: int
    horizon_days: int
    tier_shares: Mapping[int, float]
    """By tier that asks for it: part of the tier's need that the plan meets, 0 to 1."""
    tier_wanted: Mapping[int, int]
    """By tier: what it asks for."""

    def tier_days(self, tier: int) -> float | None:
        """How many days of the horizon a tier's need is met for by the plan; None where the tier asks for nothing."""
        share = self.tier_shares.get(tier)
        return None if share is None else share * self.horizon_days

    @property
    def planned_share(self) -> float:
        """Part of the need that the plan meets, 0 to 1."""
        return min(1.0, self.planned_units / self.wanted_units)

    @property
    def cover_days(self) -> float:
        """For how many days stock and arrivals would last at the rate of the need."""
        return (self.stock_units + self.arriving_units) * self.horizon_days / self.wanted_units


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """What leaves on one day: promised by an approval where it is firm, foreseen otherwise."""

    day: date
    firm: bool
    shipments: int
    facilities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """What sharing one item fairly costs, in its base units: the plan meets less than could be met in all."""

    item: Item
    met_units: int
    most_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """One tier: the mean share of its needs after each band, and the lowest after the last."""

    tier: int
    types: tuple[Any, ...]
    """The facility types of the tier by the policy."""
    needs: int
    shares: tuple[float, ...]
    lowest_share: float
    short_needs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """One zone: the mean share of its needs that whole packs meet; None where nobody asks."""

    zone: GeographicZone
    needs: int
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A need that the plan does not meet, with the reasons as sentences."""

    demand: PlanDemand
    reasons: tuple[str, ...]

    @property
    def share(self) -> float:
        """Part of the need that the plan meets."""
        return min(1.0, self.demand.planned_units / self.demand.wanted_units)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """Everything that the first page and the demo tell of a plan, in one language."""

    plan: AllocationPlan
    headline: tuple[str, ...]
    items: tuple[ItemRow, ...]
    tiers: tuple[TierRow, ...]
    zones: tuple[ZoneRow, ...]
    shortfalls: tuple[Shortfall, ...]
    short_needs: int
    helps: tuple[str, ...]
    left_out: tuple[str, ...]
    days: tuple[DayRow, ...]
    prices: tuple[PriceRow, ...]

    @property
    def needs(self) -> int:
        """How many needs were planned."""
        return sum(row.needs for row in self.items)


def namer(session: Session, language: str) -> Namer:
    """Names for the codes of items, facilities, funds and offers, and for bands as the problem names them."""
    names: dict[str, str] = {}
    name = "name_zh" if language == "zh-CN" else "name_en"
    for table in (FundSource, Facility, Item):
        names |= {row.code: row.name for row in session.execute(select(table.code, getattr(table, name).label("name")))}
    bands = select(PolicyBand.name_zh, getattr(PolicyBand, name).label("name"))
    names |= {row.name_zh: row.name for row in session.execute(bands)}
    names[DIRECTIVE_BAND] = translate("Directives of leaders", language)
    offers = select(Offer.code, getattr(Item, name).label("name")).join(Item, Item.id == Offer.item_id)
    names |= {row.code: f"{row.name} {row.code}" for row in session.execute(offers)}
    return lambda code: names.get(code, code)


def plan_demands(session: Session, plan: AllocationPlan) -> list[PlanDemand]:
    """The needs of a plan with all that a page shows of them, in few queries."""
    query = select(PlanDemand).where(PlanDemand.plan_id == plan.id).order_by(PlanDemand.id)
    return list(session.scalars(query.options(joinedload(PlanDemand.requisition_line))).unique())


def report_plan(session: Session, plan: AllocationPlan, language: str, *, shortfalls_max: int = 12) -> PlanReport:
    """The report of a plan that has an answer, in a language."""
    demands = plan_demands(session, plan)
    problem: dict[str, Any] = json.loads(plan.problem_json)
    naming = namer(session, language)
    short = [demand for demand in demands if demand.planned_units < demand.wanted_units]
    items, tiers = _item_rows(session, plan, problem, demands), _tier_rows(plan, demands)
    zones, worst = _zone_rows(session, demands), _worst(short, max(1, shortfalls_max))
    sentences = (
        headline(
            plan,
            tier=tiers[0],
            items=items,
            zones=zones,
            worst=worst[0] if worst else None,
            offers=_offers_left(session, plan, problem),
            language=language,
        )
        if tiers
        else ()
    )
    return PlanReport(
        plan=plan,
        headline=tuple(sentences),
        items=tuple(items),
        tiers=tuple(tiers),
        zones=tuple(zones),
        shortfalls=tuple(
            Shortfall(demand=demand, reasons=tuple(reason_text(reason, language, naming) for reason in demand.reasons))
            for demand in worst[:shortfalls_max]
        ),
        short_needs=len(short),
        helps=tuple(one.text for one in help_texts(session, plan, problem, language, naming)),
        left_out=tuple(_left_out_texts(plan, language, naming)),
        days=tuple(_day_rows(session, plan)),
        prices=tuple(_price_rows(session, plan)),
    )


def _offers_left(session: Session, plan: AllocationPlan, problem: Mapping[str, Any]) -> list[tuple[Offer, int]]:
    """The offers that the plan could use, with what it does not buy of them."""
    bought = {purchase.offer.code: purchase.quantity for purchase in plan.purchases}
    offered = {offer["id"]: offer["quantity"] for offer in problem.get("offers", ())}
    rows = session.scalars(select(Offer).where(Offer.code.in_(sorted(offered))).order_by(Offer.id)).unique()
    return [(offer, offered[offer.code] - bought.get(offer.code, 0)) for offer in rows]


def _day_rows(session: Session, plan: AllocationPlan) -> list[DayRow]:
    query = (
        select(
            AllocationLine.ship_on,
            AllocationLine.firm,
            func.count(),
            func.count(PlanDemand.facility_id.distinct()),
        )
        .join(PlanDemand, PlanDemand.id == AllocationLine.plan_demand_id)
        .where(AllocationLine.plan_id == plan.id)
        .group_by(AllocationLine.ship_on, AllocationLine.firm)
        .order_by(AllocationLine.ship_on)
    )
    return [
        DayRow(day=day, firm=firm, shipments=shipments, facilities=facilities)
        for day, firm, shipments, facilities in session.execute(query)
    ]


def _price_rows(session: Session, plan: AllocationPlan) -> list[PriceRow]:
    """Items of which a unit or more would be met beyond the plan, by the order of the catalogue."""
    prices = {row["item"]: row for row in plan.fairness_prices or () if row["most"] - row["met"] >= 1}
    items = session.scalars(select(Item).where(Item.code.in_(sorted(prices))).order_by(Item.id))
    return [
        PriceRow(item=item, met_units=int(prices[item.code]["met"]), most_units=int(prices[item.code]["most"]))
        for item in items
    ]


def _worst(short: Sequence[PlanDemand], count: int) -> list[PlanDemand]:
    """The shortfalls that a leader must know of: key points first, the worst need of each item before the second
    of any, and last what lacks less than a pack."""

    def badness(demand: PlanDemand) -> tuple[bool, int, float, int]:
        lacks_less_than_a_pack = demand.wanted_units - demand.planned_units < demand.item.pack_units
        return lacks_less_than_a_pack, demand.tier, demand.planned_units / demand.wanted_units, demand.id

    seen: Counter[int] = Counter()
    ranked = []
    for demand in sorted(short, key=badness):
        lacks_little, tier, *_ = badness(demand)
        ranked.append(((lacks_little, tier, seen[demand.item_id]), demand))
        seen[demand.item_id] += 1
    return [demand for _, demand in sorted(ranked, key=lambda pair: pair[0])[:count]]


def _item_rows(
    session: Session, plan: AllocationPlan, problem: Mapping[str, Any], demands: Iterable[PlanDemand]
) -> list[ItemRow]:
    stock, arriving, offered, bought = (defaultdict[str, int](int) for _ in range(4))
    for supply in problem.get("supplies", ()):
        (arriving if supply.get("from", 0) > 0 else stock)[supply["item"]] += supply["quantity"]
    for offer in problem.get("offers", ()):
        offered[offer["item"]] += offer["quantity"]
    for purchase in plan.purchases:
        bought[purchase.offer.item.code] += purchase.quantity
    of_item: dict[int, list[PlanDemand]] = defaultdict(list)
    for demand in demands:
        of_item[demand.item_id].append(demand)
    items = session.scalars(select(Item).where(Item.id.in_(of_item)).order_by(Item.id))
    return [
        ItemRow(
            item=item,
            needs=len(of_item[item.id]),
            wanted_units=sum(demand.wanted_units for demand in of_item[item.id]),
            planned_units=sum(demand.planned_units for demand in of_item[item.id]),
            stock_units=stock[item.code],
            arriving_units=arriving[item.code],
            offered_units=offered[item.code],
            bought_units=bought[item.code],
            horizon_days=plan.horizon_days,
            tier_shares=_tier_shares(of_item[item.id]),
            tier_wanted=_tier_wanted(of_item[item.id]),
        )
        for item in items
    ]


def _tier_shares(demands: Sequence[PlanDemand]) -> dict[int, float]:
    planned = defaultdict[int, int](int)
    for demand in demands:
        planned[demand.tier] += min(demand.planned_units, demand.wanted_units)
    return {tier: planned[tier] / units for tier, units in sorted(_tier_wanted(demands).items())}


def _tier_wanted(demands: Iterable[PlanDemand]) -> dict[int, int]:
    wanted = defaultdict[int, int](int)
    for demand in demands:
        wanted[demand.tier] += demand.wanted_units
    return dict(wanted)


def _tier_rows(plan: AllocationPlan, demands: Iterable[PlanDemand]) -> list[TierRow]:
    of_tier: dict[int, list[PlanDemand]] = defaultdict(list)
    for demand in demands:
        of_tier[demand.tier].append(demand)
    rows = []
    for tier, members in sorted(of_tier.items()):
        shares = [[share.share_e9 / BILLION for share in member.shares] for member in members]
        rows.append(
            TierRow(
                tier=tier,
                needs=len(members),
                types=tuple(row.facility_type for row in plan.policy.tiers if row.tier == tier),
                shares=tuple(sum(column) / len(members) for column in zip(*shares, strict=True)),
                lowest_share=min(share[-1] for share in shares),
                short_needs=sum(member.planned_units < member.wanted_units for member in members),
            )
        )
    return rows


def _zone_rows(session: Session, demands: Iterable[PlanDemand]) -> list[ZoneRow]:
    met: dict[int, list[float]] = defaultdict(list)
    for demand in demands:
        met[demand.facility.zone_id].append(min(1.0, demand.planned_units / demand.wanted_units))
    zones = session.scalars(
        select(GeographicZone).where(GeographicZone.tile_column.is_not(None)).order_by(GeographicZone.id)
    )
    return [
        ZoneRow(
            zone=zone, needs=len(met[zone.id]), share=sum(met[zone.id]) / len(met[zone.id]) if met[zone.id] else None
        )
        for zone in zones
    ]


def _left_out_texts(plan: AllocationPlan, language: str, naming: Namer) -> list[str]:
    sentences = {
        "lot_expired": "{source}: {units} expired.",
        "lot_blocked": "{source}: {units} blocked.",
        "arrival_late": "{source}: {units} overdue, so not counted on.",
    }
    return [
        translate(
            sentences[row.why],
            language,
            source=limit_name(row.source_key, language, naming),
            units=quantity_text(row.units, row.item.base_unit.value, language),
        )
        for row in plan.left_out
    ]


def last_day(plan: AllocationPlan) -> str:
    """The last day of a plan, as a date."""
    return (plan.start + timedelta(days=plan.horizon_days - 1)).isoformat()
