"""Sheets kept as text: which letters its bytes are, and what separates its cells."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.errors import Param
from app.interop.sheets.books import Book, sheet_of
from app.interop.sheets.cells import Cell

_SEPARATORS = "\t;,"
_LOOKED_AT = 50
"""Lines from which the separator is found."""
_MARKED = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class TextRefusal:
    """Why a text is no sheet."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


def read_text_book(content: bytes, name: str, *, rows_max: int, columns_max: int) -> Book | TextRefusal:
    """The one sheet of a text file in UTF-8, UTF-16 or GB18030, its cells divided by tab, semicolon or comma."""
    text = _decoded(content)
    if text is None:
        return TextRefusal("not_text")
    rows: list[list[Cell]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text), strict=True):
            rows.append([cell.strip() or None for cell in row])
            if len(rows) > rows_max or len(row) > columns_max:
                return TextRefusal("too_many_cells")
    except csv.Error as error:
        return TextRefusal("not_csv", {"line": len(rows) + 1, "error": str(error)})
    if not any(cell is not None for row in rows for cell in row):
        return TextRefusal("empty")
    return Book(name=name, sheets=(sheet_of("", rows),), separated=True)


def _decoded(content: bytes) -> str | None:
    for mark, encoding in _MARKED:
        if content.startswith(mark):
            return _as(content, encoding)
    if b"\0" in content[:200]:
        # UTF-16 without its mark: half of the bytes of digits and separators are zero.
        even, odd = content[:200:2].count(0), content[1:200:2].count(0)
        text = _as(content, "utf-16-le" if odd > even else "utf-16-be")
        return text if text is not None and all(one.isprintable() or one in "\r\n\t" for one in text[:500]) else None
    return _as(content, "utf-8") or _as(content, "gb18030")  # the last is what Chinese office programs write


def _as(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def separator_of(text: str) -> str:
    """The separator that most lines have, and equally often; the comma where none is there.

    A separator within quotes belongs to a cell and is not counted.
    """
    lines = [_unquoted(line) for line in text[:100_000].splitlines()[:_LOOKED_AT] if line.strip()]

    def likely(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in lines if separator in line]
        usual = max(set(counts), key=lambda count: (counts.count(count), count), default=0)
        return counts.count(usual) if usual else 0, usual

    return max(_SEPARATORS, key=likely) if any(likely(one)[0] for one in _SEPARATORS) else ","


def _unquoted(line: str) -> str:
    return "".join(line.split('"')[::2])
