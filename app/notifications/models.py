"""Tables of notifications: the rules, and the outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.auth.models import Account
from app.core.database import Base, Key, enum_column
from app.core.errors import Fault
from app.core.rights import Role
from app.core.versioned import Versioned
from app.core.write_guard import unrecorded
from app.facilities.models import Facility
from app.notifications.rules import masked
from app.notifications.types import NotificationChannel, NotificationState

_LEASE = unrecorded("A lease while a worker sends the message; what comes of the attempt is recorded.")


class NotificationRule(Versioned, Base):
    """Who is told of what, by which channel; never deleted, only switched off."""

    __tablename__ = "notification_rule"
    __table_args__ = (
        CheckConstraint("(role IS NULL) <> (account_id IS NULL)", name="audience"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
        CheckConstraint("quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23", name="hours"),
        CheckConstraint("language IN ('zh-CN', 'en')", name="language"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200))
    channel: Mapped[NotificationChannel] = mapped_column(enum_column(NotificationChannel, "notification_channel"))
    target: Mapped[str] = mapped_column(String(1000))
    """An e-mail address or a web address; those of robots hold their key, so it is never shown whole."""
    secret: Mapped[str] = mapped_column(String(200))
    """Signs web hooks and messages of DingTalk robots; never shown."""
    role: Mapped[Role | None] = mapped_column(enum_column(Role, "notification_role"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"), index=True)
    """For roles that are bound to places."""
    language: Mapped[str] = mapped_column(String(16))
    tells_notices: Mapped[bool]
    tells_work: Mapped[bool]
    tells_late: Mapped[bool]
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    """Hours of the city's day between which nothing leaves that is not urgent."""
    active: Mapped[bool]
    active_since: Mapped[datetime]
    """Notices that were left earlier are not told."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    account: Mapped[Account | None] = relationship(lazy="joined")
    place: Mapped[Facility | None] = relationship(lazy="joined")

    @property
    def masked_target(self) -> str:
        """The target without what must stay secret."""
        return masked(self.channel, self.target)

    @property
    def has_secret(self) -> bool:
        """Is there a secret?"""
        return self.secret != ""

    @property
    def account_login(self) -> str | None:
        """The login of the person who is told."""
        return self.account.login if self.account is not None else None


class Notification(Versioned, Base):
    """A message of the outbox, in the words and the language in which it leaves."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("rule_id", "event_key"),
        CheckConstraint("(state = 'SENT') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    id: Mapped[Key]
    message_id: Mapped[str] = mapped_column(String(64), unique=True)
    """The same at every attempt: a receiver knows a repeated message by it."""
    rule_id: Mapped[int] = mapped_column(ForeignKey("notification_rule.id"))
    event_key: Mapped[str] = mapped_column(String(200))
    """What it tells of: a rule tells of nothing twice."""
    kind: Mapped[str] = mapped_column(String(64))
    mark: Mapped[str] = mapped_column(String(64))
    """How far the work of this kind had come (an ISO day or moment in UTC): only what is newer is told again."""
    title: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(String(4000))
    address: Mapped[str] = mapped_column(String(200))
    state: Mapped[NotificationState] = mapped_column(enum_column(NotificationState, "notification_state"), index=True)
    queued_at: Mapped[datetime]
    send_at: Mapped[datetime] = mapped_column(index=True, info=_LEASE)
    """Not before; while a worker sends it, when others may take it up again."""
    attempts: Mapped[int] = mapped_column(info=_LEASE)
    fault_message: Mapped[str] = mapped_column(String(500))
    """Why the last attempt failed, in English: the key of its translations."""
    fault_params: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    sent_at: Mapped[datetime | None]
    rule: Mapped[NotificationRule] = relationship(lazy="joined")

    @property
    def fault(self) -> Fault | None:
        """Why the last attempt failed."""
        return Fault("not_sent", self.fault_message, "", self.fault_params) if self.fault_message else None
