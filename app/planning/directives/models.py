"""Tables of directives, their second leader and their end; what plans give to them and what that costs the others."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.core.database import Base, Key
from app.core.versioned import Versioned
from app.facilities.models import Facility
from app.planning.directives.types import DirectiveState
from app.planning.plans.models import AllocationPlan, PlanDemand
from app.requisitions.models import RequisitionLine


class Directive(Versioned, Base):
    """A leader's order that a facility gets a quantity of an item by a day; counts once another leader confirms it."""

    __tablename__ = "directive"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    quantity: Mapped[int]
    """Base units of the item, whole packs."""
    needed_by: Mapped[date]
    reason: Mapped[str] = mapped_column(String(2000))
    at_once: Mapped[bool]
    """From free stock by a transfer order of its own, without waiting for a plan."""
    may_use_reserve: Mapped[bool]
    """Of those at once: the reserve of the policy may be used for it."""
    ordered_by: Mapped[str] = mapped_column(String(200))
    ordered_at: Mapped[datetime]
    facility: Mapped[Facility] = relationship(lazy="joined")
    item: Mapped[Item] = relationship(lazy="joined")
    confirmation: Mapped["DirectiveConfirmation | None"] = relationship(lazy="joined")
    ending: Mapped["DirectiveEnding | None"] = relationship(lazy="joined")

    @property
    def state(self) -> DirectiveState:
        """Whether it counts."""
        if self.ending is not None:
            return DirectiveState.ENDED
        return DirectiveState.CONFIRMED if self.confirmation is not None else DirectiveState.PROPOSED


class DirectiveConfirmation(Base):
    """The second leader behind a directive, and the need that it became; its key lets it be confirmed once."""

    __tablename__ = "directive_confirmation"
    __table_args__ = (CheckConstraint("confirmed_by <> ordered_by", name="second_leader"),)

    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"), primary_key=True, autoincrement=False)
    ordered_by: Mapped[str] = mapped_column(String(200))
    confirmed_by: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime]
    requisition_line_id: Mapped[int] = mapped_column(ForeignKey("requisition_line.id"), unique=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan_approval.plan_id"), unique=True)
    """Of those at once: the approved plan of this one line, which its transfer orders carry out."""
    requisition_line: Mapped[RequisitionLine] = relationship()


class DirectiveEnding(Base):
    """A directive that was turned down or called off; it never counts again."""

    __tablename__ = "directive_ending"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"), primary_key=True, autoincrement=False)
    ended_by: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(2000))


class PlanDirective(Base):
    """A directive that a plan serves before all others."""

    __tablename__ = "plan_directive"

    plan_demand_id: Mapped[int] = mapped_column(ForeignKey("plan_demand.id"), primary_key=True, autoincrement=False)
    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), index=True)
    has_costs: Mapped[bool]
    """Whether the plan was also computed without directives; if not, what they cost is not known."""
    directive: Mapped[Directive] = relationship(lazy="joined")
    demand: Mapped[PlanDemand] = relationship(lazy="joined")
    plan: Mapped[AllocationPlan] = relationship(viewonly=True)


class PlanDirectiveCost(Base):
    """A need that would get another quantity if there were no directives in the plan; from a solve without them."""

    __tablename__ = "plan_directive_cost"
    __table_args__ = (CheckConstraint("units_without >= 0", name="units"),)

    plan_demand_id: Mapped[int] = mapped_column(ForeignKey("plan_demand.id"), primary_key=True, autoincrement=False)
    units_without: Mapped[int]
    demand: Mapped[PlanDemand] = relationship(lazy="joined")
