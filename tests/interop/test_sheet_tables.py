"""Where the table is in a sheet, and what its columns are."""

from datetime import date

import pytest

from app.interop.sheets.answers import Answers
from app.interop.sheets.cells import Cell
from app.interop.sheets.headings import HeadingSource, SheetField, fold_heading, known_headings
from app.interop.sheets.outcome import Ask, RowState, SheetState
from app.interop.sheets.tables import Aside, find_table
from tests.interop.reading import book_of, headings, read, taken, why
from tests.sheets import workbook

DAY = date(2020, 2, 6)
HEADER: list[Cell] = ["物资", "单位", "需求数量", "需用日期"]
MASK: list[Cell] = ["医用外科口罩", "只", 1000, DAY]
SUIT: list[Cell] = ["医用防护服", "件", 50, DAY]


def fields(*rows: list[Cell]) -> dict[str, str | None]:
    """Field of each heading."""
    table = find_table(book_of(rows).sheets[0], headings())
    assert table is not None
    return {one.text: one.field and (one.field.value if one.used else "-") for one in table.columns}


def test_titles_above_blank_rows_and_blank_columns_are_passed_over() -> None:
    reading = read(
        book_of(
            [
                [None, "2020年2月物资需求表", None, None, None],
                [],
                [None, "填报单位：渌口区人民医院", None, None, None],
                [None, *HEADER],
                [],
                [None, *MASK],
                [None, *SUIT],
            ]
        )
    )
    assert taken(reading) == [(6, "surgical-mask", 1000), (7, "protective-suit", 50)]
    assert reading.sheets[0].header_row == 4


def test_the_facility_above_the_table_must_be_the_one_that_uploads() -> None:
    titles: list[list[Cell]] = [["需求表"], ["填报单位：天元区医院  联系人：王某"]]
    (row,) = read(book_of([*titles, HEADER, MASK])).rows
    assert (row.state, why(row)) == (RowState.REFUSED, [("", "other_facility")])
    (row,) = read(book_of([["填报单位", "区医院"], HEADER, MASK])).rows
    assert (row.state, why(row)) == (RowState.ASKED, [("", "unknown_facility")])
    answered = Answers(facilities={"区医院": "lukou-peoples-hospital"})
    assert taken(read(book_of([["填报单位", "区医院"], HEADER, MASK]), answered)) == [(3, "surgical-mask", 1000)]


def test_a_header_may_have_two_rows_merged_above() -> None:
    rows: list[list[object]] = [
        ["序号", "物资信息", None, "需求", None, "库存"],
        [None, "名称", "规格", "数量", "日期要求", "数量"],
        [1, "医用外科口罩", "三层", 1000, DAY, 7],
    ]
    content = workbook({"s": rows}, merged=[(0, 1, 0, 0), (0, 0, 1, 2), (0, 0, 3, 4)])
    reading = read(content, Answers(needed_by=DAY))
    assert taken(reading) == [(3, "surgical-mask", 1000)]
    assert reading.rows[0].on_hand_units == 7
    assert reading.sheets[0].columns[3].text == "需求 数量"


def test_blanks_line_breaks_stars_and_hints_in_headings_do_not_matter() -> None:
    assert fields(
        ["物 资\n名称*", "需求数量（必填）", "需用日期 (yyyy-mm-dd)", "数 量 单 位"], ["口罩", 1, DAY, "只"]
    ) == {
        "物 资 名称*": "item",
        "需求数量（必填）": "quantity",
        "需用日期 (yyyy-mm-dd)": "needed_by",
        "数 量 单 位": None,
    }


def test_what_stands_in_brackets_and_is_no_unit_changes_the_meaning() -> None:
    assert fields(["物资", "数量（已领）", "数量"], ["口罩", 1, 2])["数量（已领）"] is None


def test_a_unit_may_stand_in_the_heading() -> None:
    for heading, units in (("数量（盒）", 150), ("数量/盒", 150), ("需求数量(单位:只)", 3), ("数量（万只）", 30_000)):
        assert taken(read(book_of([["物资", heading, "需用日期"], ["医用外科口罩", 3, DAY]]))) == [
            (2, "surgical-mask", units)
        ], heading


def test_columns_that_are_not_used_are_told() -> None:
    reading = read(book_of([["序号", *HEADER, "规格型号", "联系电话", "颜色"], [1, *MASK, "17.5*9.5", "139", "蓝"]]))
    assert taken(reading) == [(2, "surgical-mask", 1000)]
    assert [one.text for one in reading.sheets[0].columns if not one.used] == ["序号", "规格型号", "联系电话", "颜色"]


@pytest.mark.parametrize(("below", "field"), [("只", "unit"), ("箱", "unit"), ("渌口区人民医院", "facility")])
def test_what_stands_below_decides_whether_it_is_a_unit_or_an_organisation(below: str, field: str) -> None:
    assert fields(["物资", "单位", "数量"], ["医用外科口罩", below, 5])["单位"] == field


def test_of_two_columns_for_one_figure_the_likelier_is_read_and_equal_ones_are_asked() -> None:
    assert fields(["物资", "需求数量", "数量"], ["口罩", 1, 2]) == {"物资": "item", "需求数量": "quantity", "数量": "-"}
    (row,) = read(book_of([["物资", "数量", "数量"], ["医用外科口罩", 1, 2]])).rows
    assert [(note.ask, note.field) for note in row.notes] == [(Ask.COLUMN, SheetField.QUANTITY)]


def test_remarks_are_the_reason_only_where_no_other_column_is() -> None:
    assert fields(["物资", "数量", "备注"], ["口罩", 1, "x"])["备注"] == "reason"
    assert fields(["物资", "数量", "备注", "理由"], ["口罩", 1, "x", "y"])["理由"] == "reason"


def test_totals_remarks_and_headers_again_are_told_and_not_counted() -> None:
    reading = read(
        book_of(
            [
                HEADER,
                MASK,
                ["小计", None, 1000, None],
                HEADER,
                SUIT,
                [None, "合 计：", 1050, None],
                ["填表人：李某", None, None, "2020-01-31"],
                ["备注：急需", None, None, None],
            ]
        )
    )
    assert [row.number for row in reading.rows] == [2, 5]
    assert [(one.number, one.why) for one in reading.aside] == [
        (3, Aside.TOTAL),
        (4, Aside.HEADER_AGAIN),
        (6, Aside.TOTAL),
        (7, Aside.REMARK),
        (8, Aside.REMARK),
    ]


def test_merged_cells_are_filled_down_but_a_quantity_is_not_repeated() -> None:
    rows: list[list[object]] = [list(HEADER), list(MASK), [None, "只", 500, date(2020, 2, 9)], [None, "只", None, DAY]]
    reading = read(workbook({"s": rows}, merged=[(1, 3, 0, 0)]))
    assert taken(reading) == [(2, "surgical-mask", 1000), (3, "surgical-mask", 500)]
    reading = read(workbook({"s": rows}, merged=[(1, 3, 0, 0), (2, 3, 2, 2)]))
    assert why(reading.rows[2]) == [("C4", "merged_quantity")]
    assert taken(
        read(workbook({"s": rows}, merged=[(1, 3, 0, 0), (2, 3, 2, 2)]), Answers(cells={("s", "C4"): "200"}))
    ) == [
        (2, "surgical-mask", 1000),
        (3, "surgical-mask", 500),
        (4, "surgical-mask", 200),
    ]


def test_a_cover_and_a_list_of_items_are_no_tables_of_needs() -> None:
    cover: list[list[Cell]] = [["物资需求申报"], ["说明", "请如实填写"]]
    items: list[list[Cell]] = [["物资", "单位", "编码"], ["医用外科口罩", "只", "surgical-mask"]]
    reading = read(book_of(cover, [HEADER, MASK], items))
    assert taken(reading) == [(2, "surgical-mask", 1000)]
    assert [one.state for one in reading.sheets] == [SheetState.NO_TABLE, SheetState.READ, SheetState.NO_TABLE]


def test_of_several_sheets_with_needs_a_person_says_which() -> None:
    book = book_of([HEADER, MASK, SUIT], [HEADER, ["医用防护口罩", "只", 300, DAY]])
    reading = read(book)
    assert [(row.where, row.state, row.notes[0].ask) for row in reading.rows] == [
        ("sheets.1.rows.2", RowState.ASKED, Ask.SHEETS),
        ("sheets.1.rows.3", RowState.ASKED, Ask.SHEETS),
        ("sheets.2.rows.2", RowState.ASKED, Ask.SHEETS),
    ]
    reading = read(book, Answers(sheets=frozenset({"2"})))
    assert taken(reading) == [(2, "medical-respirator", 300)]
    assert [(one.state, one.rows) for one in reading.sheets] == [(SheetState.NOT_CHOSEN, 2), (SheetState.READ, 1)]
    assert len(taken(read(book, Answers(sheets=frozenset({"1", "2"}))))) == 3


def test_a_hidden_sheet_is_not_read_unless_somebody_says_so() -> None:
    content = workbook({"一": [HEADER, MASK], "二": [HEADER, SUIT]}, hidden=["二"])
    assert [one.state for one in read(content).sheets] == [SheetState.READ, SheetState.HIDDEN]
    assert len(taken(read(content, Answers(sheets=frozenset({"一", "二"}))))) == 2


def test_unknown_headings_are_asked_and_the_answer_is_read() -> None:
    book = book_of([["啥", "多少", "哪天"], ["医用外科口罩", 5, DAY]])
    (row,) = read(book).rows
    assert [(note.ask, note.field) for note in row.notes] == [
        (Ask.COLUMN, SheetField.ITEM),
        (Ask.COLUMN, SheetField.QUANTITY),
    ]
    given = {"啥": SheetField.ITEM, "多少": SheetField.QUANTITY, "哪天": SheetField.NEEDED_BY}
    for more, source in (({"answered": given}, HeadingSource.ANSWERED), ({"kept": given}, HeadingSource.KEPT)):
        reading = read(book, headings=headings(**more))
        assert taken(reading) == [(2, "surgical-mask", 5)]
        assert {one.source for one in reading.sheets[0].columns} == {source}


def test_operators_overrule_the_shipped_headings() -> None:
    known = known_headings([("备注", SheetField.UNUSED), ("库存", SheetField.QUANTITY)])
    assert known[fold_heading("备注")] == ((SheetField.UNUSED, 0),)
    assert taken(
        read(book_of([["物资", "库存"], ["医用外科口罩", 5]]), Answers(needed_by=DAY), headings=headings(known=known))
    )


def test_a_row_longer_than_its_header_is_refused_in_text_with_separators() -> None:
    rows: list[list[Cell]] = [["物资", "数量", "需用日期"], ["医用外科口罩", "1", "000", "2020-02-06"]]
    (row,) = read(book_of(rows, separated=True)).rows
    assert row.state is RowState.REFUSED
    assert ("D2", "too_many_cells") in why(row)
