"""A facility's sheet becomes lines, or every fault at its cell."""

from datetime import date
from typing import Any

import pytest

from app.catalog.types import BaseUnit, Program
from app.core.errors import InvalidInputError
from app.interop.names import ItemNames
from app.interop.requisition_sheet import COLUMNS, SheetItem, SheetLines, read_lines
from app.interop.sheets import Cell, column_places, table_rows

TODAY = date(2020, 1, 31)
SOON = date(2020, 2, 3)
ITEMS = {
    "suit": SheetItem(code="suit", program=Program.MEDICAL, base_unit=BaseUnit.PIECE),
    "mask": SheetItem(code="mask", program=Program.MEDICAL, base_unit=BaseUnit.PIECE),
    "rice": SheetItem(code="rice", program=Program.LIVING, base_unit=BaseUnit.GRAM),
}
NAMES = ItemNames(table={"suit": "suit", "防护服": "suit", "mask": "mask", "口罩": "mask", "rice": "rice"})
HEADER: list[Cell] = ["机构编码", "物资", "单位", "上次需求", "定额参考", "需求数量", "现有数量", "需用日期", "理由"]


def sheet(*rows: list[Cell], header: list[Cell] | None = None) -> SheetLines:
    """What the sheet asks for."""
    return read_lines(
        table_rows([header or HEADER, *rows], COLUMNS),
        NAMES,
        ITEMS,
        facility_names=("h-1", "第一医院"),
        reported_on=TODAY,
        today=TODAY,
    )


def row(
    item: Cell,
    quantity: Cell,
    *,
    unit: Cell = None,
    on_hand: Cell = None,
    by: Cell = SOON,
    why: Cell = None,
    facility: Cell = None,
) -> list[Cell]:
    """A row as the template has it."""
    return [facility, item, unit, 999, 888, quantity, on_hand, by, why]


def faults(*rows: list[Cell], **more: Any) -> list[tuple[str, str]]:
    """Places and codes of all that is wrong."""
    with pytest.raises(InvalidInputError) as refused:
        sheet(*rows, **more)
    return [(fault.where, fault.code) for fault in refused.value.faults]


def test_rows_become_lines_and_last_figures_and_norms_are_not_read() -> None:
    lines = sheet(row("防护服", 500, on_hand=20, why="new ward"), row("mask", "1,200", by="2020/2/5"))
    assert lines.program is Program.MEDICAL
    assert [(one.item, one.requested_units, one.on_hand_units, one.needed_by, one.reason) for one in lines.lines] == [
        ("suit", 500, 20, SOON, "new ward"),
        ("mask", 1200, None, date(2020, 2, 5), ""),
    ]


def test_rows_in_which_nothing_is_asked_for_are_passed_over() -> None:
    lines = sheet(row("suit", None), row("suit", 0, on_hand=7), row("mask", 5), row(None, None, unit="件"))
    assert [one.item for one in lines.lines] == ["mask"]
    assert lines.row_numbers == (4,)
    assert faults(row("suit", None), row("mask", 0)) == [("rows.1.quantity", "nothing_asked")]


def test_stock_without_a_quantity_is_a_question_and_not_dropped() -> None:
    assert faults(row("suit", None, on_hand=30)) == [("rows.2.quantity", "missing")]


@pytest.mark.parametrize(
    ("quantity", "unit", "grams"),
    [
        (2, "kg", 2_000),
        (2.5, "公斤", 2_500),
        ("0.125", "千克", 125),
        (0.1 + 0.2, "kg", 300),
        (3, "吨", 3_000_000),
        (750, "克", 750),
    ],
)
def test_what_is_weighed_is_read_in_the_unit_beside_it(quantity: Cell, unit: str, grams: int) -> None:
    assert sheet(row("rice", quantity, unit=unit)).lines[0].requested_units == grams


def test_units_are_never_guessed() -> None:
    assert faults(row("rice", 500)) == [("rows.2.unit", "unit_needed")]
    assert faults(row("suit", 3, unit="箱")) == [("rows.2.unit", "other_unit")]
    assert faults(row("rice", 0.0001, unit="kg")) == [("rows.2.quantity", "too_many_decimals")]
    assert sheet(row("suit", 3, unit="件")).lines[0].requested_units == 3


@pytest.mark.parametrize("quantity", ["many", -1, 2.5, True, SOON, 10**13, "1e20", "nan", "=1+1"])
def test_a_quantity_is_a_number_within_bounds(quantity: Cell) -> None:
    assert [where for where, _ in faults(row("suit", quantity))] == ["rows.2.quantity"]


def test_every_fault_is_told_at_once_and_in_the_order_of_the_rows() -> None:
    assert faults(
        row("nothing", "x", facility="h-2", by="31.2."),
        row("suit", 5, by=date(2020, 1, 30), why="a\x07b"),
        row("mask", 5),
        row("mask", 6, by=None),
        row("口罩", 7),
        row("rice", 2, unit="kg"),
        row(None, 1),
    ) == [
        ("rows.2.facility", "other_facility"),
        ("rows.2.item", "unknown_item"),
        ("rows.2.needed_by", "date_type"),
        ("rows.2.quantity", "int_type"),
        ("rows.3.needed_by", "needed_before_report"),
        ("rows.3.reason", "not_printable"),
        ("rows.5.needed_by", "missing"),
        ("rows.6.item", "repeated_line"),
        ("rows.7.item", "other_program"),
        ("rows.8.item", "missing"),
    ]


def test_a_facility_is_known_by_its_code_or_name() -> None:
    assert len(sheet(row("suit", 1, facility="h-1"), row("mask", 1, facility=" 第一 医院")).lines) == 2


def test_faults_of_the_header() -> None:
    assert faults(row("suit", 1), header=["物资", "数量", "数量", "颜色"]) == [
        ("rows.1.3", "repeated_column"),
        ("rows.1.4", "unknown_column"),
        ("rows.1", "missing_column"),
    ]
    assert column_places(["颜色", "数量", "item", None], COLUMNS) == {"quantity": 1, "item": 2}


def test_a_requisition_has_so_many_lines_and_no_more() -> None:
    rows = [row("suit", 1, by=date.fromordinal(SOON.toordinal() + n)) for n in range(501)]
    assert faults(*rows) == [("rows.502", "too_many_lines")]
    assert len(sheet(*rows[:500]).lines) == 500
