"""Columns of the city workbook: how a field of a payload stands in a cell, and how it is read back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from app.catalog.rules import fold_name
from app.core.errors import Fault
from app.core.i18n import LANGUAGES, translate
from app.facilities.types import Weekday
from app.interop.sheets.cells import Broken, Cell, said
from app.interop.sheets.days import NoDay, read_day
from app.interop.sheets.quantities import Unclear, read_quantity


class Form(Enum):
    """How a field stands in a cell."""

    TEXT = "text"
    NUMBER = "number"
    """A whole number of parts of the column's `scale`; of weighed goods of its `weighed_scale`."""
    YES_NO = "yes or no"
    CHOICE = "choice"
    """A value of an enumeration, by its word."""
    REFERENCE = "reference"
    """A row of another sheet (or of the database), by its code or name."""
    REFERENCES = "references"
    WEEKDAYS = "weekdays"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: the field of the payload, its heading (an English message) and how its values stand in cells."""

    field: str
    title: str
    form: Form = Form.TEXT
    required: bool = False
    note: str = ""
    """An English message that explains the column, shown as a comment at the heading."""
    words: Mapping[str, str] | None = None
    """Of choices: the message of each value."""
    refers: str = ""
    """Of references: the kind of rows meant."""
    scale: int = 1
    """Parts of the stored number in one of what people write: 1,000,000 microyuan in a yuan."""
    weighed_scale: int | None = None
    """As `scale`, of goods that are stored in grams and written in kilograms."""
    width: int = 16

    def headings(self) -> set[str]:
        """What the heading may be, folded: in every language, and the field's own name."""
        return {fold_name(translate(self.title, language)) for language in LANGUAGES} | {self.field}

    def scale_of(self, *, weighed: bool) -> int:
        """Parts in one of what people write."""
        return self.weighed_scale if weighed and self.weighed_scale is not None else self.scale


YES = ("yes", "Yes", "是", "y", "true", "1", "√", "对", "有")
NO = ("no", "No", "否", "n", "false", "0", "×", "无")
SEPARATORS = re.compile(r"[、，,;；\n]+")
EVERY_DAY = "every day"


def written(column: Column, value: Any, language: str, *, names: Mapping[tuple[str, str], str], weighed: bool) -> Any:
    """The value of a field as a cell holds it; `names` gives what a row of a kind is called by kind and code."""
    if value is None or value == "" or value == []:
        return None
    match column.form:
        case Form.NUMBER:
            number = Decimal(value) / column.scale_of(weighed=weighed)
            return int(number) if number == int(number) else float(number)
        case Form.YES_NO:
            return translate("yes" if value else "no", language)
        case Form.CHOICE:
            return translate((column.words or {}).get(value, value), language)
        case Form.REFERENCE:
            return names.get((column.refers, value), value)
        case Form.REFERENCES:
            return "; ".join(names.get((column.refers, one), one) for one in value)
        case Form.WEEKDAYS:
            days = [translate(f"weekday.{day}", language) for day in value]
            return translate(EVERY_DAY, language) if len(days) == len(Weekday) else "; ".join(days)
        case Form.DAY:
            return date.fromisoformat(value)
        case _:
            return value


class Names:
    """What codes and names mean, by kind: rows of the database and of the workbook."""

    def __init__(self) -> None:
        self._codes: dict[str, set[str]] = {}
        self._named: dict[str, dict[str, set[str]]] = {}

    def add(self, kind: str, code: str, *names: str | None) -> None:
        """Let names mean the row of this code."""
        self._codes.setdefault(kind, set()).add(code)
        for name in names:
            if name:
                self._named.setdefault(kind, {}).setdefault(fold_name(name), set()).add(code)

    def codes(self, kind: str) -> set[str]:
        """All codes of a kind."""
        return self._codes.get(kind, set())

    def meant(self, kind: str, text: str) -> set[str]:
        """The codes of the rows that a text may mean."""
        return {text} if text in self.codes(kind) else self._named.get(kind, {}).get(fold_name(text), set())


def read_cell(
    column: Column, cell: Cell, *, names: Names, weighed: bool, near: date, from_1904: bool
) -> tuple[Any, Fault | None]:
    """What a cell that is not empty says, as the payload takes it; or what is wrong with it."""
    if isinstance(cell, Broken):
        return None, Fault("broken_cell", "The formula in this cell has no value.", column.field)
    text = said(cell)
    match column.form:
        case Form.NUMBER:
            return _number(column, cell, weighed=weighed)
        case Form.YES_NO:
            return _yes_no(column, cell)
        case Form.CHOICE:
            return _choice(column, text)
        case Form.REFERENCE:
            return _reference(column, text, names)
        case Form.REFERENCES:
            return _several(column, text, names)
        case Form.WEEKDAYS:
            return _weekdays(column, text)
        case Form.DAY:
            day = read_day(cell, near=near, from_1904=from_1904)
            if isinstance(day, date):
                return day.isoformat(), None
            assert isinstance(day, NoDay)
            return None, Fault("not_a_day", "“{text}” is no day like 2020-01-31.", column.field, {"text": text})
        case _:
            return text, None


def _number(column: Column, cell: Cell, *, weighed: bool) -> tuple[int | None, Fault | None]:
    read = read_quantity(cell)
    if read is None or isinstance(read, Unclear) or read.unit not in ("", "%"):
        message = "“{text}” is no number that can be worked with."
        return None, Fault("not_a_number", message, column.field, {"text": said(cell)})
    scale = column.scale_of(weighed=weighed)
    parts = read.number * scale
    if parts != int(parts):
        if scale == 1:
            return None, Fault("whole_number", "This must be a whole number.", column.field)
        return None, Fault("too_many_decimals", "This has too many decimals.", column.field)
    return int(parts), None


def _yes_no(column: Column, cell: Cell) -> tuple[bool | None, Fault | None]:
    text = said(cell).casefold()
    if cell is True or text in YES or text in {translate("yes", one) for one in LANGUAGES}:
        return True, None
    if cell is False or text in NO or text in {translate("no", one) for one in LANGUAGES}:
        return False, None
    return None, Fault("yes_or_no", "Write yes or no.", column.field)


def _choice(column: Column, text: str) -> tuple[str | None, Fault | None]:
    words = column.words or {}
    for value, message in words.items():
        if fold_name(text) in {fold_name(value), *(fold_name(translate(message, one)) for one in LANGUAGES)}:
            return value, None
    message = "“{text}” is none of the choices: choose one of the list in the cell."
    return None, Fault("not_a_choice", message, column.field, {"text": text})


def _reference(column: Column, text: str, names: Names) -> tuple[str | None, Fault | None]:
    meant = names.meant(column.refers, text)
    if len(meant) == 1:
        return next(iter(meant)), None
    if meant:
        message = "Several rows are called “{text}”: write the code."
        return None, Fault("several_meant", message, column.field, {"text": text})
    message = "There is nothing called “{text}” in the sheet for it, nor in the city."
    return None, Fault("unknown_name", message, column.field, {"text": text})


def _several(column: Column, text: str, names: Names) -> tuple[list[str] | None, Fault | None]:
    codes: set[str] = set()
    for part in filter(None, (one.strip() for one in SEPARATORS.split(text))):
        code, fault = _reference(column, part, names)
        if fault is not None or code is None:
            return None, fault
        codes.add(code)
    return sorted(codes), None


def _weekdays(column: Column, text: str) -> tuple[list[str] | None, Fault | None]:
    if fold_name(text) in {fold_name(translate(EVERY_DAY, one)) for one in LANGUAGES}:
        return [day.value for day in Weekday], None
    spoken = {
        fold_name(word): day.value
        for day in Weekday
        for word in (day.value, *(translate(f"weekday.{day.value}", one) for one in LANGUAGES))
    }
    parts: Sequence[str] = [fold_name(one) for one in SEPARATORS.split(text) if one.strip()]
    if not parts or any(part not in spoken for part in parts):
        message = "“{text}” are no days of the week."
        return None, Fault("not_weekdays", message, column.field, {"text": text})
    found = {spoken[part] for part in parts}
    return [day.value for day in Weekday if day.value in found], None
