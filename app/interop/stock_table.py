"""Tables of an operator for a plan without a database: stock, assumed quantities, tiers by words in names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.catalog.rules import fold_name
from app.core.errors import Fault, InvalidInputError
from app.interop.names import ItemNames, is_code
from app.interop.needs import quantity_faults
from app.interop.plain_tables import ColumnSpec, TableRow, read_table
from app.interop.sheets.cells import Cell, said
from app.interop.sheets.days import NoDay, read_day
from app.interop.sheets.quantities import Quantity, read_quantity

SHIPPED_TIERS = Path(__file__).parent / "data" / "facility-tiers.csv"
LAST_TIER = 3
"""The tier of facilities in whose names no word of the table is found."""

_ITEM = ColumnSpec(name="item", headers=("物资", "品名", "物资编码"))
_QUANTITY = ColumnSpec(name="quantity", headers=("数量", "库存", "库存数量"))
_NOTE = ColumnSpec(name="note", headers=("说明", "备注"), required=False)
_STOCK_COLUMNS = (
    ColumnSpec(name="lot", headers=("批次", "批号")),
    _ITEM,
    _QUANTITY,
    ColumnSpec(name="pack", headers=("包装", "包装数", "每包数量"), required=False),
    ColumnSpec(name="expiry", headers=("有效期", "失效日期", "expiry_date"), required=False),
    _NOTE,
)
_TIER_COLUMNS = (ColumnSpec(name="word", headers=("词", "关键词")), ColumnSpec(name="tier", headers=("级别",)), _NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLot:
    """A lot in the one store: units of an item, its smallest package, and the last day of use if it spoils."""

    lot: str
    item: str
    quantity: int
    pack: int
    expiry: date | None


def read_stock(path: Path, names: ItemNames, *, near: date) -> tuple[StockLot, ...]:
    """The lots of a stock table, in its order; items by code or by a known name.

    `near` decides the year of days that are written without one. Raises `UnreadableFileError`, or
    `InvalidInputError` with every fault by row and column.
    """
    faults: list[Fault] = []
    lots: list[StockLot] = []
    packs: dict[str, int] = {}
    seen: set[str] = set()
    for row in read_table(path, _STOCK_COLUMNS):
        lot = _stock_lot(row, names, near, faults)
        if lot.lot in seen:
            faults.append(Fault("repeated", "“{key}” is named twice.", row.where("lot"), {"key": lot.lot}))
        elif packs.setdefault(lot.item, lot.pack) != lot.pack:
            message = "Item {item} has packs of {pack} in a row above."
            faults.append(Fault("other_pack", message, row.where("pack"), {"item": lot.item, "pack": packs[lot.item]}))
        seen.add(lot.lot)
        lots.append(lot)
    InvalidInputError.raise_if(faults)
    return tuple(lots)


def _stock_lot(row: TableRow, names: ItemNames, near: date, faults: list[Fault]) -> StockLot:
    lot = said(row.cells["lot"])
    if not is_code(lot):
        faults.append(Fault("lot_code", "A lot needs a code of letters, digits, dots, dashes.", row.where("lot")))
    pack = _whole_number(row.cells.get("pack"))
    if pack is not None:
        faults += quantity_faults(pack, row.where("pack"))
    expiry = read_day(row.cells.get("expiry"), near=near)
    if isinstance(expiry, NoDay):
        faults.append(Fault("date_type", "This must be a date like 2020-01-31.", row.where("expiry")))
    return StockLot(
        lot=lot,
        item=_item(row, names, faults),
        quantity=_units(row, faults, allow_none_left=True),
        pack=pack if isinstance(pack, int) else 1,
        expiry=expiry if isinstance(expiry, date) else None,
    )


def _whole_number(cell: Cell) -> Cell:
    """The number that a cell says, as people write it; anything else as it is, to be refused."""
    read = read_quantity(cell)
    return int(read.number) if isinstance(read, Quantity) and read.number == int(read.number) else cell


def _item(row: TableRow, names: ItemNames, faults: list[Fault]) -> str:
    text = said(row.cells["item"])
    meaning = names.meanings([text]).get(text)
    if meaning is not None:
        return meaning.item
    if not is_code(text):
        message = "There is no item “{item}”."
        faults.append(Fault("unknown_item", message, row.where("item"), {"item": text[:100]}))
    return text


def _units(row: TableRow, faults: list[Fault], *, allow_none_left: bool = False) -> int:
    quantity = _whole_number(row.cells["quantity"])
    if not (allow_none_left and quantity == 0 and type(quantity) is int):
        faults += quantity_faults(quantity, row.where("quantity"))
    return quantity if isinstance(quantity, int) else 0


def read_assumed_quantities(path: Path, names: ItemNames) -> Mapping[str, int]:
    """The quantity, by item, that stands in for needs without one; every fault by row and column."""
    faults: list[Fault] = []
    quantities: dict[str, int] = {}
    for row in read_table(path, (_ITEM, _QUANTITY, _NOTE)):
        item, units = _item(row, names, faults), _units(row, faults)
        if item in quantities:
            faults.append(Fault("repeated", "“{key}” is named twice.", row.where("item"), {"key": item[:100]}))
        quantities.setdefault(item, units)
    InvalidInputError.raise_if(faults)
    return quantities


@dataclass(frozen=True, slots=True)
class TierRule:
    """A facility whose folded name holds the word has the tier, unless an earlier rule speaks."""

    word: str
    tier: int


def read_tier_rules(path: Path = SHIPPED_TIERS) -> tuple[TierRule, ...]:
    """The rules of a table with the columns word and tier, in its order; every fault by row and column."""
    faults: list[Fault] = []
    rules: list[TierRule] = []
    for row in read_table(path, _TIER_COLUMNS):
        word, tier = fold_name(said(row.cells["word"])), _whole_number(row.cells["tier"])
        if not word:
            faults.append(Fault("missing", "This field is missing.", row.where("word")))
        if type(tier) is not int or not 1 <= tier <= LAST_TIER:
            params = {"low": 1, "high": LAST_TIER}
            faults.append(Fault("out_of_bounds", "This must be from {low} to {high}.", row.where("tier"), params))
        else:
            rules.append(TierRule(word, tier))
    InvalidInputError.raise_if(faults)
    return tuple(rules)


def tier_of(facility: str, rules: tuple[TierRule, ...]) -> int:
    """The tier of the first rule whose word is in the facility's name; else the last tier."""
    folded = fold_name(facility)
    return next((rule.tier for rule in rules if rule.word in folded), LAST_TIER)
