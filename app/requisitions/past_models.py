"""The table of needs whose days have passed: what was approved for them, what came, and what was left unmet."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.core.database import Base, Key
from app.facilities.models import Facility
from app.requisitions.models import RequisitionLine


class PastNeed(Base):
    """An approved line on days that have passed; append-only.

    A line of which something was promised can lapse in two parts, so it may have several rows.
    """

    __tablename__ = "past_need"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days"),
        CheckConstraint("approved_units >= 1", name="approved"),
        CheckConstraint("got_units BETWEEN 0 AND approved_units", name="got"),
        Index("ix_past_need_facility_id_item_id", "facility_id", "item_id"),
    )

    id: Mapped[Key]
    requisition_line_id: Mapped[int] = mapped_column(ForeignKey("requisition_line.id"), index=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    first_day: Mapped[date]
    last_day: Mapped[date] = mapped_column(index=True)
    approved_units: Mapped[int]
    """Of what was approved, the part that was needed on these days."""
    got_units: Mapped[int]
    recorded_on: Mapped[date]
    facility: Mapped[Facility] = relationship(lazy="joined")
    item: Mapped[Item] = relationship(lazy="joined")
    line: Mapped[RequisitionLine] = relationship()

    @property
    def unmet_units(self) -> int:
        """What did not come in time."""
        return self.approved_units - self.got_units
