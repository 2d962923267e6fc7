"""Units in which people count: what each word is worth in base units of an item."""

from collections.abc import Mapping

from app.catalog.rules import FIXED_WEIGHTS
from app.catalog.types import BaseUnit
from app.interop.sheets.cells import half_width

_PIECES = (
    "piece", "pieces", "pcs", "pc", "ea", "each", "unit", "units",
    "件", "个", "只", "套", "台", "枚", "支", "把", "副", "顶", "张", "条", "块", "片",
    "部", "架", "具", "辆", "根", "粒",
)  # fmt: skip
BUILT_IN: Mapping[BaseUnit, Mapping[str, int]] = {
    BaseUnit.PIECE: dict.fromkeys(_PIECES, 1),
    BaseUnit.PAIR: dict.fromkeys(("pair", "pairs", "双", "副", "对"), 1),
    BaseUnit.BOTTLE: dict.fromkeys(("bottle", "bottles", "btl", "瓶"), 1),
    BaseUnit.GRAM: FIXED_WEIGHTS,
}
"""Base units in each unit that needs no entry of an item's own."""

_PACKS = frozenset({
    "盒", "箱", "包", "袋", "桶", "提", "打", "捆", "罐", "卷", "板", "托",
    "box", "boxes", "carton", "cartons", "ctn", "case", "cases", "pack", "packs", "bag", "bags",
})  # fmt: skip
UNIT_WORDS = frozenset(word for known in BUILT_IN.values() for word in known) | _PACKS
"""Words that are units of something."""
WEIGHED_CHOICES = ("公斤", "斤", "克", "吨")
_MULTIPLES = {"百": 100, "千": 1_000, "万": 10_000}


def fold_unit(word: str) -> str:
    """The spelling under which a unit is looked up: half-width, without case and blanks."""
    return "".join(half_width(word).casefold().split())


def is_unit(word: str, more: Mapping[str, int] | frozenset[str] = frozenset()) -> bool:
    """Whether a word is a unit of anything, a multiple such as 万只 included."""
    folded = fold_unit(word)
    return any(one in UNIT_WORDS or one in more for one in (folded, folded[1:] if folded[:1] in _MULTIPLES else ""))


def unit_factor(base_unit: BaseUnit | None, own: Mapping[str, int], word: str) -> int | None:
    """Base units in one of what the word says; None where the item has no such unit.

    `own` are the item's units by folded word, which go first: for an item that comes by the carton 件 may be one.
    Without a base unit (no catalogue is at hand) counted things are taken as single ones.
    """
    folded = fold_unit(word)
    tables = [own, BUILT_IN[base_unit]] if base_unit is not None else [own, *BUILT_IN.values()]
    for multiple, rest in ((1, folded), (_MULTIPLES.get(folded[:1], 0), folded[1:])):
        for table in tables:
            if multiple and rest in table:
                return multiple * table[rest]
    return None
