"""The table of plan runs: who asked for a plan or a scenario to be computed, who computes it, and how far it is."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.types import Program
from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.core.write_guard import unrecorded
from app.planning.plans.models import AllocationPlan
from app.planning.policies.models import Policy
from app.planning.runs.types import RunKind, RunState

ENDED_STATES = frozenset({RunState.DONE, RunState.FAILED, RunState.CANCELLED})

_PROGRESS = unrecorded("A sign of life and how far a run is, every few seconds; its steps are recorded.")


class WorkerSign(Base):
    """When a worker process was last there; it may have had nothing to compute."""

    __tablename__ = "worker_sign"
    __table_args__ = ({"info": unrecorded("A sign of life of a worker process, whether it computes or waits.")},)

    worker: Mapped[str] = mapped_column(String(200), primary_key=True)
    """Machine and process."""
    at: Mapped[datetime]


class PlanRun(Versioned, Base):
    """One computation in the background. The row is the queue, and the only truth about the run.

    `token` is the fence: who works on the run holds it, and every write of a worker asks that the row still has it.
    Whoever takes it away (a cancel, or the loss of the worker) has made all that this worker still does void.
    """

    __tablename__ = "plan_run"
    __table_args__ = (
        CheckConstraint("(state = 'RUNNING') = (token <> '')", name="token"),
        CheckConstraint("done_permille BETWEEN 0 AND 1000", name="done"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("state <> 'DONE' OR kind = 'SCENARIO' OR plan_id IS NOT NULL", name="result"),
        CheckConstraint("(ended_at IS NOT NULL) = (state IN ('DONE', 'FAILED', 'CANCELLED'))", name="ended"),
        Index("ix_plan_run_state_id", "state", "id"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[RunKind] = mapped_column(enum_column(RunKind, "run_kind"))
    state: Mapped[RunState] = mapped_column(enum_column(RunState, "run_state"))
    program: Mapped[Program] = mapped_column(enum_column(Program, "program"))
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    start: Mapped[date]
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("allocation_plan.id"))
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    brought_to: Mapped[str | None] = mapped_column(String(200))
    """The leader who wants to decide on the plan, if one has asked for it."""

    token: Mapped[str] = mapped_column(String(32), default="")
    worker: Mapped[str] = mapped_column(String(200), default="")
    """Who has it, or had it last: machine and process."""
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None] = mapped_column(info=_PROGRESS)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(200), default="")
    """Who cancelled it; empty where it ended by itself."""

    stage: Mapped[str] = mapped_column(String(32), default="", info=_PROGRESS)
    """`snapshot`, then the solver's stages `bands`, `packs`, `gains`, `check`, then `storing`."""
    band: Mapped[str] = mapped_column(String(200), default="", info=_PROGRESS)
    component: Mapped[int] = mapped_column(default=0, info=_PROGRESS)
    components: Mapped[int] = mapped_column(default=0, info=_PROGRESS)
    done_permille: Mapped[int] = mapped_column(default=0, info=_PROGRESS)

    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True), default=list)
    """Why it failed: code, message and parameters of each fault."""
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("allocation_plan.id"))
    """The plan that it made; also of a run that FAILED, where the problem was there to be kept."""
    policy: Mapped[Policy] = relationship(lazy="joined", innerjoin=True)
    follows: Mapped[AllocationPlan | None] = relationship(foreign_keys=[follows_id])
    plan: Mapped[AllocationPlan | None] = relationship(foreign_keys=[plan_id])
