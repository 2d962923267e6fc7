"""Lots: the list, each lot with where its units are, and its stock cards with the running balance."""

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import ServiceError
from app.core.http.deps import Reader
from app.core.http.payloads import Code, Identifier
from app.core.work import Work
from app.dispatch import returns
from app.dispatch.losses import record_with_losses
from app.dispatch.recalls import holders_with_vehicles
from app.dispatch.return_schemas import NewFacilityReturn
from app.facilities.service import warehouse_by_code
from app.stock import cards, recalls, service
from app.stock.models import Lot, StockBalance, StockCardLine, StockEvent
from app.stock.schemas import LotReason, NewMovementKind, NewMovements
from app.stock.types import StockEnd
from app.web.kit.choices import warehouse_choices, word_choices
from app.web.kit.columns import Column, Kind, channel_column, day_column, person_column
from app.web.kit.error_texts import of_one
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, whole_payload
from app.web.kit.tables import Listing, channel_filter, choice_filter, day_filter, item_filter, partner_filter
from app.web.kit.units import counted_in

router = APIRouter(include_in_schema=False)

_DOCUMENTS = {
    "receipt": "/receipts/", "physical_inventory": "/counts/", "transfer_order": "/transfer-orders/",
    "allocation_plan": "/plans/", "shipment": "/transfer-orders/",
}  # fmt: skip


@router.get("/lots", dependencies=[needs(Right.STOCK_READ)])
def show_lots(page: Page, session: Reader) -> Response:
    """Every lot, the newest first."""
    words = page.words
    blocked = [("yes", words("Blocked")), ("no", words("Not blocked"))]
    columns: list[Column[Lot]] = [
        Column(key="lot", title="Lot", value=lambda row: row.code, order=Lot.code, link=lambda row: f"/lots/{row.id}"),
        Column(key="item", title="Item", value=lambda row: row.item, kind=Kind.NAME, order=Lot.item_id),
        Column(
            key="expiry",
            title="Use by",
            value=lambda row: row.expiry_date or (words("unknown") if row.expiry_unknown else None),
            kind=Kind.TEXT,
            order=Lot.expiry_date,
        ),
        Column(key="partner", title="Partner", value=lambda row: row.partner, kind=Kind.NAME),
        channel_column(lambda row: row.supply_channel, Lot.supply_channel),
        Column(
            key="earmark",
            title="Only for",
            value=lambda row: words.names(mark.facility for mark in row.earmarks),
        ),
        Column(
            key="blocked",
            title="Blocked because",
            value=lambda row: row.blocked_reason,
            order=Lot.blocked_reason,
            tone=lambda row: "low" if row.blocked_reason else "",
        ),
        Column(key="id", title="Number", value=lambda row: row.id, kind=Kind.NUMBER, order=Lot.id),
    ]
    filters = [
        choice_filter(
            "program",
            "Program",
            word_choices(words, "program", Program),
            lambda rows, text: rows.where(Lot.item.has(Item.program == Program(text))),
        ),
        item_filter(session, words, lambda rows, code: rows.where(Lot.item.has(code=code))),
        partner_filter(session, words, lambda rows, code: rows.where(Lot.partner.has(code=code))),
        channel_filter(words, lambda rows, channel: rows.where(Lot.supply_channel == channel)),
        choice_filter(
            "blocked",
            "Blocked",
            blocked,
            lambda rows, text: rows.where(service.select_lots(blocked=text == "yes").whereclause),
        ),
        day_filter("until", "Use by", lambda rows, day: rows.where(Lot.expiry_date <= day)),
    ]
    listing = Listing(
        file_name="Lots",
        rows=service.select_lots(),
        columns=columns,
        filters=filters,
        key=Lot.id,
        sort="-id",
        empty="No lot yet. Lots come in with receipts.",
    )
    return page.render_list(session, listing, "stock/lots.html")


@router.get("/lots/{lot_id}", dependencies=[needs(Right.STOCK_READ)])
def show_lot(lot_id: Identifier, page: Page, session: Reader) -> Response:
    """One lot: where its units are, and whether it may be used."""
    return _lot_page(page, session, lot_id, Form())


def _lot_page(page: PageContext, session: Session, lot_id: int, form: Form) -> Response:
    lot = service.lot_by_id(session, lot_id)
    balances = session.scalars(
        select(StockBalance).where(StockBalance.lot_id == lot_id).order_by(StockBalance.warehouse_id)
    ).unique()
    today, words, rows = page.clock.today(), page.words, balances.all()
    within = page.actor.warehouses
    return page.render(
        "stock/lot.html",
        form=form,
        lot=lot,
        balances=rows,
        counted_in=counted_in(lot.item),
        kinds=word_choices(words, "event", NewMovementKind),
        warehouses=warehouse_choices(session, words),
        holding=[
            (row.warehouse.code, words.name(row.warehouse))
            for row in rows
            if row.on_hand > 0 and (within is None or row.warehouse.code in within)
        ],
        where=cards.conservation_of(session, [lot_id])[lot_id],
        holders=holders_with_vehicles(session, lot_id, actor=page.actor),
        own_warehouses=warehouse_choices(session, words, within),
        holding_facilities=_facilities_with(session, lot_id, page),
        recalls=session.scalars(recalls.select_recalls(actor=page.actor, lot_id=lot_id)).unique().all(),
        is_expired=lot.expiry_date is not None and lot.expiry_date < today,
    )


def _facilities_with(session: Session, lot_id: int, page: PageContext) -> list[tuple[str, str]]:
    """The facilities that have units of a lot."""
    holders = recalls.holders_of(session, lot_id)
    return [(one.place.code, page.words.name(one.place)) for one in holders if one.end is StockEnd.FACILITY]


@router.post("/lots/{lot_id}/block", dependencies=[needs(Right.LOT_BLOCK)])
def block_lot(lot_id: Identifier, sent: SentForm) -> Response:
    """Failed inspection, recall."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        why = whole_payload(FormReader(work.session), LotReason, typed)
        service.block_lot(work, lot_id, why.reason)
        return f"/lots/{lot_id}"

    return sent.run(act, lambda session, form: _lot_page(page, session, lot_id, form), part="block")


@router.post("/lots/{lot_id}/unblock", dependencies=[needs(Right.LOT_BLOCK)])
def unblock_lot(lot_id: Identifier, sent: SentForm) -> Response:
    """It may be used again."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        why = whole_payload(FormReader(work.session), LotReason, typed)
        service.unblock_lot(work, lot_id, why.reason)
        return f"/lots/{lot_id}"

    return sent.run(act, lambda session, form: _lot_page(page, session, lot_id, form), part="unblock")


@router.post("/lots/{lot_id}/movements", dependencies=[needs(Right.STOCK_MOVE)])
def move_lot(lot_id: Identifier, sent: SentForm) -> Response:
    """To another warehouse, lost, or back to where it came from."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        reader = FormReader(work.session)
        reader.quantity(typed, service.lot_by_id(work.session, lot_id).item, "quantity")
        movement = {**typed, "lot_id": lot_id}
        try:
            new = whole_payload(reader, NewMovements, {"movements": [movement]})
            record_with_losses(work, new)
        except ServiceError as refusal:
            raise of_one(refusal, "movements.0.") from None
        return f"/lots/{lot_id}"

    return sent.run(act, lambda session, form: _lot_page(page, session, lot_id, form), part="move")


@router.post("/lots/{lot_id}/take-back", dependencies=[needs(Right.STOCK_RECEIVE)])
def take_back(lot_id: Identifier, sent: SentForm) -> Response:
    """What a facility gives back of the lot, as far as it is usable into stock."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        reader = FormReader(work.session)
        item = service.lot_by_id(work.session, lot_id).item
        line = {"lot_id": lot_id, "usable_units": typed.pop("usable_units", "0")}
        line["destroyed_units"] = typed.pop("destroyed_units", "0")
        for name in ("usable_units", "destroyed_units"):
            reader.quantity(line, item, name)
        try:
            returns.take_back(work, whole_payload(reader, NewFacilityReturn, {**typed, "lines": [line]}))
        except ServiceError as refusal:
            raise of_one(refusal, "lines.0.") from None
        return f"/lots/{lot_id}"

    return sent.run(act, lambda session, form: _lot_page(page, session, lot_id, form), part="back")


def _document_of(event: StockEvent) -> str | None:
    folder = _DOCUMENTS.get(event.reference_kind)
    return f"{folder}{event.reference_key}" if folder is not None else None


@router.get("/lots/{lot_id}/cards/{warehouse}", dependencies=[needs(Right.STOCK_READ)])
def show_card(lot_id: Identifier, warehouse: Code, page: Page, session: Reader) -> Response:
    """The stock card of a lot in a warehouse: every change, and what was there after it."""
    lot, place = service.lot_by_id(session, lot_id), warehouse_by_code(session, warehouse)
    query = cards.select_card(session, lot_id, warehouse).join(StockEvent, StockEvent.id == StockCardLine.event_id)

    def unit(_: StockCardLine) -> str:
        return lot.item.base_unit.value

    columns: list[Column[StockCardLine]] = [
        Column(key="seq", title="No.", value=lambda row: row.seq, kind=Kind.NUMBER, order=StockCardLine.seq),
        day_column("day", "Day", lambda row: row.event.occurred_on, StockEvent.occurred_on),
        Column(key="kind", title="Kind of change", value=lambda row: f"event.{row.event.kind.value}", kind=Kind.WORD),
        Column(
            key="change",
            title="In or out",
            value=lambda row: row.change,
            kind=Kind.QUANTITY,
            unit=unit,
            exact=True,
            tone=lambda row: "low" if row.change < 0 else "full",
        ),
        Column(
            key="balance",
            title="Balance",
            value=lambda row: row.balance_after,
            kind=Kind.QUANTITY,
            unit=unit,
            exact=True,
        ),
        Column(
            key="document",
            title="Document",
            value=lambda row: row.event.reference_key,
            link=lambda row: _document_of(row.event),
        ),
        person_column("by", "By", lambda row: row.event.actor),
        Column(key="reason", title="Reason", value=lambda row: row.event.reason),
        Column(key="at", title="Recorded at", value=lambda row: row.event.recorded_at, kind=Kind.MOMENT),
    ]
    filters = [
        day_filter("from", "From day", lambda rows, day: rows.where(StockEvent.occurred_on >= day)),
        day_filter("until", "Until day", lambda rows, day: rows.where(StockEvent.occurred_on <= day)),
    ]
    listing = Listing(
        file_name="Stock card",
        rows=query,
        columns=columns,
        filters=filters,
        key=StockCardLine.id,
        sort="seq",
        empty="Nothing has moved yet.",
    )
    return page.render_list(session, listing, "stock/card.html", lot=lot, place=place)
