"""Lines that people typed, with names, kilograms and yuan, as the payload takes them: codes, base units, microyuan."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.errors import Fault, InvalidInputError, missing
from app.web.kit.choices import Names, item_names, items_in_use
from app.web.kit.forms import Payload, Typed, validated
from app.web.kit.units import microyuan_of, units_of

UNKNOWN = "unknown"
"""Stands for what nobody knows, so that the rest of the form can be judged too."""


class Reading:
    """Reads one form; what it cannot read is told at its field, together with what the payload finds."""

    def __init__(self, session: Session) -> None:
        self._names = item_names(session)
        self._items = items_in_use(session)
        self.faults: list[Fault] = []

    def name(self, row: Typed, field: str, names: Names, what: str, at: str = "") -> None:
        """Put the code of what was typed in place of a name; `at` is the path of the row: `lines.0.`."""
        text = row.get(field)
        if not isinstance(text, str):
            return
        code = names.code(text)
        if code is None:
            self.faults.append(missing(what, text, where=f"{at}{field}"))
        row[field] = code or UNKNOWN

    def item(self, row: Typed, at: str = "") -> Item | None:
        """The item of a row, its name replaced by its code."""
        self.name(row, "item", self._names, "item", at)
        return self._items.get(str(row.get("item")))

    def quantity(self, row: Typed, item: Item | None, field: str, at: str = "") -> None:
        """Put base units in place of what was typed for people's own unit."""
        if isinstance(row.get(field), str) and item is not None:
            self._put(row, field, field, units_of(row[field], item, f"{at}{field}"))

    def price(self, row: Typed, item: Item | None, at: str = "") -> None:
        """Put microyuan a base unit in place of yuan."""
        text = row.pop("unit_price", None)
        if isinstance(text, str) and item is not None:
            self._put(row, "unit_price", "unit_price_microyuan", microyuan_of(text, item, f"{at}unit_price"))

    def _put(self, row: Typed, field: str, into: str, read: int | Fault) -> None:
        row.pop(field, None)
        if isinstance(read, Fault):
            self.faults.append(read)
            row[into] = 1
        else:
            row[into] = read

    def payload(self, kind: type[Payload], typed: Mapping[str, Any], at: str = "") -> Payload | None:
        """What was typed as a payload; None, and the faults noted, where it is not valid."""
        try:
            return validated(kind, typed)
        except InvalidInputError as refusal:
            told = {fault.where for fault in self.faults}
            self.faults += [fault.at(at + fault.where) for fault in refusal.faults if at + fault.where not in told]
            return None

    def finished(self, payload: BaseModel | None) -> None:
        """Raise `InvalidInputError` with all that could not be read."""
        InvalidInputError.raise_if(self.faults)
        assert payload is not None, "a payload that is missing has its faults"


def rows_of(typed: Typed, field: str) -> list[Typed]:
    """The rows of a table of lines; rows wholly blank are not among them."""
    rows = typed.get(field)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, Sequence) else []


def whole_payload(reading: Reading, kind: type[Payload], typed: Mapping[str, Any]) -> Payload:
    """The payload of a form; raises `InvalidInputError` with everything that is wrong with it."""
    payload = reading.payload(kind, typed)
    reading.finished(payload)
    assert payload is not None
    return payload
