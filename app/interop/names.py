"""What the item names of outsiders mean: the shipped table, an operator's own, and the catalogue's."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.catalog.rules import fold_name, name_table, resolve_names
from app.core.errors import Fault, InvalidInputError
from app.core.http.payloads import Code
from app.interop.plain_tables import ColumnSpec, read_table
from app.interop.sheets.cells import said

SHIPPED_ALIASES = Path(__file__).parent / "data" / "item-aliases.csv"

_COLUMNS = (
    ColumnSpec(name="alias", headers=("别名", "名称", "叫法")),
    ColumnSpec(name="item", headers=("物资", "物资编码", "编码")),
    ColumnSpec(name="note", headers=("说明", "备注"), required=False),
)
_CODE: TypeAdapter[str] = TypeAdapter(Code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """The item that a name means, and those that other alternatives in the same name would mean."""

    item: str
    other_items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemNames:
    """All names that are known, folded, with the item of each."""

    table: Mapping[str, str]

    def meanings(self, names: Iterable[str]) -> dict[str, Meaning]:
        """What the names mean that can be understood."""
        resolved, _ = resolve_names(list(names), self.table)
        return {one.name: Meaning(item=one.item, other_items=one.other_items) for one in resolved}


def is_code(text: str) -> bool:
    """Whether a text has the form of a business code."""
    try:
        _CODE.validate_python(text)
    except ValidationError:
        return False
    return True


def read_aliases(path: Path, *, item_exists: Callable[[str], bool] = is_code) -> dict[str, str]:
    """The folded aliases of a table with the columns alias and item (and note).

    Raises `InvalidInputError` with every fault by row: empty names, unknown items, an alias that is there twice.
    """
    aliases: dict[str, str] = {}
    faults = []
    for row in read_table(path, _COLUMNS):
        alias, item = fold_name(said(row.cells["alias"])), said(row.cells["item"])
        if not any(letter.isalnum() for letter in alias):
            faults.append(Fault("empty_alias", "A name needs at least one letter or digit.", row.where("alias")))
        elif alias in aliases:
            faults.append(Fault("repeated", "“{key}” is named twice.", row.where("alias"), {"key": alias[:100]}))
        if not item_exists(item):
            message = "There is no item “{item}”."
            faults.append(Fault("unknown_item", message, row.where("item"), {"item": item[:100]}))
        aliases.setdefault(alias, item)
    InvalidInputError.raise_if(faults)
    return aliases


@cache
def _shipped_aliases() -> Mapping[str, str]:
    return read_aliases(SHIPPED_ALIASES)


def shipped_names(own_aliases: Mapping[str, str] | None = None) -> ItemNames:
    """The shipped aliases and the codes that they use, overruled by an operator's own."""
    shipped = _shipped_aliases()
    own = own_aliases or {}
    codes = [(item, item) for item in sorted({*shipped.values(), *own.values()})]
    return ItemNames(table=name_table([*shipped.items(), *own.items()], codes))


def catalogue_names(
    known: Mapping[str, str], item_codes: Collection[str], own_aliases: Mapping[str, str] | None = None
) -> ItemNames:
    """What a catalogue knows, overruled by an operator's own aliases; behind it the shipped aliases of its items.

    `known` gives the item's code for every folded name; shipped aliases of items that it has not are left out.
    """
    shipped = {alias: item for alias, item in _shipped_aliases().items() if item in item_codes}
    return ItemNames(table={**shipped, **known, **(own_aliases or {})})
