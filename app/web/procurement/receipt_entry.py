"""A new receipt: of an order or a pledge with its open lines filled in, or of something that nobody announced."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.core.errors import NotFoundError, ServiceError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.partners.types import SupplyChannel
from app.procurement.models import Pledge, PurchaseOrder
from app.procurement.order_schemas import NewReceipt
from app.procurement.orders import order_by_code, select_orders
from app.procurement.pledges import pledge_by_code, select_pledges
from app.procurement.receipts import receive_goods
from app.procurement.receiving import PossibleDuplicateError
from app.procurement.rules import PLEDGE_CHANNELS
from app.procurement.types import PledgeState, PurchaseOrderState
from app.web.kit.choices import (
    facility_choices,
    facility_names,
    is_code,
    item_choices,
    partner_choices,
    partner_names,
    warehouse_choices,
    word_choices,
)
from app.web.kit.error_texts import at_rows
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, rows_of, whole_payload
from app.web.kit.sheet_lines import ToldSheet
from app.web.kit.units import as_typed

router = APIRouter(include_in_schema=False)

ROWS_SHOWN = 4


@router.get("/receipts/new", dependencies=[needs(Right.STOCK_RECEIVE)])
def show_entry(page: Page, session: Reader, purchase_order: Code | None = None, pledge: Code | None = None) -> Response:
    """A form to fill; with the lines that an order or pledge still has open."""
    return entry_page(page, session, Form(values=begun_values(page, session, purchase_order, pledge)))


def begun_values(
    page: PageContext, session: Session, purchase_order: str | None, pledge: str | None
) -> Mapping[str, Any]:
    """What stands in the form at first; raises `NotFoundError`."""
    begun: dict[str, Any] = {"received_on": page.clock.today().isoformat()}
    if purchase_order is not None:
        begun |= _from_order(page, order_by_code(session, purchase_order))
    elif pledge is not None:
        begun |= _from_pledge(page, pledge_by_code(session, pledge))
    return begun


def _from_order(page: PageContext, order: PurchaseOrder) -> Mapping[str, Any]:
    return {
        "purchase_order": order.code,
        "warehouse": order.warehouse.code,
        "lines": [
            _line(page, line.item, line.ordered_units - line.accepted_units)
            for line in order.lines
            if line.accepted_units < line.ordered_units
        ],
    }


def _from_pledge(page: PageContext, pledge: Pledge) -> Mapping[str, Any]:
    line = _line(page, pledge.item, pledge.quantity - pledge.received_units)
    expiry = {"expiry_date": pledge.expiry_date.isoformat()} if pledge.expiry_date is not None else {}
    return {"pledge": pledge.code, "warehouse": pledge.warehouse.code, "lines": [{**line, **expiry}]}


def _line(page: PageContext, item: Item, open_units: int) -> dict[str, str]:
    return {"item": page.words.name(item), "accepted_units": as_typed(open_units, item)}


def entry_page(page: PageContext, session: Session, form: Form, told: ToldSheet | None = None) -> Response:
    """The form of a receipt, and what became of the sheet that filled it."""
    words = page.words
    order, pledge = _origin(session, form)
    coming = [] if order is not None or pledge is not None else _expected(page, session)
    return page.render(
        "procurement/receipt_entry.html",
        form=form,
        told=told,
        order=order,
        pledge=pledge,
        coming=coming,
        rows=form.rows("lines", at_least=1 if pledge is not None else ROWS_SHOWN),
        partners=partner_choices(session, words),
        items=item_choices(session, words),
        warehouses=warehouse_choices(session, words, page.actor.warehouses),
        facilities=facility_choices(session, words),
        channels=word_choices(words, "channel", sorted(PLEDGE_CHANNELS)),
        is_repeated=isinstance(form.refusal, PossibleDuplicateError),
        default_channel=SupplyChannel.DONATION.value,
    )


def _origin(session: Session, form: Form) -> tuple[PurchaseOrder | None, Pledge | None]:
    """The order or pledge that a form is about; neither where it does not exist, which is a fault of the form."""
    try:
        if is_code(form.value("purchase_order")):
            return order_by_code(session, form.value("purchase_order")), None
        if is_code(form.value("pledge")):
            return None, pledge_by_code(session, form.value("pledge"))
    except NotFoundError:
        pass
    return None, None


def _expected(page: PageContext, session: Session) -> Sequence[tuple[str, str, str]]:
    """What may come: address of its form, code, and who brings what; what was due first is first."""
    words = page.words
    orders = [
        order
        for state in (PurchaseOrderState.ORDERED, PurchaseOrderState.PARTLY_RECEIVED)
        for order in session.scalars(select_orders(today=page.clock.today(), state=state)).unique()
    ]
    pledges = [
        pledge
        for state in (PledgeState.CONFIRMED, PledgeState.PARTLY_RECEIVED, PledgeState.PROMISED)
        for pledge in session.scalars(select_pledges(state=state)).unique()
    ]
    rows = [
        (
            order.expected_on,
            f"/receipts/new?purchase_order={order.code}",
            order.code,
            order.partner,
            [line.item for line in order.lines if line.accepted_units < line.ordered_units],
            order.warehouse.code,
        )
        for order in orders
    ] + [
        (
            pledge.expected_on,
            f"/receipts/new?pledge={pledge.code}",
            pledge.code,
            pledge.partner,
            [pledge.item],
            pledge.warehouse.code,
        )
        for pledge in pledges
    ]
    return [
        (address, code, f"{day} · {words.name(partner)} · {words.names(items)}")
        for day, address, code, partner, items, warehouse in sorted(rows, key=lambda row: (row[0], row[2]))
        if page.actor.has_warehouse(warehouse)
    ]


@router.post("/receipts", dependencies=[needs(Right.STOCK_RECEIVE)])
def record_receipt(sent: SentForm) -> Response:
    """Take what was accepted into stock."""
    return sent.run(_receive, lambda session, form: entry_page(sent.page, session, form))


def _receive(work: Work, typed: Typed) -> str:
    rows = rows_of(typed, "lines")
    # Lines of which nothing came are left as they stand in the form, and are none of the receipt.
    came = [n for n, row in enumerate(rows) if set(row) - {"item", "expiry_date", "expiry_unknown"}]
    try:
        new = _read(work.session, typed, [rows[n] for n in came])
        receipt = receive_goods(work, new)
    except ServiceError as refusal:
        raise at_rows(refusal, "lines", came) from None
    return f"/receipts/{receipt.code}"


def _read(session: Session, typed: Typed, rows: list[Typed]) -> NewReceipt:
    reader = FormReader(session)
    is_checked = typed.pop("anyway", None) == "yes"
    reader.name(typed, "partner", partner_names(session), "partner")
    facilities = facility_names(session)
    for n, row in enumerate(rows):
        at = f"lines.{n}."
        item = reader.item(row, at)
        row.setdefault("accepted_units", "0")
        row["expiry_unknown"] = row.get("expiry_unknown") == "yes"
        reader.quantity(row, item, "accepted_units", at)
        reader.quantity(row, item, "rejected_units", at)
        reader.name(row, "earmark", facilities, "facility", at)
        if "earmark" in row:
            row["earmark"] = [row["earmark"]]
    typed["extra_charged"] = typed.get("extra_charged") == "yes"
    return whole_payload(reader, NewReceipt, {**typed, "lines": rows, "confirmed_not_duplicate": is_checked})
