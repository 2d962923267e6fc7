"""Appends to the audit trail; its hash chain shows any record changed, removed or inserted."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.trail.models import AuditHead, AuditRecord
from app.core.trail.origin import current_origin

FIRST_DIGEST = "0" * 64


class Recorded(Protocol):
    """A record of the trail, wherever it was read from."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def subject_kind(self) -> str: ...
    @property
    def subject_key(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def previous_digest(self) -> str: ...
    @property
    def digest(self) -> str: ...


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"not recordable: {type(value).__name__}")


def canonical_json(value: Mapping[str, Any] | None) -> str:
    """The one spelling of a value that its digest is computed from."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def covered_fields(record: Recorded) -> dict[str, Any]:
    """What the record's digest covers. An empty origin is left out: so it was before records had one."""
    fields = {
        "seq": record.seq,
        "at": record.at,
        "actor": record.actor,
        "origin": record.origin,
        "action": record.action,
        "subject_kind": record.subject_kind,
        "subject_key": record.subject_key,
        "before": record.before,
        "after": record.after,
        "previous_digest": record.previous_digest,
    }
    if not record.origin:
        del fields["origin"]
    return fields


def digest_of(record: Recorded) -> str:
    """SHA-256 over all fields of the record and the digest before it, as canonical JSON."""
    return hashlib.sha256(canonical_json(covered_fields(record)).encode()).hexdigest()


def record(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject_kind: str,
    subject_key: str | int,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditRecord:
    """Append one record in the caller's transaction.

    `action` is a verb in the past tense in upper case (`REQUISITION_SUBMITTED`); `subject_kind` the table's name,
    `subject_key` its business key; `before` and `after` hold the fields that matter, as plain JSON values and dates.
    From where is taken from what surrounds the call (`acting_from`).
    Lock order: the audit head comes last, after all rows that the write itself locks.
    """
    session.flush()
    head = session.scalars(select(AuditHead).with_for_update()).one()
    entry = AuditRecord(
        seq=head.seq + 1,
        at=at.astimezone(UTC),
        actor=actor,
        origin=current_origin(),
        action=action,
        subject_kind=subject_kind,
        subject_key=str(subject_key),
        before=canonical_json(before),
        after=canonical_json(after),
        previous_digest=head.digest,
    )
    entry.digest = digest_of(entry)
    head.seq, head.digest = entry.seq, entry.digest
    session.add(entry)
    session.flush()
    return entry


def record_change(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject_kind: str,
    subject_key: str | int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> AuditRecord | None:
    """As `record`, with only the fields in which two snapshots of a row differ; None where nothing changed."""
    changed = [name for name in before if before[name] != after[name]]
    if not changed:
        return None
    return record(
        session,
        at=at,
        actor=actor,
        action=action,
        subject_kind=subject_kind,
        subject_key=subject_key,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
