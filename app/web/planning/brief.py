"""The daily brief (日报): the day's supplies on one page, for print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.http.deps import Now, Reader
from app.disclosure.service import Balance, balance_on
from app.dispatch.models import DeliveryCase, TransferOrder
from app.dispatch.types import DeliveryCaseState, TransferOrderState
from app.facilities.models import GeographicZone
from app.facilities.types import ZoneKind
from app.planning.plans.models import AllocationPlan
from app.planning.plans.report import PlanReport, report_plan
from app.planning.plans.service import newest_plan
from app.planning.plans.types import PlanState
from app.procurement.funds import select_funds
from app.requisitions.gaps import select_silent_facilities
from app.requisitions.models import Requisition
from app.requisitions.types import RequisitionState
from app.web.kit.columns import share_tone
from app.web.kit.downloads import file_answer
from app.web.kit.pdf import pdf
from app.web.kit.rendering import PageLanguage, Words

router = APIRouter(include_in_schema=False)

SILENT_AFTER_DAYS = 1
"""Who has reported neither today nor yesterday is named as silent."""

SHORTFALLS = 6
HELPS = 4


@router.get("/brief.pdf", dependencies=[needs(Right.PLAN_READ)])
def print_brief(request: Request, session: Reader, language: PageLanguage, clock: Now) -> Response:
    """The brief of today."""
    document = pdf(
        "brief.typ",
        brief_document(session, clock, Words(language)),
        language=language,
        made_at=clock.now(),
        font_folder=request.app.state.settings.font_folder,
    )
    return file_answer(document, f"brief-{clock.today().isoformat()}.pdf", "application/pdf", inline=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """What an item did in a day, in base units."""

    received: int = 0
    issued: int = 0


def brief_document(session: Session, clock: Clock, words: Words) -> dict[str, Any]:
    """What the brief says, every text ready for print."""
    today = clock.today()
    city = session.scalars(select(GeographicZone).where(GeographicZone.kind == ZoneKind.CITY).limit(1)).first()
    reports = {
        program: report_plan(session, plan, words.language, shortfalls_max=SHORTFALLS)
        for program in Program
        if (plan := newest_plan(session, program)) is not None and plan.plan_json is not None
    }
    now, before = balance_on(session, today), balance_on(session, today - timedelta(days=1))
    flows = _flows(now, before)
    return {
        "title": words("Daily brief on supplies"),
        "author": words("Tongchou"),
        "footer": words("Tongchou"),
        "lead": f"{words.name(city)} · {today.isoformat()}" if city is not None else today.isoformat(),
        "figures": [{"name": name, "value": words.number(value)} for name, value in _counts(session, today, words)],
        "programs": [_program(program, reports.get(program), flows, now, words) for program in Program],
        "short": _shortfalls(reports, words),
        "helps": {
            "title": words("What would help most"),
            "texts": [text for report in reports.values() for text in report.helps[:HELPS]][:HELPS],
            "none": words("Nothing is short that more supplies would mend."),
        },
        "money": {
            "title": words("Funds"),
            "texts": [
                words(
                    "{fund}: {left} left of {amount}",
                    fund=words.name(fund),
                    amount=words.money(fund.amount_fen),
                    left=words.money(fund.amount_fen - fund.committed_fen),
                )
                for fund in session.scalars(select_funds())
            ],
        },
    }


def _counts(session: Session, today: date, words: Words) -> list[tuple[str, int]]:
    def count(table: Any, *conditions: Any) -> int:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0

    silent = {
        facility.id
        for program in Program
        for facility in session.scalars(
            select_silent_facilities(program, today - timedelta(days=SILENT_AFTER_DAYS))
        ).unique()
    }
    under_way = (TransferOrderState.OPEN, TransferOrderState.SHIPPED)
    return [
        (words("To be reviewed"), count(Requisition, Requisition.state == RequisitionState.SUBMITTED)),
        (words("Plans to be decided"), count(AllocationPlan, AllocationPlan.state == PlanState.PROPOSED)),
        (words("Deliveries under way"), count(TransferOrder, TransferOrder.state.in_(under_way))),
        (words("Open cases"), count(DeliveryCase, DeliveryCase.state != DeliveryCaseState.SETTLED)),
        (words("Silent facilities"), len(silent)),
    ]


def _flows(now: Balance, before: Balance) -> Mapping[str, _Day]:
    """By item: what came in and what was handed over today."""
    flows: dict[str, _Day] = {}
    for (item, channel), line in now.figures.items():
        earlier = before.figures.get((item, channel))
        day = flows.get(item, _Day())
        flows[item] = _Day(
            received=day.received + line.received - (earlier.received if earlier else 0),
            issued=day.issued + line.issued - (earlier.issued if earlier else 0),
        )
    return flows


def _program(
    program: Program, report: PlanReport | None, flows: Mapping[str, _Day], now: Balance, words: Words
) -> dict[str, Any]:
    titles = ("Item", "Received today", "Issued today", "On hand", "Need", "Stock and arrivals last for days", "Met")
    part: dict[str, Any] = {"titles": [words(title) for title in titles], "none": words("There is no plan yet.")}
    if report is None:
        return {**part, "title": words(f"program.{program.value}"), "rows": []}
    plan = report.plan
    title = words(
        "{program}: plan {code}, {state}, {met} of {needs} needs met in full",
        program=words(f"program.{program.value}"),
        code=plan.code,
        state=words(f"state.{plan.state.value}"),
        met=words.number(report.needs - report.short_needs),
        needs=words.number(report.needs),
    )
    on_hand: dict[str, int] = {}
    for (item, _), line in now.figures.items():
        on_hand[item] = on_hand.get(item, 0) + line.on_hand
    rows = []
    for row in report.items:
        unit, code = row.item.base_unit.value, row.item.code
        day = flows.get(code, _Day())
        amounts = (day.received, day.issued, on_hand.get(code, 0), row.wanted_units)
        met = {"text": words.share(row.planned_share), "tone": share_tone(row.planned_share)}
        cover = words.number(row.cover_days, 1)
        rows.append([words.name(row.item), *(words.quantity(one, unit) if one else "–" for one in amounts), cover, met])
    return {**part, "title": title, "rows": rows}


def _shortfalls(reports: Mapping[Program, PlanReport], words: Words) -> dict[str, Any]:
    worst: Sequence[Any] = [row for report in reports.values() for row in report.shortfalls][:SHORTFALLS]
    texts = [
        words(
            "{facility}: {item} {planned} of {wanted} ({share})",
            facility=words.name(row.demand.facility),
            item=words.name(row.demand.item),
            share=words.share(row.share),
            planned=words.quantity(row.demand.planned_units, row.demand.item.base_unit.value),
            wanted=words.quantity(row.demand.wanted_units, row.demand.item.base_unit.value),
        )
        for row in worst
    ]
    return {
        "title": words("Worst shortfalls, key points first"),
        "texts": texts,
        "none": words("Every need is met."),
    }
