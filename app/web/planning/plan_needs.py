"""Every need of a plan beside an even split, and who gets how much of one item and why no more."""

from collections.abc import Mapping
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
    explain_item,
    pro_rata_ratios,
    pro_rata_units,
    select_demands,
)
from app.planning.plans.models import AllocationPlan, PlanDemand
from app.planning.plans.service import plan_by_code
from app.requisitions.models import RequisitionLine
from app.web.kit.columns import day_column, name_column, quantity_column, share_tone
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list

router = APIRouter(include_in_schema=False)


@router.get("/plans/{code}/needs", dependencies=[needs(Right.PLAN_READ)])
def show_needs(request: Request, session: Reader, language: PageLanguage, code: Code) -> Response:
    """Every need of the plan beside an even split."""
    plan = plan_by_code(session, code)
    words = Words(language)
    ratios = pro_rata_ratios(session, plan)
    listing = Listing(
        file_name="Needs of the plan",
        rows=select_demands(plan),
        columns=_need_columns(code, ratios),
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


def _need_columns(code: str, ratios: Mapping[int, float]) -> list[Column[PlanDemand]]:
    return [
        name_column(
            "facility",
            "Facility",
            lambda row: row.facility,
            Facility.code,
            lambda row: f"/plans/{code}/facilities/{row.facility.code}",
        ),
        name_column("zone", "Zone", lambda row: row.facility.zone, Facility.zone_id),
        name_column(
            "item", "Item", lambda row: row.item, PlanDemand.item_id, lambda row: f"/plans/{code}/items/{row.item.code}"
        ),
        Column(key="tier", title="Tier", value=lambda row: row.tier, kind=Kind.NUMBER, order=PlanDemand.tier),
        day_column("by", "Needed by", lambda row: row.requisition_line.needed_by, RequisitionLine.needed_by),
        quantity_column("need", "Need", lambda row: row.wanted_units, PlanDemand.wanted_units),
        quantity_column("planned", "Planned", lambda row: row.planned_units, PlanDemand.planned_units),
        Column(
            key="share",
            title="Met",
            value=lambda row: min(1.0, row.planned_units / row.wanted_units),
            kind=Kind.SHARE,
            order=PlanDemand.planned_units * 1.0 / PlanDemand.wanted_units,
            tone=lambda row: share_tone(row.planned_units / row.wanted_units),
        ),
        quantity_column("even", "By an even split", lambda row: pro_rata_units(row, ratios)),
    ]


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
