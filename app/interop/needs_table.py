"""Needs as a table (.csv or .xlsx): facility, item, quantity, needed_by and, if wanted, reason."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from app.core.errors import Fault, InvalidInputError
from app.core.http.payloads import FIRST_DAY, LAST_DAY
from app.interop.needs import (
    NAME_LENGTH_MAX,
    REASON_LENGTH_MAX,
    NeedFile,
    StatedNeed,
    quantity_faults,
    text_faults,
    tidy,
)
from app.interop.sheets import Cell, ColumnSpec, TableRow, read_table

COLUMNS = (
    ColumnSpec(name="facility", headers=("机构", "单位", "医院", "需求单位", "hospital")),
    ColumnSpec(name="item", headers=("物资", "品名", "物资名称", "物品")),
    ColumnSpec(name="quantity", headers=("数量", "需求数量", "申请数量")),
    ColumnSpec(name="needed_by", headers=("需用日期", "需要日期", "截止日期", "needed by")),
    ColumnSpec(name="reason", headers=("理由", "原因", "用途", "备注"), required=False),
)


def read_need_table(path: Path) -> NeedFile:
    """The needs of a table; a cell without a quantity or a day leaves it open.

    Raises `UnreadableFileError` for what is no table, `InvalidInputError` with every fault by row and column.
    """
    rows = read_table(path, COLUMNS)
    faults: list[Fault] = []
    needs = [_need(row, faults) for row in rows]
    InvalidInputError.raise_if(faults)
    return NeedFile(records=len(rows), needs=tuple(needs), without_needs=())


def _need(row: TableRow, faults: list[Fault]) -> StatedNeed:
    texts = {name: tidy(shown(row.cells.get(name))) for name in ("facility", "item", "reason")}
    for name, text in texts.items():
        length_max = REASON_LENGTH_MAX if name == "reason" else NAME_LENGTH_MAX
        faults += text_faults(text, row.where(name), length_max=length_max, required=name != "reason")
    quantity = whole_number(row.cells["quantity"])
    if quantity is not None:
        faults += quantity_faults(quantity, row.where("quantity"))
    needed_by = day_of(row.cells["needed_by"])
    if needed_by is not None:
        faults += day_faults(needed_by, row.where("needed_by"))
    return StatedNeed(
        place=row.where(),
        facility=texts["facility"],
        district="",
        item_name=texts["item"],
        quantity=quantity if isinstance(quantity, int) else None,
        needed_by=needed_by if isinstance(needed_by, date) else None,
        reason=texts["reason"],
    )


def shown(cell: Cell) -> str:
    """The cell as text; a code typed as a number is meant as its digits."""
    return "" if cell is None else str(cell)


def whole_number(cell: Cell) -> Cell:
    """The number that a cell holds, also where a sheet keeps its digits as text; anything else as it is."""
    if isinstance(cell, str) and re.fullmatch(r"[0-9]{1,15}", cell):
        return int(cell)
    return cell


def day_of(cell: Cell) -> Cell:
    """The day that a cell holds, as a date or as text such as 2020-01-31 or 2020/1/31; anything else as it is."""
    if isinstance(cell, str) and (parts := re.fullmatch(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})", cell)):
        try:
            return date(*map(int, parts.groups()))
        except ValueError:
            return cell
    return cell


def day_faults(value: Cell, where: str) -> Iterator[Fault]:
    """Faults of a day that is there."""
    if not isinstance(value, date) or not FIRST_DAY <= value <= LAST_DAY:
        yield Fault("date_type", "This must be a date like 2020-01-31.", where)
