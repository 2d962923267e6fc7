"""Workbooks for tests: made, and changed cell by cell as people do."""

import io
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import xlsxwriter

from app.interop.sheets import Cell, read_rows


def workbook_of(rows: Sequence[Sequence[Cell]]) -> bytes:
    """A workbook with these rows in its first sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, column, cell, day)
            elif cell is not None:
                sheet.write(number, column, cell)
    book.close()
    return buffer.getvalue()


def rows_of(workbook: bytes) -> list[list[Cell]]:
    """The rows of the first sheet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        path.write_bytes(workbook)
        return read_rows(path)


def filled_in(workbook: bytes, fill: Callable[[int, list[Cell]], None]) -> bytes:
    """The first sheet after somebody filled it in: `fill` gets each row's number, from 1, and its cells."""
    rows = rows_of(workbook)
    for number, row in enumerate(rows, start=1):
        fill(number, row)
    return workbook_of(rows)
