"""Notices to roles and places: written in the transaction of their cause, listed by addressee, marked as read."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.errors import Fault
from app.core.records import lock_one_row, one_row
from app.core.rights import BOUND_ROLES, Role
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.notices.models import Notice
from app.notices.schemas import NoticeView

SUBJECT = "notice"
OVERSEERS = frozenset({Role.SUPPLIES_GROUP, Role.AUDITOR})
"""Roles that see the notices to all places, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """What is told, and to whom: the people of a place, or else everybody in a role."""

    told: Fault
    address: str
    place_id: int | None = None
    role: Role | None = None

    def __post_init__(self) -> None:
        if (self.place_id is None) == (self.role is None):
            raise ValueError("a notice is for a place or for a role")


def leave_notices(work: Work, notices: Iterable[NewNotice]) -> list[Notice]:
    """Write notices, in the transaction of what they tell of; one audit record for all of them."""
    rows = [
        Notice(
            kind=one.told.code,
            message=one.told.message,
            params=dict(one.told.params),
            place_id=one.place_id,
            role=one.role,
            address=one.address,
            left_at=work.now,
            left_by=work.actor.name,
            read_by="",
        )
        for one in notices
    ]
    if not rows:
        return []
    work.session.add_all(rows)
    work.session.flush()
    views = [NoticeView.snapshot(row) for row in rows]
    work.record("NOTICES_LEFT", SUBJECT, rows[0].id, after={"notices": views})
    return rows


def for_actor(actor: Actor) -> ColumnElement[bool]:
    """The notices that are for somebody; the service itself sees all, overseers those to places and to their role."""
    if actor.role is None:
        return true()
    of_role = Notice.role == actor.role
    if actor.role in OVERSEERS:
        return or_(of_role, Notice.place_id.is_not(None))
    if actor.role not in BOUND_ROLES:
        return of_role
    codes = sorted((actor.facilities or frozenset()) | (actor.warehouses or frozenset()))
    return or_(of_role, Notice.place.has(Facility.code.in_(codes)) if codes else false())


def select_notices(*, actor: Actor, unread: bool | None = None, kind: str | None = None) -> Select[Notice]:
    """The notices for an actor that the filters given let pass."""
    query = select(Notice).where(for_actor(actor))
    if unread is not None:
        query = query.where(Notice.read_at.is_(None) if unread else Notice.read_at.is_not(None))
    if kind is not None:
        query = query.where(Notice.kind == kind)
    return query


def notice_by_id(session: Session, notice_id: int, *, actor: Actor) -> Notice:
    """The notice; raises `NotFoundError`, also where it is for others."""
    return one_row(session, select(Notice).where(Notice.id == notice_id, for_actor(actor)), "notice", notice_id)


def lock_notice(session: Session, notice_id: int, *, actor: Actor) -> Notice:
    """As `notice_by_id`, with the row locked until the transaction ends; same errors."""
    query = select(Notice).where(Notice.id == notice_id, for_actor(actor))
    return lock_one_row(session, Notice, query, "notice", notice_id)


def read_notice(work: Work, notice_id: int, if_match: Precondition = ANY_VERSION) -> Notice:
    """Say that a notice was read; the first who says so is kept, and nothing happens the second time."""
    notice = if_match.check(lock_notice(work.session, notice_id, actor=work.actor))
    if notice.read_at is not None:
        return notice
    before = NoticeView.snapshot(notice)
    notice.read_at, notice.read_by = work.now, work.actor.name
    work.record_change("NOTICE_READ", SUBJECT, notice.id, before=before, after=NoticeView.snapshot(notice))
    return notice
