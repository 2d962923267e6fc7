"""The API of the audit trail; it only ever reads."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy import select

from app.audit.export import read_head, written_on
from app.audit.signing import sign_head, signing_key
from app.auth import Right, needs
from app.core.errors import NotFoundError, missing
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.paging import Page, PageCursor, read_page
from app.core.http.payloads import Code, Day, Identifier, Name, View
from app.core.http.problem_details import problem_answers
from app.core.trail.models import AuditRecord

router = APIRouter(tags=["audit"])


class AuditRecordView(View):
    """One write: who, when, from where, what, before and after; `digest` covers it and the record before it."""

    seq: int
    at: datetime
    actor: str
    origin: str = Field(description="`address ...` of the client, or `command ...`; empty in the oldest records.")
    action: str
    subject_kind: str
    subject_key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    previous_digest: str
    digest: str


class AuditHeadView(View):
    """The last record, signed with Ed25519 over the canonical JSON of `at`, `digest`, `format`, `public_key`, `seq`."""

    format: str
    seq: int
    digest: str
    at: str
    public_key: str
    signature: str


def _shown(record: AuditRecord) -> AuditRecordView:
    return AuditRecordView(
        seq=record.seq,
        at=record.at,
        actor=record.actor,
        origin=record.origin,
        action=record.action,
        subject_kind=record.subject_kind,
        subject_key=record.subject_key,
        before=json.loads(record.before),
        after=json.loads(record.after),
        previous_digest=record.previous_digest,
        digest=record.digest,
    )


@router.get(
    "/audit-records", summary="List audit records", responses=problem_answers(), dependencies=[needs(Right.AUDIT_READ)]
)
def list_records(
    session: Reader,
    cursor: PageCursor,
    clock: Now,
    actor: Name | None = None,
    action: Code | None = None,
    subject_kind: Code | None = None,
    subject_key: Name | None = None,
    day: Annotated[Day | None, Query(description="Written on this day of the city.")] = None,
) -> Rendered[Page[AuditRecordView]]:
    """Every write in its order; the filters given must all be met."""
    wanted = {"actor": actor, "action": action, "subject_kind": subject_kind, "subject_key": subject_key}
    query = select(AuditRecord).filter_by(**{name: value for name, value in wanted.items() if value is not None})
    if day is not None:
        query = written_on(query, day, clock)
    rows, after = read_page(session, query, AuditRecord.seq, cursor)
    return Rendered(Page(items=[_shown(row) for row in rows], next=after))


@router.get(
    "/audit-records/{seq}",
    summary="Show an audit record",
    responses=problem_answers(404),
    dependencies=[needs(Right.AUDIT_READ)],
)
def show_record(seq: Identifier, session: Reader) -> Rendered[AuditRecordView]:
    """One record."""
    record = session.get(AuditRecord, seq)
    if record is None:
        raise NotFoundError(missing("audit record", seq))
    return Rendered(_shown(record))


@router.get(
    "/audit-head",
    summary="The signed head of the audit trail",
    responses=problem_answers(),
    dependencies=[needs(Right.AUDIT_READ)],
)
def show_head(request: Request, session: Reader, clock: Now) -> Rendered[AuditHeadView]:
    """Keep it where nobody of the service can write: `tongchou audit verify --head` proves the trail against it."""
    head = read_head(session)
    key = signing_key(request.app.state.settings)
    return Rendered(AuditHeadView.of(sign_head(key, seq=head.seq, digest=head.digest, at=clock.now())))
