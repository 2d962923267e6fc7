"""Receipts, donations and offers from a sheet: its rows fill the lines of the form, to be checked there."""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import Fault, InvalidInputError
from app.core.http.deps import OpenDatabase, Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.interop.sheets.files import BODY_BYTES_MAX
from app.interop.supply_sheet import LineField, LineNote, SupplyRow
from app.procurement import offers
from app.procurement.rules import OFFER_CHANNELS
from app.procurement.schemas import NewOffer
from app.web.kit.choices import (
    fund_choices,
    item_choices,
    partner_choices,
    partner_names,
    warehouse_choices,
    word_choices,
)
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, rows_of
from app.web.kit.sheet_lines import Filled, ToldSheet, filled_form, with_partners
from app.web.kit.uploads import Upload
from app.web.procurement import pledge_entry, receipt_entry

router = APIRouter(include_in_schema=False, max_body_size=BODY_BYTES_MAX)

OFFERS_SHOWN, OFFERS_MAX = 5, 100
_OF_ALL = ("supply_channel", "warehouse", "fund")


@router.get("/receipts/sheet", dependencies=[needs(Right.STOCK_RECEIVE)])
def begin_receipt(page: Page, session: Reader) -> Response:
    """The form of a receipt: a sheet is chosen there."""
    return receipt_entry.show_entry(page, session)


@router.post("/receipts/sheet", dependencies=[needs(Right.STOCK_RECEIVE)])
def fill_receipt(
    sent: Upload, page: Page, database: OpenDatabase, purchase_order: Code | None = None, pledge: Code | None = None
) -> Response:
    """The form of a receipt with a line for each row of the sheet."""
    with database.read() as session:
        begun = dict(receipt_entry.begun_values(page, session, purchase_order, pledge))

    def fill(_session: Session, filled: Filled) -> tuple[list[Typed], tuple[SupplyRow, ...]]:
        rows = filled.sheet.rows
        givers = [text for row in rows if (text := row.fields.get(LineField.PARTNER))]
        if givers and purchase_order is None and pledge is None:
            begun["partner"] = givers[0]
            rows = _of_one_giver(rows, givers[0])
        return filled.lines("accepted_units"), rows

    def shown(session: Session, form: Form, told: ToldSheet | None) -> Response:
        return receipt_entry.entry_page(page, session, form, told)

    return filled_form(page, database, sent, least=0, quantity="accepted_units", fill=fill, begun=begun, shown=shown)


def _of_one_giver(rows: Sequence[SupplyRow], giver: str) -> tuple[SupplyRow, ...]:
    """Refuse rows of other givers: a receipt is of one."""
    message = "This row is of “{other}”: a receipt is of one giver. Make one for each."
    return tuple(
        row.noted(LineNote(field="item", cell="", fault=Fault("other_giver", message, "", {"other": text}), asks=False))
        if (text := row.fields.get(LineField.PARTNER, giver)) != giver
        else row
        for row in rows
    )


@router.get("/pledges/sheet", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def begin_pledges(page: Page, session: Reader) -> Response:
    """The form of donations: a sheet is chosen there."""
    return pledge_entry.show_entry(page, session)


@router.post("/pledges/sheet", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def fill_pledges(sent: Upload, page: Page, database: OpenDatabase) -> Response:
    """The form of donations with a line for each row of the sheet."""

    def fill(session: Session, filled: Filled) -> tuple[list[Typed], tuple[SupplyRow, ...]]:
        return filled.lines("quantity"), with_partners(filled.sheet.rows, partner_names(session))

    def shown(session: Session, form: Form, told: ToldSheet | None) -> Response:
        return pledge_entry.entry_page(page, session, form, told)

    begun = {"expected_on": page.clock.today().isoformat()}
    return filled_form(page, database, sent, least=1, quantity="quantity", fill=fill, begun=begun, shown=shown)


@router.get("/offers/sheet", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def show_offers(page: Page, session: Reader) -> Response:
    """A table to fill, by hand or from a sheet."""
    return _offers_page(page, session, Form(), None)


@router.post("/offers/sheet", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def fill_offers(sent: Upload, page: Page, database: OpenDatabase) -> Response:
    """The table with a line for each row of the sheet."""

    def fill(session: Session, filled: Filled) -> tuple[list[Typed], tuple[SupplyRow, ...]]:
        return filled.lines("quantity"), with_partners(filled.sheet.rows, partner_names(session))

    def shown(session: Session, form: Form, told: ToldSheet | None) -> Response:
        return _offers_page(page, session, form, told)

    return filled_form(page, database, sent, least=1, quantity="quantity", fill=fill, begun={}, shown=shown)


def _offers_page(page: PageContext, session: Session, form: Form, told: ToldSheet | None) -> Response:
    words = page.words
    return page.render(
        "procurement/offer_lines.html",
        form=form,
        told=told,
        rows=form.rows("lines", at_least=OFFERS_SHOWN),
        partners=partner_choices(session, words),
        items=item_choices(session, words),
        warehouses=warehouse_choices(session, words),
        funds=fund_choices(session, words),
        channels=word_choices(words, "channel", sorted(OFFER_CHANNELS)),
    )


@router.post("/offers/lines", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def record_offers(sent: SentForm) -> Response:
    """Write down all lines, or none and tell what is wrong with each."""
    return sent.run(_record, lambda session, form: _offers_page(sent.page, session, form, None))


def _record(work: Work, typed: Typed) -> str:
    rows = rows_of(typed, "lines")
    if not rows:
        raise InvalidInputError.of("Nothing is filled in yet.", where="lines.0.partner", code="nothing_filled_in")
    if len(rows) > OFFERS_MAX:
        raise InvalidInputError.of("At most {rows_max} lines at once.", code="too_many_rows", rows_max=OFFERS_MAX)
    reader, names = FormReader(work.session), partner_names(work.session)
    of_all = {name: typed[name] for name in _OF_ALL if name in typed}
    faults: list[Fault] = []
    for n, row in enumerate(rows):
        at = f"lines.{n}."
        reader.name(row, "partner", names, "partner", at)
        item = reader.item(row, at)
        reader.quantity(row, item, "quantity", at)
        reader.price(row, item, at)
        new = reader.payload(NewOffer, {**of_all, **row}, at)
        if new is not None and not reader.faults:
            try:
                offers.create_offer(work, new)
            except InvalidInputError as refusal:
                faults += [fault.at(f"{at}{fault.where}") for fault in refusal.faults]
    # What stands once above the lines is told once.
    told = [one.at(one.where.split(".")[-1]) if one.where.split(".")[-1] in _OF_ALL else one for one in reader.faults]
    InvalidInputError.raise_if(list({(one.where, one.message): one for one in (*told, *faults)}.values()))
    return "/offers"
