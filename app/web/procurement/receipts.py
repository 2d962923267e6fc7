"""Receipts: the list, each receipt, and what is corrected of one."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.partners.models import Partner
from app.procurement import receipts
from app.procurement.models import Receipt
from app.procurement.order_schemas import NewDisposal, ReceiptReversalReason
from app.procurement.receipts_corrections import dispose_of_rejected, reverse_receipt
from app.procurement.types import Disposal
from app.web.kit.choices import word_choices
from app.web.kit.columns import Column, Kind, channel_column, code_column, day_column, name_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, rows_of, whole_payload
from app.web.kit.tables import (
    Listing,
    channel_filter,
    choice_filter,
    day_filter,
    item_filter,
    partner_filter,
    warehouse_filter,
)

router = APIRouter(include_in_schema=False)


def _document(receipt: Receipt) -> str:
    origin = receipt.purchase_order or receipt.pledge
    return origin.code if origin is not None else ""


def _document_page(receipt: Receipt) -> str | None:
    if receipt.purchase_order is not None:
        return f"/purchase-orders/{receipt.purchase_order.code}"
    return f"/pledges/{receipt.pledge.code}" if receipt.pledge is not None else None


def _items(page: PageContext, receipt: Receipt) -> str:
    accepted: dict[str, int] = {}
    items = {}
    for line in receipt.lines:
        items[line.lot.item.code] = line.lot.item
        accepted[line.lot.item.code] = accepted.get(line.lot.item.code, 0) + line.accepted_units
    words = page.words
    return words(", ").join(
        f"{words.name(items[code])} {words.quantity(units, items[code].base_unit.value)}"
        for code, units in accepted.items()
    )


def _columns(page: PageContext) -> list[Column[Receipt]]:
    return [
        code_column("/receipts", Receipt.id),
        day_column("day", "Came on", lambda row: row.received_on, Receipt.received_on),
        name_column("partner", "Partner", lambda row: row.partner),
        Column(key="items", title="Accepted into stock", value=lambda row: _items(page, row)),
        Column(
            key="rejected",
            title="Rejected lines",
            value=lambda row: sum(1 for x in row.lines if x.rejected_units),
            kind=Kind.NUMBER,
        ),
        Column(key="document", title="For", value=_document, link=_document_page),
        channel_column(lambda row: row.supply_channel, Receipt.supply_channel),
        name_column("warehouse", "Warehouse", lambda row: row.warehouse),
        Column(
            key="reversed",
            title="Reversed",
            value=lambda row: "yes" if row.reversal else None,
            kind=Kind.WORD,
            tone=lambda row: "low" if row.reversal else "",
        ),
    ]


@router.get("/receipts", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_receipts(page: Page, session: Reader) -> Response:
    """Everything that came, the newest first."""
    words = page.words
    waiting = [("yes", words("Rejected goods wait to be returned or destroyed"))]
    filters = [
        day_filter("from", "From day", lambda rows, day: rows.where(Receipt.received_on >= day)),
        day_filter("until", "Until day", lambda rows, day: rows.where(Receipt.received_on <= day)),
        item_filter(session, words, lambda rows, code: rows.where(receipts.select_receipts(item=code).whereclause)),
        partner_filter(session, words, lambda rows, code: rows.where(Receipt.partner.has(Partner.code == code))),
        warehouse_filter(session, words, lambda rows, code: rows.where(Receipt.warehouse.has(code=code))),
        channel_filter(words, lambda rows, channel: rows.where(Receipt.supply_channel == channel)),
        choice_filter(
            "waiting",
            "Rejected goods",
            waiting,
            lambda rows, _: rows.where(receipts.select_receipts(waiting_rejected=True).whereclause),
        ),
    ]
    listing = Listing(
        file_name="Receipts",
        rows=receipts.select_receipts(),
        columns=_columns(page),
        filters=filters,
        key=Receipt.id,
        sort="-code",
        empty="Nothing has come yet.",
    )
    return page.render_list(session, listing, "procurement/receipts.html")


@router.get("/receipts/{code}", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_receipt(code: Code, page: Page, session: Reader) -> Response:
    """One receipt with its lots."""
    return _receipt_page(page, session, code, Form())


def _receipt_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    receipt = receipts.receipt_by_code(session, code)
    waiting = [
        (n, line)
        for n, line in enumerate(receipt.lines, start=1)
        if line.waiting_units > 0 and receipt.reversal is None
    ]
    return page.render(
        "procurement/receipt.html",
        form=form,
        receipt=receipt,
        document=_document(receipt),
        document_page=_document_page(receipt),
        waiting=waiting,
        disposals=word_choices(page.words, "disposal", Disposal),
        is_own=page.actor.has_warehouse(receipt.warehouse.code),
    )


@router.post("/receipts/{code}/reverse", dependencies=[needs(Right.STOCK_ADJUST)])
def undo_receipt(code: Code, sent: SentForm) -> Response:
    """It was entered by mistake."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        why = whole_payload(FormReader(work.session), ReceiptReversalReason, typed)
        reverse_receipt(work, code, why.reason)
        return f"/receipts/{code}"

    return sent.run(act, lambda session, form: _receipt_page(page, session, code, form), part="reverse")


@router.post("/receipts/{code}/dispose", dependencies=[needs(Right.STOCK_RECEIVE)])
def say_where_rejected_went(code: Code, sent: SentForm) -> Response:
    """Rejected goods went back or were destroyed."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        lines = receipts.receipt_by_code(work.session, code).lines
        reader = FormReader(work.session)
        rows = rows_of(typed, "lines")
        for n, row in enumerate(rows):
            place = str(row.get("line", ""))
            known = place.isascii() and place.isdigit() and 1 <= int(place) <= len(lines)
            reader.quantity(row, lines[int(place) - 1].lot.item if known else None, "units", f"lines.{n}.")
        new = whole_payload(reader, NewDisposal, {**typed, "lines": rows})
        dispose_of_rejected(work, code, new)
        return f"/receipts/{code}"

    return sent.run(act, lambda session, form: _receipt_page(page, session, code, form), part="dispose")
