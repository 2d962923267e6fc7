"""The pages: `/` shows the plan of today, and leaders decide on it there."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.auth import CurrentActor, Right, needs
from app.catalog.models import Program
from app.errors import InvalidInputError, ServiceError
from app.i18n import name_of
from app.planning import approval
from app.planning.report import PlanReport, last_day, report_plan
from app.planning.service import newest_plan, plan_by_code
from app.web.charts import Bar, Tile, stacked_shares, tile_map
from app.web.rendering import PageLanguage, Words, inline_svg, render
from app.wire import Code, Now, OpenDatabase, Reader

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[needs(Right.PLAN_READ)])
def show_today(
    request: Request, session: Reader, language: PageLanguage,
    program: Annotated[Program, Query()] = Program.MEDICAL,
) -> HTMLResponse:  # fmt: skip
    """Can we hold; who gets what; who gets too little and why; what would help most."""
    return _today(request, session, language, program, None)


@router.post("/plans/{code}/decision", dependencies=[needs(Right.PLAN_APPROVE)])
def decide(
    request: Request, code: Code, database: OpenDatabase, actor: CurrentActor, clock: Now, language: PageLanguage,
    decision: Annotated[Literal["approve", "reject"], Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Approve or reject a plan with one's own name; the page again, with the reason where it is refused."""
    try:
        with database.write() as session:
            if decision == "approve":
                plan = approval.approve_plan(session, code, actor=actor, clock=clock)
            elif not reason.strip():
                raise InvalidInputError.of("Say why the plan is rejected.", where="reason", code="reason_missing")
            else:
                plan = approval.reject_plan(session, code, reason.strip(), actor=actor, clock=clock)
            program = plan.program
    except ServiceError as refusal:
        with database.read() as session:
            return _today(request, session, language, plan_by_code(session, code).program, refusal)
    return RedirectResponse(f"/?program={program.value}", status.HTTP_303_SEE_OTHER)


def _today(
    request: Request, session: Session, language: str, program: Program, refusal: ServiceError | None
) -> HTMLResponse:
    plan = newest_plan(session, program)
    if plan is None:
        return render(request, "no_plan.html", language, program=program)
    report = report_plan(session, plan, language)
    words = Words(language)
    return render(
        request, "today.html", language, status=refusal.status if refusal else 200, program=program, report=report,
        last_day=last_day(plan), refusal=refusal, approval=approval.approval_of(session, plan),
        tier_chart=inline_svg(_tier_chart(report, words)), zone_chart=inline_svg(_zone_chart(report, words)),
        item_chart=inline_svg(_item_chart(report, words)),
    )  # fmt: skip


def _tier_chart(report: PlanReport, words: Words) -> str:
    bars = []
    for row in report.tiers:
        steps = [after - before for before, after in zip((0.0, *row.shares), row.shares, strict=False)]
        label = words("Tier {tier}", tier=row.tier)
        bars.append(Bar(label, tuple(steps), words.share(row.shares[-1])))
    names = [name_of(band, words.language) for band in report.plan.policy.bands]
    return stacked_shares(bars, names, description=words("Mean share of the need by tier, after each band"), width=460)


def _zone_chart(report: PlanReport, words: Words) -> str:
    tiles = [
        Tile(
            name_of(row.zone, words.language).split(" ")[0],
            row.zone.tile_column or 0,
            row.zone.tile_row or 0,
            row.share,
        )
        for row in report.zones
    ]
    return tile_map(tiles, description=words("Mean share of the need that is met, by zone"), nothing="—")


def _item_chart(report: PlanReport, words: Words) -> str:
    bars = [
        Bar(name_of(row.item, words.language), (row.planned_share,), words.share(row.planned_share))
        for row in report.items
    ]
    return stacked_shares(
        bars, [words("Met by the plan")], description=words("Share of the need met, by item"), width=360
    )
