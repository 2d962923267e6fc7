"""Tables of permissions for substitutes of a lower grade."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.core.database import Base, Key
from app.core.versioned import Versioned
from app.facilities.models import Facility


class GradePermission(Versioned, Base):
    """A leader permits a substitute of a lower grade at one key facility, for a reason and until a day."""

    __tablename__ = "grade_permission"
    __table_args__ = (
        CheckConstraint("valid_until >= valid_from", name="period"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("item_id <> serves_item_id", name="items"),
        CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name="ended"),
        CheckConstraint("(ended_at IS NULL) = (ending_reason = '')", name="ending_reason"),
    )

    id: Mapped[Key]
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    serves_item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    reason: Mapped[str] = mapped_column(String(2000))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    given_by: Mapped[str] = mapped_column(String(200))
    given_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(200), default="")
    ending_reason: Mapped[str] = mapped_column(String(2000), default="")
    facility: Mapped[Facility] = relationship(lazy="joined")
    item: Mapped[Item] = relationship(foreign_keys=[item_id], lazy="joined")
    serves_item: Mapped[Item] = relationship(foreign_keys=[serves_item_id], lazy="joined")
