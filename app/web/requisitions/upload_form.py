"""What comes with an upload: the file, chosen now or carried along from the page before, and the answers."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from app.core.errors import Fault, InvalidInputError, missing
from app.interop.sheet_schemas import SheetAnswers
from app.interop.sheets.answers import LEAVE_OUT
from app.interop.sheets.files import UPLOAD_BYTES_MAX
from app.web.kit.choices import Names
from app.web.kit.forms import FIELDS_MAX, Typed, nested, validated

KEPT_BYTES_MAX = 4 << 20
"""A file that is carried along in a hidden field, in letters."""
_ANSWERS = {
    "headings": "field", "items": "item", "facilities": "facility", "units": "unit", "cells": "text", "rows": "choice",
}  # fmt: skip
"""By list of answers the field that says something: where it is blank, the question is still open."""
ANSWERED = tuple(_ANSWERS)
"""How the fields of answers begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """The form as it came in."""

    typed: Typed
    content: bytes
    file_name: str
    is_carried: bool
    """Whether the file comes from the page before, together with answers."""

    @property
    def carried(self) -> str:
        """The file as letters, for the hidden field of the next page."""
        return base64.b64encode(self.content).decode("ascii")


async def _posted(request: Request) -> Posted:
    async with request.form(max_fields=FIELDS_MAX, max_part_size=KEPT_BYTES_MAX) as form:
        texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        typed = nested([pair for pair in texts if pair[0] not in ("carried", "file", "sheets")])
        chosen = [value.strip() for name, value in texts if name == "sheets"]
        if chosen:
            typed["sheets"] = chosen
        file = form.get("file")
        if isinstance(file, UploadFile) and file.filename:
            return Posted(
                typed=typed, content=await file.read(UPLOAD_BYTES_MAX + 1), file_name=file.filename, is_carried=False
            )
    content = _bytes_of(dict(texts).get("carried", ""))
    return Posted(typed=typed, content=content, file_name=str(typed.get("name", "")), is_carried=bool(content))


def _bytes_of(letters: str) -> bytes:
    try:
        return base64.b64decode(letters, validate=True)
    except binascii.Error:
        return b""


PostedSheet = Annotated[Posted, Depends(_posted)]
"""For a route: the upload that came in."""


def answers_of(typed: Mapping[str, Any], names: Names) -> SheetAnswers:
    """The answers given before and those given now, which go first; raises `InvalidInputError` for unknown items."""
    before = answers_before(typed)
    given: dict[str, Any] = {}
    faults: list[Fault] = []
    for kind, says in _ANSWERS.items():
        rows = typed.get(kind)
        rows = [dict(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        if kind == "items":
            faults += _items_by_name(rows, names)
        given[kind] = [{name: value for name, value in row.items() if name != "other"} for row in rows if row.get(says)]
    InvalidInputError.raise_if(faults)
    for name in ("sheets", "needed_by"):
        if name in typed:
            given[name] = typed[name]
    return _after(before, validated(SheetAnswers, given))


def answers_before(typed: Mapping[str, Any]) -> SheetAnswers:
    """The answers that were given on earlier pages."""
    try:
        return SheetAnswers.model_validate_json(str(typed.get("answered", "{}")))
    except ValidationError:
        return SheetAnswers()


def _items_by_name(rows: list[dict[str, Any]], names: Names) -> list[Fault]:
    """Put codes in the place of items that were typed by name; what no item is called is a fault."""
    faults = []
    for at, row in enumerate(rows):
        other = row.get("other")
        if isinstance(other, str) and other != LEAVE_OUT:
            code = names.code(other)
            if code is None:
                faults.append(missing("item", other, where=f"items.{at}.other"))
            row["item"] = code
    return faults


def _after(before: SheetAnswers, now: SheetAnswers) -> SheetAnswers:
    """Both together: lists are joined, the later of two answers to one question holds; single answers are replaced."""
    joined: dict[str, Any] = {kind: [*getattr(before, kind), *getattr(now, kind)] for kind in _ANSWERS}
    return SheetAnswers(
        sheets=now.sheets if now.sheets is not None else before.sheets,
        needed_by=now.needed_by or before.needed_by,
        **joined,
    )
