"""Notification rules, made and changed by administrators, and what people do with the outbox."""

import uuid
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.auth.accounts import account_by_login
from app.core.errors import ConflictError, InvalidInputError, NotFoundError
from app.core.i18n import translate
from app.core.records import lock_one_row, one_row, set_fields
from app.core.settings import Settings
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.notifications.models import Notification, NotificationRule
from app.notifications.rules import Outlets, RuleFacts, may_leave_at, rule_faults
from app.notifications.schemas import (
    NewNotificationRule,
    NotificationRuleChange,
    NotificationRuleView,
    NotificationView,
)
from app.notifications.types import NotificationState

RULE, MESSAGE = "notification_rule", "notification"
TEST_KIND = "test"


def outlets_of(settings: Settings) -> Outlets:
    """What the installation is set up to send with."""
    return Outlets(smtp=settings.smtp_host is not None, private_targets=settings.notify_private_targets)


def select_rules() -> Select[NotificationRule]:
    """All rules."""
    return select(NotificationRule)


def rule_by_id(session: Session, rule_id: int) -> NotificationRule:
    """The rule; raises `NotFoundError`."""
    return one_row(session, select(NotificationRule).where(NotificationRule.id == rule_id), RULE, rule_id)


def lock_rule(session: Session, rule_id: int) -> NotificationRule:
    """As `rule_by_id`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select(NotificationRule).where(NotificationRule.id == rule_id)
    return lock_one_row(session, NotificationRule, query, RULE, rule_id)


def create_rule(work: Work, new: NewNotificationRule, outlets: Outlets) -> NotificationRule:
    """Enter a rule, which is in force at once; raises `InvalidInputError` with every fault."""
    values = dict(new)
    faults = rule_faults(RuleFacts(**{name: values[name] for name in RuleFacts.__dataclass_fields__}), outlets)
    places: dict[str, Facility] = {}
    if new.place is not None:
        places = facilities_by_code(work.session, [new.place], where="place", faults=faults)
    account = None
    if new.account is not None:
        try:
            account = account_by_login(work.session, new.account)
        except NotFoundError as error:
            faults += [fault.at("account") for fault in error.faults]
    InvalidInputError.raise_if(faults)
    own = {name: value for name, value in values.items() if name not in ("account", "place")}
    rule = NotificationRule(
        **own,
        account=account,
        place=places.get(new.place or ""),
        active=True,
        active_since=work.now,
        created_at=work.now,
        created_by=work.actor.name,
    )
    work.session.add(rule)
    work.session.flush()
    work.record("NOTIFICATION_RULE_CREATED", RULE, rule.id, after=NotificationRuleView.snapshot(rule))
    return rule


def change_rule(
    work: Work, rule_id: int, change: NotificationRuleChange, outlets: Outlets, if_match: Precondition = ANY_VERSION
) -> NotificationRule:
    """Change the fields named; what waits to be sent by a rule that is switched off is dropped."""
    rule = if_match.check(lock_rule(work.session, rule_id))
    before, values = _recorded(rule), change.given()
    was_active = rule.active
    set_fields(rule, values)
    facts = RuleFacts(
        channel=rule.channel,
        target=rule.target,
        secret=rule.secret,
        role=rule.role,
        account=rule.account_login,
        place=rule.place.code if rule.place is not None else None,
        tells_notices=rule.tells_notices,
        tells_work=rule.tells_work,
        tells_late=rule.tells_late,
        quiet_from=rule.quiet_from,
        quiet_until=rule.quiet_until,
    )
    if rule.active:
        InvalidInputError.raise_if(rule_faults(facts, outlets))
    if rule.active and not was_active:
        rule.active_since = work.now
    if was_active and not rule.active:
        _drop_queued(work.session, rule)
    after = _recorded(rule)
    if "target" in values or "secret" in values:
        # The values themselves stay out of the trail; that they were set must not.
        before, after = before | {"credentials": "old"}, after | {"credentials": "new"}
    work.record_change("NOTIFICATION_RULE_CHANGED", RULE, rule.id, before=before, after=after)
    return rule


def _recorded(rule: NotificationRule) -> dict[str, Any]:
    return NotificationRuleView.snapshot(rule)


def _drop_queued(session: Session, rule: NotificationRule) -> None:
    session.execute(
        update(Notification)
        .where(Notification.rule_id == rule.id, Notification.state == NotificationState.QUEUED)
        .values(state=NotificationState.DROPPED, version=Notification.version + 1)
    )


def select_notifications(*, state: NotificationState | None = None, rule_id: int | None = None) -> Select[Notification]:
    """The messages that all the filters given let pass."""
    query = select(Notification)
    if state is not None:
        query = query.where(Notification.state == state)
    if rule_id is not None:
        query = query.where(Notification.rule_id == rule_id)
    return query


def notification_by_id(session: Session, notification_id: int) -> Notification:
    """The message; raises `NotFoundError`."""
    query = select(Notification).where(Notification.id == notification_id)
    return one_row(session, query, MESSAGE, notification_id)


def lock_notification(session: Session, notification_id: int) -> Notification:
    """As `notification_by_id`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select(Notification).where(Notification.id == notification_id)
    return lock_one_row(session, Notification, query, MESSAGE, notification_id)


def queue_test(work: Work, rule_id: int) -> Notification:
    """Put a test message into the outbox, which shows whether a rule reaches its people; not held by quiet hours."""
    rule = lock_rule(work.session, rule_id)
    if not rule.active:
        raise ConflictError.of("This rule is switched off.", code="rule_inactive")
    message_id = new_message_id()
    message = Notification(
        message_id=message_id,
        rule_id=rule.id,
        event_key=f"{TEST_KIND}:{message_id}",
        kind=TEST_KIND,
        mark="",
        title=translate("Test message of Tongchou", rule.language),
        text=translate("Notifications by the rule “{name}” arrive here.", rule.language, name=rule.name),
        address="/",
        state=NotificationState.QUEUED,
        queued_at=work.now,
        send_at=work.now,
        attempts=0,
        fault_message="",
        fault_params={},
    )
    work.session.add(message)
    work.session.flush()
    work.record("NOTIFICATION_QUEUED", MESSAGE, message.id, after=NotificationView.snapshot(message))
    return message


def send_again(work: Work, notification_id: int, if_match: Precondition = ANY_VERSION) -> Notification:
    """Give a message that was given up its attempts anew; raises `ConflictError` in any other state."""
    message = if_match.check(lock_notification(work.session, notification_id))
    if message.state is not NotificationState.FAILED or not message.rule.active:
        raise ConflictError.of("Only what was given up, by a rule in force, is sent again.", code="wrong_state")
    before = NotificationView.snapshot(message)
    rule = message.rule
    message.state, message.attempts = NotificationState.QUEUED, 0
    message.send_at = may_leave_at(work.now, message.kind, rule.quiet_from, rule.quiet_until, work.clock.city_zone)
    work.record_change(
        "NOTIFICATION_QUEUED", MESSAGE, message.id, before=before, after=NotificationView.snapshot(message)
    )
    return message


def new_message_id() -> str:
    """An id that no other message has."""
    return f"msg_{uuid.uuid4().hex}"
