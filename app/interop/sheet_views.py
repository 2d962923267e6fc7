"""Payloads of what became of the rows of a sheet."""

from typing import Any

from app.core.errors import Fault
from app.core.i18n import translate
from app.interop.requisition_sheet import RequisitionSheet
from app.interop.sheet_schemas import (
    AsideRowView,
    ColumnView,
    ImportedLine,
    ImportedRequisition,
    SheetOutcome,
    SheetReportView,
    SheetRowView,
    WhyView,
)
from app.interop.sheets.cells import letters_of
from app.interop.sheets.outcome import NeedRow, Note, Reading, RowState, SheetReport
from app.requisitions.schemas import RequisitionView


def place_of(row: NeedRow) -> str:
    """The row as spreadsheets call it: its number, with the sheet where it has a name."""
    return f"{row.sheet}!{row.number}" if row.sheet else str(row.number)


def outcome_view(reading: Reading, language: str) -> SheetOutcome:
    """Every row of a file."""

    def rows(state: RowState) -> list[SheetRowView]:
        return [_row_view(row, language) for row in reading.of(state)]

    return SheetOutcome(
        rows_in=len(reading.rows),
        taken=rows(RowState.TAKEN),
        asked=rows(RowState.ASKED),
        refused=rows(RowState.REFUSED),
        aside=[AsideRowView(sheet=one.sheet, row=one.number, text=one.text, why=one.why) for one in reading.aside],
        sheets=[_sheet_view(one) for one in reading.sheets],
    )


def imported_view(sheet: RequisitionSheet, shown: RequisitionView, language: str) -> ImportedRequisition:
    """The draft with the rows that each of its lines was made from, and all rows of the sheet."""
    made_of = {(one.line.item, one.line.needed_by): [place_of(row) for row in one.rows] for one in sheet.lines}
    lines = [ImportedLine(**dict(line), rows=made_of[line.item, line.needed_by]) for line in shown.lines]
    outcome = outcome_view(sheet.reading, language)
    return ImportedRequisition(**{**dict(shown), **dict(outcome), "lines": lines})


def unclear_members(sheet: RequisitionSheet, language: str) -> dict[str, Any]:
    """What a problem answer tells beside its faults: the lines that could be taken, and all rows."""
    lines = [{**one.line.model_dump(mode="json"), "rows": [place_of(row) for row in one.rows]} for one in sheet.lines]
    outcome = outcome_view(sheet.reading, language).model_dump(mode="json")
    return {"program": sheet.program.value, "lines": lines, **outcome}


def _row_view(row: NeedRow, language: str) -> SheetRowView:
    return SheetRowView(
        sheet=row.sheet,
        row=row.number,
        item=row.item,
        item_said=row.item_said,
        quantity_said=row.quantity_said,
        unit_said=row.unit_said,
        unit_assumed=row.unit_assumed,
        units=row.units,
        on_hand_units=row.on_hand_units,
        needed_by=row.needed_by,
        reason=row.reason,
        why=[_why_view(note, language) for note in row.notes],
    )


def _why_view(note: Note, language: str) -> WhyView:
    return WhyView(
        code=note.fault.code,
        detail=_told(note.fault, language),
        where=note.fault.where,
        field=note.field,
        cell=note.cell,
        said=note.said,
        ask=note.ask,
        choices=list(note.choices),
    )


def _told(fault: Fault, language: str) -> str:
    return translate(fault.message, language, **fault.params)


def _sheet_view(report: SheetReport) -> SheetReportView:
    return SheetReportView(
        name=report.name,
        state=report.state,
        rows=report.rows,
        header_row=report.header_row,
        columns=[
            ColumnView(
                column=letters_of(one.at),
                heading=one.text,
                field=one.field,
                used=one.used,
                unit=one.unit,
                source=one.source,
            )
            for one in report.columns
        ],
    )
