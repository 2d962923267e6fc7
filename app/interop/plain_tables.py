"""Small tables of an operator, such as stock or aliases: named columns below a header, in any kind of sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import Fault, InvalidInputError, Param
from app.interop.errors import UnreadableFileError
from app.interop.sheets.books import Sheet
from app.interop.sheets.cells import Cell, said
from app.interop.sheets.files import read_file
from app.interop.sheets.headings import fold_heading
from app.interop.sheets.tables import HEADER_WITHIN_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row that holds anything; `number` is its row in the sheet, from 1."""

    number: int
    cells: Mapping[str, Cell]

    def where(self, column: str = "") -> str:
        """The place of the row, or of one of its cells, for a fault."""
        return f"rows.{self.number}.{column}" if column else f"rows.{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """A column of a table: its name, the headers by which people call it, and whether it must be there."""

    name: str
    headers: tuple[str, ...]
    required: bool = True


def read_table(path: Path, columns: Sequence[ColumnSpec]) -> list[TableRow]:
    """The rows below the header of the first sheet that has one; other columns and empty rows are left out.

    Raises `UnreadableFileError` for what is no table, `InvalidInputError` for columns that are missing or doubled.
    """
    book = read_file(path)
    filled = [sheet for sheet in book.sheets if any(cell is not None for row in sheet.rows for cell in row)]
    if not filled:
        raise UnreadableFileError(Fault("empty", "The file is empty.", path.name))
    found = [(sheet, header) for sheet in filled if (header := _header_row(sheet, columns)) is not None]
    sheet, header = found[0] if found else (filled[0], _first_filled(filled[0]))
    places = _places(sheet, header, columns)
    return [
        TableRow(number=at + 1, cells={name: sheet.filled(at, column) for name, column in places.items()})
        for at in range(header + 1, len(sheet.rows))
        if any(cell is not None for cell in sheet.rows[at])
    ]


def _first_filled(sheet: Sheet) -> int:
    return next(at for at, row in enumerate(sheet.rows) if any(cell is not None for cell in row))


def _header_row(sheet: Sheet, columns: Sequence[ColumnSpec]) -> int | None:
    """The first row in which all columns that must be there are named."""
    known = _known(columns)
    needed = {column.name for column in columns if column.required}
    for at, row in enumerate(sheet.rows[:HEADER_WITHIN_ROWS]):
        if needed <= {known.get(fold_heading(said(cell)), "") for cell in row}:
            return at
    return None


def _known(columns: Sequence[ColumnSpec]) -> dict[str, str]:
    return {fold_heading(header): column.name for column in columns for header in (column.name, *column.headers)}


def _places(sheet: Sheet, header: int, columns: Sequence[ColumnSpec]) -> dict[str, int]:
    """Where each column is; raises `InvalidInputError` with all that is doubled or missing."""
    known = _known(columns)
    places: dict[str, int] = {}
    faults = []
    for at, cell in enumerate(sheet.rows[header]):
        name = known.get(fold_heading(said(cell)))
        if name in places:
            message = "The column {column} is there twice."
            faults.append(Fault("repeated_column", message, f"rows.{header + 1}.{at + 1}", {"column": name}))
        elif name is not None:
            places[name] = at
    for column in columns:
        if column.required and column.name not in places:
            params: dict[str, Param] = {"column": column.name, "headers": ", ".join((column.name, *column.headers))}
            message = "The column {column} is missing: {headers}."
            faults.append(Fault("missing_column", message, f"rows.{header + 1}", params))
    InvalidInputError.raise_if(faults)
    return places
