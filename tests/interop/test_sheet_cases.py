"""Small sheets as people send them, each with the value that is right: what once failed must not fail again."""

from datetime import date, datetime

import pytest

from app.interop.sheets.answers import Answers
from app.interop.sheets.outcome import RowState
from tests.interop.reading import requisition, why
from tests.sheets import workbook

DAY = date(2020, 2, 6)
HEADER = ["物资", "单位", "需求数量", "需用日期", "理由"]
MASK, SUIT = "医用外科口罩", "医用防护服"
NAMED = ["机构", "物资", "数量", "需用日期", "备注"]
HOSPITAL = "渌口区人民医院"

Rows = list[list[object]]


def usual(item: str = MASK, unit: str = "只", quantity: object = 1000, day: object = DAY) -> Rows:
    return [list(HEADER), [item, unit, quantity, day, None]]


CLEAR: dict[str, tuple[bytes, list[tuple[str, int]]]] = {
    "tab": (f"物资\t单位\t需求数量\t需用日期\r\n{MASK}\t只\t1000\t2020-02-06\r\n".encode(), [("surgical-mask", 1000)]),
    "utf-16": (
        f"物资\t单位\t需求数量\t需用日期\r\n{MASK}\t只\t1000\t2020-02-06\r\n".encode("utf-16"),
        [("surgical-mask", 1000)],
    ),
    "day-in-chinese": (workbook({"需求": usual(day="2020年2月6日")}), [("surgical-mask", 1000)]),
    "day-with-dots": (workbook({"需求": usual(day="2020.2.6")}), [("surgical-mask", 1000)]),
    "day-without-year": (workbook({"需求": usual(day="2月6日")}), [("surgical-mask", 1000)]),
    "day-with-time": (
        workbook({"需求": usual(day=datetime(2020, 2, 6, 8, 30))}),  # noqa: DTZ001 - a sheet knows no zones
        [("surgical-mask", 1000)],
    ),
    "departments": (
        workbook({"需求": [list(NAMED), [HOSPITAL, MASK, 200, DAY, "发热门诊"], [HOSPITAL, MASK, 100, DAY, "ICU"]]}),
        [("surgical-mask", 300)],
    ),
    "grouped": (workbook({"需求": [list(NAMED), [HOSPITAL, MASK, "1,000", DAY, None]]}), [("surgical-mask", 1000)]),
    "facility-and-unit": (
        workbook({"需求": [["医院", "物资", "单位", "数量", "需用日期"], [HOSPITAL, MASK, "箱", 20, DAY]]}),
        [("surgical-mask", 40_000)],
    ),
    "unit-only": (
        workbook({"需求": [["物资", "单位", "数量", "需用日期"], [MASK, "只", 1000, DAY]]}),
        [("surgical-mask", 1000)],
    ),
    "full-width-comma": (workbook({"需求": usual(quantity="1，000")}), [("surgical-mask", 1000)]),
    "unit-behind-number": (workbook({"需求": usual(quantity="500只")}), [("surgical-mask", 500)]),
    "ten-thousand": (workbook({"需求": usual(quantity="1万")}), [("surgical-mask", 10_000)]),
    "serial-numbers": (
        workbook({"需求": [["序号", *HEADER], [1, MASK, "只", 1000, DAY, None], [2, SUIT, "件", 50, DAY, None]]}),
        [("surgical-mask", 1000), ("protective-suit", 50)],
    ),
    "specification": (
        workbook(
            {"需求": [["物资", "规格型号", "单位", "需求数量", "需用日期"], [MASK, "17.5*9.5 三层", "只", 1000, DAY]]}
        ),
        [("surgical-mask", 1000)],
    ),
    "titles": (
        workbook(
            {
                "需求": [
                    ["2020年2月物资需求表"],
                    [f"填报单位：{HOSPITAL}"],
                    *usual(),
                    [SUIT, "件", 50, DAY, None],
                ]
            }
        ),
        [("surgical-mask", 1000), ("protective-suit", 50)],
    ),
    "total": (
        workbook({"需求": [*usual(), [SUIT, "件", 50, DAY, None], ["合计", None, 1050, None, None]]}),
        [("surgical-mask", 1000), ("protective-suit", 50)],
    ),
    "boxes-of-gloves": (workbook({"需求": usual("医用检查手套", "盒", 10)}), [("examination-gloves", 500)]),
    "pairs-of-goggles": (workbook({"需求": usual("医用护目镜", "副", 100)}), [("goggles", 100)]),
}


@pytest.mark.parametrize("name", CLEAR)
def test_a_clear_sheet_is_taken_with_its_right_value(name: str) -> None:
    content, expected = CLEAR[name]
    sheet = requisition(content)
    assert [why(row) for row in sheet.reading.rows if row.notes] == []
    assert [(one.line.item, one.line.requested_units) for one in sheet.lines] == expected
    assert {one.line.needed_by for one in sheet.lines} == {DAY}


def test_a_merged_item_holds_for_the_rows_below_it() -> None:
    rows: Rows = [*usual(), [None, "只", 500, date(2020, 2, 9), None]]
    sheet = requisition(workbook({"需求": rows}, merged=[(1, 2, 0, 0)]))
    assert [(one.line.item, one.line.requested_units, one.line.needed_by) for one in sheet.lines] == [
        ("surgical-mask", 1000, DAY),
        ("surgical-mask", 500, date(2020, 2, 9)),
    ]


@pytest.mark.parametrize(
    ("item", "quantity", "unit", "units"), [("大米", 2, "公斤", 2_000), ("叶菜", 500, "斤", 250_000)]
)
def test_what_is_weighed_is_not_taken_without_its_unit(item: str, quantity: int, unit: str, units: int) -> None:
    content = workbook({"需求": [list(NAMED), [HOSPITAL, item, quantity, DAY, None]]})
    (row,) = requisition(content).reading.rows
    assert (row.state, [note.fault.code for note in row.notes]) == (RowState.ASKED, ["unit_needed"])
    assert row.item is not None
    answered = requisition(content, Answers(units={(row.item, ""): unit}))
    assert [one.line.requested_units for one in answered.lines] == [units]


@pytest.mark.parametrize(
    ("formula", "value", "code"),
    [
        ("=1/0", "#DIV/0!", "formula_error"),
        ('=VLOOKUP("x",A1:B1,2,0)', "#N/A", "formula_error"),
        ("=50*20", "", "formula_without_value"),
    ],
)
def test_a_formula_without_a_value_is_a_fault_at_its_cell(formula: str, value: str, code: str) -> None:
    rows: Rows = [*usual(), [SUIT, "件", None, DAY, None]]
    sheet = requisition(workbook({"需求": rows}, formulas={(2, 2): (formula, value)}))
    assert [(row.number, row.state, why(row)) for row in sheet.reading.rows] == [
        (2, RowState.TAKEN, []),
        (3, RowState.REFUSED, [("C3", code)]),
    ]


def test_none_is_no_number_and_is_asked() -> None:
    (row,) = requisition(workbook({"需求": usual(quantity="无")})).reading.rows
    assert (row.state, why(row)) == (RowState.ASKED, [("C2", "not_a_number")])


def test_of_two_sheets_it_is_asked_which_and_all_can_be_meant() -> None:
    second: Rows = usual("医用防护口罩", "只", 300)
    content = workbook({"需求": [*usual(), [SUIT, "件", 50, DAY, None]], "第二页": second})
    assert {row.state for row in requisition(content).reading.rows} == {RowState.ASKED}
    both = requisition(content, Answers(sheets=frozenset({"需求", "第二页"})))
    assert [one.line.requested_units for one in both.lines] == [1000, 50, 300]
