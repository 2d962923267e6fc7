"""Tables of what was decided on plans: approvals, endings, orders placed, and which lots stand for which lines."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, Key, enum_column
from app.planning.plans.models import AllocationLine, AllocationPlan
from app.planning.plans.types import PlanState
from app.procurement.models import PurchaseOrder
from app.stock.models import Lot


class PlanApproval(Base):
    """Who approved a plan; its key lets a plan be approved once, and what is dispatched refers to it."""

    __tablename__ = "plan_approval"
    __table_args__ = (CheckConstraint("approved_by <> proposed_by", name="other_approver"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), primary_key=True, autoincrement=False)
    proposed_by: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[str] = mapped_column(String(200))
    approved_at: Mapped[datetime]
    snapshot_digest: Mapped[str] = mapped_column(String(80))
    """Of the facts as they were retaken at the approval; equals the plan's own."""
    plan: Mapped[AllocationPlan] = relationship()


class PlanEnding(Base):
    """How a plan ended: closed when all was dispatched, rejected, cancelled, or superseded by another's approval."""

    __tablename__ = "plan_ending"
    __table_args__ = (
        CheckConstraint("state IN ('CLOSED', 'REJECTED', 'CANCELLED', 'SUPERSEDED')", name="ending"),
        CheckConstraint("state NOT IN ('REJECTED', 'CANCELLED') OR reason <> ''", name="reason"),
        CheckConstraint("(state = 'SUPERSEDED') = (superseded_by_id IS NOT NULL)", name="successor"),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), primary_key=True, autoincrement=False)
    state: Mapped[PlanState] = mapped_column(enum_column(PlanState, "ending_state"))
    ended_by: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(2000), default="")
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("allocation_plan.id"))
    superseded_by: Mapped[AllocationPlan | None] = relationship(foreign_keys=[superseded_by_id])


class PlanOrder(Base):
    """The purchase order that an offer bought by an approved plan became."""

    __tablename__ = "plan_order"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan_approval.plan_id"), primary_key=True, autoincrement=False)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True, autoincrement=False)
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    purchase_order: Mapped[PurchaseOrder] = relationship()


class WaitingLine(Base):
    """A line of an approved plan whose source is still to come: units that are in no lot yet."""

    __tablename__ = "waiting_line"
    __table_args__ = (CheckConstraint("waiting_units >= 0", name="units"),)

    allocation_line_id: Mapped[int] = mapped_column(
        ForeignKey("allocation_line.id"), primary_key=True, autoincrement=False
    )
    waiting_units: Mapped[int]
    """Falls as lots come in for it, and to 0 when the line is given up."""
    line: Mapped[AllocationLine] = relationship()


class PromisedLot(Base):
    """Units of a lot reserved for one line of an approved plan; they may be shipped for this line only."""

    __tablename__ = "promised_lot"
    __table_args__ = (
        UniqueConstraint("allocation_line_id", "lot_id"),
        CheckConstraint("quantity >= 0", name="quantity"),
    )

    id: Mapped[Key]
    allocation_line_id: Mapped[int] = mapped_column(ForeignKey("allocation_line.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    quantity: Mapped[int]
    """Still promised: falls to 0 when it is shipped or given back."""
    lot: Mapped[Lot] = relationship(lazy="joined")


class LinePromise(Base):
    """A line of an approved plan as its need sees it; it stands as long as the plan is live."""

    __tablename__ = "line_promise"
    __table_args__ = (
        CheckConstraint("ratio_permille BETWEEN 1 AND 1000000", name="ratio"),
        CheckConstraint("on_the_road_units >= 0", name="units"),
    )

    allocation_line_id: Mapped[int] = mapped_column(
        ForeignKey("allocation_line.id"), primary_key=True, autoincrement=False
    )
    ratio_permille: Mapped[int]
    """Units asked for that 1,000 units of what is sent serve, by the catalogue on the day of the approval."""
    on_the_road_units: Mapped[int] = mapped_column(default=0)
    """What left for the need and has no proof of delivery yet."""
