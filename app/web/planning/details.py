"""A plan need by need: who gets what and why, for one facility, one item, or all; what leaves where and when."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.records import row_by_code
from app.facilities.models import Facility
from app.planning.plans.explained import (
    ExplainedNeed,
    FacilitySummary,
    explain_facility,
    explain_item,
    pro_rata_ratios,
    pro_rata_units,
    select_demands,
    summarise_facilities,
)
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand
from app.planning.plans.report import namer
from app.planning.plans.service import plan_by_code, select_lines
from app.planning.plans.wording import limit_name
from app.requisitions.models import RequisitionLine
from app.web.kit.charts import Bar, Chart, stacked_bars
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list

router = APIRouter(include_in_schema=False)


def share_tone(share: float) -> str:
    """How a share is coloured: less than half is low, all of it is full."""
    return "low" if share < 0.5 else "full" if share >= 1.0 else ""


@router.get("/plans/{code}/facilities", dependencies=[needs(Right.PLAN_READ)])
def show_facilities(request: Request, session: Reader, language: PageLanguage, code: Code) -> Response:
    """Every facility with what the plan does for it, the worst off of the first tier first."""
    plan = plan_by_code(session, code)
    words = Words(language)
    rows = summarise_facilities(session, plan)
    columns: list[Column[FacilitySummary]] = [
        Column(
            key="facility",
            title="Facility",
            value=lambda row: words.name(row.facility),
            sortable=True,
            link=lambda row: f"/plans/{code}/facilities/{row.facility.code}",
        ),
        Column(
            key="type",
            title="Kind of facility",
            value=lambda row: words.name(row.facility.facility_type),
            sortable=True,
        ),
        Column(key="zone", title="Zone", value=lambda row: words.name(row.facility.zone), sortable=True),
        Column(key="tier", title="Tier", value=lambda row: row.tier, kind=Kind.NUMBER, sortable=True),
        Column(key="needs", title="Number of needs", value=lambda row: row.needs, kind=Kind.NUMBER, sortable=True),
        Column(key="short", title="Short", value=lambda row: row.short_needs, kind=Kind.NUMBER, sortable=True),
        Column(
            key="mean",
            title="Mean share",
            value=lambda row: row.mean_share,
            kind=Kind.SHARE,
            sortable=True,
            tone=lambda row: share_tone(row.mean_share),
        ),
        Column(
            key="lowest",
            title="Lowest share",
            value=lambda row: row.lowest_share,
            kind=Kind.SHARE,
            sortable=True,
            tone=lambda row: share_tone(row.lowest_share),
        ),
        Column(
            key="even",
            title="Mean share by an even split",
            value=lambda row: row.pro_rata_mean_share,
            kind=Kind.SHARE,
            sortable=True,
        ),
    ]
    zones = sorted({row.facility.zone for row in rows}, key=lambda zone: zone.id)
    filters = [
        Filter(
            key="zone",
            title="Zone",
            choices=[(zone.code, words.name(zone)) for zone in zones],
            narrow=lambda found, value: [row for row in found if row.facility.zone.code == value],
        ),
        Filter(
            key="tier",
            title="Tier",
            choices=[(str(tier), str(tier)) for tier in sorted({row.tier for row in rows})],
            narrow=lambda found, value: [row for row in found if row.tier == int(value)],
        ),
    ]
    listing = Listing(file_name="Facilities of the plan", rows=rows, columns=columns, filters=filters)
    return show_list(
        request,
        session,
        language,
        listing,
        "planning/needs.html",
        plan=plan,
        program=plan.program,
        tab="facilities",
        title="Facilities of the plan",
        lead="What the plan does for each facility; the worst off of each tier first.",
    )


@router.get("/plans/{code}/needs", dependencies=[needs(Right.PLAN_READ)])
def show_needs(request: Request, session: Reader, language: PageLanguage, code: Code) -> Response:
    """Every need of the plan beside an even split."""
    plan = plan_by_code(session, code)
    words = Words(language)
    ratios = pro_rata_ratios(session, plan)
    columns: list[Column[PlanDemand]] = [
        Column(
            key="facility",
            title="Facility",
            value=lambda row: row.facility,
            kind=Kind.NAME,
            order=Facility.code,
            link=lambda row: f"/plans/{code}/facilities/{row.facility.code}",
        ),
        Column(key="zone", title="Zone", value=lambda row: row.facility.zone, kind=Kind.NAME, order=Facility.zone_id),
        Column(
            key="item",
            title="Item",
            value=lambda row: row.item,
            kind=Kind.NAME,
            order=PlanDemand.item_id,
            link=lambda row: f"/plans/{code}/items/{row.item.code}",
        ),
        Column(key="tier", title="Tier", value=lambda row: row.tier, kind=Kind.NUMBER, order=PlanDemand.tier),
        Column(
            key="by",
            title="Needed by",
            value=lambda row: row.requisition_line.needed_by,
            kind=Kind.DAY,
            order=RequisitionLine.needed_by,
        ),
        Column(
            key="need",
            title="Need",
            value=lambda row: row.wanted_units,
            kind=Kind.QUANTITY,
            unit=lambda row: row.item.base_unit.value,
            order=PlanDemand.wanted_units,
        ),
        Column(
            key="planned",
            title="Planned",
            value=lambda row: row.planned_units,
            kind=Kind.QUANTITY,
            unit=lambda row: row.item.base_unit.value,
            order=PlanDemand.planned_units,
        ),
        Column(
            key="share",
            title="Met",
            value=lambda row: min(1.0, row.planned_units / row.wanted_units),
            kind=Kind.SHARE,
            order=PlanDemand.planned_units * 1.0 / PlanDemand.wanted_units,
            tone=lambda row: share_tone(row.planned_units / row.wanted_units),
        ),
        Column(
            key="even",
            title="By an even split",
            value=lambda row: pro_rata_units(row, ratios),
            kind=Kind.QUANTITY,
            unit=lambda row: row.item.base_unit.value,
        ),
    ]
    listing = Listing(
        file_name="Needs of the plan",
        rows=select_demands(plan),
        columns=columns,
        key=PlanDemand.id,
        filters=_need_filters(session, plan, words),
    )
    return show_list(
        request,
        session,
        language,
        listing,
        "planning/needs.html",
        plan=plan,
        program=plan.program,
        tab="needs",
        title="Needs of the plan",
        lead="An even split would give every need for an item the same part of what the plan gives of it.",
    )


def _need_filters(session: Session, plan: AllocationPlan, words: Words) -> list[Filter]:
    of_plan = PlanDemand.plan_id == plan.id
    items = session.scalars(
        select(Item).where(Item.id.in_(select(PlanDemand.item_id).where(of_plan))).order_by(Item.id)
    ).all()
    tiers = session.scalars(select(PlanDemand.tier).where(of_plan).distinct().order_by(PlanDemand.tier)).all()
    return [
        Filter(
            key="item",
            title="Item",
            choices=[(item.code, words.name(item)) for item in items],
            narrow=lambda query, value: query.where(Item.code == value),
        ),
        Filter(
            key="tier",
            title="Tier",
            choices=[(str(tier), str(tier)) for tier in tiers],
            narrow=lambda query, value: query.where(PlanDemand.tier == int(value)),
        ),
        Filter(
            key="short",
            title="Shortage",
            choices=[("yes", words("Short only")), ("no", words("Met in full only"))],
            narrow=lambda query, value: query.where(
                PlanDemand.planned_units < PlanDemand.wanted_units
                if value == "yes"
                else PlanDemand.planned_units >= PlanDemand.wanted_units
            ),
        ),
        Filter(
            key="facility",
            title="Facility",
            narrow=lambda query, value: query.where(
                Facility.name_zh.contains(value, autoescape=True)
                | Facility.name_en.icontains(value, autoescape=True)
                | (Facility.code == value)
            ),
        ),
    ]


@router.get("/plans/{code}/shipments", dependencies=[needs(Right.PLAN_READ)])
def show_shipments(request: Request, session: Reader, language: PageLanguage, code: Code) -> Response:
    """What leaves which warehouse when, for whom."""
    plan = plan_by_code(session, code)
    words = Words(language)
    naming = namer(session, language)
    columns: list[Column[AllocationLine]] = [
        Column(
            key="day", title="Leaves on", value=lambda row: row.ship_on, kind=Kind.DAY, order=AllocationLine.ship_on
        ),
        Column(
            key="warehouse",
            title="Warehouse",
            value=lambda row: row.warehouse,
            kind=Kind.NAME,
            order=AllocationLine.warehouse_id,
        ),
        Column(
            key="facility",
            title="Facility",
            value=lambda row: row.demand.facility,
            kind=Kind.NAME,
            order=PlanDemand.facility_id,
            link=lambda row: f"/plans/{code}/facilities/{row.demand.facility.code}",
        ),
        Column(
            key="item",
            title="Item",
            value=lambda row: row.item,
            kind=Kind.NAME,
            order=AllocationLine.item_id,
            link=lambda row: f"/plans/{code}/items/{row.demand.item.code}",
        ),
        Column(
            key="quantity",
            title="Quantity",
            value=lambda row: row.quantity,
            kind=Kind.QUANTITY,
            unit=lambda row: row.item.base_unit.value,
            order=AllocationLine.quantity,
        ),
        Column(
            key="source",
            title="From",
            value=lambda row: limit_name(row.source_key, language, naming),
            order=AllocationLine.source_key,
        ),
    ]
    query = select_lines(plan).join(PlanDemand, PlanDemand.id == AllocationLine.plan_demand_id)
    days = session.scalars(
        select(AllocationLine.ship_on)
        .where(AllocationLine.plan_id == plan.id)
        .distinct()
        .order_by(AllocationLine.ship_on)
    ).all()
    warehouses = session.scalars(
        select(Facility)
        .where(Facility.id.in_(select(AllocationLine.warehouse_id).where(AllocationLine.plan_id == plan.id)))
        .order_by(Facility.id)
    ).all()
    filters = [
        Filter(
            key="day",
            title="Leaves on",
            choices=[(day.isoformat(), day.isoformat()) for day in days],
            narrow=lambda found, value: found.where(AllocationLine.ship_on == date.fromisoformat(value)),
        ),
        Filter(
            key="warehouse",
            title="Warehouse",
            choices=[(one.code, words.name(one)) for one in warehouses],
            narrow=lambda found, value: found.where(
                AllocationLine.warehouse_id == next(one.id for one in warehouses if one.code == value)
            ),
        ),
    ]
    listing = Listing(
        file_name="Shipments of the plan",
        rows=query,
        columns=columns,
        filters=filters,
        key=AllocationLine.id,
        sort="day",
    )
    return show_list(
        request,
        session,
        language,
        listing,
        "planning/needs.html",
        plan=plan,
        program=plan.program,
        tab="shipments",
        title="Shipments of the plan",
        lead="Whole packs of a lot, an arrival or an offer, from a warehouse to a need.",
    )


@router.get("/plans/{code}/facilities/{facility}", dependencies=[needs(Right.PLAN_READ)])
def show_facility(request: Request, session: Reader, language: PageLanguage, code: Code, facility: Code) -> Response:
    """What one facility gets, beside an even split, where it comes from, and why it gets no more."""
    plan = plan_by_code(session, code)
    place = row_by_code(session, Facility, "facility", facility)
    found = explain_facility(session, plan, place, language)
    return render(
        request,
        "planning/facility.html",
        language,
        plan=plan,
        program=plan.program,
        tab="facilities",
        facility=place,
        needs=found,
        bands=plan.policy.bands,
        chart=_band_chart(found, plan, Words(language)),
        share_tone=share_tone,
    )


@router.get("/plans/{code}/items/{item}", dependencies=[needs(Right.PLAN_READ)])
def show_item(
    request: Request,
    session: Reader,
    language: PageLanguage,
    code: Code,
    item: Code,
    tier: Annotated[int | None, Query(ge=1, le=99)] = None,
) -> Response:
    """Who gets how much of one item, and why no more."""
    plan = plan_by_code(session, code)
    thing = row_by_code(session, Item, "item", item)
    found = explain_item(session, plan, thing, language, tier=tier)
    tiers = session.scalars(
        select(PlanDemand.tier)
        .where(PlanDemand.plan_id == plan.id, PlanDemand.item_id == thing.id)
        .distinct()
        .order_by(PlanDemand.tier)
    ).all()
    reasons = list(dict.fromkeys(reason for need in found for reason in need.reasons))
    return render(
        request,
        "planning/item.html",
        language,
        plan=plan,
        program=plan.program,
        tab="needs",
        item=thing,
        needs=found,
        tiers=tiers,
        tier=tier,
        share_tone=share_tone,
        reasons=reasons,
        numbers={reason: number for number, reason in enumerate(reasons, start=1)},
        wanted_units=sum(need.demand.wanted_units for need in found),
        planned_units=sum(need.demand.planned_units for need in found),
    )


def _band_chart(found: Sequence[ExplainedNeed], plan: AllocationPlan, words: Words) -> Chart:
    bars = []
    for need in found:
        steps = [after - before for before, after in zip((0.0, *need.band_shares), need.band_shares, strict=False)]
        label = f"{words.name(need.demand.item)} {need.demand.requisition_line.needed_by:%m-%d}"
        bars.append(Bar(label, tuple(steps), words.share(need.band_shares[-1])))
    names = [words.name(band) for band in plan.policy.bands]
    return stacked_bars(bars, names, title=words("Share of each need that is met, after each band"))
