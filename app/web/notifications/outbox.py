"""The outbox: what was sent, what waits, and what was given up and may be sent again."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Identifier
from app.core.work import Work
from app.notifications import service
from app.notifications.models import Notification
from app.notifications.types import NotificationState
from app.web.kit.choices import word_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed
from app.web.kit.tables import Listing, choice_filter

router = APIRouter(include_in_schema=False)

SHOWN_FAILED = 20


@router.get("/notifications", dependencies=[needs(Right.ACCOUNT_READ)])
def show_outbox(page: Page, session: Reader) -> Response:
    """All messages, the newest first; above them what was given up."""
    return _show(page, session, Form())


def _show(page: PageContext, session: Session, form: Form) -> Response:
    words = page.words

    def fault(row: Notification) -> str:
        return words(row.fault.message, **row.fault.params) if row.fault is not None else ""

    columns: list[Column[Notification]] = [
        Column(key="queued", title="When", value=lambda row: row.queued_at, kind=Kind.MOMENT, order=Notification.id),
        Column(
            key="rule",
            title="Notification rule",
            value=lambda row: row.rule.name,
            link=lambda row: f"/notification-rules/{row.rule_id}",
        ),
        Column(key="title", title="Message", value=lambda row: row.title, link=lambda row: row.address or None),
        Column(
            key="state", title="State", value=lambda row: row.state.value, kind=Kind.STATE, order=Notification.state
        ),
        Column(key="attempts", title="Attempts", value=lambda row: row.attempts, kind=Kind.NUMBER),
        Column(
            key="next",
            title="Next attempt",
            value=lambda row: row.send_at if row.state is NotificationState.QUEUED else None,
            kind=Kind.MOMENT,
        ),
        Column(key="sent", title="Sent at", value=lambda row: row.sent_at, kind=Kind.MOMENT),
        Column(key="fault", title="Last failure", value=fault),
    ]
    states = word_choices(words, "state", NotificationState)
    listing = Listing(
        file_name="Sent notifications",
        rows=service.select_notifications(),
        columns=columns,
        filters=[
            choice_filter(
                "state", "State", states, lambda rows, text: rows.where(Notification.state == NotificationState(text))
            )
        ],
        key=Notification.id,
        sort="-queued",
        empty="Nothing was told yet. Messages appear here once a rule is in force and something is new.",
    )
    given_up = service.select_notifications(state=NotificationState.FAILED).order_by(Notification.id.desc())
    failed = session.scalars(given_up.limit(SHOWN_FAILED)).unique().all()
    return page.render_list(
        session,
        listing,
        "notifications/outbox.html",
        form=form,
        failed=[(one, fault(one)) for one in failed if one.rule.active],
    )


@router.post("/notifications/{notification_id}/send-again", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def send_again(notification_id: Identifier, sent: SentForm) -> Response:
    """One that was given up gets its attempts anew."""
    page = sent.page

    def act(work: Work, _: Typed) -> str:
        service.send_again(work, notification_id)
        return "/notifications"

    return sent.run(act, lambda session, form: _show(page, session, form))
