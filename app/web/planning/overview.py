"""The plan as leaders see it first: `/` shows the newest of a program."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.types import Program
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.i18n import name_of
from app.dispatch.lapsing import lapsed_of
from app.dispatch.orders import may_be_withdrawn
from app.planning.approval import service as approval
from app.planning.approval.taken import changes_since
from app.planning.directives.in_plans import costs_in, directives_of, is_of_directive
from app.planning.plans.models import AllocationPlan
from app.planning.plans.report import PlanReport, last_day, report_plan
from app.planning.plans.service import newest_plan, plan_by_code
from app.planning.plans.types import PlanState
from app.planning.runs.service import brought_to, run_of_plan
from app.web.kit.charts import Bar, Chart, Tile, stacked_bars, tile_map
from app.web.kit.error_texts import faults_in_plain_words
from app.web.kit.form_pages import Page, PageContext
from app.web.kit.forms import Form
from app.web.kit.rendering import Words
from app.worklist.service import Task, work_list

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[needs(Right.PLAN_READ)])
def show_today(page: Page, session: Reader, program: Annotated[Program, Query()] = Program.MEDICAL) -> Response:
    """Can we hold; who gets what; who gets too little and why; what would help most."""
    plan = newest_plan(session, program)
    tasks = work_list(session, page.actor, page.clock)
    if plan is None:
        return page.render("planning/no_plan.html", program=program, tasks=tasks)
    return plan_page(page, session, plan, Form(), tasks)


@router.get("/plans/{code}", dependencies=[needs(Right.PLAN_READ)])
def show_plan(page: Page, session: Reader, code: Code) -> Response:
    """One plan, as `/` shows the newest; that of a single directive is told on the directive's page."""
    plan = plan_by_code(session, code)
    if session.scalar(select(is_of_directive()).where(AllocationPlan.id == plan.id)):
        return RedirectResponse(f"/directives/{code}", status.HTTP_303_SEE_OTHER)
    return plan_page(page, session, plan, Form())


def plan_page(
    page: PageContext, session: Session, plan: AllocationPlan, form: Form, tasks: Sequence[Task] = ()
) -> Response:
    """The page of a plan, with a form that was refused; a plan without an answer tells why it has none."""
    if plan.plan_json is None:
        return page.render("planning/failed.html", plan=plan, program=plan.program)
    report, actor = report_plan(session, plan, page.language), page.actor
    is_deciding = plan.state is PlanState.PROPOSED and actor.may(Right.PLAN_APPROVE)
    changes = changes_since(session, plan, page.clock) if is_deciding else None
    return page.render(
        "planning/plan.html",
        form=form,
        tasks=tasks,
        program=plan.program,
        plan=plan,
        report=report,
        last_day=last_day(plan),
        changes=changes,
        missing=faults_in_plain_words(session, changes.missing, page.words) if changes is not None else (),
        brought=[one for one in brought_to(session, actor.name, plan.program) if one.id != plan.id],
        run=run_of_plan(session, plan),
        lapsed=lapsed_of(session, plan.program, page.clock.today(), actor=actor),
        can_withdraw=actor.may(Right.PLAN_APPROVE) and may_be_withdrawn(session, plan),
        approval=approval.approval_of(session, plan),
        ending=approval.ending_of(session, plan),
        directives=directives_of(session, plan),
        directive_costs=costs_in(session, plan),
        tier_chart=tier_chart(report, page.words),
        zone_chart=_zone_chart(report, page.words),
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
