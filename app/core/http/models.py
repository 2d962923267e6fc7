"""The table of kept answers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.write_guard import unrecorded


class KeptAnswer(Base):
    """What a POST with an Idempotency-Key was answered; the row is written in the transaction of its work."""

    __tablename__ = "kept_answer"
    __table_args__ = (
        CheckConstraint("status IS NULL OR status BETWEEN 200 AND 299", name="status"),
        {"info": unrecorded("What is kept and forgotten are answers; the work that they tell of has its own record.")},
    )

    actor: Mapped[str] = mapped_column(String(200), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of method, address and body."""
    begun_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    """None while the work goes on; seen by others only where it takes more than one transaction."""
    body: Mapped[str | None] = mapped_column(Text)
    """None where there is none, or where it must not be kept because it holds a secret."""
    etag: Mapped[str | None] = mapped_column(String(80))
