"""Offers: what suppliers could sell, written down so that plans can choose among them."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.procurement import offers
from app.procurement.models import Offer
from app.procurement.money import is_overpriced
from app.procurement.rules import OFFER_CHANNELS
from app.procurement.schemas import Closing, NewOffer
from app.procurement.types import OfferState
from app.web.kit.choices import (
    fund_choices,
    item_choices,
    partner_choices,
    partner_names,
    warehouse_choices,
    word_choices,
)
from app.web.kit.columns import (
    Column,
    Kind,
    channel_column,
    code_column,
    day_column,
    name_column,
    price_column,
    quantity_column,
    state_column,
)
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, whole_payload
from app.web.kit.tables import (
    Listing,
    day_filter,
    item_filter,
    partner_filter,
    state_filter,
    warehouse_filter,
)

router = APIRouter(include_in_schema=False)


def _columns(page: PageContext) -> list[Column[Offer]]:
    return [
        code_column("/offers", Offer.id),
        name_column("item", "Item", lambda row: row.item, Offer.item_id),
        name_column("partner", "Supplier", lambda row: row.partner),
        price_column(page.words, lambda row: row.unit_price_microyuan, Offer.unit_price_microyuan),
        quantity_column(
            "left", "Left", lambda row: row.quantity - row.ordered_units, Offer.quantity - Offer.ordered_units
        ),
        Column(key="lead", title="Lead days", value=lambda row: row.lead_days, kind=Kind.NUMBER, order=Offer.lead_days),
        day_column("until", "Valid until", lambda row: row.valid_until, Offer.valid_until),
        state_column(lambda row: row.state, Offer.state),
        channel_column(lambda row: row.supply_channel, Offer.supply_channel),
        name_column("warehouse", "Warehouse", lambda row: row.warehouse),
    ]


@router.get("/offers", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_offers(page: Page, session: Reader) -> Response:
    """All offers, the newest first."""
    words = page.words
    filters = [
        state_filter(words, OfferState, Offer.state),
        item_filter(session, words, lambda rows, code: rows.where(Offer.item.has(code=code))),
        partner_filter(session, words, lambda rows, code: rows.where(Offer.partner.has(code=code))),
        warehouse_filter(session, words, lambda rows, code: rows.where(Offer.warehouse.has(code=code))),
        day_filter(
            "valid_on", "Valid on", lambda rows, day: rows.where(offers.select_offers(valid_on=day).whereclause)
        ),
    ]
    listing = Listing(
        file_name="Offers",
        rows=offers.select_offers(),
        columns=_columns(page),
        filters=filters,
        key=Offer.id,
        sort="-code",
        empty="No offer yet. Write down what suppliers could sell; plans choose among the offers.",
    )
    return page.render_list(session, listing, "procurement/offers.html")


@router.get("/offers/new", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def show_entry(page: Page, session: Reader) -> Response:
    """A form to fill."""
    return _entry(page, session, Form())


def _entry(page: PageContext, session: Session, form: Form) -> Response:
    words = page.words
    return page.render(
        "procurement/offer_entry.html",
        form=form,
        partners=partner_choices(session, words),
        items=item_choices(session, words),
        warehouses=warehouse_choices(session, words),
        funds=fund_choices(session, words),
        channels=word_choices(words, "channel", sorted(OFFER_CHANNELS)),
    )


@router.post("/offers", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def record_offer(sent: SentForm) -> Response:
    """Write an offer down."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        reader = FormReader(work.session)
        reader.name(typed, "partner", partner_names(work.session), "partner")
        item = reader.item(typed)
        reader.quantity(typed, item, "quantity")
        reader.price(typed, item)
        new = whole_payload(reader, NewOffer, typed)
        return f"/offers/{offers.create_offer(work, new).code}"

    return sent.run(act, lambda session, form: _entry(page, session, form))


@router.get("/offers/{code}", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_offer(code: Code, page: Page, session: Reader) -> Response:
    """One offer."""
    return _offer_page(page, session, code, Form())


def _offer_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    offer = offers.offer_by_code(session, code)
    return page.render(
        "procurement/offer.html",
        form=form,
        offer=offer,
        is_dear=is_overpriced(offer.unit_price_microyuan, offer.item.value_microyuan_per_unit),
    )


@router.post("/offers/{code}/withdraw", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def withdraw_offer(code: Code, sent: SentForm) -> Response:
    """The supplier takes it back."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        closing = whole_payload(FormReader(work.session), Closing, typed)
        offers.withdraw_offer(work, code, closing)
        return f"/offers/{code}"

    return sent.run(act, lambda session, form: _offer_page(page, session, code, form), part="withdraw")
