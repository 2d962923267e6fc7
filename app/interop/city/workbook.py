"""Writes the city workbook: a sheet for each kind, with notes at the headings and drop-downs in the cells."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from app.catalog.types import BaseUnit
from app.core.i18n import translate
from app.interop.city.columns import EVERY_DAY, Column, Form, written
from app.interop.city.kinds import KINDS
from app.interop.city.present import City, CityRow
from app.interop.city.reading import INSTRUCTIONS
from app.interop.city.sheet_kind import SheetKind

BLANK_ROWS = 300
"""Rows below the last one that have drop-downs, too."""
NAMED_BY = {"facilities": ("facilities", "warehouses")}
"""Kinds of references that the rows of several sheets are meant by."""

_HOW = (
    "This workbook holds everything that the city needs before its first plan. Fill in the sheets from left to right.",
    "Headings in bold must be filled in. A comment at a heading says what is meant.",
    "Codes and English names may be left empty. Rows refer to each other by name, or by code where two have one name.",
    "Weighed goods are in kilograms everywhere, their prices and volumes for a kilogram.",
    "Load it: everything that cannot be read is told at its cell, then you see what would be new and changed, and then "
    "all of it is entered, or nothing. What a file does not name stays as it is; loading it twice changes nothing.",
    "Sheets that are not needed may be deleted. You can download the workbook again at any time, filled with what is "
    "there, change it and load it again.",
    "Lots that are in stock already are not changed by the sheet of opening stock: count them instead.",
)


def city_workbook(city: City, language: str, kinds: Iterable[SheetKind] = KINDS) -> bytes:
    """The workbook with these rows, in a language."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = _Book(xlsxwriter.Workbook(buffer, options), language, city)
    book.write_instructions()
    shown = list(kinds)
    for kind in shown:
        book.write(kind, shown)
    book.close()
    return buffer.getvalue()


def called(city: City, language: str) -> dict[tuple[str, str], str]:
    """What the row of a kind and code is called in references: its name where only one has it, else its code."""
    names: dict[tuple[str, str], str] = {}
    for kind in KINDS:
        if not kind.prefix:
            continue
        rows = [row for name in NAMED_BY.get(kind.name, (kind.name,)) for row in city.get(name, ())]
        spoken = [str(row["name_zh"] if language == "zh-CN" else row["name_en"]) for row in rows]
        codes = {row["code"] for row in rows}
        every = [str(row[name]) for row in rows for name in ("name_zh", "name_en")]
        for row, name in zip(rows, spoken, strict=True):
            own = 1 + (row["name_zh"] == row["name_en"])
            is_clear = every.count(name) == own and name not in codes - {row["code"]}
            names[kind.name, row["code"]] = name if is_clear and ";" not in name and "、" not in name else row["code"]
    return names


class _Book:
    def __init__(self, book: Any, language: str, city: City) -> None:
        self._book, self._language, self._city = book, language, city
        self._names = called(city, language)
        self._weighed = {row["code"]: row["base_unit"] == BaseUnit.GRAM for row in city.get("items", ())}
        heading = {"bottom": 1, "text_wrap": True, "valign": "top"}
        self._plain = book.add_format(heading | {"font_color": "#444444"})
        self._bold = book.add_format(heading | {"bold": True})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})

    def _say(self, message: str) -> str:
        return translate(message, self._language)

    def write_instructions(self) -> None:
        """How the workbook is filled in."""
        sheet = self._book.add_worksheet(self._say(INSTRUCTIONS))
        sheet.set_column(0, 0, 100)
        for number, text in enumerate(_HOW):
            sheet.write_string(number, 0, self._say(text), self._wrapped)

    def write(self, kind: SheetKind, shown: Sequence[SheetKind]) -> None:
        """The sheet of a kind."""
        sheet = self._book.add_worksheet(self._say(kind.title))
        for position, column in enumerate(kind.columns):
            sheet.write_string(0, position, self._say(column.title), self._bold if column.required else self._plain)
            sheet.set_column(position, position, column.width)
            if column.note:
                sheet.write_comment(0, position, self._say(column.note), {"x_scale": 1.5})
        rows = self._city.get(kind.name, ())
        for number, row in enumerate(rows, start=1):
            self._write_row(sheet, kind, number, row)
        for position, column in enumerate(kind.columns):
            source = self._choices(column, shown)
            if source is not None:
                options = {"validate": "list", "source": source, "error_type": "warning"}
                sheet.data_validation(1, position, len(rows) + BLANK_ROWS, position, options)
        sheet.freeze_panes(1, 0)

    def _write_row(self, sheet: Any, kind: SheetKind, number: int, row: CityRow) -> None:
        weighed = row.get("base_unit") == BaseUnit.GRAM or self._weighed.get(str(row.get(kind.weighed_by)), False)
        for position, column in enumerate(kind.columns):
            value = written(column, row.get(column.field), self._language, names=self._names, weighed=weighed)
            if isinstance(value, date):
                sheet.write_datetime(number, position, value, self._day)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(number, position, value)
            elif value is not None:
                sheet.write_string(number, position, str(value))

    def _choices(self, column: Column, shown: Sequence[SheetKind]) -> Any:
        """What the drop-down of a column offers; None where it has none."""
        if column.form is Form.CHOICE:
            return [self._say(message) for message in (column.words or {}).values()]
        if column.form is Form.YES_NO:
            return [self._say("yes"), self._say("no")]
        if column.form is Form.WEEKDAYS:
            return [self._say(EVERY_DAY)]
        meant = next((kind for kind in shown if kind.name == column.refers), None)
        if column.form is not Form.REFERENCE or meant is None:
            return None
        name = "name_zh" if self._language == "zh-CN" else "name_en"
        position = [one.field for one in meant.columns].index(name)
        letters = xl_col_to_name(position)
        last = len(self._city.get(meant.name, ())) + BLANK_ROWS + 1
        return f"='{self._say(meant.title)}'!${letters}$2:${letters}${last}"

    def close(self) -> None:
        """Write the file."""
        self._book.close()


def empty_city() -> Mapping[str, Sequence[CityRow]]:
    """A city of which nothing is known."""
    return {kind.name: [] for kind in KINDS}
