"""Sheets of receipts, donations, offers and counts over HTTP: read and told row by row, never entered."""

from typing import Annotated

from fastapi import APIRouter, File, Query, Request, UploadFile
from pydantic import Field

from app.auth import Right, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Now, OpenDatabase
from app.core.http.payloads import View
from app.core.http.problem_details import problem_answers
from app.core.i18n import choose_language, translate
from app.interop.sheet_schemas import AsideRowView
from app.interop.sheets.files import BODY_BYTES_MAX, UPLOAD_BYTES_MAX, read_upload
from app.interop.sheets.outcome import RowState
from app.interop.supply_sheet import SupplyRow, read_supply_sheet

router = APIRouter(tags=["catalogue"], max_body_size=BODY_BYTES_MAX)


class SupplyWhyView(View):
    """Why a row was not taken."""

    code: str
    detail: str
    field: str = Field(description="Such as item, quantity or expiry_date.")
    cell: str = Field(description="Such as C5; empty where the table has no such column.")
    said: str = Field(description="What stands there.")
    asks: bool = Field(description="A person can say what is meant; else only another file can help.")
    choices: list[str] = Field(description="Likely answers: codes, units, numbers.")


class SupplyRowView(View):
    """A row of a sheet, as far as it was understood."""

    sheet: str
    row: int
    item: str | None
    item_said: str
    quantity_said: str
    units: int | None = Field(description="Whole base units of the item.")
    rejected_units: int | None
    unit_assumed: bool = Field(description="No unit is written: the item's own unit was taken.")
    fields: dict[str, str] = Field(
        description="What else it says: lot_code, expiry_date, expiry_unknown, partner, unit_price (yuan for one of "
        "the unit in which the row counts), lead_days, valid_until, rejection_reason, earmark."
    )
    note: str
    why: list[SupplyWhyView]


class SupplySheetView(View):
    """What became of every row of a file; rows in = taken + asked + refused."""

    rows_in: int
    taken: list[SupplyRowView]
    asked: list[SupplyRowView]
    refused: list[SupplyRowView]
    aside: list[AsideRowView]
    not_used: list[str] = Field(description="Headings of columns that say nothing here.")


@router.post(
    "/supply-sheets",
    summary="Read a sheet of receipts, donations, offers or counts",
    responses=problem_answers(413),
    dependencies=[needs(Right.CATALOG_READ)],
)
def read_sheet(
    request: Request,
    database: OpenDatabase,
    clock: Now,
    file: Annotated[
        UploadFile, File(description=f"A .xlsx, .xls, .ods, .csv or .tsv file of at most {UPLOAD_BYTES_MAX} bytes.")
    ],
    zero_counts: Annotated[
        bool, Query(description="Is a quantity of 0 one: in a count, or where all was rejected?")
    ] = False,
) -> Rendered[SupplySheetView]:
    """Nothing is entered: send what was taken to `/receipts`, `/pledges`, `/offers` or `/physical-inventories`."""
    language = choose_language(request.headers.get("accept-language"), request.app.state.settings.default_language)
    book = read_upload(file.file.read(UPLOAD_BYTES_MAX + 1), file.filename or "")  # takes seconds: no connection yet
    with database.read() as session:
        sheet = read_supply_sheet(session, book, near=clock.today(), least=0 if zero_counts else 1)

    def rows(state: RowState) -> list[SupplyRowView]:
        return [_row_view(row, language) for row in sheet.of(state)]

    view = SupplySheetView(
        rows_in=len(sheet.rows),
        taken=rows(RowState.TAKEN),
        asked=rows(RowState.ASKED),
        refused=rows(RowState.REFUSED),
        aside=[AsideRowView(sheet=one.sheet, row=one.number, text=one.text, why=one.why) for one in sheet.aside],
        not_used=list(sheet.not_used),
    )
    return Rendered(view)


def _row_view(row: SupplyRow, language: str) -> SupplyRowView:
    need = row.row
    return SupplyRowView(
        sheet=need.sheet,
        row=need.number,
        item=need.item,
        item_said=need.item_said,
        quantity_said=need.quantity_said,
        units=need.units,
        rejected_units=need.on_hand_units,
        unit_assumed=need.unit_assumed,
        fields={field.value: text for field, text in row.fields.items()},
        note=need.reason,
        why=[
            SupplyWhyView(
                code=note.fault.code,
                detail=translate(note.fault.message, language, **note.fault.params),
                field=note.field,
                cell=note.cell,
                said=note.said,
                asks=note.asks,
                choices=list(note.choices),
            )
            for note in row.notes
        ],
    )
