"""Tables as files: Excel workbooks and CSV in which text stays text."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote

import xlsxwriter
from fastapi import Response

FileFormat = Literal["xlsx", "csv"]
FileCell = str | int | float | Decimal | date | datetime | bool | None
"""What a cell of a file holds; a moment is given in the city's own time."""

XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MEDIA_TYPES: dict[FileFormat, str] = {
    "xlsx": XLSX_MEDIA_TYPE,
    "csv": "text/csv; charset=utf-8",
}

# Excel and its kin run a cell of a CSV file that begins so as a formula; an apostrophe before it makes it text.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def table_file(
    file_format: FileFormat, name: str, titles: Sequence[str], rows: Iterable[Sequence[FileCell]]
) -> Response:
    """The table as a file to be saved under `name` (without its ending)."""
    body = workbook([Sheet(name=name, titles=titles, rows=rows)]) if file_format == "xlsx" else _csv(titles, rows)
    return file_answer(body, f"{name}.{file_format}", _MEDIA_TYPES[file_format])


def file_answer(body: bytes, name: str, media_type: str, *, inline: bool = False) -> Response:
    """A file to be saved, or shown at once, under a name of any language (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)
    kind = "inline" if inline else "attachment"
    disposition = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return Response(body, media_type=media_type, headers={"Content-Disposition": disposition})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of a workbook: its name, the titles of its columns, and the rows below them."""

    name: str
    titles: Sequence[str]
    rows: Iterable[Sequence[FileCell]]


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """A workbook: frozen headers with a filter, days as days, numbers as numbers, text as text."""
    buffer = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **as_text}) as book:
        formats = {
            "title": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
        }
        for sheet in sheets:
            _write_sheet(book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", sheet.name)[:31]), sheet, formats)
    return buffer.getvalue()


def _write_sheet(page: Any, sheet: Sheet, formats: Mapping[str, Any]) -> None:
    widths = [_width(title) for title in sheet.titles]
    page.write_row(0, 0, sheet.titles, formats["title"])
    count = 0
    for count, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            widths[column] = max(widths[column], _width(value))
            if isinstance(value, datetime):
                page.write_datetime(count, column, value.replace(tzinfo=None), formats["moment"])
            elif isinstance(value, date):
                page.write_datetime(count, column, value, formats["day"])
            elif isinstance(value, str):
                page.write_string(count, column, value)
            elif value is not None:
                page.write(count, column, value)
    for column, width in enumerate(widths):
        page.set_column(column, column, min(width + 2, 48))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, count, len(sheet.titles) - 1)


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
