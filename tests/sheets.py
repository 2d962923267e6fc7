"""Workbooks for tests: made, and changed cell by cell as people do."""

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import xlsxwriter

from app.interop.sheets.cells import Broken, Cell
from app.interop.sheets.files import read_book

Rows = Sequence[Sequence[object]]


def workbook_of(rows: Rows) -> bytes:
    """A workbook with these rows in its first sheet."""
    return workbook({"Sheet1": rows})


def workbook(
    sheets: Mapping[str, Rows],
    *,
    merged: Sequence[tuple[int, int, int, int]] = (),
    formulas: Mapping[tuple[int, int], tuple[str, object]] | None = None,
    hidden: Sequence[str] = (),
    from_1904: bool = False,
) -> bytes:
    """A workbook with these sheets; `merged` areas and `formulas` (formula and value by cell) are of the first one."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "date_1904": from_1904}
    book = xlsxwriter.Workbook(buffer, options)
    formats = {
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    }
    for n, (name, rows) in enumerate(sheets.items()):
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, formats[type(cell)])
                elif cell is not None and not isinstance(cell, Broken):
                    sheet.write(number, column, cell)
        if n == 0:
            for first, last, left, right in merged:
                sheet.merge_range(first, left, last, right, rows[first][left])
            for (number, column), (formula, value) in (formulas or {}).items():
                sheet.write_formula(number, column, formula, None, value)
        if name in hidden:
            sheet.hide()
    book.close()
    return buffer.getvalue()


def rows_of(content: bytes) -> list[list[Cell]]:
    """The rows of the first sheet."""
    return [list(row) for row in read_book(content, "", where="file").sheets[0].rows]


def filled_in(content: bytes, fill: Callable[[int, list[Cell]], None]) -> bytes:
    """The first sheet after somebody filled it in: `fill` gets each row's number, from 1, and its cells."""
    rows = rows_of(content)
    for number, row in enumerate(rows, start=1):
        fill(number, row)
    return workbook_of(rows)
