"""JSON Schemas (2020-12) of the public formats; that of problems is generated from ``model.schema``.

``python -m solver.formats.json_schema`` writes problem-1.schema.json, as after a change of the tables; a test holds
the file against ``problem_schema``. What a schema cannot say is for the reader: that ids are known and unique, that
nothing is due after the horizon, and that facts do not contradict each other.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..model.schema import ID_LENGTH_MAX, LARGEST, PERIODS_MAX, TABLES, UNPRINTABLE, Column, Table
from .problem_json import DATE_PATTERN, FORMAT

__all__ = ["PLAN_SCHEMA", "PROBLEM_SCHEMA", "problem_schema"]

PROBLEM_SCHEMA = Path(__file__).with_name("problem-1.schema.json")
PLAN_SCHEMA = Path(__file__).with_name("plan-1.schema.json")


def problem_schema() -> dict[str, Any]:
    """The schema of ``tongchou.problem/1`` documents."""
    properties: dict[str, Any] = {
        "format": {"const": FORMAT},
        "start": {
            "type": "string",
            "format": "date",
            "pattern": DATE_PATTERN,
            "maxLength": 10,
            "description": "the day of period 0",
        },
        "periods": {
            "type": "integer",
            "minimum": 1,
            "maximum": PERIODS_MAX,
            "description": "days that are planned for",
        },
        "change_penalty": {
            "type": "number",
            "minimum": 0,
            "maximum": LARGEST,
            "default": 0,
            "description": "yuan for each unit that differs from `previous`",
        },
    }
    properties |= {table.name: {"type": "array", "default": [], "items": _row(table)} for table in TABLES}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tongchou:problem:1",
        "title": FORMAT,
        "type": "object",
        "required": ["format", "start", "periods"],
        "properties": properties,
        "additionalProperties": False,
        "$defs": {"id": _text()},
    }


def _row(table: Table) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [column.key for column in table.columns if column.required],
        "properties": {column.key: _cell(table, column) for column in table.columns},
        "additionalProperties": False,
    }


def _cell(table: Table, column: Column) -> dict[str, Any]:
    cell = _KINDS[column.kind](table, column)
    if column.refers_to is not None:
        cell["description"] = f"of `{column.refers_to}`"
    if not column.required and column.default is not None:
        cell["default"] = column.default
    return cell


def _text() -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": ID_LENGTH_MAX, "not": {"pattern": f"[{UNPRINTABLE}]"}}


def _whole(_table: Table, column: Column) -> dict[str, Any]:
    return {"type": "integer", "minimum": column.low, "maximum": column.high}


def _number(_table: Table, column: Column) -> dict[str, Any]:
    return {"type": "number", "minimum": column.low, "maximum": column.high}


def _id(_table: Table, _column: Column) -> dict[str, Any]:
    return {"$ref": "#/$defs/id"}


def _ids(table: Table, _column: Column) -> dict[str, Any]:
    # A substitution may be allowed nowhere; an earmark for no facility is a mistake.
    least = 0 if table.name == "substitutions" else 1
    return {"type": "array", "items": {"$ref": "#/$defs/id"}, "minItems": least, "uniqueItems": True}


def _periods(_table: Table, column: Column) -> dict[str, Any]:
    period = {"type": "integer", "minimum": column.low, "maximum": column.high}
    return {"type": "array", "items": period, "uniqueItems": True}


def _choice(_table: Table, column: Column) -> dict[str, Any]:
    return {"enum": list(column.choices)}


def _before(_table: Table, column: Column) -> dict[str, Any]:
    units = {"type": "integer", "minimum": column.low, "maximum": column.high}
    return {
        "type": "object",
        "required": ["asked", "received"],
        "properties": {"asked": units, "received": units},
        "additionalProperties": False,
    }


def _caps(_table: Table, column: Column) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "the share, up to which the band serves it, of each tier that it serves",
        "propertyNames": {"pattern": "^(0|[1-9][0-9]{0,11}|1000000000000)$"},
        "additionalProperties": {"type": "number", "minimum": column.low, "maximum": column.high},
    }


_KINDS = {
    "text": _id,
    "ref": _id,
    "refs": _ids,
    "periods": _periods,
    "choice": _choice,
    "whole": _whole,
    "number": _number,
    "caps": _caps,
    "before": _before,
}


if __name__ == "__main__":
    PROBLEM_SCHEMA.write_text(json.dumps(problem_schema(), indent=1) + "\n", encoding="utf-8")
