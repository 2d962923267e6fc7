"""Finds what a rule has to tell that it has not told yet, and puts it into the outbox.

What is told is read from the rows that the pages show: notices, and the work list of the receiver. So whatever was
committed is told once, whichever worker looks first: the rule's row is locked, and a rule has one message an event.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import String, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.actor import ActorKind, acting_as
from app.core.clock import Clock
from app.core.database import Database
from app.core.i18n import translate
from app.core.rights import ALL_RIGHTS, Right
from app.core.work import Work
from app.facilities.models import Facility
from app.notices.models import Notice
from app.notifications.models import Notification, NotificationRule
from app.notifications.rules import PAUSE, may_leave_at
from app.notifications.service import MESSAGE, lock_rule, new_message_id, select_rules
from app.notifications.types import NotificationState
from app.worklist.rules import TASK_RULES
from app.worklist.service import Task, work_list

NOTICE_AGE_MAX = timedelta(days=7)
"""Older notices are no news any more, even where no worker has run meanwhile."""

SENDER = Actor.system("notifications", frozenset[Right]())
"""Who queues and sends."""

Wording = Callable[[Session, Notice, str], str]
"""The text of a notice in a language, with names for codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a rule has not told yet."""

    key: str
    kind: str
    mark: str = ""
    title: str
    text: str
    address: str


def collect(database: Database, clock: Clock, wording: Wording) -> int:
    """Queue what is new for every rule; returns how many messages. Only looks where there is nothing new."""
    with database.read() as session:
        rules = session.scalars(select_rules().where(NotificationRule.active).order_by(NotificationRule.id))
        due = [rule.id for rule in rules.unique() if next(_events(session, rule, clock, wording), None) is not None]
    queued = 0
    for rule_id in due:
        with database.write() as session:
            queued += _queue(Work(session, SENDER, clock), rule_id, wording)
    return queued


def _queue(work: Work, rule_id: int, wording: Wording) -> int:
    rule = lock_rule(work.session, rule_id)
    if not rule.active:
        return 0
    messages = [
        Notification(
            message_id=new_message_id(),
            rule_id=rule.id,
            event_key=event.key,
            kind=event.kind,
            mark=event.mark,
            title=event.title[:500],
            text=event.text[:4000],
            address=event.address,
            state=NotificationState.QUEUED,
            queued_at=work.now,
            send_at=may_leave_at(work.now, event.kind, rule.quiet_from, rule.quiet_until, work.clock.city_zone),
            attempts=0,
            fault_message="",
            fault_params={},
        )
        for event in _events(work.session, rule, work.clock, wording)
    ]
    work.session.add_all(messages)
    work.session.flush()
    if messages:
        told = [{"message_id": one.message_id, "event": one.event_key} for one in messages]
        work.record("NOTIFICATIONS_QUEUED", MESSAGE, messages[0].id, after={"rule": rule.id, "messages": told})
    return len(messages)


def receiver_of(rule: NotificationRule) -> Actor | None:
    """Whose work list and notices a rule tells of; None where the account may not log in any more."""
    account = rule.account
    if account is not None and not account.active:
        return None
    if account is not None:
        role, name, title = account.role, account.login, account.name
        places = frozenset(row.place for row in account.places)
    else:
        assert rule.role is not None, "kept so by a constraint"
        role, name, title = rule.role, SENDER.name, ""
        places = frozenset({rule.place.code} if rule.place is not None else ())
    return acting_as(role, name=name, title=title, kind=ActorKind.SYSTEM, places=places, rights=ALL_RIGHTS)


def _events(session: Session, rule: NotificationRule, clock: Clock, wording: Wording) -> Iterator[Event]:
    receiver = receiver_of(rule)
    if receiver is None:
        return
    if rule.tells_notices:
        yield from _notices(session, rule, receiver, clock, wording)
    if rule.tells_work or rule.tells_late:
        yield from _tasks(session, rule, receiver, clock)


def _notices(
    session: Session, rule: NotificationRule, receiver: Actor, clock: Clock, wording: Wording
) -> Iterator[Event]:
    places = sorted((receiver.facilities or frozenset()) | (receiver.warehouses or frozenset()))
    told = exists().where(
        Notification.rule_id == rule.id, Notification.event_key == literal("notice:") + cast(Notice.id, String)
    )
    query = (
        select(Notice)
        .where(
            Notice.left_at >= max(rule.active_since, clock.now() - NOTICE_AGE_MAX),
            Notice.read_at.is_(None),
            or_(Notice.role == receiver.role, Notice.place.has(Facility.code.in_(places))),
            ~told,
        )
        .order_by(Notice.id)
    )
    for notice in session.scalars(query).unique():
        text = wording(session, notice, rule.language)
        title = translate("Notice", rule.language)
        yield Event(key=f"notice:{notice.id}", kind=notice.kind, title=title, text=text, address=notice.address)


def _tasks(session: Session, rule: NotificationRule, receiver: Actor, clock: Clock) -> Iterator[Event]:
    told = {
        kind: (mark, queued_at)
        for kind, mark, queued_at in session.execute(
            select(Notification.kind, func.max(Notification.mark), func.max(Notification.queued_at))
            .where(Notification.rule_id == rule.id)
            .group_by(Notification.kind)
        )
    }
    for task in work_list(session, receiver, clock):
        for kind, mark in _marks(task, rule, clock.today()):
            last_mark, last_at = told.get(kind, ("", None))
            if mark > last_mark and (last_at is None or clock.now() - last_at >= PAUSE):
                yield _event(task, kind, mark, rule.language, clock)


def _marks(task: Task, rule: NotificationRule, today: date) -> Iterator[tuple[str, str]]:
    """Kinds of message about a task, each with how far its work has come.

    Work that is due after so many hours is told again when more of it arrives; work for a day once on each day on
    which some is due or overdue.
    """
    is_for_a_day = TASK_RULES[task.kind].hours is None
    if rule.tells_work and task.is_own:
        if not is_for_a_day:
            yield f"work.{task.kind.value}", _text(task.newest)
        elif _day(task.oldest) <= today:
            yield f"work.{task.kind.value}", _text(today)
    if rule.tells_late and task.newest_late is not None:
        yield f"late.{task.kind.value}", _text(today if is_for_a_day else task.newest_late)


def _day(since: datetime | date) -> date:
    return since.date() if isinstance(since, datetime) else since


def _text(since: datetime | date) -> str:
    if isinstance(since, datetime):
        return since.astimezone(UTC).isoformat(timespec="microseconds")
    return since.isoformat()


def _event(task: Task, kind: str, mark: str, language: str, clock: Clock) -> Event:
    def say(message: str, **params: object) -> str:
        return translate(message, language, **params)

    name, role = say(f"task.{task.kind.value}"), say(f"role.{task.owner.value}")
    due = task.due_at.astimezone(clock.city_zone).strftime("%Y-%m-%d %H:%M")
    if kind.startswith("work."):
        title = say("For you: {task}, {count}", task=name, count=task.count)
        text = say("The first is due by {moment}.", moment=due)
    elif task.is_own:
        title = say("Overdue: {task}, {count}", task=name, count=task.overdue)
        text = say("The first was due by {moment}.", moment=due)
    else:
        title = say("Late with {task}: {role}, {count}", role=role, task=name, count=task.overdue)
        text = say("The first was due by {moment}.", moment=due)
    return Event(key=f"{kind}:{mark}", kind=kind, mark=mark, title=title, text=text, address=task.address)
