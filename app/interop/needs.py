"""Needs as they are stated in a file from outside, before anybody knows which items and facilities are meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.core.errors import Fault
from app.core.http.payloads import QUANTITY_MAX
from app.interop.sheets.cells import tidy
from app.interop.sheets.need_rows import NAME_LENGTH_MAX, REASON_LENGTH_MAX
from app.interop.sheets.outcome import AsideRow

__all__ = [
    "NAME_LENGTH_MAX",
    "REASON_LENGTH_MAX",
    "NeedFile",
    "StatedNeed",
    "WhyListed",
    "quantity_faults",
    "text_faults",
    "tidy",
]


class WhyListed(StrEnum):
    """Why a stated need is listed rather than taken."""

    NOTHING_ASKED = "NOTHING_ASKED"
    UNKNOWN_ITEM = "UNKNOWN_ITEM"
    SEVERAL_ITEMS = "SEVERAL_ITEMS"
    NO_QUANTITY = "NO_QUANTITY"
    QUANTITY_UNCLEAR = "QUANTITY_UNCLEAR"
    UNIT_UNCLEAR = "UNIT_UNCLEAR"
    REPEATED = "REPEATED"
    BEYOND_HORIZON = "BEYOND_HORIZON"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedNeed:
    """One line of a file: somebody wants something. Where a quantity was not given, it is None."""

    place: str
    """Where in the file: `rows.12` or `[3].supplies[0]`."""
    facility: str
    """Name or code, as written but for its spaces."""
    district: str
    """Empty where the file does not say."""
    item_name: str
    quantity: int | None
    needed_by: date | None
    reason: str
    why_listed: WhyListed | None = None
    """What the reader of sheets found unclear; None where nothing is."""
    said: str = ""
    """The cell that is unclear, as it is written."""
    adds_up: bool = False
    """A row of a sheet: departments of one facility ask for the same with reasons of their own, and all are meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedFile:
    """All that a file states, in its order."""

    records: int
    """Rows of a table, appeals of a JSON file."""
    needs: tuple[StatedNeed, ...]
    without_needs: tuple[tuple[str, str], ...]
    """Place and facility of appeals that ask for nothing."""
    aside: tuple[AsideRow, ...] = ()
    """Rows of a sheet that are no needs: totals, remarks, rows that ask for nothing."""


def text_faults(text: str, where: str, *, length_max: int, required: bool) -> Iterator[Fault]:
    """Faults of a text: missing, too long, or holding what a database cannot keep."""
    if required and not text:
        yield Fault("missing", "This field is missing.", where)
    if len(text) > length_max:
        params = {"max_length": length_max}
        yield Fault("string_too_long", "This is too long: at most {max_length} characters.", where, params)
    if not all(letter.isprintable() for letter in text):
        yield Fault("not_printable", "This holds control characters or broken Unicode.", where)


def quantity_faults(value: object, where: str) -> Iterator[Fault]:
    """Faults of a quantity that is there: it must be a whole number from 1 to a bound."""
    if type(value) is not int:
        yield Fault("int_type", "This must be a whole number.", where)
    elif not 1 <= value <= QUANTITY_MAX:
        params = {"low": 1, "high": QUANTITY_MAX}
        yield Fault("out_of_bounds", "This must be from {low} to {high}.", where, params)
