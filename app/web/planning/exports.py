"""A plan to take away: as a PDF for the meeting, and as a workbook with every number."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import ConflictError
from app.core.http.deps import Now, Reader
from app.core.http.payloads import Code
from app.planning.approval import service as approval
from app.planning.plans.explained import pro_rata_ratios, pro_rata_units, select_demands
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand
from app.planning.plans.report import PlanReport, last_day, namer, report_plan
from app.planning.plans.service import plan_by_code, select_lines
from app.planning.plans.wording import limit_name, reason_text
from app.procurement.money import line_amount_fen
from app.web.kit.columns import share_tone
from app.web.kit.downloads import XLSX_MEDIA_TYPE, FileCell, Sheet, file_answer, workbook
from app.web.kit.pdf import pdf
from app.web.kit.rendering import PageLanguage, Words, words_for
from app.web.planning.overview import tier_chart

router = APIRouter(include_in_schema=False)


def _answered_plan(session: Session, code: str) -> AllocationPlan:
    plan = plan_by_code(session, code)
    if plan.plan_json is None:
        raise ConflictError.of("This plan has no answer.", code="plan_without_answer")
    return plan


@router.get("/plans/{code}/document.pdf", dependencies=[needs(Right.PLAN_READ)])
def print_plan(request: Request, session: Reader, language: PageLanguage, code: Code, clock: Now) -> Response:
    """The plan as a PDF for print, with lines for the signatures."""
    plan = _answered_plan(session, code)
    report = report_plan(session, plan, language)
    document = pdf(
        "plan.typ",
        plan_document(session, report, words_for(request, language)),
        language=language,
        made_at=clock.now(),
        font_folder=request.app.state.settings.font_folder,
    )
    return file_answer(document, f"{plan.code}.pdf", "application/pdf", inline=True)


def plan_document(session: Session, report: PlanReport, words: Words) -> dict[str, Any]:
    """What the document of a plan says, every text ready for print."""
    plan = report.plan
    approved, ended = approval.approval_of(session, plan), approval.ending_of(session, plan)
    lead = f"{words.name_of_policy(plan.policy)} · {words('state.' + plan.state.value)}"
    if ended is not None and ended.reason:
        lead += f" · {ended.reason}"
    return {
        "title": words("Plan {code}: {first} to {last}", code=plan.code, first=plan.start, last=last_day(plan)),
        "author": plan.proposed_by,
        "lead": lead,
        "footer": f"{words('Tongchou')} · {plan.code}",
        "figures": [
            {"name": words("Needs planned"), "value": words.number(report.needs)},
            {"name": words("Met in full"), "value": words.number(report.needs - report.short_needs)},
            {"name": words("Short"), "value": words.number(report.short_needs)},
            {"name": words("Cost of the plan"), "value": words.money(plan.cost_fen or 0)},
        ],
        "tiers": {
            "title": words("How far each tier gets, band by band"),
            "chart": tier_chart(report, words).wide,
            "notes": [_tier_note(row, words) for row in report.tiers],
        },
        "heat": _heat(report, words),
        "items": _items(report, words),
        "shortfalls": _shortfalls(report, words),
        "helps": {
            "title": words("What would help most"),
            "texts": report.helps,
            "none": words("Nothing is short that more supplies would mend."),
        },
        "left-out": {"title": words("There, but not planned with"), "texts": report.left_out},
        "signatures": [
            {"name": words("Proposed by"), "value": words.person(plan.proposed_by)},
            {"name": words("Approved by"), "value": words.person(approved.approved_by) if approved else ""},
            {"name": words("Day"), "value": approved.approved_at.date().isoformat() if approved else ""},
        ],
        "digest": words("Inputs: {digest}", digest=plan.snapshot_digest),
    }


def _tier_note(row: Any, words: Words) -> str:
    counted = words(
        "{needs} needs, {short} short, lowest {lowest}",
        needs=row.needs,
        short=row.short_needs,
        lowest=words.share(row.lowest_share),
    )
    return f"{words('Tier {tier}', tier=row.tier)}: {words.names(row.types)} — {counted}"


def _heat(report: PlanReport, words: Words) -> dict[str, Any]:
    tiers = [row.tier for row in report.tiers]
    rows = []
    for item in report.items:
        cells: list[Any] = [words.name(item.item)]
        for tier in tiers:
            days = item.tier_days(tier)
            heat = min(4, int(item.tier_shares.get(tier, 0.0) * 5))
            cells.append("–" if days is None else {"text": words.number(days, 1), "heat": heat})
        cells.append(words.number(item.planned_share * report.plan.horizon_days, 1))
        rows.append(cells)
    title = words("Can we hold? For how many of {days} days the plan lasts", days=report.plan.horizon_days)
    titles = [words("Item"), *(words("Tier {tier}", tier=tier) for tier in tiers), words("All")]
    return {"title": title, "titles": titles, "rows": rows}


def _items(report: PlanReport, words: Words) -> dict[str, Any]:
    names = ("Item", "Need", "In stock", "On its way", "To buy", "Planned", "Met")
    rows = []
    for row in report.items:
        amounts = (row.wanted_units, row.stock_units, row.arriving_units, row.bought_units, row.planned_units)
        unit = row.item.base_unit.value
        met = {"text": words.share(row.planned_share), "tone": share_tone(row.planned_share)}
        rows.append([words.name(row.item), *(words.quantity(one, unit) if one else "–" for one in amounts), met])
    return {"title": words("Stock and need per item"), "titles": [words(name) for name in names], "rows": rows}


def _shortfalls(report: PlanReport, words: Words) -> dict[str, Any]:
    names = ("Facility", "Item", "Tier", "Need", "Planned", "Why no more")
    rows = []
    for row in report.shortfalls:
        demand, unit = row.demand, row.demand.item.base_unit.value
        given = f"{words.quantity(demand.planned_units, unit)} ({words.share(row.share)})"
        rows.append(
            [
                words.name(demand.facility),
                words.name(demand.item),
                str(demand.tier),
                words.quantity(demand.wanted_units, unit),
                {"text": given, "tone": "low"},
                " ".join(row.reasons),
            ]
        )
    return {
        "title": words("Worst shortfalls, key points first"),
        "titles": [words(name) for name in names],
        "rows": rows,
        "none": words("Every need is met."),
    }


@router.get("/plans/{code}/workbook.xlsx", dependencies=[needs(Right.PLAN_READ)])
def download_workbook(session: Reader, language: PageLanguage, code: Code) -> Response:
    """Every need, shipment and purchase of the plan, a sheet each."""
    plan = _answered_plan(session, code)
    words = Words(language)
    titles = {
        "Needs of the plan": (
            "Facility",
            "Zone",
            "Item",
            "Tier",
            "Needed by",
            "Unit",
            "Need",
            "Planned",
            "Met",
            "By an even split",
            "Why no more",
        ),
        "Shipments of the plan": ("Leaves on", "Warehouse", "Facility", "Item", "Quantity", "Unit", "From"),
        "Purchases of the plan": ("Offer", "Supplier", "Item", "Quantity", "Unit", "Cost in yuan"),
    }
    rows = (_need_rows(session, plan, words), _shipment_rows(session, plan, words), _purchase_rows(plan, words))
    sheets = [
        Sheet(name=words(name), titles=[words(title) for title in columns], rows=of_sheet)
        for (name, columns), of_sheet in zip(titles.items(), rows, strict=True)
    ]
    return file_answer(workbook(sheets), f"{plan.code}.xlsx", XLSX_MEDIA_TYPE)


def _need_rows(session: Session, plan: AllocationPlan, words: Words) -> Iterator[Sequence[FileCell]]:
    naming, ratios = namer(session, words.language), pro_rata_ratios(session, plan)
    for demand in session.scalars(select_demands(plan).order_by(PlanDemand.tier, PlanDemand.id)).unique():
        yield (
            words.name(demand.facility),
            words.name(demand.facility.zone),
            words.name(demand.item),
            demand.tier,
            demand.requisition_line.needed_by,
            words(f"unit.{demand.item.base_unit.value}"),
            demand.wanted_units,
            demand.planned_units,
            round(min(1.0, demand.planned_units / demand.wanted_units), 4),
            pro_rata_units(demand, ratios),
            " ".join(reason_text(reason, words.language, naming) for reason in demand.reasons),
        )


def _shipment_rows(session: Session, plan: AllocationPlan, words: Words) -> Iterator[Sequence[FileCell]]:
    naming = namer(session, words.language)
    for line in session.scalars(select_lines(plan).order_by(AllocationLine.ship_on, AllocationLine.id)).unique():
        yield (
            line.ship_on,
            words.name(line.warehouse),
            words.name(line.demand.facility),
            words.name(line.item),
            line.quantity,
            words(f"unit.{line.item.base_unit.value}"),
            limit_name(line.source_key, words.language, naming),
        )


def _purchase_rows(plan: AllocationPlan, words: Words) -> Iterator[Sequence[FileCell]]:
    for purchase in plan.purchases:
        offer = purchase.offer
        cost_fen = line_amount_fen(offer.unit_price_microyuan, purchase.quantity)
        yield (
            offer.code,
            words.name(offer.partner),
            words.name(offer.item),
            purchase.quantity,
            words(f"unit.{offer.item.base_unit.value}"),
            cost_fen / 100,
        )
