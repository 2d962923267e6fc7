"""Notices: what the people of a role, a facility or a warehouse must learn of, unread ones first."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Identifier
from app.core.work import Work
from app.notices import service
from app.notices.models import Notice
from app.web.kit.columns import Column, Kind, person_column
from app.web.kit.error_texts import notice_text
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed
from app.web.kit.tables import Listing, choice_filter

router = APIRouter(include_in_schema=False)

SHOWN_UNREAD = 50


@router.get("/notices", dependencies=[needs(Right.DISPATCH_READ)])
def show_notices(page: Page, session: Reader) -> Response:
    """The unread ones with a button each, and all of them below."""
    return _show(page, session, Form())


@router.post("/notices/{notice_id}/read", dependencies=[needs(Right.DISPATCH_READ)])
def read_notice(notice_id: Identifier, sent: SentForm) -> Response:
    """It was read; it stays in the list below."""
    page = sent.page

    def act(work: Work, _: Typed) -> str:
        service.read_notice(work, notice_id)
        return "/notices"

    return sent.run(act, lambda session, form: _show(page, session, form))


def _show(page: PageContext, session: Session, form: Form) -> Response:
    words = page.words
    unread = session.scalars(
        service.select_notices(actor=page.actor, unread=True).order_by(Notice.id.desc()).limit(SHOWN_UNREAD)
    ).unique()
    columns: list[Column[Notice]] = [
        Column(key="left", title="When", value=lambda row: row.left_at, kind=Kind.MOMENT, order=Notice.id),
        Column(
            key="text",
            title="Notice",
            value=lambda row: notice_text(session, row, page.language),
            link=lambda row: row.address or None,
        ),
        Column(key="place", title="Addressed to", value=lambda row: _audience(page, row)),
        person_column("read_by", "Read by", lambda row: row.read_by, Notice.read_at),
    ]
    choices = [("yes", words("Not read yet")), ("no", words("Read"))]
    listing = Listing(
        file_name="Notices",
        rows=service.select_notices(actor=page.actor),
        columns=columns,
        filters=[
            choice_filter(
                "unread",
                "Read",
                choices,
                lambda rows, text: rows.where(
                    Notice.read_at.is_(None) if text == "yes" else Notice.read_at.is_not(None)
                ),
            )
        ],
        key=Notice.id,
        sort="-left",
        empty="No notice yet.",
    )
    return page.render_list(
        session,
        listing,
        "dispatch/notices.html",
        form=form,
        unread=[(one, notice_text(session, one, page.language)) for one in unread],
    )


def _audience(page: PageContext, notice: Notice) -> str:
    if notice.place is not None:
        return page.words.name(notice.place)
    return page.words(f"role.{notice.role.value}") if notice.role is not None else ""
