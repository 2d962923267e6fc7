"""Tables from files: the header and the rows of a .csv or .xlsx file, with limits before anything is parsed."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.core.errors import Fault, InvalidInputError, Param
from app.interop.errors import UnreadableFileError

FILE_BYTES_MAX = 20 << 20
ROWS_MAX = 100_000
COLUMNS_MAX = 50
CHILD_SECONDS_MAX = 30

Cell = str | int | float | bool | date | None
"""What a cell holds; text stays text, whatever it looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row that holds anything; `number` is its row in the sheet, the header being row 1."""

    number: int
    cells: Mapping[str, Cell]

    def where(self, column: str = "") -> str:
        """The place of the row, or of one of its cells, for a fault."""
        return f"rows.{self.number}.{column}" if column else f"rows.{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """A column of a table: its name, the headers by which people call it, and whether it must be there."""

    name: str
    headers: tuple[str, ...]
    required: bool = True


def read_bytes(path: Path) -> bytes:
    """The content of a file of bearable size; raises `UnreadableFileError`."""
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise _unreadable(
                path,
                "too_large",
                "The file has {size} bytes; at most {limit} are read.",
                size=size,
                limit=FILE_BYTES_MAX,
            )
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, "not_found", "The file cannot be opened: {error}.", error=error.strerror) from error


def read_table(path: Path, columns: Sequence[ColumnSpec]) -> list[TableRow]:
    """The rows of a table below its header row, by the names of the columns; empty rows are left out.

    Raises `UnreadableFileError` for what is no table, `InvalidInputError` for every fault of the header.
    """
    return table_rows(read_rows(path), columns)


def read_rows(path: Path) -> list[list[Cell]]:
    """All rows as they stand in the file, the header first; raises `UnreadableFileError`, also where there is none."""
    rows = _sheet_rows(path) if path.suffix.lower() == ".xlsx" else _csv_rows(path)
    if not rows:
        raise _unreadable(path, "empty", "The file is empty.")
    return rows


def table_rows(rows: Sequence[Sequence[Cell]], columns: Sequence[ColumnSpec]) -> list[TableRow]:
    """The rows below the header by the names of the columns; raises `InvalidInputError` for faults of the header."""
    names = _header(rows[0], columns)
    return [
        TableRow(number=number, cells={name: row[at] if at < len(row) else None for name, at in names.items()})
        for number, row in enumerate(rows[1:], start=2)
        if any(cell is not None for cell in row)
    ]


def column_places(header: Sequence[Cell], columns: Sequence[ColumnSpec]) -> dict[str, int]:
    """Where each known column stands, from 0; what is unknown or doubled is passed over."""
    known = _known_headers(columns)
    places: dict[str, int] = {}
    for at, cell in enumerate(header):
        name = known.get(str(cell).strip().casefold())
        if name is not None:
            places.setdefault(name, at)
    return places


def _known_headers(columns: Sequence[ColumnSpec]) -> dict[str, str]:
    return {header.casefold(): column.name for column in columns for header in (column.name, *column.headers)}


def _unreadable(path: Path, code: str, message: str, **params: Param) -> UnreadableFileError:
    return UnreadableFileError(Fault(code, message, path.name, params))


def _csv_rows(path: Path) -> list[list[Cell]]:
    content = read_bytes(path)
    if b"\0" in content:  # UTF-16, or no text at all; GB18030 would take it for text
        raise _unreadable(path, "not_text", "The file is neither UTF-8 nor GB18030 text.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")  # what Chinese editions of office programs write
        except UnicodeDecodeError as error:
            raise _unreadable(path, "not_text", "The file is neither UTF-8 nor GB18030 text.") from error
    rows: list[list[Cell]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append([cell.strip() or None for cell in row])
            if len(rows) > ROWS_MAX or len(row) > COLUMNS_MAX:
                raise _too_many_cells(path)
    except csv.Error as error:
        message = "The file is not proper CSV near line {line}: {error}."
        raise _unreadable(path, "not_csv", message, line=len(rows) + 1, error=str(error)) from error
    return rows


def _too_many_cells(path: Path) -> UnreadableFileError:
    message = "The sheet reaches beyond {rows_max} rows or {columns_max} columns."
    return _unreadable(path, "too_many_cells", message, rows_max=ROWS_MAX, columns_max=COLUMNS_MAX)


def _sheet_rows(path: Path) -> list[list[Cell]]:
    read_bytes(path)  # the size limit and the file's absence are told before a process is started
    child = Path(__file__).with_name("sheet_child.py")
    command = [sys.executable, "-I", str(child), str(path), str(ROWS_MAX), str(COLUMNS_MAX)]
    try:
        run = subprocess.run(command, capture_output=True, timeout=CHILD_SECONDS_MAX, check=False)  # noqa: S603
        answer: dict[str, Any] = json.loads(run.stdout) if run.returncode == 0 else {"refused": "too_large_unpacked"}
    except (subprocess.TimeoutExpired, ValueError):
        answer = {"refused": "too_large_unpacked"}
    refusal = answer.get("refused")
    if refusal == "too_many_cells":
        raise _too_many_cells(path)
    if refusal == "too_large_unpacked":
        raise _unreadable(path, "too_large_unpacked", "Reading the sheet takes more memory or time than is given.")
    if refusal is not None:
        raise _unreadable(path, "not_a_sheet", "The file is not a proper .xlsx sheet.")
    return [[_typed(cell) for cell in row] for row in answer["rows"]]


def _typed(cell: Any) -> Cell:
    if isinstance(cell, dict):
        return date.fromisoformat(cell["day"])
    if isinstance(cell, str):
        return cell.strip() or None
    known: Cell = cell
    return known


def _header(cells: Sequence[Cell], columns: Sequence[ColumnSpec]) -> dict[str, int]:
    """Where each column is; raises `InvalidInputError` with all that is unknown, doubled or missing."""
    known = _known_headers(columns)
    places: dict[str, int] = {}
    faults = []
    for at, cell in enumerate(cells):
        if cell is None:
            continue
        text = str(cell).strip()
        name = known.get(text.casefold())
        if name is None:
            params: dict[str, Param] = {"header": text[:100], "known": ", ".join(column.name for column in columns)}
            message = "The column “{header}” is not known; known are {known}."
            faults.append(Fault("unknown_column", message, f"rows.1.{at + 1}", params))
        elif name in places:
            message = "The column {column} is there twice."
            faults.append(Fault("repeated_column", message, f"rows.1.{at + 1}", {"column": name}))
        else:
            places[name] = at
    for column in columns:
        if column.required and column.name not in places:
            params = {"column": column.name, "headers": ", ".join((column.name, *column.headers))}
            faults.append(Fault("missing_column", "The column {column} is missing: {headers}.", "rows.1", params))
    InvalidInputError.raise_if(faults)
    return places
