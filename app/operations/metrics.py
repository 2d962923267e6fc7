"""Figures for whoever watches over the service, in the text format of Prometheus; all come from the database.

Needs `tongchou[telemetry]`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError, DatabaseUnavailableError
from app.core.trail.models import AuditHead
from app.dispatch.models import TransferOrder
from app.operations.schema import refuse_other_schema
from app.planning.runs.models import PlanRun
from app.planning.runs.signs import workers_alive
from app.planning.runs.types import RunKind, RunState

DAY = timedelta(days=1)
WAITING = (RunState.QUEUED.value, RunState.RUNNING.value)
ENDED = (RunState.DONE.value, RunState.FAILED.value, RunState.CANCELLED.value)


class Figures(Collector):
    """Asks the database at each call; `tongchou_database_up` is 0, and alone, where it does not answer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        """The figures of this moment."""
        try:
            refuse_other_schema(self._database)
            with self._database.read() as session:
                figures = [*self._of_runs(session), *_of_documents(session)]
        except (BusyError, DatabaseUnavailableError):
            return [_gauge("tongchou_database_up", "1 where the database answers, at this release's schema.", 0)]
        return [_gauge("tongchou_database_up", "1 where the database answers, at this release's schema.", 1), *figures]

    def _of_runs(self, session: Session) -> Iterable[Metric]:
        now = self._clock.now()
        yield _gauge("tongchou_workers_alive", "Worker processes that signed lately.", workers_alive(session, now))
        counts = _counts(session)
        yield _by("tongchou_plan_runs", "Plan runs that wait or are computed.", "state", counts, WAITING)
        oldest = session.scalar(select(func.min(PlanRun.asked_at)).where(PlanRun.state == RunState.QUEUED))
        waited = (now - oldest).total_seconds() if oldest is not None else 0
        yield _gauge("tongchou_plan_run_oldest_wait_seconds", "How long the oldest queued run has waited.", waited)
        ended = _counts(session, since=now - DAY)
        yield _by("tongchou_plan_runs_ended_24h", "Plan runs that ended within a day.", "state", ended, ENDED)
        seconds = {kind.value: _last_seconds(session, kind) for kind in RunKind}
        yield _by("tongchou_plan_run_last_seconds", "How long the last run of a kind took.", "kind", seconds, seconds)


def _counts(session: Session, *, since: datetime | None = None) -> Mapping[str, float]:
    query = select(PlanRun.state, func.count()).group_by(PlanRun.state)
    if since is not None:
        query = query.where(PlanRun.ended_at > since)
    return {state.value: count for state, count in session.execute(query)}


def _last_seconds(session: Session, kind: RunKind) -> float:
    query = select(PlanRun.started_at, PlanRun.ended_at).where(
        PlanRun.kind == kind, PlanRun.state == RunState.DONE, PlanRun.started_at.is_not(None)
    )
    last = session.execute(query.order_by(PlanRun.id.desc()).limit(1)).first()
    return (last.ended_at - last.started_at).total_seconds() if last is not None else 0


def _of_documents(session: Session) -> Iterable[Metric]:
    query = select(TransferOrder.state, func.count()).group_by(TransferOrder.state)
    orders = {state.value: float(count) for state, count in session.execute(query)}
    yield _by("tongchou_transfer_orders", "Transfer orders by state.", "state", orders, orders)
    records = session.scalar(select(AuditHead.seq)) or 0
    yield _gauge("tongchou_audit_records", "Records of the audit trail.", records)


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _by(name: str, told: str, label: str, values: Mapping[str, float], keys: Iterable[str]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for key in keys:
        family.add_metric([key], values.get(key, 0))
    return family
