"""A series as a table, in any kind of sheet: day and value; other columns are passed over."""

import math
import re
from datetime import date
from pathlib import Path

from app.core.errors import Fault, InvalidInputError, Param
from app.forecasting import Kind, Series, series_of
from app.interop.plain_tables import ColumnSpec, TableRow, read_table
from app.interop.sheets.cells import Broken, shown
from app.interop.sheets.days import read_day

COLUMNS = (
    ColumnSpec(name="day", headers=("日期", "date")),
    ColumnSpec(name="value", headers=("数值", "数量", "价格")),
)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def read_series(path: Path, kind: Kind) -> Series:
    """The series of a table; a row without a value is a gap.

    Raises `UnreadableFileError` for what is no table, `InvalidInputError` with every fault by row and column.
    """
    rows = read_table(path, COLUMNS)
    faults: list[Fault] = []
    rows_of: dict[date, int] = {}
    points: list[tuple[date, float]] = []
    for row in rows:
        day = _day(row, rows_of, faults)
        value = _value(row, kind, faults)
        if day is not None and value is not None:
            points.append((day, value))
    if not points and not faults:
        faults.append(Fault("no_values", "There is no row with a value below the header.", "rows.2"))
    InvalidInputError.raise_if(faults)
    return series_of(points)


def _day(row: TableRow, rows_of: dict[date, int], faults: list[Fault]) -> date | None:
    day = read_day(row.cells["day"], near=None)
    if not isinstance(day, date):
        faults.append(Fault("date_type", "This must be a date like 2020-01-31.", row.where("day")))
        return None
    if day in rows_of:
        params: dict[str, Param] = {"day": str(day), "row": rows_of[day]}
        faults.append(Fault("repeated_day", "{day} is there already, in row {row}.", row.where("day"), params))
        return None
    rows_of[day] = row.number
    return day


def _value(row: TableRow, kind: Kind, faults: list[Fault]) -> float | None:
    cell = row.cells["value"]
    if cell is None:
        return None
    text = shown(cell)
    where = row.where("value")
    if isinstance(cell, bool | date | Broken) or not (NUMBER.fullmatch(text) or _is_not_finite(text)):
        faults.append(Fault("not_a_number", "“{text}” is not a number.", where, {"text": text[:40]}))
        return None
    value = float(text)
    if not math.isfinite(value):
        faults.append(Fault("not_finite", "This must be a finite number.", where))
    elif value < 0:
        faults.append(Fault("negative", "This must not be below zero.", where))
    elif value == 0 and kind is Kind.PRICE:
        faults.append(Fault("price_zero", "A price must be above zero.", where))
    else:
        return value
    return None


def _is_not_finite(text: str) -> bool:
    return text.casefold().lstrip("+-") in ("nan", "inf", "infinity")
