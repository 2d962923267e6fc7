"""The register of partners: suppliers, donors and authorities."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.partners import service
from app.partners.models import Partner
from app.partners.schemas import NewPartner, PartnerChange
from app.partners.types import PartnerKind
from app.web.kit.choices import word_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, whole_payload
from app.web.kit.tables import Filter, Listing, choice_filter

router = APIRouter(include_in_schema=False)


@router.get("/partners", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_partners(page: Page, session: Reader) -> Response:
    """All partners."""
    words = page.words
    kinds = word_choices(words, "partner", PartnerKind)
    active = [("yes", words("in use")), ("no", words("no longer in use"))]
    columns: list[Column[Partner]] = [
        Column(
            key="name",
            title="Name",
            value=lambda row: row,
            kind=Kind.NAME,
            order=Partner.name_zh if page.language == "zh-CN" else Partner.name_en,
            link=lambda row: f"/partners/{row.code}",
        ),
        Column(key="code", title="Code", value=lambda row: row.code, order=Partner.code),
        Column(
            key="kind", title="Kind", value=lambda row: f"partner.{row.kind.value}", kind=Kind.WORD, order=Partner.kind
        ),
        Column(key="contact", title="Contact", value=lambda row: row.contact),
        Column(
            key="active",
            title="In use",
            value=lambda row: "in use" if row.active else "no longer in use",
            kind=Kind.WORD,
            order=Partner.active,
        ),
    ]
    filters = [
        Filter(
            key="q",
            title="Search",
            narrow=lambda rows, text: rows.where(service.select_partners(q=text).whereclause),
        ),
        choice_filter("kind", "Kind", kinds, lambda rows, text: rows.where(Partner.kind == PartnerKind(text))),
        choice_filter("active", "In use", active, lambda rows, text: rows.where(Partner.active == (text == "yes"))),
    ]
    listing = Listing(
        file_name="Partners",
        rows=service.select_partners(),
        columns=columns,
        filters=filters,
        key=Partner.id,
        empty="No partner yet. Enter those who sell, give or allocate supplies.",
    )
    return page.render_list(session, listing, "partners/partners.html")


@router.get("/partners/new", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def show_entry(page: Page) -> Response:
    """A form to fill."""
    return _entry(page, Form())


def _entry(page: PageContext, form: Form) -> Response:
    kinds = word_choices(page.words, "partner", PartnerKind)
    return page.render("partners/partner_entry.html", form=form, kinds=kinds)


@router.post("/partners", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def create_partner(sent: SentForm) -> Response:
    """Enter somebody who sells, gives or allocates."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        new = whole_payload(FormReader(work.session), NewPartner, typed)
        service.create_partner(work, new)
        return f"/partners/{new.code}"

    return sent.run(act, lambda _, form: _entry(page, form))


@router.get("/partners/{code}", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_partner(code: Code, page: Page, session: Reader) -> Response:
    """One partner."""
    return _partner_page(page, session, code, Form())


def _partner_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    return page.render("partners/partner.html", form=form, partner=service.partner_by_code(session, code))


@router.post("/partners/{code}", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def change_partner(code: Code, sent: SentForm) -> Response:
    """Names, contact, and whether it is still in use."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        # A box that is not ticked and a field that is emptied are sent as nothing.
        given = {"contact": "", **typed, "active": typed.get("active") == "yes"}
        change = whole_payload(FormReader(work.session), PartnerChange, given)
        service.change_partner(work, code, change)
        return f"/partners/{code}"

    return sent.run(act, lambda session, form: _partner_page(page, session, code, form))
