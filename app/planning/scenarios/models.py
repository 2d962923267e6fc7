"""The table of scenarios: a plan's facts with changes, and what would then be given."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, Key
from app.planning.plans.models import AllocationPlan
from app.planning.runs.models import PlanRun


class Scenario(Base):
    """What if: computed as a plan is, but no plan. It has no lines and no state to be approved in."""

    __tablename__ = "scenario"
    __table_args__ = (CheckConstraint("(plan_json IS NULL) = (cost_fen IS NULL)", name="answer"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    base_plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), index=True)
    """The plan whose facts are changed and that it is compared with."""
    run_id: Mapped[int] = mapped_column(ForeignKey("plan_run.id"), unique=True)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True))
    """In the order in which they are applied; see `scenario_schemas`."""
    problem_digest: Mapped[str] = mapped_column(String(80))
    problem_json: Mapped[str] = mapped_column(Text, deferred=True)
    plan_json: Mapped[str | None] = mapped_column(Text, deferred=True)
    cost_fen: Mapped[int | None]
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    base_plan: Mapped[AllocationPlan] = relationship(lazy="joined", innerjoin=True)
    run: Mapped[PlanRun] = relationship(lazy="joined", innerjoin=True)

    @property
    def version(self) -> int:
        """That of its run: a scenario changes with its run, and with nothing else."""
        return self.run.version
