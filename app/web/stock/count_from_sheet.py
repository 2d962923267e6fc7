"""What was counted, from a sheet: its rows fill the count sheet of a warehouse, to be checked and saved there."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.rules import fold_name
from app.core.errors import Fault, Param
from app.core.http.deps import OpenDatabase, Reader
from app.core.http.payloads import Code
from app.interop.sheets.files import BODY_BYTES_MAX
from app.interop.sheets.outcome import RowState
from app.interop.supply_sheet import LineField, LineNote, SupplyRow
from app.stock.cards import stock_on
from app.stock.models import Lot
from app.web.kit.choices import warehouse_choices
from app.web.kit.form_pages import Page
from app.web.kit.forms import Form, Typed
from app.web.kit.sheet_lines import Filled, ToldSheet, filled_form
from app.web.kit.uploads import Upload
from app.web.stock.counts import sheet_page, show_sheet

router = APIRouter(include_in_schema=False, max_body_size=BODY_BYTES_MAX)


@router.get("/counts/sheet", dependencies=[needs(Right.STOCK_ADJUST)])
def begin(page: Page, session: Reader, warehouse: Code | None = None) -> Response:
    """The count sheet of a warehouse: a file is chosen there."""
    return show_sheet(page, session, warehouse)


@router.post("/counts/sheet", dependencies=[needs(Right.STOCK_ADJUST)])
def fill_count(sent: Upload, page: Page, database: OpenDatabase, warehouse: Code) -> Response:
    """The count sheet with what the rows say of its lots."""

    def fill(session: Session, filled: Filled) -> tuple[list[Typed], tuple[SupplyRow, ...]]:
        known = dict(warehouse_choices(session, page.words, page.actor.warehouses))
        lying = stock_on(session, page.clock.today(), warehouse=warehouse) if warehouse in known else []
        return count_lines([row.lot for row in lying], filled)

    def shown(session: Session, form: Form, told: ToldSheet | None) -> Response:
        return sheet_page(page, session, form, told)

    begun = {"warehouse": warehouse, "counted_on": page.clock.today().isoformat()}
    return filled_form(page, database, sent, least=0, quantity="counted_units", fill=fill, begun=begun, shown=shown)


def count_lines(lots: Sequence[Lot], filled: Filled) -> tuple[list[Typed], tuple[SupplyRow, ...]]:
    """A line for each lot, with what its row counted; rows without a lot of their own are asked about or refused."""
    counted: dict[int, Typed] = {}
    rows: list[SupplyRow] = []
    for row, typed in zip(filled.sheet.rows, filled.lines("counted_units"), strict=True):
        lot = _lot_of(row, lots)
        if isinstance(lot, Fault):
            # The row has no line in which it could be mended: it is told above.
            rows.append(row.noted(LineNote(field="", cell="", fault=lot, asks=True, said=_said(row))))
        elif lot is None:
            rows.append(row)
        elif lot.id in counted:
            message = "A row above has counted this lot already."
            rows.append(row.noted(LineNote(field="", cell="", fault=Fault("repeated", message), asks=False)))
        else:
            if row.state is RowState.TAKEN:
                counted[lot.id] = {name: typed[name] for name in ("counted_units",) if name in typed}
                counted[lot.id] |= {"reason": typed["note"]} if typed.get("note") else {}
            rows.append(row)
    lines: list[Typed] = [{"lot_id": str(lot.id), **counted.get(lot.id, {})} for lot in lots]
    return lines, tuple(_without_fields(row) for row in rows)


def _said(row: SupplyRow) -> str:
    return " ".join(part for part in (row.row.item_said, row.fields.get(LineField.LOT, "")) if part)


def _without_fields(row: SupplyRow) -> SupplyRow:
    """The row with its notes told above the sheet: the lines of a count are lots, not rows."""
    notes: tuple[LineNote, ...] = tuple(
        LineNote(field="", cell=one.cell, fault=one.fault, asks=one.asks, said=one.said, choices=one.choices)
        for one in row.notes
    )
    return SupplyRow(row=row.row, fields=row.fields, notes=notes)


def _lot_of(row: SupplyRow, lots: Sequence[Lot]) -> Lot | Fault | None:
    """The lot that a row means; None where its item is asked for already."""
    if row.row.item is None:
        return None
    of_item = [lot for lot in lots if lot.item.code == row.row.item]
    named = row.fields.get(LineField.LOT, "")
    meant = [lot for lot in of_item if not named or fold_name(lot.code) == fold_name(named)]
    if len(meant) == 1:
        return meant[0]
    if not meant:
        params: Mapping[str, Param] = {"lot": named or "–"}
        return Fault("lot_unknown", "No lot “{lot}” of this item lies in this warehouse.", "", params)
    return Fault("several_lots", "Several lots of this item lie here: say the lot.")
