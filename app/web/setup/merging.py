"""Merge two places, items or partners: choose the one that stays, see what would follow, confirm by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.catalog.service import item_by_code, select_items
from app.core.errors import InvalidInputError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facility_by_code, select_facilities
from app.merging.schemas import MergeOrder
from app.merging.service import merge
from app.merging.types import Merged, MergeKind
from app.partners.models import Partner
from app.partners.service import partner_by_code, select_partners
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, whole_payload

router = APIRouter(include_in_schema=False)

SHOWN_MAX = 12
"""Rows of one kind that the preview names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """The addresses of a kind, and the rows that one of it may become."""

    path: str
    back: str
    one: Callable[[Session, str], Any]
    others: Callable[[Session, Any], list[Any]]


def _other_facilities(session: Session, gone: Facility) -> list[Facility]:
    query = select_facilities(session, keeps_stock=gone.facility_type.keeps_stock, active=True)
    return list(session.scalars(query.where(Facility.id != gone.id).order_by(Facility.id)).unique())


def _other_items(session: Session, gone: Item) -> list[Item]:
    query = select_items(active=True).where(
        Item.id != gone.id, Item.program == gone.program, Item.base_unit == gone.base_unit
    )
    return list(session.scalars(query.order_by(Item.id)))


def _other_partners(session: Session, gone: Partner) -> list[Partner]:
    query = select_partners(kind=gone.kind, active=True).where(Partner.id != gone.id)
    return list(session.scalars(query.order_by(Partner.id)))


_WAYS: Mapping[MergeKind, _Way] = {
    MergeKind.FACILITY: _Way(
        path="/facilities",
        back="/city-setup/sheets/facilities",
        one=facility_by_code,
        others=_other_facilities,
    ),
    MergeKind.ITEM: _Way(path="/items", back="/city-setup/sheets/items", one=item_by_code, others=_other_items),
    MergeKind.PARTNER: _Way(path="/partners", back="/partners", one=partner_by_code, others=_other_partners),
}


@router.get("/facilities/{code}/merge", dependencies=[needs(Right.CATALOG_WRITE)])
def show_facility(code: Code, page: Page, session: Reader) -> Response:
    """Which place stays."""
    return _choose(page, session, MergeKind.FACILITY, code, Form())


@router.get("/items/{code}/merge", dependencies=[needs(Right.CATALOG_WRITE)])
def show_item(code: Code, page: Page, session: Reader) -> Response:
    """Which item stays."""
    return _choose(page, session, MergeKind.ITEM, code, Form())


@router.get("/partners/{code}/merge", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def show_partner(code: Code, page: Page, session: Reader) -> Response:
    """Which partner stays."""
    return _choose(page, session, MergeKind.PARTNER, code, Form())


def _choose(page: PageContext, session: Session, kind: MergeKind, code: str, form: Form) -> Response:
    way = _WAYS[kind]
    gone = way.one(session, code)
    others = [(row.code, f"{page.words.name(row)} ({row.code})") for row in way.others(session, gone)]
    return page.render(
        "setup/merge.html", form=form, gone=gone, kind=kind, others=others, address=f"{way.path}/{code}/merge"
    )


@router.post("/facilities/{code}/merge", dependencies=[needs(Right.CATALOG_WRITE)])
def merge_facility(code: Code, sent: SentForm) -> Response:
    """First what would follow, then done."""
    return _merge(sent, MergeKind.FACILITY, code)


@router.post("/items/{code}/merge", dependencies=[needs(Right.CATALOG_WRITE)])
def merge_item(code: Code, sent: SentForm) -> Response:
    """First what would follow, then done."""
    return _merge(sent, MergeKind.ITEM, code)


@router.post("/partners/{code}/merge", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def merge_partner(code: Code, sent: SentForm) -> Response:
    """First what would follow, then done."""
    return _merge(sent, MergeKind.PARTNER, code)


def _merge(sent: SentForm, kind: MergeKind, code: str) -> Response:
    page, way = sent.page, _WAYS[kind]
    done: list[Merged] = []

    def act(work: Work, typed: Typed) -> str:
        if not typed.get("into"):
            raise InvalidInputError.of("Choose the one that stays.", where="into", code="missing")
        order = whole_payload(FormReader(work.session), MergeOrder, {"into": typed["into"]})
        done.append(merge(work, kind, code, order.into))
        return way.back

    def preview(work: Work, form: Form, _address: str) -> Response:
        return page.render(
            "setup/merge_confirm.html",
            form=form,
            merged=done[-1],
            gone=way.one(work.session, code),
            kept=way.one(work.session, done[-1].kept),
            address=f"{way.path}/{code}/merge",
            shown_max=SHOWN_MAX,
        )

    return sent.confirm(act, lambda session, form: _choose(page, session, kind, code, form), preview)
