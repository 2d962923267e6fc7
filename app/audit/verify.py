"""Verifies the hash chain of the audit trail: finds records changed, removed, inserted, reordered or cut off."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.audit.export import Head, read_head, read_records
from app.audit.signing import SignedHead
from app.core.database import Database
from app.core.errors import Fault
from app.core.trail.append import FIRST_DIGEST, Recorded, digest_of
from app.core.trail.models import AuditRecord

_MESSAGES: Mapping[str, str] = {
    "record_missing": "Records {seq} to {last} are missing.",
    "record_changed": "Record {seq} is not what was written: it was changed, moved or put in.",
    "record_not_linked": "Record {seq} does not follow the one before it: one was put in, taken out or reordered.",
    "trail_cut_off": "The trail ends at record {last}, but its head names record {seq}.",
    "head_differs": "The head names another record {seq} than the trail holds.",
    "record_beyond_head": "Record {seq} lies beyond the head of the trail.",
    "exported_head_differs": "Record {seq} is not the one that the exported head names: the trail was rewritten.",
    "exported_head_beyond": "The exported head names record {seq}, but the trail ends at record {last}.",
}


def _fault(code: str, **params: int) -> Fault:
    return Fault(code, _MESSAGES[code], f"audit_record.{params['seq']}", params)


@dataclass(slots=True)
class _Chain:
    """Where the proof stands: the record seen last, and what is known of heads exported earlier."""

    exported: Mapping[int, set[str]]
    seq: int = 0
    digest: str = FIRST_DIGEST

    def follow(self, record: Recorded) -> Iterator[Fault]:
        """Take the next record; what is wrong with it."""
        whole = record.seq == self.seq + 1
        if not whole:
            yield _fault("record_missing", seq=self.seq + 1, last=record.seq - 1)
        if digest_of(record) != record.digest:
            yield _fault("record_changed", seq=record.seq)
        elif whole and record.previous_digest != self.digest:
            yield _fault("record_not_linked", seq=record.seq)
        if self.exported.get(record.seq, {record.digest}) != {record.digest}:
            yield _fault("exported_head_differs", seq=record.seq)
        self.seq, self.digest = record.seq, record.digest

    def end(self, head: Head) -> Iterator[Fault]:
        """No record up to the head is left; what is wrong with the end."""
        if self.seq < head.seq:
            yield _fault("trail_cut_off", seq=head.seq, last=self.seq)
        elif self.digest != head.digest:
            yield _fault("head_differs", seq=head.seq)
        for seq in sorted(self.exported):
            if seq > self.seq:
                yield _fault("exported_head_beyond", seq=seq, last=self.seq)


def verify_records(records: Iterable[Recorded], head: Head, exported: Sequence[SignedHead] = ()) -> Iterator[Fault]:
    """What is wrong with records in their order, against their head and against heads exported before."""
    known: dict[int, set[str]] = {}
    for one in exported:
        known.setdefault(one.seq, set()).add(one.digest)
    chain = _Chain(known)
    for record in records:
        yield from chain.follow(record)
    yield from chain.end(head)


def verify_trail(database: Database, exported: Sequence[SignedHead] = ()) -> Iterator[Fault]:
    """What is wrong with the database's trail, as it is found; reads page by page, never all, never holding writers up.

    Without an exported head, whoever can change every record and the head too can rewrite the trail unseen.
    """
    with database.read() as session:
        head = read_head(session)
    yield from verify_records(read_records(database, until=head.seq), head, exported)
    with database.read() as session:
        head = read_head(session)
        last = session.scalar(select(func.max(AuditRecord.seq))) or 0
    if last > head.seq:
        yield _fault("record_beyond_head", seq=last)
