"""Pages of scenarios: change a plan's facts, watch the computation, see who gains and who loses."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import CurrentActor, Right, needs
from app.catalog.service import items_by_code
from app.catalog.types import Program
from app.core.errors import InvalidInputError
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.facilities.service import facilities_by_code
from app.planning.plans.comparison import ComparedGroup
from app.planning.plans.models import AllocationPlan
from app.planning.plans.service import newest_plan, plan_by_code
from app.planning.runs import service as runs
from app.planning.runs.models import ENDED_STATES, PlanRun
from app.planning.runs.schemas import faults_of, progress_view
from app.planning.scenarios import service as scenarios
from app.planning.scenarios.models import Scenario
from app.planning.scenarios.service import ComparedScenario
from app.web.kit.charts import Chart, Group, grouped_bars
from app.web.kit.columns import code_column, moment_column, person_column, program_column, state_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Column, Filter, Listing, program_filter, show_list
from app.web.kit.units import counted_in
from app.web.planning import scenarios_beside
from app.web.planning.comparing import needs_listing
from app.web.planning.runs import is_silent
from app.web.planning.scenario_form import (
    LOST_ROWS,
    NEED_ROWS,
    PURCHASE_ROWS,
    at_their_fields,
    first_values,
    read_scenario,
)
from app.web.planning.scenario_words import change_texts

router = APIRouter(include_in_schema=False)

SCENARIOS = "/scenarios"


@router.get(SCENARIOS, dependencies=[needs(Right.PLAN_READ)])
def show_scenarios(request: Request, session: Reader, language: PageLanguage) -> Response:
    """Every scenario, the newest first."""
    words = Words(language)
    columns: list[Column[Scenario]] = [
        code_column(SCENARIOS, Scenario.id),
        Column(
            key="title",
            title="Title",
            value=lambda one: one.title,
            order=Scenario.title,
            link=lambda one: f"{SCENARIOS}/{one.code}",
        ),
        Column(
            key="base",
            title="Beside plan",
            value=lambda one: one.base_plan.code,
            order=Scenario.base_plan_id,
            link=lambda one: f"/plans/{one.base_plan.code}",
        ),
        program_column(lambda one: one.base_plan.program),
        state_column(lambda one: one.run.state),
        person_column("by", "Made by", lambda one: one.created_by, Scenario.created_by),
        moment_column("at", "Made at", lambda one: one.created_at, Scenario.created_at),
    ]
    filters = [
        program_filter(
            words, lambda query, program: query.where(Scenario.base_plan.has(AllocationPlan.program == program))
        ),
        Filter(
            key="title",
            title="Title",
            narrow=lambda query, value: query.where(Scenario.title.icontains(value, autoescape=True)),
        ),
    ]
    listing = Listing(
        file_name="Scenarios",
        rows=select(Scenario),
        columns=columns,
        filters=filters,
        key=Scenario.id,
        sort="-code",
        empty="There is no scenario yet: take a plan and change its facts.",
    )
    return show_list(request, session, language, listing, "planning/scenario_list.html")


@router.get(f"{SCENARIOS}/new", dependencies=[needs(Right.SCENARIO)])
def show_new(
    page: Page,
    session: Reader,
    plan: Annotated[Code | None, Query(description="The plan whose facts are changed.")] = None,
) -> Response:
    """The form with the facts of one plan, the newest where none is named."""
    newest = (newest_plan(session, program) for program in Program)
    base = plan_by_code(session, plan) if plan is not None else next((one for one in newest if one is not None), None)
    if base is None:
        return page.render("planning/no_scenario.html")
    return _form(page, session, base, Form(values=first_values(base, scenarios.base_facts(session, base))))


@router.post(SCENARIOS, dependencies=[needs(Right.SCENARIO)])
def make(sent: SentForm) -> Response:
    """To the page of the scenario; the form again with everything typed and every fault."""

    def act(work: Work, typed: Typed) -> str:
        facts = scenarios.base_facts(work.session, _base(work.session, typed))
        new, changes = read_scenario(typed, facts, items_by_code(work.session, facts.items))
        try:
            return f"{SCENARIOS}/{scenarios.create_scenario(work, new).code}"
        except InvalidInputError as refusal:
            raise at_their_fields(refusal, changes) from refusal

    return sent.run(act, lambda session, form: _form(sent.page, session, _base(session, form.values), form))


def _base(session: Session, typed: Mapping[str, Any]) -> AllocationPlan:
    named = str(typed.get("base_plan", ""))
    return plan_by_code(session, named if named.isprintable() else "")


def _form(page: PageContext, session: Session, base: AllocationPlan, form: Form) -> Response:
    words = page.words
    facts = scenarios.base_facts(session, base)
    items = items_by_code(session, facts.items)
    warehouses = facilities_by_code(session, facts.warehouses)
    plans = session.scalars(
        select(AllocationPlan).where(AllocationPlan.plan_json.is_not(None)).order_by(AllocationPlan.id.desc()).limit(50)
    ).unique()
    return page.render(
        "planning/scenario_entry.html",
        form=form,
        base=base,
        facts=facts,
        plans=list(plans),
        bands=base.policy.bands,
        items=[(code, f"{words.name(item)} ({words(counted_in(item))})") for code, item in items.items()],
        warehouses=[(code, words.name(one)) for code, one in warehouses.items()],
        channels=[(one.value, words(f"channel.{one.value}")) for one in facts.channels],
        tiers=[(tier, words("Tier {tier}", tier=tier)) for tier in facts.tiers],
        days=(facts.start.isoformat(), facts.last_day.isoformat()),
        need_rows=NEED_ROWS,
        purchase_rows=PURCHASE_ROWS,
        lost_rows=LOST_ROWS,
    )


@router.get(f"{SCENARIOS}/{{code}}", dependencies=[needs(Right.PLAN_READ)])
def show_scenario(request: Request, session: Reader, clock: Now, language: PageLanguage, code: Code) -> Response:
    """How far the computation is; when it is done, the scenario beside the plan."""
    words = Words(language)
    scenario = scenarios.scenario_by_code(session, code)
    shared: dict[str, Any] = {"scenario": scenario, "changes": change_texts(session, scenario, words)}
    if scenario.plan_json is None:
        return render(
            request, "planning/scenario_waiting.html", language, **shared, **_run_values(scenario.run, clock, language)
        )
    found = scenarios.compared(session, scenario)
    comparison = found.comparison
    return show_list(
        request,
        session,
        language,
        needs_listing(comparison, "The plan", "The scenario", words),
        "planning/scenario.html",
        **shared,
        found=found,
        comparison=comparison,
        tiers=_tier_rows(found),
        chart=_tier_chart(found, words),
        groups=[
            ("By item", [(words.name(one), group) for one, group in comparison.by_item().items()]),
            ("By zone", [(words.name(one), group) for one, group in comparison.by_zone().items()]),
            ("Facilities that lose most", _extremes(found, words, lose=True)),
            ("Facilities that gain most", _extremes(found, words, lose=False)),
        ],
    )


def _run_values(run: PlanRun, clock: Now, language: str) -> Mapping[str, Any]:
    return {
        "run": run,
        "has_ended": run.state in ENDED_STATES,
        "progress": progress_view(run, language),
        "faults": faults_of(run),
        "is_silent": is_silent(run, clock),
    }


def _tier_rows(found: ComparedScenario) -> Sequence[tuple[int, ComparedGroup, Any, Any]]:
    return [
        (tier, group, found.base_covers.get(tier), found.covers.get(tier))
        for tier, group in found.comparison.by_tier().items()
    ]


def _extremes(found: ComparedScenario, words: Words, *, lose: bool) -> Sequence[tuple[str, ComparedGroup]]:
    """The facilities whose mean share falls (or rises) most, at most eight."""
    sign = 1 if lose else -1
    known = [
        (group.difference_share, facility.code, facility, group)
        for facility, group in found.comparison.by_facility().items()
        if group.difference_share is not None and sign * group.difference_share < -0.0005
    ]
    ranked = sorted(known, key=lambda one: (sign * one[0], one[1]))[:8]
    return [(words.name(facility), group) for _, _, facility, group in ranked]


def _tier_chart(found: ComparedScenario, words: Words) -> Chart:
    """Two bars a tier: its mean share by the plan and in the scenario."""
    groups = [
        Group(
            words("Tier {tier}", tier=tier),
            tuple((share, words.share(share) if share is not None else "–") for share in shares),
        )
        for tier, group in found.comparison.by_tier().items()
        for shares in [(group.base_share, group.other_share)]
    ]
    return grouped_bars(
        groups,
        (words("The plan"), words("The scenario")),
        title=words("Mean share of the need by tier, by the plan and in the scenario"),
        width=500,
    )


@router.post(f"{SCENARIOS}/{{code}}/cancel", dependencies=[needs(Right.SCENARIO)])
def cancel(database: OpenDatabase, actor: CurrentActor, clock: Now, code: Code) -> Response:
    """The page of the scenario again; one that has ended meanwhile shows its end."""
    try:
        with database.write() as session:
            scenarios.cancel_scenario(Work(session, actor, clock), code)
    except runs.RunStateError:
        pass  # its page says how it ended
    return RedirectResponse(f"{SCENARIOS}/{code}", status.HTTP_303_SEE_OTHER)


router.include_router(scenarios_beside.router)
