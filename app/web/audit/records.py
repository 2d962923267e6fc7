"""The audit trail for those who audit: every write in a list, and each with what it changed."""

import json

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.audit.export import written_on
from app.auth import Right, needs
from app.core.clock import Clock
from app.core.errors import NotFoundError, missing
from app.core.http.deps import Now, Reader
from app.core.http.payloads import Identifier
from app.core.trail.append import FIRST_DIGEST, digest_of
from app.core.trail.models import AuditRecord
from app.web.audit.diff import field_diffs
from app.web.kit.columns import person_column
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list
from app.web.kit.units import read_day

router = APIRouter(include_in_schema=False)


def word(words: Words, prefix: str, code: str) -> str:
    """The word for an action or a kind of thing; a code that has none yet is told as it is."""
    found = words(f"{prefix}.{code}")
    return found if found != f"{prefix}.{code}" else code.replace("_", " ").lower().capitalize()


def origin_text(words: Words, origin: str) -> str:
    """From where something was done: an address as it is, a command or the service itself in words."""
    kind, _, rest = origin.partition(" ")
    if kind == "address":
        return rest
    return words("command {command}", command=rest) if kind == "command" else words(origin)


@router.get("/audit-records", dependencies=[needs(Right.AUDIT_READ)])
def show_records(request: Request, session: Reader, clock: Now, language: PageLanguage) -> Response:
    """Who did what, when and from where, the newest first."""
    words = Words(language)
    record = AuditRecord
    columns: list[Column[AuditRecord]] = [
        Column(
            key="seq",
            title="Record",
            value=lambda row: row.seq,
            kind=Kind.NUMBER,
            order=record.seq,
            link=lambda row: f"/audit-records/{row.seq}",
        ),
        Column(key="at", title="When", value=lambda row: row.at, kind=Kind.MOMENT, order=record.seq),
        person_column("actor", "Who", lambda row: row.actor, record.actor),
        Column(
            key="action", title="Did what", value=lambda row: word(words, "action", row.action), order=record.action
        ),
        Column(
            key="kind",
            title="To what",
            value=lambda row: word(words, "audited", row.subject_kind),
            order=record.subject_kind,
        ),
        Column(key="object", title="Object", value=lambda row: row.subject_key, order=record.subject_key),
        Column(key="origin", title="From where", value=lambda row: origin_text(words, row.origin)),
    ]
    listing = Listing(
        file_name="Audit records",
        rows=select(record),
        columns=columns,
        filters=_filters(session, words, clock),
        key=record.seq,
        sort="-seq",
        empty="Nothing has been written yet.",
    )
    return show_list(request, session, language, listing, "audit/records.html")


def _filters(session: Session, words: Words, clock: Clock) -> list[Filter]:
    record = AuditRecord

    def used(column: InstrumentedAttribute[str], prefix: str) -> list[tuple[str, str]]:
        codes = session.scalars(select(column).distinct())
        return sorted(((code, word(words, prefix, code)) for code in codes), key=lambda choice: choice[1])

    return [
        Filter(key="actor", title="Who", narrow=lambda query, value: query.where(record.actor == value)),
        Filter(
            key="action",
            title="Did what",
            choices=used(record.action, "action"),
            narrow=lambda query, value: query.where(record.action == value),
        ),
        Filter(
            key="kind",
            title="To what",
            choices=used(record.subject_kind, "audited"),
            narrow=lambda query, value: query.where(record.subject_kind == value),
        ),
        Filter(
            key="object",
            title="Object (beginning)",
            narrow=lambda query, value: query.where(record.subject_key.startswith(value, autoescape=True)),
        ),
        Filter(
            key="day", title="Day", is_day=True, narrow=lambda query, value: written_on(query, read_day(value), clock)
        ),
    ]


@router.get("/audit-records/{seq}", dependencies=[needs(Right.AUDIT_READ)])
def show_record(request: Request, seq: Identifier, session: Reader, clock: Now, language: PageLanguage) -> Response:
    """One write: what it changed, and how it is tied to the record before it."""
    record = session.get(AuditRecord, seq)
    if record is None:
        raise NotFoundError(missing("audit record", seq))
    words = Words(language)
    before = session.get(AuditRecord, seq - 1)
    diffs = field_diffs(json.loads(record.before), json.loads(record.after))
    return render(
        request,
        "audit/record.html",
        language,
        record=record,
        at=record.at.astimezone(clock.city_zone),
        action=word(words, "action", record.action),
        kind=word(words, "audited", record.subject_kind),
        origin=origin_text(words, record.origin),
        changed=[one for one in diffs if one.is_changed],
        same=[one for one in diffs if not one.is_changed],
        is_unchanged=digest_of(record) == record.digest,
        is_linked=record.previous_digest == (before.digest if before is not None else FIRST_DIGEST),
        is_last=session.get(AuditRecord, seq + 1) is None,
    )
