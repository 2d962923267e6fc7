"""Decisions of the catalogue: how names are read, what norms support, which substitutions make sense."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.catalog.types import BaseUnit, NormBasis, Program
from app.core.errors import Fault

ALIAS_LENGTH_MAX = 200
FIXED_WEIGHTS = {
    "g": 1, "gram": 1, "grams": 1, "克": 1, "两": 50, "斤": 500, "市斤": 500,
    "kg": 1_000, "kgs": 1_000, "kilogram": 1_000, "kilograms": 1_000, "千克": 1_000, "公斤": 1_000,
    "t": 1_000_000, "ton": 1_000_000, "tons": 1_000_000, "tonne": 1_000_000, "tonnes": 1_000_000, "吨": 1_000_000,
}  # fmt: skip
"""Grams in each unit of weight."""


def fold_name(name: str) -> str:
    """The spelling under which a name is looked up: half-width, without case and without any spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def alternatives(name: str) -> tuple[str, ...]:
    """The folded name, then the alternatives in it that `|` or `/` separate, in the order written."""
    whole = fold_name(name)
    return tuple(dict.fromkeys(part for part in (whole, *re.split(r"[|/]", whole)) if part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What one outside name was understood as."""

    name: str
    item: str
    """Code of the item that the first known alternative means."""
    matched: str
    """That alternative, folded."""
    other_items: tuple[str, ...]
    """Codes of further items that later alternatives mean."""


def name_table(aliases: Iterable[tuple[str, str]], names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What every folded name means: the operators' aliases first, then the items' own names and codes.

    Both are pairs of a name and an item's code. A name that several items share means none of them.
    """
    owners: dict[str, set[str]] = {}
    for name, item in names:
        owners.setdefault(fold_name(name), set()).add(item)
    table = {name: min(items) for name, items in sorted(owners.items()) if len(items) == 1}
    table.update(aliases)
    return table


def resolve_names(names: Sequence[str], table: Mapping[str, str]) -> tuple[tuple[Resolution, ...], tuple[str, ...]]:
    """The names that the table knows, and those that it does not, both in the order given and without repeats."""
    resolved: list[Resolution] = []
    unmapped: list[str] = []
    for name in dict.fromkeys(names):
        known = [(part, table[part]) for part in alternatives(name) if part in table]
        if not known:
            unmapped.append(name)
            continue
        matched, item = known[0]
        others = tuple(dict.fromkeys(other for _, other in known if other != item))
        resolved.append(Resolution(name=name, item=item, matched=matched, other_items=others))
    return tuple(resolved), tuple(unmapped)


def alias_faults(alias: str) -> list[Fault]:
    """What forbids a name as an alias; `alias` is folded already."""
    if not any(letter.isalnum() for letter in alias):
        return [Fault("empty_alias", "A name needs at least one letter or digit.", "alias")]
    if len(alias) > ALIAS_LENGTH_MAX:
        message = "Written in half-width letters this name is too long: at most {max_length} characters."
        return [Fault("alias_too_long", message, "alias", {"max_length": ALIAS_LENGTH_MAX})]
    return []


def without_blanks(word: str) -> str:
    """A word of one line without blanks: units are told apart by their letters only."""
    plain = "".join(word.split())
    if not plain or not plain.isprintable():
        raise ValueError("not a word")
    return plain


def unit_name_faults(base_unit: BaseUnit, names: Sequence[tuple[str, str]]) -> list[Fault]:
    """What forbids units of an item by their names in Chinese and English: two of one name, or a fixed weight."""
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for n, pair in enumerate(names):
        for field, name in zip(("name_zh", "name_en"), pair, strict=True):
            folded, where = fold_name(name), f"units.{n}.{field}"
            if seen.setdefault(folded, n) != n:
                faults.append(Fault("repeated", "“{key}” is named twice.", where, {"key": name}))
            if base_unit is BaseUnit.GRAM and folded in FIXED_WEIGHTS:
                faults.append(Fault("fixed_unit", "How much “{unit}” is, is fixed.", where, {"unit": name}))
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class NormRate:
    """A norm as requisitions use it: thousandths of a base unit per day and counted bed, person or visit."""

    basis: NormBasis
    daily_use_milliunits: int
    source: str


def assessed_units(norms: Iterable[NormRate], counts: Mapping[NormBasis, int], days: int) -> int | None:
    """Use of one item at one facility over a number of days, in whole base units, rounded up once at the end.

    units = ceil(days * sum(daily use * count) / 1000) over the norms of the facility's type and the item. None where
    no norm speaks of the item, which is not the same as a use of 0. `days` below 0 is a mistake of the programmer.
    """
    if days < 0:
        raise ValueError("days must not be negative")
    rates = tuple(norms)
    if not rates:
        return None
    daily_milliunits = sum(rate.daily_use_milliunits * counts.get(rate.basis, 0) for rate in rates)
    return -(-daily_milliunits * days // 1000)


def substitution_faults(*, item: str, item_program: Program, serves_item: str, serves_program: Program) -> list[Fault]:
    """What forbids that `item` serves a need for `serves_item`; all of it."""
    faults: list[Fault] = []
    if item == serves_item:
        faults.append(Fault("same_item", "An item cannot be a substitute for itself.", "serves_item"))
    if item_program != serves_program:
        message = "“{item}” and “{other}” belong to different programs, which are planned apart."
        params = {"item": item, "other": serves_item}
        faults.append(Fault("other_program", message, "serves_item", params))
    return faults


def grade_faults(use_group: str | None, grade_rank: int | None) -> list[Fault]:
    """A rank without a use, or a use without a rank."""
    if (use_group is None) == (grade_rank is None):
        return []
    message = "A use and a rank in it are given together."
    return [Fault("grade_incomplete", message, "grade_rank" if grade_rank is None else "use_group")]


def repeated_faults(codes: Sequence[str], where: str) -> list[Fault]:
    """A fault for every code that a list names again."""
    return [
        Fault("repeated", "“{key}” is named twice.", f"{where}.{n}", {"key": code})
        for n, code in enumerate(codes)
        if code in codes[:n]
    ]
