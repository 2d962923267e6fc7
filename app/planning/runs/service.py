"""Plan runs: asked for, claimed, kept alive, taken away, ended; each step is one guarded write of the run's row.

Lock order: the run's row first, then what the step itself changes, the audit trail's head last.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.auth import Actor, Right
from app.catalog.types import Program
from app.core import trail
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError, Fault
from app.core.numbering import next_code
from app.core.records import lock_row_by_code, row_by_code
from app.core.versioned import ANY_VERSION, KEEPS_VERSION, Precondition
from app.core.work import Work
from app.planning.plans.models import AllocationPlan
from app.planning.plans.schemas import NewPlan
from app.planning.plans.service import followed_plan, lock_plan
from app.planning.plans.types import PlanState
from app.planning.policies.service import policy_in_force
from app.planning.runs.models import ENDED_STATES, PlanRun
from app.planning.runs.types import RunKind, RunState
from app.planning.snapshot.previous import faults_of_followed
from app.planning.solving.process import Progress

STALE_AFTER = timedelta(seconds=15)
"""A run whose worker has been silent for so long has lost it. Workers on several machines need clocks that agree
to a few seconds."""

ATTEMPTS_MAX = 3
"""A run that has lost so many workers fails: it is likely what ends them."""


class RunStateError(ConflictError):
    """The run has ended already."""

    code = "wrong_state"


class RunLostError(Exception):
    """The run is not this worker's any more: whatever it was about to write is void."""


_RIGHTS_OF_A_RUN = frozenset({Right.PLAN_PROPOSE, Right.SCENARIO})
"""What the worker may do in the name of who asked for a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A run that a worker has taken up, and the token that says so."""

    run_id: int
    code: str
    token: str
    kind: RunKind
    asked_by: Actor


def ask_for_plan(work: Work, new: NewPlan) -> PlanRun:
    """Queue the computation of a plan; the policy's version and the first day are settled now, the facts later."""
    policy = policy_in_force(work.session, new.program, new.policy_version)
    follows = followed_plan(work.session, new)
    run = PlanRun(
        code=next_code(work.session, "RUN", work.today),
        kind=RunKind.PLAN,
        state=RunState.QUEUED,
        program=new.program,
        policy_id=policy.id,
        policy=policy,
        start=new.start or work.today,
        follows_id=follows.id if follows is not None else None,
        asked_by=work.actor.name,
        asked_at=work.now,
    )
    return queue_run(work, run)


def compute_anew(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> PlanRun:
    """Queue a plan that follows a proposed one, for the leader who wants to decide on it; NotFoundError, ConflictError.

    It is asked for in the name of whoever proposed that one: pressing the button makes nobody its author, so the
    leader may approve it. One that waits or works already is answered.
    """
    plan = if_match.check(lock_plan(work.session, code))
    ConflictError.raise_if(faults_of_followed(plan, plan.program))
    at_work = select(PlanRun).where(
        PlanRun.follows_id == plan.id,
        PlanRun.brought_to == work.actor.name,
        PlanRun.state.not_in(sorted(ENDED_STATES)),
    )
    run = work.session.scalars(at_work.limit(1)).first()
    if run is not None:
        return run
    policy = policy_in_force(work.session, plan.program)
    run = PlanRun(
        code=next_code(work.session, "RUN", work.today),
        kind=RunKind.PLAN,
        state=RunState.QUEUED,
        program=plan.program,
        policy_id=policy.id,
        policy=policy,
        start=max(plan.start, work.today),
        follows_id=plan.id,
        asked_by=plan.proposed_by,
        asked_at=work.now,
        brought_to=work.actor.name,
    )
    return queue_run(work, run)


def brought_to(session: Session, leader: str, program: Program) -> list[AllocationPlan]:
    """The plans that were computed anew for a leader and wait for the decision, the newest first."""
    query = (
        select(AllocationPlan)
        .join(PlanRun, PlanRun.plan_id == AllocationPlan.id)
        .where(
            PlanRun.brought_to == leader,
            AllocationPlan.program == program,
            AllocationPlan.state == PlanState.PROPOSED,
        )
        .order_by(AllocationPlan.id.desc())
    )
    return list(session.scalars(query).unique())


def run_of_plan(session: Session, plan: AllocationPlan) -> PlanRun | None:
    """The run that computed a plan; None for one that a program computed by itself."""
    return session.scalars(select(PlanRun).where(PlanRun.plan_id == plan.id).order_by(PlanRun.id).limit(1)).first()


def queue_run(work: Work, run: PlanRun) -> PlanRun:
    """Enter a run; a worker sees it as soon as the transaction is committed."""
    work.session.add(run)
    _record(
        work.session,
        run,
        "PLAN_RUN_QUEUED",
        work.actor.name,
        work.clock,
        kind=run.kind.value,
        start=run.start.isoformat(),
    )
    return run


def claim_next(database: Database, worker: str, clock: Clock) -> Claim | None:
    """Take up the run that has waited longest; None when none waits or another worker was faster."""
    waiting = select(PlanRun.id).where(PlanRun.state == RunState.QUEUED).order_by(PlanRun.id).limit(1)
    with database.read() as session:
        run_id = session.scalar(waiting)
    if run_id is None:
        return None
    token, now = secrets.token_hex(16), clock.now()
    with database.write() as session:
        # Under the row lock: of several workers that saw it waiting, one finds it still so.
        still_waiting = select(PlanRun).where(PlanRun.id == run_id, PlanRun.state == RunState.QUEUED)
        run = session.scalars(still_waiting.with_for_update(of=PlanRun)).one_or_none()
        if run is None:
            return None
        run.state, run.token, run.worker, run.attempts = RunState.RUNNING, token, worker, run.attempts + 1
        run.started_at = run.heartbeat_at = now
        run.stage, run.band, run.component, run.components, run.done_permille = "", "", 0, 0, 0
        claim = Claim(
            run_id=run.id,
            code=run.code,
            token=token,
            kind=run.kind,
            asked_by=Actor.system(run.asked_by, _RIGHTS_OF_A_RUN),
        )
        _record(session, run, "PLAN_RUN_STARTED", worker, clock, attempt=run.attempts)
    return claim


def lock_claimed(session: Session, claim: Claim) -> PlanRun:
    """The run, locked until the end of the transaction; raises `RunLostError` where the claim holds no more."""
    query = select(PlanRun).where(PlanRun.id == claim.run_id, PlanRun.token == claim.token)
    run = session.scalars(query.with_for_update(of=PlanRun).execution_options(populate_existing=True)).one_or_none()
    if run is None:
        raise RunLostError(claim.code)
    return run


def is_held(database: Database, claim: Claim) -> bool:
    """Is the run still this worker's? Reads only."""
    with database.read() as session:
        return session.scalar(select(PlanRun.token).where(PlanRun.id == claim.run_id)) == claim.token


def report(database: Database, claim: Claim, progress: Progress | None, clock: Clock) -> None:
    """A sign of life, with how far the run is where that is news; raises `RunLostError`."""
    values: dict[str, Any] = {"heartbeat_at": clock.now()}
    if progress is not None:
        values |= {
            "stage": progress.stage,
            "band": progress.band,
            "component": progress.component,
            "components": progress.components,
            "done_permille": min(1000, max(0, round(progress.done * 1000))),
        }
    # How far a run is decides nothing: whoever saw its state may still cancel it.
    held = update(PlanRun).where(PlanRun.id == claim.run_id, PlanRun.token == claim.token)
    held = held.execution_options(**{KEEPS_VERSION: True})
    with database.write() as session:
        if session.execute(held.values(values).returning(PlanRun.id)).first() is None:
            raise RunLostError(claim.code)


def finish(session: Session, run: PlanRun, plan: AllocationPlan | None, *, clock: Clock) -> None:
    """The run is DONE; the caller holds it and has stored what it computed in the same transaction."""
    run.plan_id, run.done_permille = plan.id if plan is not None else None, 1000
    _end(run, RunState.DONE, clock)
    _record(session, run, "PLAN_RUN_DONE", run.worker, clock, plan=plan.code if plan is not None else None)


def fail(
    session: Session, run: PlanRun, faults: Iterable[Fault], *, clock: Clock, plan: AllocationPlan | None = None
) -> None:
    """The run is FAILED with the reasons; the caller holds it."""
    run.faults = [{"code": one.code, "message": one.message, "params": dict(one.params)} for one in faults]
    run.plan_id = plan.id if plan is not None else None
    _end(run, RunState.FAILED, clock)
    _record(session, run, "PLAN_RUN_FAILED", run.worker, clock, faults=[one["code"] for one in run.faults])


def release(database: Database, claim: Claim, clock: Clock) -> None:
    """Give a run back unfinished, because its worker stops; it was no fault of the run, so the attempt is not counted.

    Does nothing where the claim holds no more.
    """
    try:
        with database.write() as session:
            run = lock_claimed(session, claim)
            run.attempts -= 1
            _requeue(session, run, run.worker, clock)
    except RunLostError:
        return


def requeue_stale(database: Database, worker: str, clock: Clock) -> list[str]:
    """Queue again what silent workers had taken up; the codes. A run that has lost too many workers fails."""
    stale = select(PlanRun).where(PlanRun.state == RunState.RUNNING, PlanRun.heartbeat_at < clock.now() - STALE_AFTER)
    with database.read() as session:
        if session.scalars(stale.limit(1)).first() is None:
            return []
    with database.write() as session:
        # What another worker is about to write is locked, and so alive.
        runs = session.scalars(stale.order_by(PlanRun.id).with_for_update(of=PlanRun, skip_locked=True)).all()
        for run in runs:
            if run.attempts < ATTEMPTS_MAX:
                _requeue(session, run, worker, clock)
            else:
                message = "Its worker was lost {attempts} times."
                fail(session, run, [Fault("worker_lost", message, params={"attempts": run.attempts})], clock=clock)
        return [run.code for run in runs]


def cancel_run(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> PlanRun:
    """End a run that waits or works; its worker finds its token gone and kills the solver. Raises `RunStateError`."""
    run = if_match.check(lock_run(work.session, code))
    if run.state in ENDED_STATES:
        message = "Run {run} has ended: there is nothing to cancel."
        raise RunStateError.of(message, where="state", run=run.code)
    run.ended_by = work.actor.name
    _end(run, RunState.CANCELLED, work.clock)
    _record(work.session, run, "PLAN_RUN_CANCELLED", work.actor.name, work.clock)
    return run


def _requeue(session: Session, run: PlanRun, worker: str, clock: Clock) -> None:
    run.state, run.token, run.heartbeat_at = RunState.QUEUED, "", None
    _record(session, run, "PLAN_RUN_REQUEUED", worker, clock, attempts=run.attempts)


def _end(run: PlanRun, state: RunState, clock: Clock) -> None:
    run.state, run.token, run.ended_at = state, "", clock.now()


def _record(session: Session, run: PlanRun, action: str, who: str, clock: Clock, **more: Any) -> None:
    trail.record(
        session,
        at=clock.now(),
        actor=who,
        action=action,
        subject_kind="plan_run",
        subject_key=run.code,
        after={"state": run.state.value, **more},
    )


def run_by_code(session: Session, code: str) -> PlanRun:
    """The run with this code; raises `NotFoundError`."""
    return row_by_code(session, PlanRun, "plan run", code)


def lock_run(session: Session, code: str) -> PlanRun:
    """As `run_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, PlanRun, "plan run", code)


def select_runs(
    *, program: Program | None = None, state: RunState | None = None, kind: RunKind | None = None
) -> Select[PlanRun]:
    """Runs by what they are for, in the order in which they were asked for."""
    query = select(PlanRun)
    if program is not None:
        query = query.where(PlanRun.program == program)
    if state is not None:
        query = query.where(PlanRun.state == state)
    if kind is not None:
        query = query.where(PlanRun.kind == kind)
    return query


def silence(run: PlanRun, now: datetime) -> timedelta:
    """How long nothing has been heard of a run that waits or works."""
    return now - (run.heartbeat_at or run.asked_at)
