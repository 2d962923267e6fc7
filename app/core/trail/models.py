"""Tables of the audit trail: the records, and the head of their chain."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class AuditHead(Base):
    """The one row that names the last record; whoever writes locks it first, so the chain never forks."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))


class AuditRecord(Base):
    """One write: `digest` covers everything in the record and the digest of the record before it."""

    __tablename__ = "audit_record"
    __table_args__ = (CheckConstraint("seq >= 1", name="seq"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(200), server_default=text("''"))
    """From where: `address ...` or `command ...`; empty only in records from before there was this column."""
    action: Mapped[str] = mapped_column(String(64), index=True)
    subject_kind: Mapped[str] = mapped_column(String(64))
    subject_key: Mapped[str] = mapped_column(String(200), index=True)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    """Both are canonical JSON; `null` where there was or is nothing."""
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
