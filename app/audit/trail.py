"""Appends to the audit trail; the chain of digests shows any record changed, removed or put between."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditHead, AuditRecord

FIRST_DIGEST = "0" * 64


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"not recordable: {type(value).__name__}")


def canonical_json(value: Mapping[str, Any] | None) -> str:
    """The one spelling of a value that its digest is computed from."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def digest_of(record: AuditRecord) -> str:
    """SHA-256 over all fields of the record and the digest before it, as canonical JSON."""
    fields = {
        "seq": record.seq, "at": record.at, "actor": record.actor, "action": record.action,
        "subject_kind": record.subject_kind, "subject_key": record.subject_key,
        "before": record.before, "after": record.after, "previous_digest": record.previous_digest,
    }  # fmt: skip
    return hashlib.sha256(canonical_json(fields).encode()).hexdigest()


def record(
    session: Session, *, at: datetime, actor: str, action: str, subject_kind: str, subject_key: str | int,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> AuditRecord:  # fmt: skip
    """Append one record in the caller's transaction.

    `action` is a verb in the past tense in upper case (`REQUISITION_SUBMITTED`); `subject_kind` the table's name,
    `subject_key` its business key; `before` and `after` hold the fields that matter, as plain JSON values and dates.
    Lock order: the audit head comes last, after all rows that the write itself locks.
    """
    session.flush()
    head = session.scalars(select(AuditHead).with_for_update()).one()
    entry = AuditRecord(
        seq=head.seq + 1, at=at, actor=actor, action=action, subject_kind=subject_kind, subject_key=str(subject_key),
        before=canonical_json(before), after=canonical_json(after), previous_digest=head.digest,
    )  # fmt: skip
    entry.digest = digest_of(entry)
    head.seq, head.digest = entry.seq, entry.digest
    session.add(entry)
    session.flush()
    return entry


def record_change(
    session: Session, *, at: datetime, actor: str, action: str, subject_kind: str, subject_key: str | int,
    before: Mapping[str, Any], after: Mapping[str, Any],
) -> AuditRecord | None:  # fmt: skip
    """As `record`, with only the fields in which two snapshots of a row differ; None where nothing changed."""
    changed = [name for name in before if before[name] != after[name]]
    if not changed:
        return None
    return record(
        session, at=at, actor=actor, action=action, subject_kind=subject_kind, subject_key=subject_key,
        before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
    )  # fmt: skip
