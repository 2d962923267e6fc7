"""What the headings of columns mean: a shipped table, the operators' own, and what a sender answered before."""

import csv
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from app.interop.sheets.cells import half_width

SHIPPED_HEADINGS = Path(__file__).parents[1] / "data" / "sheet-headings.csv"
HEADING_LENGTH_MAX = 100


class SheetField(StrEnum):
    """What a column can be for us."""

    ITEM = "item"
    ITEM_CODE = "item_code"
    QUANTITY = "quantity"
    UNIT = "unit"
    NEEDED_BY = "needed_by"
    FACILITY = "facility"
    DISTRICT = "district"
    ON_HAND = "on_hand"
    REASON = "reason"
    UNUSED = "unused"


class HeadingSource(StrEnum):
    """Who says what a heading means."""

    KNOWN = "KNOWN"
    KEPT = "KEPT"
    """The sender answered it with an earlier sheet."""
    ANSWERED = "ANSWERED"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A field that a heading may mean; of several columns for one field, the lowest rank is read."""

    field: SheetField
    rank: int
    source: HeadingSource = HeadingSource.KNOWN
    unit: str = ""
    """The unit in the heading: 只 of 数量（只）."""


_BRACKETS = re.compile(r"[\[(【〔<](.*?)[\])】〕>]")
_HINT = re.compile(
    r"必填|选填|必选|可选|可不填|可空|如.*|例.*|格式.*|y{2,4}.*|年.?月.?日|required|optional|单选|下拉.*|\*"
)
_UNIT_BEHIND = re.compile(r"(.+?)[/:](.+)")
_OF_PARENT, _ANSWERED, _KEPT = 1_000, -2, -1


def fold_heading(text: str) -> str:
    """The spelling under which a heading is looked up: half-width, without case, blanks, stars and brackets."""
    return re.sub(r"[\s*()\[\]【】〔〕<>:_.。、,\-]", "", half_width(text).casefold())[:HEADING_LENGTH_MAX]


def plain_heading(text: str) -> str:
    """The folded heading without what stands in brackets or behind a stroke: 单价 of 单价（元）."""
    return fold_heading(_parted(text)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """All headings that are known for one sheet; later tables go before earlier ones."""

    known: Mapping[str, tuple[tuple[SheetField, int], ...]]
    kept: Mapping[str, SheetField]
    answered: Mapping[str, SheetField]
    unit_words: Collection[str]
    """Folded words that may stand in a heading as the unit of its column."""

    def meanings(self, texts: Sequence[str]) -> tuple[Meaning, ...]:
        """What a heading means, given from its topmost row to its lowest; nothing where it is not known."""
        parts = [text for text in texts if text]
        if not parts:
            return ()
        whole = self._of_text(" ".join(parts))
        if whole or len(parts) == 1:
            return whole
        above = self._of_text(" ".join(parts[:-1]))
        if above and all(one.field is SheetField.UNUSED for one in above):
            return above  # 已发放 over 数量 is not what is asked for
        below = self._of_text(parts[-1])
        return tuple(Meaning(one.field, one.rank + _OF_PARENT, one.source, one.unit) for one in below)

    def _of_text(self, text: str) -> tuple[Meaning, ...]:
        folded = fold_heading(text)
        if folded in self.answered:
            return (Meaning(self.answered[folded], _ANSWERED, HeadingSource.ANSWERED, self._unit_of(text)),)
        if folded in self.kept:
            return (Meaning(self.kept[folded], _KEPT, HeadingSource.KEPT, self._unit_of(text)),)
        if folded in self.known:
            return tuple(Meaning(field, rank) for field, rank in self.known[folded])
        base, inner = _parted(text)
        if inner and (fold_heading(base) in self.known) and self._belongs(inner):
            unit = self._unit_of(text)
            return tuple(Meaning(field, rank, unit=unit) for field, rank in self.known[fold_heading(base)])
        return ()

    def _unit_of(self, text: str) -> str:
        """The unit in a heading; empty where none is."""
        inner = _parted(text)[1].removeprefix("单位").lstrip(":")
        return inner if self._is_unit(inner) else ""

    def _belongs(self, inner: str) -> bool:
        return self._is_unit(inner.removeprefix("单位").lstrip(":")) or _HINT.fullmatch(inner) is not None

    def _is_unit(self, word: str) -> bool:
        return word in self.unit_words or (len(word) > 1 and word[0] in "万千百" and word[1:] in self.unit_words)


def _parted(text: str) -> tuple[str, str]:
    """A heading without what stands in brackets or behind a stroke, and that."""
    plain = "".join(half_width(text).casefold().split())
    inside = _BRACKETS.findall(plain)
    if inside:
        return _BRACKETS.sub("", plain), inside[0]
    behind = _UNIT_BEHIND.fullmatch(plain)
    return (behind[1], behind[2]) if behind else (plain, "")


def heading_table(pairs: Iterable[tuple[str, SheetField]]) -> dict[str, tuple[tuple[SheetField, int], ...]]:
    """Fields and ranks of each folded heading, in the order of the pairs; the same pair again changes nothing."""
    table: dict[str, tuple[tuple[SheetField, int], ...]] = {}
    for rank, (heading, field) in enumerate(pairs):
        folded = fold_heading(heading)
        before = table.get(folded, ())
        if all(field is not one for one, _ in before):
            table[folded] = (*before, (field, rank))
    return table


@cache
def shipped_headings() -> tuple[tuple[str, SheetField], ...]:
    """The headings of the table that comes with the program, the likeliest for each field first."""
    with SHIPPED_HEADINGS.open(encoding="utf-8", newline="") as file:
        return tuple((row["heading"], SheetField(row["field"])) for row in csv.DictReader(file))


def known_headings(own: Sequence[tuple[str, SheetField]] = ()) -> dict[str, tuple[tuple[SheetField, int], ...]]:
    """The shipped headings, each overruled by what operators say of it."""
    spoken = {fold_heading(heading) for heading, _ in own}
    return heading_table(
        [*own, *((text, field) for text, field in shipped_headings() if fold_heading(text) not in spoken)]
    )
