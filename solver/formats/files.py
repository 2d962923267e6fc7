"""Reads and writes problems and plans as files: every fault named, a plan written atomically."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ..model.errors import FileError
from ..model.plan import Plan
from ..model.problem import Problem
from .plan_json import parse_plan, plan_to_json
from .problem_json import parse_problem


def read_problem(path: Path) -> Problem:
    """The problem in a file. Raises FileError, InvalidProblemError."""
    return parse_problem(_read_json(path))


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises FileError, InvalidPlanError."""
    return parse_plan(_read_json(path))


def write_plan(path: Path, plan: Plan) -> None:
    """Writes the plan to a temporary file and renames it, so that no reader ever sees half of one.

    Raises FileError.
    """
    text = json.dumps(plan_to_json(plan), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from error


def _read_json(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise FileError(f"{path}: is not JSON: {error.msg} at {place}") from error
    except _TwiceError as error:
        raise FileError(f"{path}: {error}") from error
    except RecursionError as error:
        raise FileError(f"{path}: is nested too deeply") from error
    except ValueError as error:  # a number with more digits than Python converts
        raise FileError(f"{path}: has a number that is too long") from error


class _TwiceError(Exception):
    """A key is there twice in one object: JSON leaves open which one counts, so both are refused."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _TwiceError(f"the key {key!r} stands twice in one object")
            seen.add(key)
    return made
