"""Pages of plan runs: ask for a plan, watch how far it is, cancel it; on to the plan when it is there."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import CurrentActor, Right, needs
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.planning.plans.schemas import NewPlan
from app.planning.policies.models import Policy
from app.planning.runs import service as runs
from app.planning.runs.models import ENDED_STATES, PlanRun
from app.planning.runs.schemas import faults_of, progress_view
from app.planning.runs.types import RunKind, RunState
from app.planning.scenarios.service import scenario_of_run
from app.planning.snapshot.previous import select_followable
from app.web.kit.columns import (
    code_column,
    day_column,
    moment_column,
    person_column,
    program_column,
    state_column,
    word_column,
)
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Column, Filter, Listing, program_filter, show_list, state_filter, word_filter

router = APIRouter(include_in_schema=False)

RUNS = "/plan-runs"


@router.get(RUNS, dependencies=[needs(Right.PLAN_READ)])
def show_runs(request: Request, session: Reader, language: PageLanguage) -> Response:
    """Every run, the newest first."""
    words = Words(language)
    listing = Listing(
        file_name="Plan runs",
        rows=select(PlanRun),
        columns=_columns(),
        filters=_filters(words),
        key=PlanRun.id,
        sort="-code",
        empty="Nothing has been computed in the background yet.",
    )
    return show_list(request, session, language, listing, "planning/run_list.html")


def _columns() -> list[Column[PlanRun]]:
    return [
        code_column(RUNS, PlanRun.id),
        word_column("kind", "What", "run", lambda run: run.kind, PlanRun.kind),
        program_column(lambda run: run.program, PlanRun.program),
        state_column(lambda run: run.state, PlanRun.state),
        day_column("start", "First day", lambda run: run.start, PlanRun.start),
        person_column("by", "Asked for by", lambda run: run.asked_by, PlanRun.asked_by),
        moment_column("at", "Asked for at", lambda run: run.asked_at, PlanRun.asked_at),
        moment_column("ended", "Ended at", lambda run: run.ended_at, PlanRun.ended_at),
        Column(
            key="plan",
            title="Plan",
            value=lambda run: run.plan.code if run.plan is not None else None,
            link=lambda run: f"/plans/{run.plan.code}" if run.plan is not None else None,
        ),
    ]


def _filters(words: Words) -> list[Filter]:
    return [
        program_filter(words, lambda query, program: query.where(PlanRun.program == program)),
        state_filter(words, RunState, PlanRun.state),
        word_filter(words, "kind", "What", "run", RunKind, lambda query, value: query.where(PlanRun.kind == value)),
    ]


@router.get(f"{RUNS}/new", dependencies=[needs(Right.PLAN_PROPOSE)])
def show_new(
    page: Page,
    session: Reader,
    program: Annotated[Program, Query()] = Program.MEDICAL,
    follows: Annotated[Code | None, Query(description="The plan to stay near.")] = None,
) -> Response:
    """The form: which program, from which day on, by which policy, near which plan."""
    values = {"start": page.clock.today().isoformat(), "follows": follows or ""}
    return _form(page, session, program, Form(values=values))


@router.post(RUNS, dependencies=[needs(Right.PLAN_PROPOSE)])
def ask_for_plan(sent: SentForm) -> Response:
    """To the page of the run; the form again with every fault."""
    page = sent.page
    program = next((one for one in Program if one.value == sent.typed.get("program")), Program.MEDICAL)

    def act(work: Work, typed: Typed) -> str:
        new = validated(NewPlan, typed)
        return f"{RUNS}/{runs.ask_for_plan(work, new).code}"

    return sent.run(act, lambda session, form: _form(page, session, program, form))


def _form(page: PageContext, session: Session, program: Program, form: Form) -> Response:
    words = page.words
    policies = session.scalars(
        select(Policy).where(Policy.program == program).order_by(Policy.version.desc()).limit(20)
    ).unique()
    at_work = session.scalars(
        runs.select_runs(program=program, kind=RunKind.PLAN)
        .where(PlanRun.state.not_in(ENDED_STATES))
        .order_by(PlanRun.id.desc())
        .limit(1)
    ).first()
    said = "Version {version}: {title}"
    choices = [(one.version, words(said, version=one.version, title=words.name_of_policy(one))) for one in policies]
    followable = [
        (plan.code, words("{code}, from {first} on", code=plan.code, first=plan.start.isoformat()))
        for plan in session.scalars(select_followable(program).limit(20)).unique()
    ]
    return page.render(
        "planning/run_entry.html", form=form, program=program, policies=choices, followable=followable, at_work=at_work
    )


@router.get(f"{RUNS}/{{code}}", dependencies=[needs(Right.PLAN_READ)])
def show_run(request: Request, session: Reader, clock: Now, language: PageLanguage, code: Code) -> Response:
    """How far it is, as it goes; where it led when it has ended."""
    run = runs.run_by_code(session, code)
    has_ended = run.state in ENDED_STATES
    until = run.ended_at if run.ended_at is not None else clock.now()
    return render(
        request,
        "planning/run.html",
        language,
        run=run,
        has_ended=has_ended,
        progress=progress_view(run, language),
        faults=faults_of(run),
        result=_result_of(session, run),
        is_silent=is_silent(run, clock),
        seconds=max(0, round((until - run.asked_at).total_seconds())),
    )


def is_silent(run: PlanRun, clock: Clock) -> bool:
    """Has nothing been heard for so long of a run that waits or works that likely no worker is there?"""
    return run.state not in ENDED_STATES and runs.silence(run, clock.now()) > runs.STALE_AFTER


def _result_of(session: Session, run: PlanRun) -> str:
    """The address of what a run has made, empty where there is nothing."""
    if run.state is not RunState.DONE:
        return ""
    if run.plan is not None:
        return f"/plans/{run.plan.code}"
    scenario = scenario_of_run(session, run)
    return f"/scenarios/{scenario.code}" if scenario is not None else ""


@router.post(f"{RUNS}/{{code}}/cancel", dependencies=[needs(Right.PLAN_PROPOSE)])
def cancel_run(database: OpenDatabase, actor: CurrentActor, clock: Now, code: Code) -> Response:
    """The page of the run again; one that has ended meanwhile shows its end."""
    try:
        with database.write() as session:
            runs.cancel_run(Work(session, actor, clock), code)
    except runs.RunStateError:
        pass  # its page says how it ended
    return RedirectResponse(f"{RUNS}/{code}", status.HTTP_303_SEE_OTHER)
