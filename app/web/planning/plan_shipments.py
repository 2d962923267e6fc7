"""What leaves which warehouse when, for whom."""

from datetime import date

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.facilities.models import Facility
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand
from app.planning.plans.report import namer
from app.planning.plans.service import plan_by_code, select_lines
from app.planning.plans.wording import Namer, limit_name
from app.web.kit.columns import day_column, name_column, quantity_column
from app.web.kit.rendering import PageLanguage, Words
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list

router = APIRouter(include_in_schema=False)


@router.get("/plans/{code}/shipments", dependencies=[needs(Right.PLAN_READ)])
def show_shipments(request: Request, session: Reader, language: PageLanguage, code: Code) -> Response:
    """What leaves which warehouse when, for whom."""
    plan = plan_by_code(session, code)
    words = Words(language)
    naming = namer(session, language)
    query = select_lines(plan).join(PlanDemand, PlanDemand.id == AllocationLine.plan_demand_id)
    listing = Listing(
        file_name="Shipments of the plan",
        rows=query,
        columns=_shipment_columns(code, language, naming),
        filters=_shipment_filters(session, plan, words),
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


def _shipment_columns(code: str, language: str, naming: Namer) -> list[Column[AllocationLine]]:
    return [
        day_column("day", "Leaves on", lambda row: row.ship_on, AllocationLine.ship_on),
        Column(
            key="firm",
            title="What it is worth",
            value=lambda row: "firm" if row.firm else "foreseen",
            kind=Kind.WORD,
            order=AllocationLine.firm,
        ),
        name_column("warehouse", "Warehouse", lambda row: row.warehouse, AllocationLine.warehouse_id),
        name_column(
            "facility",
            "Facility",
            lambda row: row.demand.facility,
            PlanDemand.facility_id,
            lambda row: f"/plans/{code}/facilities/{row.demand.facility.code}",
        ),
        name_column(
            "item",
            "Item",
            lambda row: row.item,
            AllocationLine.item_id,
            lambda row: f"/plans/{code}/items/{row.demand.item.code}",
        ),
        quantity_column("quantity", "Quantity", lambda row: row.quantity, AllocationLine.quantity),
        Column(
            key="source",
            title="From",
            value=lambda row: limit_name(row.source_key, language, naming),
            order=AllocationLine.source_key,
        ),
    ]


def _shipment_filters(session: Session, plan: AllocationPlan, words: Words) -> list[Filter]:
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
    return [
        Filter(
            key="day",
            title="Leaves on",
            choices=[(day.isoformat(), day.isoformat()) for day in days],
            narrow=lambda found, value: found.where(AllocationLine.ship_on == date.fromisoformat(value)),
        ),
        Filter(
            key="firm",
            title="What it is worth",
            choices=[("yes", words("firm")), ("no", words("foreseen"))],
            narrow=lambda found, value: found.where(AllocationLine.firm.is_(value == "yes")),
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
