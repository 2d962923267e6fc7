"""A series as a table (.csv or .xlsx): day and value; other columns are passed over."""

import math
import re
from datetime import date
from pathlib import Path

from app.core.errors import Fault, InvalidInputError, Param
from app.forecasting import Kind, Series, series_of
from app.interop.needs_table import day_of, shown
from app.interop.sheets import Cell, ColumnSpec, TableRow, read_rows, table_rows

COLUMNS = (
    ColumnSpec(name="day", headers=("日期", "date")),
    ColumnSpec(name="value", headers=("数值", "数量", "价格")),
)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?$")


def read_series(path: Path, kind: Kind) -> Series:
    """The series of a table; a row without a value is a gap.

    Raises `UnreadableFileError` for what is no table, `InvalidInputError` with every fault by row and column.
    """
    rows = _day_and_value(read_rows(path))
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


def _day_and_value(rows: list[list[Cell]]) -> list[TableRow]:
    known = {header.casefold() for column in COLUMNS for header in (column.name, *column.headers)}
    kept = [at for at, cell in enumerate(rows[0]) if str(cell).strip().casefold() in known]
    return table_rows([[row[at] if at < len(row) else None for at in kept] for row in rows], COLUMNS)


def _day(row: TableRow, rows_of: dict[date, int], faults: list[Fault]) -> date | None:
    cell = row.cells["day"]
    day = day_of(MIDNIGHT.sub("", cell) if isinstance(cell, str) else cell)
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
    if isinstance(cell, bool | date) or not (NUMBER.fullmatch(text) or _is_not_finite(text)):
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
