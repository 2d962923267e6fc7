"""What a cell of a sheet holds, and how its place is called."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell whose formula ended in an error (`#DIV/0!`), or whose value nobody has computed (empty)."""

    error: str

    def __str__(self) -> str:
        return self.error or "=?"


Cell = str | int | float | bool | date | Broken | None
"""Text stays text, whatever it looks like; a `datetime` where a time stands beside the day."""


def shown(cell: Cell) -> str:
    """The cell as text; a code typed as a number is meant as its digits."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    return str(cell)


def tidy(text: str) -> str:
    """The text with single spaces: names from sheets and the web carry tabs and line breaks."""
    return " ".join(text.split())


def said(cell: Cell) -> str:
    """The cell as one line of text."""
    return tidy(shown(cell))


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as half-width ones."""
    return unicodedata.normalize("NFKC", text)


def letters_of(column: int) -> str:
    """The letters of a column, from 0: A, B ... Z, AA."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """The name of a cell as spreadsheets show it: row from 1, column from 0; `C5`."""
    return f"{letters_of(column)}{row}"
