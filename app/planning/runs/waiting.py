"""REST of asking for a plan and, if the caller prefers, waiting for it: the request itself never computes."""

import json
import re
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, Response, status
from fastapi.concurrency import run_in_threadpool

from app.auth import Actor, CurrentActor, Right, needs
from app.core.clock import Clock
from app.core.database import Database
from app.core.http.deps import Now, OpenDatabase
from app.core.http.idempotency import Idempotency, Once
from app.core.http.problem_details import problem_answers
from app.core.http.versions import tagged
from app.core.work import Work
from app.planning.plans import views
from app.planning.plans.schemas import NewPlan, PlanView
from app.planning.plans.service import plan_by_code
from app.planning.runs import service as runs
from app.planning.runs.api import Language
from app.planning.runs.models import ENDED_STATES
from app.planning.runs.schemas import PlanRunView, faults_of, run_view
from app.planning.runs.types import RunState
from app.planning.runs.watch import LOOK_SECONDS, SharedWatch
from app.planning.solving.process import PlanFailedError

router = APIRouter(tags=["planning"])

WAIT_SECONDS_MAX = 60
"""Nobody is kept waiting longer, whatever they prefer; the run goes on."""

Preference = Annotated[
    str | None,
    Header(
        alias="Prefer",
        max_length=200,
        description=f"`wait=N` (RFC 7240): wait up to N seconds, at most {WAIT_SECONDS_MAX}, for the plan.",
    ),
]


def seconds_to_wait(prefer: str | None) -> int:
    """The seconds that a `Prefer` header asks to wait, within the bounds; 0 where it says nothing of it."""
    found = re.search(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?:;|,|$)", prefer or "", re.IGNORECASE)
    return min(WAIT_SECONDS_MAX, int(found[1])) if found is not None else 0


@router.post(
    "/plans",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Compute a plan from the facts as they are now",
    response_model=PlanRunView,
    responses={
        201: {"model": PlanView, "description": "With `Prefer: wait=N`: the plan, where it is there in time."},
        **problem_answers(404, 409),
    },
    dependencies=[needs(Right.PLAN_PROPOSE)],
)
async def propose_plan(
    new: NewPlan,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    watch: SharedWatch,
    language: Language,
    once: Once,
    prefer: Preference = None,
) -> Response:
    """Answers 202 at once with the run that computes it; `Location` is where to look how far it is.

    With `Prefer: wait=N` it waits: 201 with the plan, `Location` the plan's; 409 `plan_failed` with the reasons where
    there is none; 202 with the run where it takes longer. The same facts give the same plan.
    """
    asked = await run_in_threadpool(_ask, new, database, actor, clock, language, once)
    code = json.loads(bytes(asked.body))["code"]
    seconds = seconds_to_wait(prefer)
    standing, ends_at = None, anyio.current_time() + seconds
    # Between two looks a waiting call holds neither a thread nor a connection.
    while anyio.current_time() < ends_at:
        if standing != (standing := await watch.standing(code)):
            answer = await run_in_threadpool(_look, database, code, language)
            if answer is not None:
                answer.headers["Preference-Applied"] = f"wait={seconds}"
                return answer
        await anyio.sleep(LOOK_SECONDS)
    return asked


def _ask(new: NewPlan, database: Database, actor: Actor, clock: Clock, language: str, once: Idempotency) -> Response:
    """Queue the run, once for each Idempotency-Key."""
    with database.write() as session:
        work = Work(session, actor, clock)
        return once(
            work,
            lambda: tagged(runs.ask_for_plan(work, new), lambda run: run_view(run, language)),
            location="/api/v1/plan-runs/{code}",
        )


def _look(database: Database, code: str, language: str) -> Response | None:
    """What a run has led to; None while it waits or works. Raises `PlanFailedError` with its reasons."""
    with database.read() as session:
        run = runs.run_by_code(session, code)
        if run.state not in ENDED_STATES:
            return None
        if run.state is RunState.FAILED:
            raise PlanFailedError(*faults_of(run))
        if run.plan is None:  # it was cancelled
            return tagged(run, lambda ended: run_view(ended, language))
        answer = tagged(plan_by_code(session, run.plan.code), views.plan_view)
        answer.status_code = status.HTTP_201_CREATED
        answer.headers["Location"] = f"/api/v1/plans/{run.plan.code}"
        return answer
