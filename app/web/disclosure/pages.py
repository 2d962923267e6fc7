"""What the public sees: the balance published last, who was issued what, and every version before it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.auth.deps import SessionToken, person_or_nobody
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.payloads import Code
from app.core.records import row_by_code
from app.core.work import Work
from app.disclosure.models import Disclosure, DisclosureIssue, DisclosureLine
from app.disclosure.schemas import NewDisclosure
from app.disclosure.service import balance_lines, balance_on, newest_disclosure, publish, select_disclosures
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Listing, show_list

router = APIRouter(include_in_schema=False)


@router.get("/disclosure")
def show_disclosure(
    request: Request,
    session: Reader,
    language: PageLanguage,
    database: OpenDatabase,
    clock: Now,
    token: SessionToken,
    version: Annotated[Code | None, Query(description="A version by its code; the newest without.")] = None,
    table: Annotated[str, Query(pattern="^(balance|issued)$")] = "balance",
) -> Response:
    """A published balance; for everybody, without a log-in."""
    request.state.actor = person_or_nobody(request, database, clock, token)
    chosen = row_by_code(session, Disclosure, "disclosure", version) if version else newest_disclosure(session)
    if chosen is None:
        return render(request, "disclosure/none.html", language)
    versions = session.scalars(
        select_disclosures().order_by(Disclosure.as_of.desc(), Disclosure.version.desc()).limit(60)
    ).all()
    words = Words(language)
    listing: Listing[DisclosureLine] | Listing[DisclosureIssue]
    listing = _balance(chosen.lines) if table == "balance" else _issued(chosen, words)
    return show_list(
        request,
        session,
        language,
        listing,
        "disclosure/show.html",
        disclosure=chosen,
        versions=versions,
        table=table,
        is_newest=chosen is versions[0],
        city_zone=clock.city_zone,
    )


def _balance(lines: Sequence[DisclosureLine]) -> Listing[DisclosureLine]:
    def number(key: str, title: str) -> Column[DisclosureLine]:
        return Column(
            key=key,
            title=title,
            value=lambda line: getattr(line, key),
            kind=Kind.QUANTITY,
            sortable=True,
            unit=lambda line: line.item.base_unit.value,
        )

    columns: list[Column[DisclosureLine]] = [
        Column(key="item", title="Item", value=lambda line: line.item, kind=Kind.NAME),
        Column(key="channel", title="Channel", value=lambda line: f"channel.{line.channel.value}", kind=Kind.WORD),
        number("received", "Received in all"),
        number("issued", "Issued to facilities"),
        number("in_transit", "On the road"),
        number("on_hand", "In the warehouses"),
        number("lost", "Lost"),
        number("returned", "Returned"),
    ]
    return Listing(file_name="Published balance", rows=lines, columns=columns)


def _issued(disclosure: Disclosure, words: Words) -> Listing[DisclosureIssue]:
    columns: list[Column[DisclosureIssue]] = [
        Column(key="facility", title="Facility", value=lambda row: words.name(row.facility), sortable=True),
        Column(key="zone", title="Zone", value=lambda row: words.name(row.facility.zone), sortable=True),
        Column(key="item", title="Item", value=lambda row: words.name(row.item), sortable=True),
        Column(
            key="issued",
            title="Issued to facilities",
            value=lambda row: row.issued,
            kind=Kind.QUANTITY,
            sortable=True,
            unit=lambda row: row.item.base_unit.value,
        ),
    ]
    return Listing(
        file_name="Issued to whom", rows=disclosure.issues, columns=columns, empty="Nothing had been issued by then."
    )


@router.get("/disclosure/new", dependencies=[needs(Right.DISCLOSURE_PUBLISH)])
def prepare_disclosure(page: Page, session: Reader) -> Response:
    """The balance as it is today, before it is published."""
    return _prepared(page, session, Form(values={"as_of": page.clock.today().isoformat()}))


def _prepared(page: PageContext, session: Session, form: Form) -> Response:
    lines = balance_lines(session, balance_on(session, page.clock.today()))
    return page.render_list(session, _balance(lines), "disclosure/new.html", form=form)


@router.post("/disclosure", dependencies=[needs(Right.DISCLOSURE_PUBLISH)])
def publish_now(sent: SentForm) -> Response:
    """Show what would be published; with one's own name, publish it."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        new = validated(NewDisclosure, typed)
        return f"/disclosure?version={publish(work, new).code}"

    return sent.confirm(
        act,
        lambda session, form: _prepared(page, session, form),
        lambda work, form, address: _to_be_published(page, work.session, form, address),
    )


def _to_be_published(page: PageContext, session: Session, form: Form, address: str) -> Response:
    """The version as it would be published."""
    disclosure = row_by_code(session, Disclosure, "disclosure", address.rpartition("=")[2])
    issued_to = len({issue.facility_id for issue in disclosure.issues})
    return page.render("disclosure/confirm.html", form=form, disclosure=disclosure, issued_to=issued_to)
