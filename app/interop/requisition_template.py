"""The workbook that a facility fills in: its usual items, units, last figures, drop-downs, and how to fill it in."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import xlsxwriter
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import BaseUnit, Program
from app.core.http.payloads import QUANTITY_MAX
from app.core.i18n import name_of, translate
from app.facilities.models import Facility
from app.requisitions.history import UsualLine, active_items, usual_needs

BLANK_ROWS = 20
GRAMS_PER_KG = 1_000
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_HEADERS = {
    "zh-CN": ("机构编码", "物资", "单位", "上次需求", "定额参考", "需求数量", "现有数量", "需用日期", "理由"),
    "en": ("facility", "item", "unit", "last time", "by the norm", "quantity needed", "on hand", "needed by", "reason"),
}
_WIDTHS = (22, 26, 8, 12, 12, 14, 12, 14, 36)
_INSTRUCTIONS = (
    "Fill in the yellow cells: how much is needed, what is still on hand, by which day, and why it is more than usual.",
    "Leave the quantity blank, or write 0, where nothing is needed. Nothing else in such a row is needed either.",
    "Further items: choose them in the empty rows at the end; the list offers all items that can be asked for.",
    "Quantities are whole numbers of the unit beside them; kilograms may have up to three decimals.",
    "Last time: what was asked for in the last report. By the norm: what the norms support for the same days.",
    "Then upload the workbook. Every row is taken, asked about or refused with the reason at its cell, and nothing is "
    "entered before you say so. What was uploaded is a draft: check it and hand it in.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A workbook for one facility, and the name of its file without the ending."""

    body: bytes
    name: str


def requisition_template(
    session: Session, facility: Facility, program: Program, *, language: str, today: date
) -> Template:
    """The workbook for the needs of a facility in a program, in a language; `today` is the day of the report."""
    usual = usual_needs(session, facility, program)
    needed_by = today + timedelta(days=usual.days - 1)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = _Book(xlsxwriter.Workbook(buffer, options), language)
    items = active_items(session, program)
    book.write_needs(facility, usual.lines, needed_by=needed_by, today=today, item_count=len(items))
    book.write_instructions(facility, program, today=today, days=usual.days)
    book.write_items(items)
    book.close()
    title = translate("Needs", language)
    program_name = translate(f"program.{program.value}", language)
    name = f"{title} {name_of(facility, language)} {program_name} {today.isoformat()}"
    return Template(body=buffer.getvalue(), name=name)


def shown_unit(unit: BaseUnit, language: str) -> str:
    """The unit in which people count an item: of what is weighed, kilograms."""
    return translate("unit.kilogram" if unit is BaseUnit.GRAM else f"unit.{unit.value}", language)


def shown_amount(units: int | None, unit: BaseUnit) -> int | float | None:
    """Base units in the unit in which people count the item."""
    if units is None or unit is not BaseUnit.GRAM:
        return units
    return units // GRAMS_PER_KG if units % GRAMS_PER_KG == 0 else units / GRAMS_PER_KG


class _Book:
    """The workbook while it is written."""

    def __init__(self, book: Any, language: str) -> None:
        self._book, self._language = book, language
        self._needs = book.add_worksheet(self._say("Needs"))
        self._instructions = book.add_worksheet(self._say("How to fill it in"))
        self._items = book.add_worksheet(self._say("Items to choose from"))
        self._bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._grey = book.add_format({"font_color": "#666666", "num_format": "#,##0.###"})
        yellow = {"bg_color": "#FFF9DB", "border": 1, "border_color": "#D9D2A6"}
        self._number = book.add_format({**yellow, "num_format": "#,##0.###"})
        self._text = book.add_format({**yellow, "text_wrap": True})
        self._day = book.add_format({**yellow, "num_format": "yyyy-mm-dd", "align": "left"})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})

    def _say(self, message: str, **params: object) -> str:
        return translate(message, self._language, **params)

    def write_needs(
        self, facility: Facility, lines: Sequence[UsualLine], *, needed_by: date, today: date, item_count: int
    ) -> None:
        """The first sheet: a row for each usual item, and blank ones with drop-downs."""
        sheet = self._needs
        sheet.write_row(0, 0, _HEADERS[self._language], self._bold)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        last = len(lines) + BLANK_ROWS
        for row in range(1, last + 1):
            sheet.write_string(row, 0, facility.code, self._grey)
            self._write_blanks(row, needed_by)
            if row <= len(lines):
                self._write_usual(row, lines[row - 1])
            else:
                sheet.write_string(row, 1, "", self._text)
                found = f'=IFERROR(VLOOKUP(B{row + 1},{self._list(item_count, "$B")},2,FALSE),"")'
                sheet.write_formula(row, 2, found, None, "")
        self._validate(last, today, item_count)
        sheet.freeze_panes(1, 2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_selection(1, 5, 1, 5)

    def _write_blanks(self, row: int, needed_by: date) -> None:
        for column in (5, 6):
            self._needs.write_blank(row, column, None, self._number)
        self._needs.write_datetime(row, 7, needed_by, self._day)
        self._needs.write_blank(row, 8, None, self._text)

    def _write_usual(self, row: int, line: UsualLine) -> None:
        unit = line.item.base_unit
        self._needs.write_string(row, 1, name_of(line.item, self._language))
        self._needs.write_string(row, 2, shown_unit(unit, self._language))
        for column, units in ((3, line.last_requested_units), (4, line.norm_units)):
            amount = shown_amount(units, unit)
            if amount is not None:
                self._needs.write_number(row, column, amount, self._grey)

    def _list(self, item_count: int, last_column: str) -> str:
        return f"'{self._items.get_name()}'!$A$2:{last_column}${item_count + 1}"

    def _validate(self, last: int, today: date, item_count: int) -> None:
        title = self._say("This cannot be read")
        self._needs.data_validation(
            1,
            1,
            last,
            1,
            {
                "validate": "list",
                "source": "=" + self._list(item_count, "$A"),
                "error_title": title,
                "error_message": self._say("Choose an item of the list."),
            },
        )
        for column in (5, 6):
            self._needs.data_validation(
                1,
                column,
                last,
                column,
                {
                    "validate": "decimal",
                    "criteria": "between",
                    "minimum": 0,
                    "maximum": QUANTITY_MAX,
                    "error_title": title,
                    "error_message": self._say("Write a number of the unit beside it."),
                },
            )
        self._needs.data_validation(
            1,
            7,
            last,
            7,
            {
                "validate": "date",
                "criteria": ">=",
                "value": today,
                "error_title": title,
                "error_message": self._say("Write a day like 2020-02-06, not before the day of the report."),
            },
        )

    def write_instructions(self, facility: Facility, program: Program, *, today: date, days: int) -> None:
        """The second sheet: for whom it is, and how it is filled in."""
        sheet = self._instructions
        sheet.set_column(0, 0, 100)
        heading = self._say(
            "Needs of {facility}: {program}",
            facility=name_of(facility, self._language),
            program=self._say(f"program.{program.value}"),
        )
        sheet.write_string(0, 0, heading, self._bold)
        made = self._say("Made on {day}; the norms are for {days} days.", day=today.isoformat(), days=days)
        for row, text in enumerate((made, *map(self._say, _INSTRUCTIONS)), start=2):
            sheet.write_string(row, 0, text, self._wrapped)

    def write_items(self, items: Sequence[Item]) -> None:
        """The third sheet: what the drop-downs offer, with units and codes."""
        sheet = self._items
        titles = [self._say("Item"), self._say("Unit"), self._say("Code")]
        sheet.write_row(0, 0, titles, self._bold)
        sheet.set_column(0, 0, 30)
        sheet.set_column(2, 2, 24)
        for row, item in enumerate(items, start=1):
            sheet.write_string(row, 0, name_of(item, self._language))
            sheet.write_string(row, 1, shown_unit(item.base_unit, self._language))
            sheet.write_string(row, 2, item.code)

    def close(self) -> None:
        """Write the file."""
        self._book.close()


assert all(len(headers) == len(_WIDTHS) for headers in _HEADERS.values()), "a header per column"
