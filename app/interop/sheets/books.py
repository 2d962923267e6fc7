"""A file of sheets as it was read: its cells by row and column, before anybody knows what they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.interop.sheets.cells import Broken, Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet; `rows` begins with the first row and the first column of the sheet, blank ones among them."""

    name: str
    rows: Sequence[Sequence[Cell]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    """First and last row, first and last column of merged cells, from 0."""
    hidden: bool = False
    origins: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """For each cell below or beside the first one of a merged area: that first one."""

    def at(self, row: int, column: int) -> Cell:
        """The cell as it stands; both from 0."""
        if row < len(self.rows) and column < len(self.rows[row]):
            return self.rows[row][column]
        return None

    def filled(self, row: int, column: int) -> Cell:
        """The cell, or the one with which it is merged."""
        first = self.origins.get((row, column))
        return self.at(*first) if first is not None else self.at(row, column)

    @property
    def width(self) -> int:
        """Columns up to the last that holds anything."""
        return max(map(len, self.rows), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All sheets of a file."""

    name: str
    sheets: tuple[Sheet, ...]
    from_1904: bool = False
    """Days that stand as plain numbers count from 1904, as they did on old Macs."""
    separated: bool = False
    """Text with separators: a comma inside a number makes a row longer than its header."""


def sheet_of(
    name: str,
    rows: Sequence[Sequence[Cell]],
    *,
    merged: Sequence[tuple[int, int, int, int]] = (),
    hidden: bool = False,
) -> Sheet:
    """A sheet with its merged cells looked up; areas beyond the rows are cut off."""
    height, width = len(rows), max(map(len, rows), default=0)
    origins = {
        (row, column): (top, left)
        for top, bottom, left, right in merged
        for row in range(top, min(bottom, height - 1) + 1)
        for column in range(left, min(right, width - 1) + 1)
        if (row, column) != (top, left)
    }
    return Sheet(name=name, rows=rows, merged=tuple(merged), hidden=hidden, origins=origins)


def book_of_answer(answer: Mapping[str, Any], name: str) -> Book:
    """The book that the child process tells of."""
    sheets = []
    for one in answer["sheets"]:
        rows = [[_typed(cell) for cell in row] for row in one["rows"]]
        for row, column, error in one["broken"]:
            rows += [[] for _ in range(row + 1 - len(rows))]
            rows[row] += [None] * (column + 1 - len(rows[row]))
            rows[row][column] = Broken(error)
        merged = [(int(a), int(b), int(c), int(d)) for a, b, c, d in one["merged"]]
        sheets.append(sheet_of(one["name"], rows, merged=merged, hidden=one["hidden"]))
    return Book(name=name, sheets=tuple(sheets), from_1904=bool(answer["from_1904"]))


def _typed(cell: Any) -> Cell:
    if isinstance(cell, dict):
        return date.fromisoformat(cell["day"]) if "day" in cell else datetime.fromisoformat(cell["moment"])
    if isinstance(cell, str):
        return cell.strip() or None
    known: Cell = cell
    return known
