"""A facility's needs as a sheet: what its columns mean, and how its rows become the lines of one requisition.

Rows in which nothing is asked for (no quantity, or 0, and nothing else written) are passed over: the template lists
every item that the facility usually needs. Every fault is told by row and column.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from app.catalog.rules import fold_name
from app.catalog.types import BaseUnit, Program
from app.core.errors import Fault, InvalidInputError
from app.core.http.payloads import QUANTITY_MAX
from app.interop.names import ItemNames
from app.interop.needs import NAME_LENGTH_MAX, REASON_LENGTH_MAX, text_faults, tidy
from app.interop.needs_table import day_faults, day_of, shown
from app.interop.sheets import Cell, ColumnSpec, TableRow
from app.requisitions.rules import day_faults as report_faults
from app.requisitions.rules import program_faults
from app.requisitions.schemas import LINES_MAX, NewRequisitionLine

COLUMNS = (
    ColumnSpec(name="facility", headers=("机构编码", "机构"), required=False),
    ColumnSpec(name="item", headers=("物资", "品名", "物资名称", "物资编码")),
    ColumnSpec(name="unit", headers=("单位", "计量单位"), required=False),
    ColumnSpec(name="last", headers=("上次需求", "last time"), required=False),
    ColumnSpec(name="norm", headers=("定额参考", "by the norm"), required=False),
    ColumnSpec(name="quantity", headers=("需求数量", "数量", "申请数量", "quantity needed")),
    ColumnSpec(name="on_hand", headers=("现有数量", "现有库存", "库存", "on hand"), required=False),
    ColumnSpec(name="needed_by", headers=("需用日期", "需要日期", "截止日期", "needed by")),
    ColumnSpec(name="reason", headers=("理由", "原因", "用途", "备注"), required=False),
)
"""`last` and `norm` only inform whoever fills the sheet; they are not read."""

UNITS: Mapping[BaseUnit, Mapping[str, int]] = {
    BaseUnit.PIECE: dict.fromkeys(("piece", "pieces", "pcs", "pc", "件", "个", "只", "套", "台"), 1),
    BaseUnit.PAIR: dict.fromkeys(("pair", "pairs", "双", "副", "对"), 1),
    BaseUnit.BOTTLE: dict.fromkeys(("bottle", "bottles", "瓶"), 1),
    BaseUnit.GRAM: {
        "g": 1,
        "gram": 1,
        "克": 1,
        "kg": 1_000,
        "千克": 1_000,
        "公斤": 1_000,
        "t": 1_000_000,
        "吨": 1_000_000,
    },
}
"""Base units in each unit that a sheet may name, by the item's base unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetItem:
    """What must be known of an item to read its row."""

    code: str
    program: Program
    base_unit: BaseUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLines:
    """The lines that a sheet asks for; `row_numbers` gives the row of each."""

    program: Program
    lines: tuple[NewRequisitionLine, ...]
    row_numbers: tuple[int, ...]


@dataclass(slots=True)
class _Row:
    """A row that asks for something, as far as it can be read."""

    number: int
    item: SheetItem | None = None
    units: int | None = None
    on_hand_units: int | None = None
    needed_by: date | None = None
    reason: str = ""
    faults: list[Fault] = field(default_factory=list)


def read_lines(
    rows: Sequence[TableRow],
    names: ItemNames,
    items: Mapping[str, SheetItem],
    *,
    facility_names: Collection[str],
    reported_on: date,
    today: date,
) -> SheetLines:
    """The lines of a sheet; raises `InvalidInputError` with every fault by row and column.

    `facility_names` are the code and the names of the facility that hands the sheet in, the code first.
    """
    asked = [_read_row(row, names, items, facility_names) for row in rows if _asks(row)]
    faults = [fault for row in asked for fault in row.faults]
    if not asked:
        message = "No row says how much is needed."
        raise InvalidInputError.of(message, where="rows.1.quantity", code="nothing_asked")
    if len(asked) > LINES_MAX:
        message = "A requisition has at most {lines_max} lines."
        faults.append(Fault("too_many_lines", message, f"rows.{asked[LINES_MAX].number}", {"lines_max": LINES_MAX}))
    program = next((row.item.program for row in asked if row.item is not None), Program.MEDICAL)
    faults += _faults_between(asked, program, reported_on, today)
    InvalidInputError.raise_if(sorted(faults, key=_row_number))
    lines = [
        NewRequisitionLine(
            item=row.item.code,
            requested_units=row.units,
            needed_by=row.needed_by,
            reason=row.reason,
            on_hand_units=row.on_hand_units,
        )
        for row in asked
        if row.item is not None and row.units is not None and row.needed_by is not None
    ]
    return SheetLines(program=program, lines=tuple(lines), row_numbers=tuple(row.number for row in asked))


def _asks(row: TableRow) -> bool:
    quantity = row.cells["quantity"]
    if quantity is None:
        return any(row.cells.get(name) is not None for name in ("on_hand", "reason"))
    return str(quantity) not in ("0", "0.0")


def _row_number(fault: Fault) -> tuple[int, str]:
    parts = fault.where.split(".")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0, fault.where


def _read_row(row: TableRow, names: ItemNames, items: Mapping[str, SheetItem], facility_names: Collection[str]) -> _Row:
    read = _Row(number=row.number)
    _check_facility(row, facility_names, read)
    text = tidy(shown(row.cells["item"]))
    if not text:
        read.faults.append(Fault("missing", "This field is missing.", row.where("item")))
    else:
        meaning = names.meanings([text]).get(text)
        read.item = items.get(meaning.item if meaning is not None else text)
        if read.item is None:
            message = "There is no item “{item}”."
            read.faults.append(Fault("unknown_item", message, row.where("item"), {"item": text[:NAME_LENGTH_MAX]}))
    factor = _factor(row, read)
    read.units = _units(row, "quantity", factor, read, least=1)
    read.on_hand_units = _units(row, "on_hand", factor, read, least=0) if row.cells.get("on_hand") is not None else None
    read.needed_by = _needed_by(row, read)
    read.reason = tidy(shown(row.cells.get("reason")))
    where = row.where("reason")
    read.faults += text_faults(read.reason, where, length_max=REASON_LENGTH_MAX, required=False)
    return read


def _check_facility(row: TableRow, facility_names: Collection[str], read: _Row) -> None:
    named = tidy(shown(row.cells.get("facility")))
    if named and fold_name(named) not in {fold_name(name) for name in facility_names}:
        message = "This row is for “{named}”, not for {facility}."
        params = {"named": named[:NAME_LENGTH_MAX], "facility": next(iter(facility_names))}
        read.faults.append(Fault("other_facility", message, row.where("facility"), params))


def _factor(row: TableRow, read: _Row) -> int | None:
    """Base units in the unit of the row; None where that cannot be known."""
    if read.item is None:
        return None
    known = UNITS[read.item.base_unit]
    unit = tidy(shown(row.cells.get("unit"))).casefold()
    if unit in known:
        return known[unit]
    if not unit and read.item.base_unit is not BaseUnit.GRAM:
        return 1
    if read.item.base_unit is BaseUnit.GRAM:
        # Without its unit 500 could be grams or kilograms: that is not guessed.
        fault = Fault("unit_needed", "Say the unit: kg, g or t.", row.where("unit"))
    else:
        params = {"what": f"unit.{read.item.base_unit.value}"}
        fault = Fault("other_unit", "This item is counted in {what}; say how many of these.", row.where("unit"), params)
    read.faults.append(fault)
    return None


def _units(row: TableRow, column: str, factor: int | None, read: _Row, *, least: int) -> int | None:
    cell: Cell = row.cells.get(column)
    where = row.where(column)
    if cell is None:
        read.faults.append(Fault("missing", "This field is missing.", where))
        return None
    number = _number(cell)
    if number is None or (factor == 1 and number != int(number)):
        read.faults.append(Fault("int_type", "This must be a whole number.", where))
        return None
    if factor is None:
        return None
    units = number * factor
    if units != int(units):
        read.faults.append(Fault("too_many_decimals", "This has too many decimals.", where))
    elif not least <= units <= QUANTITY_MAX:
        message = "This must be from {low} to {high}."
        high = QUANTITY_MAX // factor
        read.faults.append(Fault("out_of_bounds", message, where, {"low": least, "high": high}))
    else:
        return int(units)
    return None


def _number(cell: Cell) -> Decimal | None:
    if isinstance(cell, bool | date):
        return None
    # A sheet that computes 0.1 + 0.2 keeps 0.30000000000000004 and shows 0.3, which is meant.
    text = str(round(cell, 9)) if isinstance(cell, float) else str(cell).replace(",", "").strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def _needed_by(row: TableRow, read: _Row) -> date | None:
    where = row.where("needed_by")
    day = day_of(row.cells["needed_by"])
    if day is None:
        read.faults.append(Fault("missing", "This field is missing.", where))
        return None
    faults = list(day_faults(day, where))
    read.faults += faults
    return day if isinstance(day, date) and not faults else None


def _faults_between(asked: Sequence[_Row], program: Program, reported_on: date, today: date) -> list[Fault]:
    """Faults of rows beside each other and beside the report: other programs, days too early, repeated needs."""
    known = [(row, row.item) for row in asked if row.item is not None]
    codes, programs = [item.code for _, item in known], [item.program for _, item in known]
    faults = [_moved(fault, [row for row, _ in known], "item") for fault in program_faults(program, codes, programs)]
    dated = [(row, row.needed_by) for row in asked if row.needed_by is not None]
    faults += [
        fault if fault.where == "reported_on" else _moved(fault, [row for row, _ in dated], "needed_by")
        for fault in report_faults(reported_on, [day for _, day in dated], today)
    ]
    first: dict[tuple[str, date], int] = {}
    for row in asked:
        if row.item is None or row.needed_by is None:
            continue
        key = row.item.code, row.needed_by
        if key in first:
            message = "This repeats row {row}: the same item by the same day."
            faults.append(Fault("repeated_line", message, f"rows.{row.number}.item", {"row": first[key]}))
        first.setdefault(key, row.number)
    return faults


def _moved(fault: Fault, rows: Sequence[_Row], column: str) -> Fault:
    """A fault of the n-th line as one of its row."""
    position = int(fault.where.split(".")[1])
    return fault.at(f"rows.{rows[position].number}.{column}")
