"""The sheets of an uploaded city workbook: which kind each is, and what stands in its rows, before it is understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.catalog.rules import fold_name
from app.core.errors import Fault
from app.core.i18n import LANGUAGES, translate
from app.interop.city.kinds import KINDS
from app.interop.city.sheet_kind import SheetKind
from app.interop.sheets.books import Book, Sheet
from app.interop.sheets.cells import Cell, cell_name, said

HEADER_WITHIN_ROWS = 10
INSTRUCTIONS = "How to fill it in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """A row of a sheet; cells that are empty are left out."""

    kind: SheetKind
    sheet: str
    number: int
    """From 1, as spreadsheets count."""
    cells: Mapping[str, Cell]
    places: Mapping[str, int]
    """The column of each field that the sheet has, from 0."""

    def place(self, field_name: str = "") -> str:
        """The name of a cell of the row: `Facilities!C5`; of the row's first cell where the field has no column."""
        return f"{self.sheet}!{cell_name(self.number, self.places.get(field_name, min(self.places.values())))}"


@dataclass(slots=True)
class ReadCity:
    """What a workbook holds."""

    rows: dict[str, list[ReadRow]] = field(default_factory=dict)
    """By the name of the kind; a kind whose sheet is missing is not in it."""
    faults: list[Fault] = field(default_factory=list)
    not_used: list[str] = field(default_factory=list)
    """Sheets and columns that mean nothing here: `Facilities!H1 备注`."""


def _titles(kinds: Sequence[SheetKind]) -> dict[str, SheetKind]:
    spoken = {fold_name(translate(kind.title, language)): kind for kind in kinds for language in LANGUAGES}
    return spoken | {kind.name: kind for kind in kinds}


def read_city(book: Book, kinds: Sequence[SheetKind] = KINDS) -> ReadCity:
    """The rows of every sheet whose name is that of a kind; a fault for each column that is missing."""
    city, titles = ReadCity(), _titles(kinds)
    instructions = {fold_name(translate(INSTRUCTIONS, language)) for language in LANGUAGES}
    for sheet in book.sheets:
        kind = titles.get(fold_name(sheet.name))
        if kind is not None and kind.name not in city.rows:
            _read_sheet(kind, sheet, city)
        elif fold_name(sheet.name) not in instructions and sheet.rows:
            city.not_used.append(sheet.name)
    if not city.rows and not city.faults:
        message = "No sheet of this file has the name of one of a city workbook, such as “{example}”."
        example = translate(kinds[0].title, "zh-CN")
        city.faults.append(Fault("no_city_sheet", message, "file", {"example": example}))
    return city


def _read_sheet(kind: SheetKind, sheet: Sheet, city: ReadCity) -> None:
    header, places = _header(kind, sheet)
    city.rows[kind.name] = []
    if header is None:
        if any(any(cell is not None for cell in row) for row in sheet.rows):
            message = "The sheet has no row of headings: it needs at least the column “{heading}”."
            heading = kind.required[0].title
            city.faults.append(Fault("no_headings", message, f"{sheet.name}!A1", {"heading": heading}))
        return
    for column in kind.required:
        if column.field not in places:
            message = "The column “{heading}” is missing."
            place = f"{sheet.name}!{cell_name(header + 1, 0)}"
            city.faults.append(Fault("column_missing", message, place, {"heading": column.title}))
    for position, cell in enumerate(sheet.rows[header]):
        if cell is not None and position not in places.values():
            city.not_used.append(f"{sheet.name}!{cell_name(header + 1, position)} {said(cell)}")
    for number in range(header + 1, len(sheet.rows)):
        filled = {name: sheet.filled(number, position) for name, position in places.items()}
        cells = {name: cell for name, cell in filled.items() if cell is not None and said(cell) != ""}
        if cells:
            row = ReadRow(kind=kind, sheet=sheet.name, number=number + 1, cells=cells, places=places)
            city.rows[kind.name].append(row)


def _header(kind: SheetKind, sheet: Sheet) -> tuple[int | None, Mapping[str, int]]:
    """The row with the most headings, and the column of each field."""
    best: tuple[int | None, Mapping[str, int]] = None, {}
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN_ROWS]):
        places = _places(kind, row)
        if len(places) > len(best[1]):
            best = number, places
    return best


def _places(kind: SheetKind, row: Sequence[Cell]) -> dict[str, int]:
    places: dict[str, int] = {}
    for position, cell in enumerate(row):
        heading = fold_name(said(cell)).rstrip("*") if cell is not None else ""
        found = next((one.field for one in kind.columns if heading and heading in one.headings()), None)
        if found is not None and found not in places:
            places[found] = position
    return places
