"""Exports the audit trail: in pages, and as JSON lines whose hash chain anybody can verify."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.database import Database
from app.core.trail.append import FIRST_DIGEST, Recorded, canonical_json, covered_fields
from app.core.trail.models import AuditHead, AuditRecord

RECORDS_A_PAGE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last record of the trail: its number (0 while there is none) and its digest."""

    seq: int
    digest: str


def read_head(session: Session) -> Head:
    """The head as the database holds it now; a head that was taken away is one that names nothing."""
    row = session.execute(select(AuditHead.seq, AuditHead.digest)).one_or_none()
    return Head(seq=row.seq, digest=row.digest) if row is not None else Head(seq=0, digest=FIRST_DIGEST)


def written_on(query: Select[AuditRecord], day: date, clock: Clock) -> Select[AuditRecord]:
    """Only the records that were written on this day of the city."""
    begins = datetime.combine(day, time(), tzinfo=clock.city_zone)
    ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.city_zone)
    return query.where(AuditRecord.at >= begins.astimezone(UTC), AuditRecord.at < ends.astimezone(UTC))


def read_records(database: Database, *, until: int) -> Iterator[Recorded]:
    """The records up to a number in their order.

    Each page is a transaction of its own: records never change, and a long one would hold writers up on SQLite.
    """
    after = 0
    columns = AuditRecord.__table__.c
    while after < until:
        query = select(*columns).where(columns.seq > after, columns.seq <= until).order_by(columns.seq)
        with database.read() as session:
            page = session.execute(query.limit(RECORDS_A_PAGE)).all()
        if not page:
            return
        yield from page
        after = page[-1].seq


def export_line(record: Recorded) -> str:
    """The record as one line of JSON: its `digest` is the SHA-256 of the rest of the line, written the same way."""
    return canonical_json({**covered_fields(record), "digest": record.digest})


def export_records(database: Database, path: Path) -> Head:
    """Write the trail to a JSON Lines file, whole or not at all; returns the head that the file ends with."""
    with database.read() as session:
        head = read_head(session)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            for record in read_records(database, until=head.seq):
                file.write(export_line(record) + "\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return head
