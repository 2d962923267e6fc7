"""Days as people write them: 2020年2月6日, 2月6日, 2020.2.6, 2/6, with a time, or a spreadsheet's number of days."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.core.http.payloads import FIRST_DAY, LAST_DAY
from app.interop.sheets.cells import Broken, Cell, half_width

_FULL = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?号?(?:[日T]?\d{1,2}[:点时].*|上午.*|下午.*|前|之前)?")
_SHORT = re.compile(r"(\d{1,2})[-/.月](\d{1,2})[日号]?(?:前|之前)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WEEKDAY = re.compile(r"\(?(?:星期|周|礼拜)[一二三四五六日天]\)?")
_ZERO_1900, _ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)
_BACK = timedelta(days=92)
"""A day without its year is the one from three months before the report to nine months after it."""


@dataclass(frozen=True, slots=True)
class NoDay:
    """A cell that is no day; `days` are those that it may mean, where it may mean several."""

    days: tuple[date, ...] = ()


def read_day(cell: Cell, *, near: date | None, from_1904: bool = False) -> date | NoDay | None:
    """The day that a cell says, between 2000 and 2100; None where it is empty.

    `near` is the day of the report: it decides the year where none is written; without it such a cell is no day.
    """
    if cell is None:
        return None
    if isinstance(cell, bool | Broken):
        return NoDay()
    if isinstance(cell, datetime):
        return _within(cell.date())
    if isinstance(cell, date):
        return _within(cell)
    if isinstance(cell, int):
        return _of_number(cell, from_1904=from_1904)
    if isinstance(cell, float):
        return _of_fraction(cell, near, from_1904=from_1904)
    return _of_text(cell, near, from_1904=from_1904)


def _within(day: date) -> date | NoDay:
    return day if FIRST_DAY <= day <= LAST_DAY else NoDay()


def _of_number(number: int, *, from_1904: bool) -> date | NoDay:
    if found := _COMPACT.fullmatch(str(number)):
        return _day(*map(int, found.groups()))
    zero = _ZERO_1904 if from_1904 else _ZERO_1900
    return _within(zero + timedelta(days=number)) if 30_000 <= number <= 80_000 else NoDay()


def _of_fraction(number: float, near: date | None, *, from_1904: bool) -> date | NoDay:
    """2.6 is what a spreadsheet makes of a typed 2.6; 2.1 may have been 2.10, so it may be one of two days."""
    if 1_000 <= number < 10**9:
        return _of_number(int(number), from_1904=from_1904)
    if not 1 <= number < 13:
        return NoDay()
    month, _, digits = str(round(number, 2)).partition(".")
    days = [_nearest(int(month), int(one), near) for one in ([digits, digits + "0"] if len(digits) == 1 else [digits])]
    found = tuple(day for day in days if isinstance(day, date))
    return found[0] if len(found) == 1 else NoDay(found)


def _of_text(text: str, near: date | None, *, from_1904: bool) -> date | NoDay | None:
    plain = _WEEKDAY.sub("", "".join(half_width(text).split()))
    if not plain:
        return None
    if found := _FULL.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return _day(*map(int, found.groups()))
    if found := _SHORT.fullmatch(plain):
        return _nearest(int(found[1]), int(found[2]), near)
    return _of_number(int(plain), from_1904=from_1904) if re.fullmatch(r"\d{5}", plain) else NoDay()


def _day(year: int, month: int, day: int) -> date | NoDay:
    try:
        return _within(date(year, month, day))
    except ValueError:
        return NoDay()


def _nearest(month: int, day: int, near: date | None) -> date | NoDay:
    if near is None:
        return NoDay()
    for year in (near.year - 1, near.year, near.year + 1):
        meant = _day(year, month, day)
        if isinstance(meant, date) and meant >= near - _BACK:
            return meant
    return NoDay()
