"""Tables of requisitions: what facilities ask for, and what the supplies group lets into the plan."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.facilities.models import Facility
from app.requisitions.types import RequisitionKind, RequisitionState

OPEN_REPORT = "kind = 'REPORT' AND state IN ('REVIEWED', 'PLANNED')"
"""A facility has at most one of these in a program."""


class Requisition(Versioned, Base):
    """What one facility asks for in one program on one day."""

    __tablename__ = "requisition"
    __table_args__ = (
        CheckConstraint("kind = 'REPORT' OR extra_reason <> ''", name="extra_reason"),
        CheckConstraint("(state = 'REPLACED') = (replaced_by IS NOT NULL)", name="replaced_by"),
        Index(
            "uq_requisition_open_report",
            "facility_id",
            "program",
            unique=True,
            sqlite_where=text(OPEN_REPORT),
            postgresql_where=text(OPEN_REPORT),
        ),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    program: Mapped[Program] = mapped_column(enum_column(Program, "program"))
    kind: Mapped[RequisitionKind] = mapped_column(
        enum_column(RequisitionKind, "requisition_kind"), default=RequisitionKind.REPORT
    )
    extra_reason: Mapped[str] = mapped_column(String(2000), default="")
    """Why an extra comes beside the report."""
    state: Mapped[RequisitionState] = mapped_column(enum_column(RequisitionState, "requisition_state"), index=True)
    reported_on: Mapped[date]
    """The day whose situation it describes; an old one is stale."""
    note: Mapped[str] = mapped_column(String(2000), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    submitted_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None] = mapped_column(String(200))
    closing_reason: Mapped[str] = mapped_column(String(2000), default="")
    """Why it was rejected or withdrawn."""
    replaced_by: Mapped[str | None] = mapped_column(ForeignKey("requisition.code"))
    """Code of the newer report that closed it."""
    facility: Mapped[Facility] = relationship(lazy="joined")
    lines: Mapped[list["RequisitionLine"]] = relationship(
        back_populates="requisition",
        cascade="all, delete-orphan",
        lazy="selectin",
        order_by="RequisitionLine.id",
    )


class RequisitionLine(Base):
    """One item asked for by a day, what the norms support, and what was approved."""

    __tablename__ = "requisition_line"
    __table_args__ = (
        UniqueConstraint("requisition_id", "item_id", "needed_by"),
        CheckConstraint("requested_units >= 1", name="requested"),
        CheckConstraint("on_hand_units IS NULL OR on_hand_units >= 0", name="on_hand"),
        CheckConstraint("assessed_units IS NULL OR assessed_units >= 0", name="assessed"),
        CheckConstraint("approved_units IS NULL OR approved_units >= 0", name="approved"),
        CheckConstraint(
            "approved_units IS NULL OR approved_units = requested_units OR approval_reason <> ''",
            name="reason",
        ),
        CheckConstraint("delivered_units >= 0", name="delivered"),
        CheckConstraint("carried_units >= 0", name="carried"),
        CheckConstraint("lapsed_units >= 0", name="lapsed"),
    )

    id: Mapped[Key]
    requisition_id: Mapped[int] = mapped_column(ForeignKey("requisition.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    requested_units: Mapped[int]
    needed_by: Mapped[date]
    reason: Mapped[str] = mapped_column(String(2000), default="")
    on_hand_units: Mapped[int | None]
    """What the facility says it still has itself."""
    assessed_units: Mapped[int | None]
    """What the norms support for the days of the line; missing where no norm speaks of it."""
    claimed_units: Mapped[int] = mapped_column(default=0, server_default="0")
    """What other open lines of the facility claim of the same days; taken off the assessed quantity already."""
    last_units: Mapped[int | None]
    """What the facility asked for in its last requisition with this item."""
    peer_units: Mapped[int | None]
    """The most that peers make plausible, where no norm speaks of the item."""
    repeated: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The same quantity was asked for a few days before, and nothing of it has come."""
    absurd: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The figure can hardly be meant: a line of its own in the review."""
    approved_units: Mapped[int | None]
    approval_reason: Mapped[str] = mapped_column(String(2000), default="")
    delivered_units: Mapped[int] = mapped_column(default=0)
    carried_units: Mapped[int] = mapped_column(default=0)
    """What came after the review of what had been promised to the reports before this one."""
    lapsed_units: Mapped[int] = mapped_column(default=0, server_default="0")
    """What had neither come nor been promised when the line's days had passed: not owed any more."""
    item: Mapped[Item] = relationship(lazy="joined")
    requisition: Mapped[Requisition] = relationship(back_populates="lines")

    @property
    def open_units(self) -> int:
        """What is approved, has not come and has not lapsed; below 0 where more came."""
        return (self.approved_units or 0) - self.delivered_units - self.carried_units - self.lapsed_units
