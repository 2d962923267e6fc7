"""A new purchase order: typed by hand or begun from an offer."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.partners.types import SupplyChannel
from app.procurement.duplicates import LikelyDuplicateError, Promised, refuse_repeated_orders
from app.procurement.models import Offer
from app.procurement.offers import offer_by_code, select_offers
from app.procurement.order_schemas import NewPurchaseOrder
from app.procurement.orders import create_purchase_order, order_by_code
from app.procurement.rules import ORDER_CHANNELS
from app.procurement.types import OfferState
from app.web.kit.choices import (
    Choices,
    fund_choices,
    is_code,
    item_choices,
    partner_choices,
    partner_names,
    warehouse_choices,
    word_choices,
)
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, rows_of, whole_payload
from app.web.kit.units import as_typed, price_as_typed
from app.web.procurement.orders import priced_lines

router = APIRouter(include_in_schema=False)

ROWS_SHOWN = 4


@router.get("/purchase-orders/new", dependencies=[needs(Right.PURCHASE_ORDER)])
def show_entry(page: Page, session: Reader, offer: Code | None = None) -> Response:
    """A form to fill; where an offer is named, with all that it says."""
    begun = _from_offer(page, offer_by_code(session, offer)) if offer is not None else {}
    return _entry(page, session, Form(values=begun))


def _from_offer(page: PageContext, offer: Offer) -> Mapping[str, Any]:
    return {
        "partner": page.words.name(offer.partner),
        "supply_channel": offer.supply_channel.value,
        "warehouse": offer.warehouse.code,
        "fund": offer.fund_source.code if offer.fund_source is not None else None,
        "lines": [
            {
                "item": page.words.name(offer.item),
                "offer": offer.code,
                "quantity": as_typed(offer.quantity - offer.ordered_units, offer.item),
                "unit_price": price_as_typed(offer.unit_price_microyuan, offer.item),
            }
        ],
    }


def _open_offers(page: PageContext, session: Session) -> Choices:
    words = page.words
    query = select_offers(state=OfferState.OPEN, valid_on=page.clock.today())
    return [
        (
            offer.code,
            words(
                "{offer}: {item}, {partner}, {left} left",
                offer=offer.code,
                item=words.name(offer.item),
                partner=words.name(offer.partner),
                left=words.quantity(offer.quantity - offer.ordered_units, offer.item.base_unit.value),
            ),
        )
        for offer in session.scalars(query.where(Offer.ordered_units < Offer.quantity).order_by(Offer.id))
    ]


def _entry(page: PageContext, session: Session, form: Form) -> Response:
    words = page.words
    return page.render(
        "procurement/order_entry.html",
        form=form,
        rows=form.rows("lines", at_least=ROWS_SHOWN),
        partners=partner_choices(session, words),
        items=item_choices(session, words),
        warehouses=warehouse_choices(session, words),
        funds=fund_choices(session, words),
        offers=_open_offers(page, session),
        channels=word_choices(words, "channel", sorted(ORDER_CHANNELS)),
        is_repeated=isinstance(form.refusal, LikelyDuplicateError),
    )


@router.post("/purchase-orders", dependencies=[needs(Right.PURCHASE_ORDER)])
def draft_order(sent: SentForm) -> Response:
    """A draft; of special handling, an order that is placed at once, when its page was confirmed."""
    page = sent.page
    if "special_handling" not in sent.typed and sent.typed.get("supply_channel") != SupplyChannel.SPECIAL_HANDLING:
        return sent.run(_order, lambda session, form: _entry(page, session, form))

    def preview(work: Work, form: Form, address: str) -> Response:
        return page.render(
            "procurement/confirm.html",
            form=form,
            orders=[order_by_code(work.session, address.rpartition("/")[2])],
            lines_of=priced_lines,
            title=page.words("Place an order of special handling"),
            lead=page.words(
                "It skips competition and approval. Nothing has been ordered yet: this is what is ordered."
            ),
            address="/purchase-orders",
            button=page.words("Place the order with my name"),
        )

    return sent.confirm(_order, lambda session, form: _entry(page, session, form), preview)


def _order(work: Work, typed: Typed) -> str:
    is_checked = typed.pop("anyway", None) == "yes"
    reader = FormReader(work.session)
    reader.name(typed, "partner", partner_names(work.session), "partner")
    rows = rows_of(typed, "lines")
    offers = _items_offered(work.session, rows)
    for n, row in enumerate(rows):
        at = f"lines.{n}."
        # An offer says what it is of; who takes one need not say it again.
        row.setdefault("item", offers.get(str(row.get("offer")), ""))
        item = reader.item(row, at)
        reader.quantity(row, item, "quantity", at)
        reader.price(row, item, at)
    new = whole_payload(reader, NewPurchaseOrder, {**typed, "lines": rows})
    if not is_checked:
        refuse_repeated_orders(
            work.session,
            [
                Promised(
                    partner=new.partner,
                    item=line.item,
                    units=line.quantity,
                    expected_on=new.expected_on,
                    where=f"lines.{n}.quantity",
                )
                for n, line in enumerate(new.lines)
            ],
        )
    placed = create_purchase_order(work, new)
    return f"/purchase-orders/{placed.order.code}"


def _items_offered(session: Session, rows: list[Typed]) -> dict[str, str]:
    codes = [str(row["offer"]) for row in rows if is_code(row.get("offer"))]
    return {offer.code: offer.item.code for offer in session.scalars(select(Offer).where(Offer.code.in_(codes)))}
