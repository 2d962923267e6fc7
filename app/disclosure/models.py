"""Tables of disclosure: each version published, its balance per item and channel, and who was issued what."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.core.database import Base, Key, enum_column
from app.facilities.models import Facility
from app.partners.types import SupplyChannel
from app.planning.directives.models import Directive


class Disclosure(Base):
    """A balance published for the end of a day. Append-only: a mistake is mended by the next version, with a reason."""

    __tablename__ = "disclosure"
    __table_args__ = (
        UniqueConstraint("as_of", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(version = 1) = (reason = '')", name="reason"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    as_of: Mapped[date]
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(String(2000))
    """Why the version before it is corrected; empty for the first."""
    published_by: Mapped[str] = mapped_column(String(200))
    published_at: Mapped[datetime]
    lines: Mapped[list["DisclosureLine"]] = relationship(order_by="(DisclosureLine.item_id, DisclosureLine.channel)")
    issues: Mapped[list["DisclosureIssue"]] = relationship(
        order_by="(DisclosureIssue.item_id, DisclosureIssue.facility_id)"
    )
    directives: Mapped[list["DisclosureDirective"]] = relationship(order_by="DisclosureDirective.directive_id")


class DisclosureLine(Base):
    """What came in of an item through a channel, and where it is; the database itself refuses what does not add up."""

    __tablename__ = "disclosure_line"
    __table_args__ = (
        CheckConstraint("received = issued + in_transit + on_hand + lost + returned", name="balance"),
        CheckConstraint(
            "issued >= 0 AND in_transit >= 0 AND on_hand >= 0 AND lost >= 0 AND returned >= 0", name="units"
        ),
    )

    disclosure_id: Mapped[int] = mapped_column(ForeignKey("disclosure.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    channel: Mapped[SupplyChannel] = mapped_column(enum_column(SupplyChannel, "channel"), primary_key=True)
    received: Mapped[int]
    issued: Mapped[int]
    """Handed over to facilities."""
    in_transit: Mapped[int]
    on_hand: Mapped[int]
    lost: Mapped[int]
    returned: Mapped[int]
    """Given back to who supplied it."""
    item: Mapped[Item] = relationship(lazy="joined")


class DisclosureIssue(Base):
    """What was issued of an item to one facility."""

    __tablename__ = "disclosure_issue"
    __table_args__ = (CheckConstraint("issued >= 1", name="issued"),)

    disclosure_id: Mapped[int] = mapped_column(ForeignKey("disclosure.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), primary_key=True)
    issued: Mapped[int]
    item: Mapped[Item] = relationship(lazy="joined")
    facility: Mapped[Facility] = relationship(lazy="joined")


class DisclosureDirective(Base):
    """A directive that two leaders had given by the day, whatever has come of it."""

    __tablename__ = "disclosure_directive"

    disclosure_id: Mapped[int] = mapped_column(ForeignKey("disclosure.id"), primary_key=True, autoincrement=False)
    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"), primary_key=True, autoincrement=False)
    directive: Mapped[Directive] = relationship(lazy="joined")
