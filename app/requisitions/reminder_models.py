"""The table of reminders to facilities that have not reported."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.types import Program
from app.core.database import Base, Key, enum_column
from app.facilities.models import Facility


class ReportingReminder(Base):
    """Somebody of the supplies group told a facility that its report in a program is missing."""

    __tablename__ = "reporting_reminder"
    __table_args__ = (CheckConstraint("addressee <> ''", name="addressee"),)

    id: Mapped[Key]
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    program: Mapped[Program] = mapped_column(enum_column(Program, "program"))
    last_reported_on: Mapped[date | None]
    """The facility's last report as it was then: what tells reminders of this silence from those of earlier ones."""
    reminded_at: Mapped[datetime]
    reminded_by: Mapped[str] = mapped_column(String(200))
    addressee: Mapped[str] = mapped_column(String(200))
    """Who was told, and how: a name, a telephone number."""
    note: Mapped[str] = mapped_column(String(2000), default="")
    facility: Mapped[Facility] = relationship(lazy="joined")
