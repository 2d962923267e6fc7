"""Tables as files: Excel workbooks and CSV in which text stays text."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

import xlsxwriter
from fastapi import Response

FileFormat = Literal["xlsx", "csv"]
FileCell = str | int | float | Decimal | date | datetime | bool | None
"""What a cell of a file holds; a moment is given in the city's own time."""

_MEDIA_TYPES: dict[FileFormat, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}

# Excel and its kin run a cell of a CSV file that begins so as a formula; an apostrophe before it makes it text.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def table_file(
    file_format: FileFormat, name: str, titles: Sequence[str], rows: Iterable[Sequence[FileCell]]
) -> Response:
    """The table as a file to be saved under `name` (without its ending)."""
    body = workbook(name, titles, rows) if file_format == "xlsx" else _csv(titles, rows)
    return file_answer(body, f"{name}.{file_format}", _MEDIA_TYPES[file_format])


def file_answer(body: bytes, name: str, media_type: str, *, inline: bool = False) -> Response:
    """A file to be saved, or shown at once, under a name of any language (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)
    kind = "inline" if inline else "attachment"
    disposition = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return Response(body, media_type=media_type, headers={"Content-Disposition": disposition})


def workbook(sheet_name: str, titles: Sequence[str], rows: Iterable[Sequence[FileCell]]) -> bytes:
    """A workbook with one sheet: a frozen header with a filter, days as days, numbers as numbers, text as text."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", sheet_name)[:31])
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
    widths = [_width(title) for title in titles]
    sheet.write_row(0, 0, titles, bold)
    count = 0
    for count, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            widths[column] = max(widths[column], _width(value))
            if isinstance(value, datetime):
                sheet.write_datetime(count, column, value.replace(tzinfo=None), moment)
            elif isinstance(value, date):
                sheet.write_datetime(count, column, value, day)
            elif isinstance(value, str):
                sheet.write_string(count, column, value)
            elif value is not None:
                sheet.write(count, column, value)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width + 2, 48))
    sheet.freeze_panes(1, 0)
    if titles:
        sheet.autofilter(0, 0, count, len(titles) - 1)
    book.close()
    return buffer.getvalue()


def _width(value: FileCell) -> int:
    """Columns that a text takes on the screen; Chinese letters take two."""
    if isinstance(value, datetime):
        return 16
    if isinstance(value, date):
        return 10
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in str(value if value is not None else "")[:60])


def _csv(titles: Sequence[str], rows: Iterable[Sequence[FileCell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    return text.getvalue().encode("utf-8-sig")  # the mark tells Excel that this is UTF-8


def _csv_cell(value: FileCell) -> FileCell:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
