"""Sheets of receipts, donations, offers and counts: read as those of needs are, with lots, days and prices."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import InvalidInputError
from app.interop.sheets.answers import Answers
from app.interop.sheets.books import Book
from app.interop.sheets.cells import Broken, Cell
from app.interop.sheets.outcome import Ask, RowState
from app.interop.sheets.reading import read_needs
from app.interop.supply_sheet import ROWS_MAX, LineField, SupplyRow, SupplySheet, read_supply, supply_headings
from tests.interop.reading import REPORT, book_of, facts, headings
from tests.interop.test_sheet_reading import CELLS

DONATED: list[Cell] = ["序号", "捐赠单位", "物资名称", "规格", "单位", "捐赠数量", "批号", "有效期至", "备注"]


def read(book: Book, *, least: int = 1) -> SupplySheet:
    return read_supply(book, supply_headings(headings()), facts(facilities=None, default_day=REPORT, least=least))


def why(row: SupplyRow) -> list[tuple[str, str, str]]:
    return [(note.field, note.cell, note.fault.code) for note in row.notes]


def test_a_list_of_donations_as_people_send_it_is_read_row_by_row() -> None:
    sheet = read(
        book_of(
            [
                ["2020年2月捐赠物资登记表"],
                DONATED,
                [1, "南车集团", "医用外科口罩", "三层", "箱", 20, "A2001", "2021年6月30日", "第一批"],
                [2, "红十字会", "兔子服", None, "件", "1,200", None, "不详", None],
                [3, "王女士", "大米", None, None, 50, None, None, None],
                [4, "王女士", "医用护目境", None, "副", "若干", "B-1", "尽快", None],
                [5, "李先生", "医用护目镜", None, "副", Broken("#N/A"), None, None, None],
                ["合计", None, None, None, None, 1270, None, None, None],
            ]
        )
    )
    first, second, rice, goggles, broken = sheet.rows
    assert [row.state.value for row in sheet.rows] == ["TAKEN", "TAKEN", "ASKED", "ASKED", "REFUSED"]
    assert (first.row.item, first.row.units, dict(first.fields)) == (
        "surgical-mask",
        40_000,
        {LineField.PARTNER: "南车集团", LineField.LOT: "A2001", LineField.EXPIRY: "2021-06-30"},
    )
    assert first.row.reason == "第一批"
    assert (second.row.item, second.row.units, second.fields[LineField.EXPIRY_UNKNOWN]) == (
        "protective-suit",
        1200,
        "yes",
    )
    assert why(rice) == [("quantity", "F5", "unit_needed")] or why(rice) == [("quantity", "E5", "unit_needed")]
    assert why(goggles) == [
        ("item", "C6", "unknown_item"),
        ("quantity", "F6", "not_a_number"),
        ("expiry_date", "H6", "date_type"),
    ]
    assert goggles.notes[0].choices[0] == "goggles"
    assert why(broken) == [("quantity", "F7", "formula_error")]
    assert [one.why.value for one in sheet.aside] == ["TOTAL"]
    assert sheet.not_used == ("序号", "规格")


def test_a_receipt_tells_what_was_rejected_and_stock_is_none_of_it() -> None:
    header: list[Cell] = ["品名", "应收数量", "实收数量", "拒收数量", "拒收原因", "库存数量", "数量"]
    sheet = read(book_of([header, ["医用护目镜", 100, 0, "5", "破损", 999, 77]]), least=0)
    (row,) = sheet.rows
    assert (row.row.units, row.row.on_hand_units, row.fields) == (0, 5, {LineField.REJECTION: "破损"})
    assert sheet.not_used == ("应收数量", "库存数量", "数量")


def test_an_offer_has_a_price_and_a_time_and_what_is_no_number_is_asked() -> None:
    header: list[Cell] = ["供应商", "物资", "单位", "可供数量", "单价（元）", "交货天数", "报价有效期"]
    rows: list[list[Cell]] = [
        ["甲公司", "医用外科口罩", "箱", 5, "1,000", 3, "2月15日"],
        ["乙公司", "医用护目镜", "副", 10, "面议", "三天内", Broken("")],
    ]
    one, other = read(book_of([header, *rows])).rows
    assert one.fields == {
        LineField.PARTNER: "甲公司",
        LineField.PRICE: "1000",
        LineField.LEAD_DAYS: "3",
        LineField.VALID_UNTIL: "2020-02-15",
    }
    assert ("unit_price", "E3", "not_a_number") in why(other)
    assert ("valid_until", "G3", "formula_without_value") in why(other)
    assert other.state is RowState.REFUSED


def test_all_sheets_with_supplies_are_read_and_too_many_rows_are_refused() -> None:
    header: list[Cell] = ["物资", "数量"]
    sheet = read(book_of([header, ["医用护目镜", 1]], [["说明"]], [header, ["医用防护服", 2]]))
    assert [(row.row.sheet, row.row.number) for row in sheet.rows] == [("1", 2), ("3", 2)]
    with pytest.raises(InvalidInputError) as refusal:
        read(book_of([header, *[["医用护目镜", 1] for _ in range(ROWS_MAX + 1)]]))
    assert [fault.code for fault in refusal.value.faults] == ["too_many_rows"]


SUPPLY_CELLS = st.one_of(CELLS, st.sampled_from([*DONATED, "单价", "不详", "2021-06-30", "A-1", 0]))


@settings(deadline=None)  # a busy machine
@given(st.lists(st.lists(SUPPLY_CELLS, max_size=10), max_size=12), st.sampled_from([0, 1]))
def test_of_any_sheet_rows_in_are_rows_taken_asked_and_refused(rows: list[list[Cell]], least: int) -> None:
    book = book_of([DONATED, *rows])
    try:
        sheet = read(book, least=least)
    except InvalidInputError:
        return  # no table, or no row that says how much: told of the whole file
    (report,) = sheet.sheets
    below = [n for n, row in enumerate(book.sheets[0].rows, 1) if any(cell is not None for cell in row)]
    counted = sorted([*[one.row.number for one in sheet.rows], *[one.number for one in sheet.aside]])
    # Where the row below the header holds words only it may be a second row of headings; nothing else is passed over.
    below = [n for n in below if n > report.header_row]
    assert counted in (below, below[1:])
    assert sum(len(sheet.of(state)) for state in RowState) == len(sheet.rows)
    for row in sheet.of(RowState.TAKEN):
        assert row.row.item is not None
        assert row.row.units is not None
        assert date.fromisoformat(row.fields.get(LineField.EXPIRY, "2020-01-01"))


def test_the_sheets_of_needs_are_read_as_before() -> None:
    book = book_of([["物资", "数量", "现有库存", "需用日期"], ["医用护目镜", 5, 2, "2020-02-06"]])
    (row,) = read_needs(book, headings(), facts(), Answers()).rows
    assert (row.units, row.on_hand_units, [note.ask for note in row.notes if note.ask is not Ask.CELL]) == (5, 2, [])
