"""Reads and writes the public problem format ``tongchou.problem/1`` (see problem-1.schema.json)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from ..model.bulk_rows import rows_of
from ..model.errors import Fault, InvalidProblemError
from ..model.facts import Before
from ..model.problem import Problem, assemble
from ..model.schema import TABLES, Column, Table
from ..model.validation import FAULTS_MAX, MISSING, faults_of_columns, faults_of_head, shown, tier_of

FORMAT = "tongchou.problem/1"
DATE_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_HEAD = frozenset({"format", "start", "periods", "change_penalty"})
_DIGEST_ROWS = 10_000


def parse_problem(data: object) -> Problem:
    """The problem of a parsed JSON document.

    Raises InvalidProblemError with every fault and its JSON path.
    """
    if not isinstance(data, Mapping):
        raise InvalidProblemError([Fault("$", f"must be an object, not {shown(data)}")])
    faults: list[Fault] = []
    if data.get("format") != FORMAT:
        faults.append(Fault("$.format", f"must be {FORMAT!r}, not {shown(data.get('format'))}"))
    names = {table.name for table in TABLES}
    faults += [Fault(_path(key), "is not a key of a problem") for key in data if key not in names | _HEAD]
    start, periods, penalty = _date(data.get("start")), data.get("periods"), data.get("change_penalty", 0.0)
    faults += faults_of_head(start, periods, penalty)
    columns = {table.name: _columns(table, data.get(table.name, []), faults) for table in TABLES}
    # Without a proper horizon nothing can be said to be beyond it.
    faults += faults_of_columns(columns, periods if type(periods) is int and periods > 0 else 10**13)
    # A row that is no object at all is one fault, not one for each of its keys.
    broken = tuple(fault.path + "." for fault in faults if fault.path.endswith("]"))
    faults = [fault for fault in faults if not fault.path.startswith(broken)]
    if faults:
        raise InvalidProblemError(faults[:FAULTS_MAX])
    assert isinstance(start, date)
    assert isinstance(periods, int)
    return assemble(start, periods, float(penalty), {table.name: _rows(table, columns) for table in TABLES})


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """The document of a problem: every list sorted, what is missing or default left out."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "start": problem.start.isoformat(),
        "periods": problem.periods,
    }
    for table in TABLES:
        rows = getattr(problem, table.name)
        if rows:
            head[table.name] = [_row_json(table, row) for row in rows]
    if problem.change_penalty:
        head["change_penalty"] = problem.change_penalty
    return head


def problem_digest(problem: Problem) -> str:
    """``sha256:`` and the hash of the canonical document: the same for the same facts in whatever order."""
    digest = hashlib.sha256()

    def feed(value: object) -> None:
        digest.update(json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode())

    feed([FORMAT, problem.start.isoformat(), problem.periods, problem.change_penalty])
    for table in TABLES:
        rows = getattr(problem, table.name)
        feed([table.name, len(rows)])
        for begin in range(0, len(rows), _DIGEST_ROWS):
            block = rows[begin : begin + _DIGEST_ROWS]
            for column in table.columns:
                values = [getattr(row, column.attribute) for row in block]
                if column.later and all(value == column.default for value in values):
                    continue
                # 1 and 1.0 are the same number, and must give the same digest.
                if column.later:
                    feed(column.key)
                feed(list(map(float, values)) if column.kind == "number" else values)
    return f"sha256:{digest.hexdigest()}"


def _path(key: object) -> str:
    return f"$.{key}" if isinstance(key, str) and key.isidentifier() else f"$[{shown(key)}]"


def _date(text: object) -> date | None:
    try:
        # Python reads weeks (2020-W05-5) too; the format has days.
        return date.fromisoformat(text) if isinstance(text, str) and re.fullmatch(DATE_PATTERN, text) else None
    except ValueError:
        return None


def _columns(table: Table, rows: Any, faults: list[Fault]) -> dict[str, list[Any]]:
    """The list as columns; rows that are no objects and unknown keys become faults."""
    if type(rows) is not list:
        faults.append(Fault(f"$.{table.name}", f"must be a list, not {shown(rows)}"))
        rows = []
    if not set(map(type, rows)) <= {dict}:
        for index, row in enumerate(rows):
            if type(row) is not dict:
                faults.append(Fault(f"$.{table.name}[{index}]", f"must be an object, not {shown(row)}"))
        # Their places stay, so that the paths of the others are right.
        rows = [row if type(row) is dict else {} for row in rows]
    keys = frozenset(column.key for column in table.columns)
    if not all(map(keys.issuperset, rows)):
        for index, row in enumerate(rows):
            for key in row:
                if key not in keys:
                    message = f"{shown(key)} is not a key of {table.name}"
                    faults.append(Fault(f"$.{table.name}[{index}]", message))
    return {column.key: _column(column, rows) for column in table.columns}


def _column(column: Column, rows: list[dict[str, Any]]) -> list[Any]:
    key = column.key
    default = MISSING if column.required else column.default
    values = [row.get(key, default) for row in rows]
    if column.default is None and None in values:
        # A key that is there must say something: null is not a way to leave it out.
        values = [MISSING_NULL if key in row and row[key] is None else v for row, v in zip(rows, values, strict=True)]
    return values


class _Null:
    def __repr__(self) -> str:
        return "null"


MISSING_NULL: Any = _Null()


def _rows(table: Table, columns: Mapping[str, Mapping[str, list[Any]]]) -> tuple[Any, ...]:
    """The rows of checked columns; numbers become floats, lists become sorted tuples."""
    values = columns[table.name]
    return tuple(rows_of(table.row, {column.attribute: _ready(column, values[column.key]) for column in table.columns}))


def _ready(column: Column, values: list[Any]) -> list[Any]:
    if column.kind == "number":
        return list(map(float, values))
    if column.kind in ("refs", "periods"):
        return [None if value is None else tuple(sorted(value)) for value in values]
    if column.kind == "before":
        # Nothing asked before is no history.
        return [Before(**value) if value and value["asked"] else None for value in values]
    if column.kind == "caps":
        return [tuple(sorted((tier_of(tier), float(cap)) for tier, cap in value.items())) for value in values]
    return values


def _row_json(table: Table, row: Any) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for column in table.columns:
        value = getattr(row, column.attribute)
        if column.kind == "caps":
            cells[column.key] = {str(tier): cap for tier, cap in value}
        elif column.kind == "before":
            if value is not None:
                cells[column.key] = value._asdict()
        elif column.required or value != column.default:
            cells[column.key] = list(value) if isinstance(value, tuple) else value
    return cells
