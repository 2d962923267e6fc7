"""Signs of life of the worker processes, for whoever watches over the service."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.database import Database
from app.planning.runs.models import PlanRun, WorkerSign
from app.planning.runs.types import RunState

SIGN_SECONDS = 60.0
"""A worker without a run signs so often."""

ALIVE_WITHIN = timedelta(seconds=150)
"""Two signs may be late."""

_FORGOTTEN_AFTER = timedelta(days=1)


def sign(database: Database, worker: str, clock: Clock) -> None:
    """Note that this worker is there, and forget those that have long been gone."""
    now = clock.now()
    with database.write() as session:
        session.merge(WorkerSign(worker=worker, at=now))
        session.execute(delete(WorkerSign).where(WorkerSign.at < now - _FORGOTTEN_AFTER))


def workers_alive(session: Session, now: datetime) -> int:
    """How many worker processes there are: those that signed, and those that report on a run."""
    signed = select(WorkerSign.worker).where(WorkerSign.at > now - ALIVE_WITHIN)
    at_work = select(PlanRun.worker).where(PlanRun.state == RunState.RUNNING, PlanRun.heartbeat_at > now - ALIVE_WITHIN)
    return len(set(session.scalars(signed.union(at_work))))
