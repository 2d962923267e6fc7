"""What people answered about a sheet: with this file, or the same sender with one before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.catalog.rules import fold_name
from app.interop.sheets.headings import SheetField
from app.interop.sheets.units import fold_unit

LEAVE_OUT = "-"
"""Answers that what was named is none of ours, and that its rows are left out."""


class RowAnswer(StrEnum):
    """What is to become of a row."""

    LEAVE_OUT = "LEAVE_OUT"
    ADD_UP = "ADD_UP"
    """It repeats another row: both are meant, and their quantities are added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All answers for one file; names, units and headings are folded."""

    sheets: frozenset[str] | None = None
    """Names of the sheets to be read; None where nobody was asked."""
    headings: Mapping[str, SheetField] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    """By folded name the item's code, or `LEAVE_OUT`."""
    facilities: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By item and what was written as its unit: a unit that the item has, or how many base units it is."""
    cells: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By sheet and cell (`C5`) what should stand there."""
    rows: Mapping[tuple[str, int], RowAnswer] = field(default_factory=dict)
    needed_by: date | None = None
    """For rows that name no day."""

    def item(self, name: str) -> str | None:
        """The item that was said to be meant by a name."""
        return self.items.get(fold_name(name))

    def facility(self, name: str) -> str | None:
        """The facility that was said to be meant by a name."""
        return self.facilities.get(fold_name(name))

    def unit(self, item: str, word: str) -> str | None:
        """What was said about a unit of an item."""
        return self.units.get((item, fold_unit(word)))
