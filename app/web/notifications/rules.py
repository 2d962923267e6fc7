"""Notification rules: who is told of what, by which channel, and in which hours not."""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.auth.accounts import select_accounts
from app.auth.models import Account
from app.core.http.deps import Reader
from app.core.http.payloads import Identifier
from app.core.rights import Role
from app.core.work import Work
from app.notifications import service
from app.notifications.api import SetUpOutlets
from app.notifications.models import Notification, NotificationRule
from app.notifications.schemas import NewNotificationRule, NotificationRuleChange
from app.notifications.types import NotificationChannel
from app.web.kit.choices import place_choices, word_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.tables import Listing

router = APIRouter(include_in_schema=False)

SHOWN_MESSAGES = 10
HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]
OCCASIONS = ("tells_work", "tells_late", "tells_notices")


def _audience(page: PageContext, rule: NotificationRule) -> str:
    if rule.account is not None:
        return rule.account.name
    role = page.words(f"role.{rule.role.value}") if rule.role is not None else ""
    return f"{role} · {page.words.name(rule.place)}" if rule.place is not None else role


@router.get("/notification-rules", dependencies=[needs(Right.ACCOUNT_READ)])
def show_rules(page: Page, session: Reader) -> Response:
    """All rules, those switched off too."""
    columns: list[Column[NotificationRule]] = [
        Column(
            key="name",
            title="Name",
            value=lambda row: row.name,
            order=NotificationRule.name,
            link=lambda row: f"/notification-rules/{row.id}",
        ),
        Column(key="audience", title="Told to", value=lambda row: _audience(page, row)),
        Column(
            key="channel",
            title="Sent by",
            value=lambda row: f"notify.{row.channel.value}",
            kind=Kind.WORD,
            order=NotificationRule.channel,
        ),
        Column(key="target", title="Sent to", value=lambda row: row.masked_target),
        Column(
            key="active",
            title="In force",
            value=lambda row: "in force" if row.active else "switched off",
            kind=Kind.WORD,
            order=NotificationRule.active,
        ),
    ]
    listing = Listing(
        file_name="Notification rules",
        rows=service.select_rules(),
        columns=columns,
        key=NotificationRule.id,
        empty="No rule yet: nothing is sent to anybody. Enter who is to be told of what.",
    )
    return page.render_list(session, listing, "notifications/rules.html")


@router.get("/notification-rules/new", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def show_entry(page: Page, session: Reader, outlets: SetUpOutlets) -> Response:
    """A form to fill."""
    values = {"language": page.language} | dict.fromkeys(OCCASIONS, "yes")
    return _entry(page, session, Form(values=values), smtp=outlets.smtp)


def _entry(page: PageContext, session: Session, form: Form, *, smtp: bool) -> Response:
    accounts = session.scalars(select_accounts(active=True).order_by(Account.login))
    return page.render(
        "notifications/entry.html",
        form=form,
        smtp=smtp,
        channels=word_choices(page.words, "notify", NotificationChannel),
        roles=word_choices(page.words, "role", Role),
        accounts=[(one.login, f"{one.name} ({one.login})") for one in accounts],
        places=place_choices(session, page.words),
        hours=HOURS,
    )


def _with_boxes(typed: Typed, *more: str) -> dict[str, Any]:
    """A box that is not ticked is sent as nothing."""
    return typed | {name: typed.get(name) == "yes" for name in (*OCCASIONS, *more)}


@router.post("/notification-rules", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def create_rule(sent: SentForm, outlets: SetUpOutlets) -> Response:
    """Enter a rule; it is in force at once."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        rule = service.create_rule(work, validated(NewNotificationRule, _with_boxes(typed)), outlets)
        return f"/notification-rules/{rule.id}"

    return sent.run(act, lambda session, form: _entry(page, session, form, smtp=outlets.smtp))


@router.get("/notification-rules/{rule_id}", dependencies=[needs(Right.ACCOUNT_READ)])
def show_rule(rule_id: Identifier, page: Page, session: Reader) -> Response:
    """One rule with its last messages."""
    return _rule_page(page, session, rule_id, None)


def _rule_page(page: PageContext, session: Session, rule_id: int, refused: Form | None) -> Response:
    rule = service.rule_by_id(session, rule_id)
    messages = service.select_notifications(rule_id=rule_id).order_by(Notification.id.desc()).limit(SHOWN_MESSAGES)
    names = ("name", "language", "quiet_from", "quiet_until")
    values = {name: getattr(rule, name) for name in names if getattr(rule, name) is not None}
    values |= {name: "yes" for name in (*OCCASIONS, "active") if getattr(rule, name)}
    return page.render(
        "notifications/rule.html",
        form=refused or Form(values=values),
        rule=rule,
        audience=_audience(page, rule),
        hours=HOURS,
        messages=session.scalars(messages).unique().all(),
        zone=page.clock.city_zone,
    )


@router.post("/notification-rules/{rule_id}", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def change_rule(rule_id: Identifier, sent: SentForm, outlets: SetUpOutlets) -> Response:
    """Name, target, what is told, quiet hours, and whether it is in force."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        given = {"quiet_from": None, "quiet_until": None} | _with_boxes(typed, "active")
        service.change_rule(work, rule_id, validated(NotificationRuleChange, given), outlets)
        return f"/notification-rules/{rule_id}"

    return sent.run(act, lambda session, form: _rule_page(page, session, rule_id, form))


@router.post("/notification-rules/{rule_id}/test", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def send_test(rule_id: Identifier, sent: SentForm) -> Response:
    """Put a test message into the outbox."""
    page = sent.page

    def act(work: Work, _: Typed) -> str:
        service.queue_test(work, rule_id)
        return f"/notification-rules/{rule_id}"

    return sent.run(act, lambda session, form: _rule_page(page, session, rule_id, form))
