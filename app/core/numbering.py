"""Numbers of documents: short, in order, without gaps, so that people can say them on the phone."""

from datetime import date

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base
from app.core.write_guard import unrecorded


class NumberSeries(Base):
    """The last number given in a series, for instance RQ-2020."""

    __tablename__ = "number_series"
    __table_args__ = (
        {"info": unrecorded("Locked by an update that changes nothing; a document that takes a number is recorded.")},
    )

    series: Mapped[str] = mapped_column(String(32), primary_key=True)
    last: Mapped[int]


_LOCK = text(
    "INSERT INTO number_series (series, last) VALUES (:series, 0) "
    "ON CONFLICT (series) DO UPDATE SET last = number_series.last"
)
_TAKE_NEXT = text(
    "INSERT INTO number_series (series, last) VALUES (:series, 1) "
    "ON CONFLICT (series) DO UPDATE SET last = number_series.last + 1 RETURNING last"
)


def lock_series(session: Session, prefix: str, today: date) -> None:
    """Lock a series before its numbers are taken, where the order of locks asks for that."""
    session.execute(_LOCK, {"series": f"{prefix}-{today.year}"})


def next_code(session: Session, prefix: str, today: date) -> str:
    """The next code of a series, such as RQ-2020-00017; the number is given back if the transaction fails."""
    series = f"{prefix}-{today.year}"
    number: int = session.execute(_TAKE_NEXT, {"series": series}).scalar_one()
    return f"{series}-{number:05d}"
