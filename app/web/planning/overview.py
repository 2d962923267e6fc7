"""The plan as leaders see it first: `/` shows the newest of a program, and they decide on it there."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.auth import CurrentActor, Right, needs
from app.catalog.types import Program
from app.core.errors import InvalidInputError, ServiceError
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.payloads import Code
from app.core.i18n import name_of
from app.core.work import Work
from app.planning.approval import service as approval
from app.planning.plans.models import AllocationPlan
from app.planning.plans.report import PlanReport, last_day, report_plan
from app.planning.plans.service import newest_plan, plan_by_code
from app.web.kit.charts import Bar, Chart, Tile, stacked_bars, tile_map
from app.web.kit.rendering import PageLanguage, Words, render

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[needs(Right.PLAN_READ)])
def show_today(
    request: Request,
    session: Reader,
    language: PageLanguage,
    program: Annotated[Program, Query()] = Program.MEDICAL,
) -> HTMLResponse:
    """Can we hold; who gets what; who gets too little and why; what would help most."""
    plan = newest_plan(session, program)
    if plan is None:
        return render(request, "planning/no_plan.html", language, program=program)
    return _overview(request, session, language, plan, None)


@router.get("/plans/{code}", dependencies=[needs(Right.PLAN_READ)])
def show_plan(request: Request, session: Reader, language: PageLanguage, code: Code) -> HTMLResponse:
    """One plan, as `/` shows the newest."""
    return _overview(request, session, language, plan_by_code(session, code), None)


@router.post("/plans/{code}/decision", dependencies=[needs(Right.PLAN_APPROVE)])
def decide(
    request: Request,
    code: Code,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
    decision: Annotated[Literal["approve", "reject"], Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Approve or reject a plan with one's own name; the page again, with the reason where it is refused."""
    try:
        with database.write() as session:
            if decision == "approve":
                approval.approve_plan(Work(session, actor, clock), code)
            elif not reason.strip():
                raise InvalidInputError.of("Say why the plan is rejected.", where="reason", code="reason_missing")
            else:
                approval.reject_plan(Work(session, actor, clock), code, reason.strip())
    except ServiceError as refusal:
        with database.read() as session:
            return _overview(request, session, language, plan_by_code(session, code), refusal)
    return RedirectResponse(f"/plans/{code}", status.HTTP_303_SEE_OTHER)


def _overview(
    request: Request, session: Session, language: str, plan: AllocationPlan, refusal: ServiceError | None
) -> HTMLResponse:
    """The page of a plan; a plan without an answer tells why it has none."""
    if plan.plan_json is None:
        return render(request, "planning/failed.html", language, plan=plan, program=plan.program)
    report = report_plan(session, plan, language)
    words = Words(language)
    return render(
        request,
        "planning/plan.html",
        language,
        status=refusal.status if refusal else 200,
        program=plan.program,
        plan=plan,
        report=report,
        last_day=last_day(plan),
        refusal=refusal,
        approval=approval.approval_of(session, plan),
        ending=approval.ending_of(session, plan),
        tier_chart=tier_chart(report, words),
        zone_chart=_zone_chart(report, words),
    )


def tier_chart(report: PlanReport, words: Words) -> Chart:
    """The mean share of each tier after each band."""
    bars = []
    for row in report.tiers:
        steps = [after - before for before, after in zip((0.0, *row.shares), row.shares, strict=False)]
        label = words("Tier {tier}", tier=row.tier)
        bars.append(Bar(label, tuple(steps), words.share(row.shares[-1])))
    names = [name_of(band, words.language) for band in report.plan.policy.bands]
    return stacked_bars(bars, names, title=words("Mean share of the need by tier, after each band"))


def _zone_chart(report: PlanReport, words: Words) -> Chart:
    tiles = [
        Tile(
            name_of(row.zone, words.language).split(" ")[0],
            row.zone.tile_column or 0,
            row.zone.tile_row or 0,
            row.share,
        )
        for row in report.zones
    ]
    return tile_map(tiles, title=words("Mean share of the need that is met, by zone"), nothing="—")
