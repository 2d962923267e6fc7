"""REST of notification rules and of the outbox."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Identifier
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, OptionalIfMatch, tagged
from app.notifications import service
from app.notifications.models import Notification, NotificationRule
from app.notifications.rules import Outlets
from app.notifications.schemas import (
    NewNotificationRule,
    NewTestMessage,
    NotificationRuleChange,
    NotificationRuleView,
    NotificationView,
)
from app.notifications.types import NotificationState

router = APIRouter(tags=["notifications"])


async def _outlets(request: Request) -> Outlets:
    return service.outlets_of(request.app.state.settings)


SetUpOutlets = Annotated[Outlets, Depends(_outlets)]
"""For a route: what the installation is set up to send with."""


@router.get(
    "/notification-rules",
    summary="List notification rules",
    responses=problem_answers(),
    dependencies=[needs(Right.ACCOUNT_READ)],
)
def list_rules(session: Reader, cursor: PageCursor) -> Rendered[Page[NotificationRuleView]]:
    """Who is told of what, by which channel; targets are shown without their keys."""
    return show_page(session, service.select_rules(), NotificationRule.id, cursor, NotificationRuleView)


@router.post(
    "/notification-rules",
    status_code=201,
    summary="Enter a notification rule",
    responses=problem_answers(),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def create_rule(
    new: NewNotificationRule, work: Write, outlets: SetUpOutlets, once: Once
) -> Rendered[NotificationRuleView]:
    """For a role, at one place where it is bound to places, or for an account; in force at once."""
    return once(work, lambda: tagged(service.create_rule(work, new, outlets), NotificationRuleView.of))


@router.get(
    "/notification-rules/{rule_id}",
    summary="Show a notification rule",
    responses=problem_answers(404),
    dependencies=[needs(Right.ACCOUNT_READ)],
)
def show_rule(rule_id: Identifier, session: Reader, known: IfNoneMatch) -> Rendered[NotificationRuleView]:
    """One rule."""
    return known.answer(service.rule_by_id(session, rule_id), NotificationRuleView.of)


@router.patch(
    "/notification-rules/{rule_id}",
    summary="Change a notification rule",
    responses=problem_answers(404),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def change_rule(
    rule_id: Identifier, change: NotificationRuleChange, work: Write, outlets: SetUpOutlets, if_match: IfMatch
) -> Rendered[NotificationRuleView]:
    """Only the fields named; `active: false` switches it off and drops what waits."""
    return tagged(service.change_rule(work, rule_id, change, outlets, if_match), NotificationRuleView.of)


@router.post(
    "/notifications",
    status_code=201,
    summary="Send a test message",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def send_test(new: NewTestMessage, work: Write, once: Once) -> Rendered[NotificationView]:
    """Put a test message of a rule into the outbox; the worker sends it within seconds, in quiet hours too."""
    return once(work, lambda: tagged(service.queue_test(work, new.rule_id), NotificationView.of))


@router.get(
    "/notifications", summary="List the outbox", responses=problem_answers(), dependencies=[needs(Right.ACCOUNT_READ)]
)
def list_notifications(
    session: Reader, cursor: PageCursor, state: NotificationState | None = None, rule_id: Identifier | None = None
) -> Rendered[Page[NotificationView]]:
    """What was told, waits to be sent, or was given up."""
    query = service.select_notifications(state=state, rule_id=rule_id)
    return show_page(session, query, Notification.id, cursor, NotificationView)


@router.get(
    "/notifications/{notification_id}",
    summary="Show a message of the outbox",
    responses=problem_answers(404),
    dependencies=[needs(Right.ACCOUNT_READ)],
)
def show_notification(notification_id: Identifier, session: Reader, known: IfNoneMatch) -> Rendered[NotificationView]:
    """One message."""
    return known.answer(service.notification_by_id(session, notification_id), NotificationView.of)


@router.post(
    "/notifications/{notification_id}/send-again",
    summary="Send a message again",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def send_again(
    notification_id: Identifier, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[NotificationView]:
    """One that was given up gets its attempts anew, with the same id."""
    return once(work, lambda: tagged(service.send_again(work, notification_id, if_match), NotificationView.of))
