"""What the library does not tell of an .ods workbook: broken formulas, merged cells, and how far its cells reach."""

import zipfile
from dataclasses import dataclass, field

from app.interop.sheets.child.limits import Extent
from app.interop.sheets.child.xlsx_marks import Mark
from app.interop.sheets.child.xml_parts import Attributes, local, local_attributes, new_parser, parse_part

Merged = tuple[int, int, int, int]
"""First and last row, first and last column, from 0."""

_CELLS = ("table-cell", "covered-table-cell")
ROWS_ALL = 1 << 21


@dataclass(slots=True)
class OdsMarks:
    """Broken and merged cells by the name of their sheet."""

    broken: dict[str, list[Mark]] = field(default_factory=dict)
    merged: dict[str, list[Merged]] = field(default_factory=dict)


def ods_marks(archive: zipfile.ZipFile, extent: Extent) -> OdsMarks:
    """Read the content once; raises `RefusedError` where filled cells, repeated ones among them, are too many."""
    scan = _Content(extent)
    parse_part(archive, "content.xml", scan.parser)
    scan.end_row()
    return scan.marks


class _Content:
    """The sheets while they are read; each cell is judged when the next one begins."""

    def __init__(self, extent: Extent) -> None:
        self._extent = extent
        self._sheet = ""
        self._row = self._column = 0
        self._row_repeats = self._repeats = 1
        self._cell: Attributes | None = None
        self._text = ""
        self.marks = OdsMarks()
        self.parser = new_parser(self._start)
        self.parser.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: Attributes) -> None:
        tag = local(name)
        if tag in _CELLS:
            self._end_cell()
            self._cell = local_attributes(attributes)
            self._repeats = _count(self._cell.get("number-columns-repeated"))
        elif tag == "table-row":
            self.end_row()
            self._row_repeats = _count(local_attributes(attributes).get("number-rows-repeated"))
        elif tag == "table":
            self.end_row()
            self._sheet, self._row = local_attributes(attributes).get("name", ""), 0
            self.marks.broken[self._sheet] = []
            self.marks.merged[self._sheet] = []
            self._extent.next_sheet()

    def _characters(self, text: str) -> None:
        if self._cell is not None:
            self._text += text[: 100 - len(self._text)]

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        # calcext:value-type, which says that it is an error, comes after office:value-type under the same local name.
        kind, text = self._cell.get("value-type", ""), self._text.strip()
        first, last = self._column, self._column + self._repeats - 1
        formula = "formula" in self._cell
        if kind or text or formula:
            self._extent.filled(min(self._row + self._row_repeats, ROWS_ALL), last + 1)
        if kind == "error" or (formula and (not kind or text.startswith(("#", "Err:")))):
            rows = range(self._row, self._row + self._row_repeats)
            self.marks.broken[self._sheet] += [(row, at, text[:20]) for row in rows for at in range(first, last + 1)]
        self._note_merged()
        self._column = last + 1
        self._cell, self._text = None, ""

    def _note_merged(self) -> None:
        assert self._cell is not None
        rows, columns = (_count(self._cell.get(f"number-{what}-spanned")) for what in ("rows", "columns"))
        if rows > 1 or columns > 1:
            area = (self._row, self._row + rows - 1, self._column, self._column + columns - 1)
            self.marks.merged[self._sheet].append(area)

    def end_row(self) -> None:
        """The row ends, and with it its last cell."""
        self._end_cell()
        if self._column:
            self._row = min(self._row + self._row_repeats, ROWS_ALL)
        self._column, self._row_repeats = 0, 1


def _count(text: str | None) -> int:
    return min(int(text), ROWS_ALL) if text is not None and text.isascii() and text.isdigit() else 1
