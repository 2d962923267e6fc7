"""Sheets of what comes, what is offered and what was counted: every row as a line to be checked, or why not.

Table, items, quantities and units are read as those of needs are; beside them lots, days, prices, partners.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from app.core.errors import Fault, InvalidInputError
from app.interop.sheet_facts import headings_of, item_facts, item_index
from app.interop.sheets.answers import Answers
from app.interop.sheets.books import Book, Sheet
from app.interop.sheets.cells import Broken, Cell, cell_name, said
from app.interop.sheets.days import NoDay, read_day
from app.interop.sheets.headings import Headings, SheetField, fold_heading, heading_table, plain_heading
from app.interop.sheets.need_rows import NeedFacts
from app.interop.sheets.outcome import AsideRow, Ask, NeedRow, Note, RowState, SheetReport, SheetState
from app.interop.sheets.quantities import Quantity, read_quantity
from app.interop.sheets.reading import read_needs

SHIPPED = Path(__file__).parent / "data" / "supply-headings.csv"
ROWS_MAX = 300
"""A form shows them all, each with up to eight fields."""
TEXT_LENGTH_MAX = 200
UNKNOWN_DAYS = frozenset({"不详", "未知", "不明", "无法确定", "unknown"})


class LineField(StrEnum):
    """What a row says beside item, quantity and unit."""

    LOT = "lot_code"
    EXPIRY = "expiry_date"
    EXPIRY_UNKNOWN = "expiry_unknown"
    PARTNER = "partner"
    PRICE = "unit_price"
    """Yuan for one of the unit in which the row counts."""
    LEAD_DAYS = "lead_days"
    VALID_UNTIL = "valid_until"
    REJECTION = "rejection_reason"
    EARMARK = "earmark"


_DAYS = frozenset({LineField.EXPIRY, LineField.VALID_UNTIL})
_OF_NEEDS = {"quantity": SheetField.QUANTITY, "rejected_units": SheetField.ON_HAND}
"""Rejected units stand beside those accepted as stock stands beside a need: in the unit of the row, or their own."""
_LINE_FIELDS = {
    SheetField.ITEM: "item",
    SheetField.ITEM_CODE: "item",
    SheetField.QUANTITY: "quantity",
    SheetField.UNIT: "quantity",
    SheetField.ON_HAND: "rejected_units",
    SheetField.REASON: "note",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineNote:
    """Why a row is asked about or refused, and at which of its fields."""

    field: str
    cell: str
    fault: Fault
    asks: bool
    said: str = ""
    choices: tuple[str, ...] = ()
    """Codes of items where an item is asked for; else what may be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyRow:
    """A row as far as it was understood."""

    row: NeedRow
    fields: Mapping[LineField, str]
    """Days as 2020-01-31, numbers as decimals."""
    notes: tuple[LineNote, ...]

    @property
    def state(self) -> RowState:
        """Refused where only another file helps, asked where a person can say what is meant, else taken."""
        if any(not note.asks for note in self.notes):
            return RowState.REFUSED
        return RowState.ASKED if self.notes else RowState.TAKEN

    def noted(self, note: LineNote) -> "SupplyRow":
        """The row with one more note."""
        return replace(self, notes=(*self.notes, note))


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplySheet:
    """What became of every row of a file."""

    rows: tuple[SupplyRow, ...]
    aside: tuple[AsideRow, ...]
    sheets: tuple[SheetReport, ...]

    def of(self, state: RowState | str) -> tuple[SupplyRow, ...]:
        """The rows of which this became."""
        return tuple(row for row in self.rows if row.state == state)

    @property
    def not_used(self) -> tuple[str, ...]:
        """Headings of columns that say nothing here."""
        columns = [one for sheet in self.sheets if sheet.state is SheetState.READ for one in sheet.columns]
        return tuple(one.text for one in columns if one.text and not one.used and line_field(one.text) is None)


@cache
def _shipped() -> tuple[tuple[str, str], ...]:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return tuple((row["heading"], row["field"]) for row in csv.DictReader(file))


@cache
def _line_fields() -> Mapping[str, LineField]:
    fields = {one.value: one for one in LineField}
    return {fold_heading(heading): fields[field] for heading, field in _shipped() if field in fields}


def line_field(heading: str) -> LineField | None:
    """What a column with this heading says beside item, quantity and unit."""
    known = _line_fields()
    return known.get(fold_heading(heading)) or known.get(plain_heading(heading))


def supply_headings(headings: Headings) -> Headings:
    """The headings of needs, with those of supplies before them; stock and days of needs say nothing here."""
    own = [(heading, _OF_NEEDS.get(field, SheetField.UNUSED)) for heading, field in _shipped()]
    here = heading_table(own)
    of_needs = {
        folded: tuple(
            (SheetField.UNUSED if field in (SheetField.ON_HAND, SheetField.NEEDED_BY) else field, rank + len(own))
            for field, rank in meanings
        )
        for folded, meanings in headings.known.items()
    }
    return replace(headings, known={**of_needs, **here})


def read_supply_sheet(session: Session, book: Book, *, near: date, least: int = 1) -> SupplySheet:
    """What became of every row, read against the catalogue; see `read_supply`."""
    items = item_facts(session)
    facts = NeedFacts(
        items=item_index(session, items), item_facts=items, facilities=None, near=near, default_day=near, least=least
    )
    return read_supply(book, supply_headings(headings_of(session, items)), facts)


def read_supply(book: Book, headings: Headings, facts: NeedFacts) -> SupplySheet:
    """What became of every row; of several sheets with supplies all are read.

    Raises `InvalidInputError` where no sheet holds a table or a row, and where there are more than `ROWS_MAX`.
    """
    reading = read_needs(book, headings, facts, Answers())
    several = {row.sheet for row in reading.rows for note in row.notes if note.ask is Ask.SHEETS}
    if several:
        reading = read_needs(book, headings, facts, Answers(sheets=frozenset(several)))
    if not reading.rows:
        raise InvalidInputError.of("No row says how much.", where="file", code="nothing_asked")
    if len(reading.rows) > ROWS_MAX:
        message = "The sheet has {rows} rows; at most {rows_max} are read at once."
        params = {"rows": len(reading.rows), "rows_max": ROWS_MAX}
        raise InvalidInputError(Fault("too_many_rows", message, "file", params))
    by_name = {sheet.name: sheet for sheet in book.sheets}
    columns = {one.name: _columns(one) for one in reading.sheets}
    rows = tuple(
        _supply_row(row, by_name[row.sheet], columns[row.sheet], replace(facts, from_1904=book.from_1904))
        for row in reading.rows
    )
    return SupplySheet(rows=rows, aside=reading.aside, sheets=reading.sheets)


def _columns(report: SheetReport) -> Mapping[LineField, int]:
    """Where each further column is; of two for the same, the first."""
    places: dict[LineField, int] = {}
    for column in report.columns:
        field = line_field(column.text)
        if field is not None and not column.used:
            places.setdefault(field, column.at)
    return places


def _supply_row(row: NeedRow, sheet: Sheet, columns: Mapping[LineField, int], facts: NeedFacts) -> SupplyRow:
    fields: dict[LineField, str] = {}
    notes = [_of_note(note) for note in row.notes]
    for field, at in columns.items():
        cell = sheet.filled(row.number - 1, at)
        if cell is None:
            continue
        text = said(cell)[:TEXT_LENGTH_MAX]
        if field is LineField.EXPIRY and text.casefold() in UNKNOWN_DAYS:
            fields[LineField.EXPIRY_UNKNOWN] = "yes"
            continue
        read = _read(field, cell, facts)
        if isinstance(read, Fault):
            asks = not isinstance(cell, Broken)
            notes.append(LineNote(field=field.value, cell=cell_name(row.number, at), fault=read, asks=asks, said=text))
            read = "" if field in _DAYS else text
        if read:
            fields[field] = read
    return SupplyRow(row=row, fields=fields, notes=tuple(notes))


def _of_note(note: Note) -> LineNote:
    field = _LINE_FIELDS.get(note.field, "")
    return LineNote(
        field=field,
        cell=note.cell,
        fault=note.fault,
        asks=note.ask is not None and note.ask is not Ask.COLUMN,
        said=note.said,
        choices=note.choices,
    )


def _read(field: LineField, cell: Cell, facts: NeedFacts) -> str | Fault:
    """What a cell says, or what is wrong with it."""
    if isinstance(cell, Broken):
        if cell.error:
            return Fault("formula_error", "The formula of this cell ends in {error}.", "", {"error": cell.error})
        message = "The formula of this cell has no value yet: open the file in a spreadsheet and save it again."
        return Fault("formula_without_value", message)
    if field in _DAYS:
        day = read_day(cell, near=facts.near, from_1904=facts.from_1904)
        if isinstance(day, NoDay):
            return Fault("date_type", "This must be a date like 2020-01-31.")
        return day.isoformat() if day is not None else ""
    if field in (LineField.PRICE, LineField.LEAD_DAYS):
        number = read_quantity(cell)
        if not isinstance(number, Quantity):
            written = said(cell)[:100]
            return Fault("not_a_number", "“{said}” is no number that can be read.", "", {"said": written})
        return f"{number.number:f}"
    return said(cell)[:TEXT_LENGTH_MAX]
