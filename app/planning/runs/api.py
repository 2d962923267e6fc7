"""REST of plan runs: ask for a plan, look how far it is, follow it as it goes, cancel it."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Literal

import anyio
from fastapi import APIRouter, Depends, Header, Query, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.database import Database
from app.core.http.answers import Rendered
from app.core.http.deps import OpenDatabase, Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, read_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import TAGGED, OptionalIfMatch, tagged
from app.core.i18n import choose_language
from app.planning.plans.schemas import NewPlan
from app.planning.runs import service as runs
from app.planning.runs.models import ENDED_STATES, PlanRun
from app.planning.runs.schemas import PlanRunView, run_view
from app.planning.runs.types import RunKind, RunState
from app.planning.runs.watch import LOOK_SECONDS, SharedWatch

router = APIRouter(prefix="/plan-runs", tags=["planning"])

STREAM_SECONDS = 300.0
"""A stream ends after so long; a browser then connects again by itself."""


async def _language(request: Request, accept_language: Annotated[str | None, Header()] = None) -> str:
    return choose_language(accept_language, request.app.state.settings.default_language)


Language = Annotated[str, Depends(_language)]


def _view_in(language: str) -> Callable[[PlanRun], PlanRunView]:
    return lambda run: run_view(run, language)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Ask for a plan to be computed in the background",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_PROPOSE)],
)
def ask_for_plan(new: NewPlan, work: Write, language: Language, once: Once) -> Rendered[PlanRunView]:
    """Answers at once; `Location` is where to look. `POST /plans` asks for the same and can wait for the plan."""
    return once(
        work, lambda: tagged(runs.ask_for_plan(work, new), _view_in(language)), location="/api/v1/plan-runs/{code}"
    )


@router.get("", summary="List plan runs", responses=problem_answers(), dependencies=[needs(Right.PLAN_READ)])
def list_runs(
    session: Reader,
    cursor: PageCursor,
    language: Language,
    program: Program | None = None,
    state: RunState | None = None,
    kind: RunKind | None = None,
) -> Rendered[Page[PlanRunView]]:
    """In the order in which they were asked for."""
    query = runs.select_runs(program=program, state=state, kind=kind)
    rows, after = read_page(session, query, PlanRun.id, cursor)
    return Rendered(Page(items=[run_view(row, language) for row in rows], next=after))


@router.get(
    "/{code}",
    summary="Show a plan run",
    responses={200: TAGGED, **problem_answers(404)},
    dependencies=[needs(Right.PLAN_READ)],
)
def show_run(code: Code, session: Reader, language: Language) -> Rendered[PlanRunView]:
    """Its state, how far it is, and the plan or the reasons when it has ended."""
    # Never 304: progress, which is shown, is no change of the run that anybody decides on.
    return tagged(runs.run_by_code(session, code), _view_in(language))


@router.post(
    "/{code}/cancel",
    summary="Cancel a plan run",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PLAN_PROPOSE)],
)
def cancel_run(
    code: Code, work: Write, language: Language, if_match: OptionalIfMatch, once: Once
) -> Rendered[PlanRunView]:
    """It is CANCELLED at once, and its solver is killed within a second. 409 when it has ended."""
    return once(work, lambda: tagged(runs.cancel_run(work, code, if_match), _view_in(language)))


def _known(code: Code, database: OpenDatabase) -> str:
    """The code of a run that exists; asked before the stream begins, so that its absence is a proper 404."""
    with database.read() as session:
        return runs.run_by_code(session, code).code


@router.get(
    "/{code}/events",
    summary="Follow a plan run",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
    response_class=EventSourceResponse,
)
async def follow_run(
    code: Annotated[str, Depends(_known)],
    database: OpenDatabase,
    watch: SharedWatch,
    language: Language,
    lang: Annotated[
        Literal["zh-CN", "en"] | None,
        Query(description="The language; before Accept-Language, which a page's EventSource cannot choose."),
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: `run` with the run as `GET /plan-runs/{code}` shows it whenever that has changed, and last
    `end` with the same when the run has ended. A stream ends after five minutes at most; connect again then."""
    told, ends_at = None, anyio.current_time() + STREAM_SECONDS
    while anyio.current_time() < ends_at:
        # All listeners share one poll; the run is read only where there is news, in a thread and for a moment.
        standing = await watch.standing(code)
        if standing != told:
            told = standing
            view = await run_in_threadpool(_look, database, code, lang or language)
            has_ended = view.state in ENDED_STATES
            yield ServerSentEvent(event="end" if has_ended else "run", raw_data=view.model_dump_json())
            if has_ended:
                return
        await anyio.sleep(LOOK_SECONDS)


def _look(database: Database, code: str, language: str) -> PlanRunView:
    with database.read() as session:
        return run_view(runs.run_by_code(session, code), language)
