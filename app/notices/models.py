"""The table of notices."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, Key, enum_column
from app.core.errors import Fault
from app.core.rights import Role
from app.core.versioned import Versioned
from app.facilities.models import Facility


class Notice(Versioned, Base):
    """A message for everybody in a role, or for the people of one facility or warehouse, until somebody has read it."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("(place_id IS NULL) <> (role IS NULL)", name="audience"),
        CheckConstraint("(read_at IS NULL) = (read_by = '')", name="read"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(64), index=True)
    message: Mapped[str] = mapped_column(String(2000))
    """The English message, which is the key of its translations."""
    params: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"), index=True)
    role: Mapped[Role | None] = mapped_column(enum_column(Role, "notice_role"), index=True)
    address: Mapped[str] = mapped_column(String(200))
    """The page on which something can be done about it."""
    left_at: Mapped[datetime]
    left_by: Mapped[str] = mapped_column(String(200))
    read_at: Mapped[datetime | None]
    read_by: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[Facility | None] = relationship(lazy="joined")

    @property
    def told(self) -> Fault:
        """The message with its parameters, as faults carry them: pages put it in the words of people."""
        return Fault(self.kind, self.message, "", self.params)
