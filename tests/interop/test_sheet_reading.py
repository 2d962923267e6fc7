"""Rows of a sheet: taken, asked about or refused, with the reason at the cell."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.errors import InvalidInputError
from app.interop.sheets.answers import LEAVE_OUT, Answers, RowAnswer
from app.interop.sheets.cells import Broken, Cell
from app.interop.sheets.outcome import Ask, RowState
from app.interop.sheets.tables import Aside, find_table, guess_table
from tests.interop.reading import REPORT, book_of, headings, read, requisition, taken, why
from tests.sheets import workbook

DAY = date(2020, 2, 6)
HEADER: list[Cell] = ["物资", "单位", "需求数量", "现有数量", "需用日期", "理由"]


def row(
    item: Cell, quantity: Cell, unit: Cell = None, *, on_hand: Cell = None, by: Cell = DAY, reason: Cell = None
) -> list[Cell]:
    """A row of the usual table."""
    return [item, unit, quantity, on_hand, by, reason]


def reasons(*rows: list[Cell], answers: Answers | None = None) -> list[tuple[str, str]]:
    """Cells and codes of all that is asked or refused, in the order of the rows."""
    return [one for read_row in read(book_of([HEADER, *rows]), answers).rows for one in why(read_row)]


def units(*rows: list[Cell], answers: Answers | None = None) -> list[tuple[str | None, int | None]]:
    """Items and base units of what is taken; nothing else may be left."""
    reading = read(book_of([HEADER, *rows]), answers)
    assert [why(one) for one in reading.rows if one.notes] == []
    return [(item, amount) for _, item, amount in taken(reading)]


@pytest.mark.parametrize(
    ("item", "quantity", "unit", "expected"),
    [
        ("医用外科口罩", 1000, "只", 1000),
        ("医用外科口罩", "1，000", None, 1000),
        ("医用外科口罩", "500只", "只", 500),
        ("医用外科口罩", 20, "箱", 40_000),
        ("医用外科口罩", "20箱", None, 40_000),
        ("医用外科口罩", 3, "万只", 30_000),
        ("医用护目镜", 100, "副", 100),
        ("医用检查手套", 10, "盒", 500),
        ("医用检查手套", 10, "副", 10),
        ("84消毒液（500毫升）", 5, "瓶", 5),
        ("大米", 2, "公斤", 2_000),
        ("大米", 2.5, "斤", 1_250),
        ("大米", "0.125", "kg", 125),
        ("大米", 3, "吨", 3_000_000),
        ("大米", 750, "克", 750),
        ("大米", 4, "袋", 40_000),
        ("叶菜", "500斤", None, 250_000),
    ],
)
def test_a_quantity_is_brought_into_base_units(item: str, quantity: Cell, unit: Cell, expected: int) -> None:
    assert [amount for _, amount in units(row(item, quantity, unit))] == [expected]


def test_a_unit_that_is_not_written_is_the_items_own_and_told_but_never_of_what_is_weighed() -> None:
    reading = read(book_of([HEADER, row("医用外科口罩", 5), row("叶菜", 500)]))
    assert [(one.state, one.unit_assumed) for one in reading.rows] == [
        (RowState.TAKEN, True),
        (RowState.ASKED, True),
    ]
    assert why(reading.rows[1]) == [("B3", "unit_needed")]
    assert units(row("叶菜", 500), answers=Answers(units={("leafy-vegetables", ""): "公斤"})) == [
        ("leafy-vegetables", 500_000)
    ]


def test_a_unit_that_nobody_knows_is_asked_and_two_that_differ_are_disputed() -> None:
    assert reasons(row("医用防护服", 3, "箱")) == [("B2", "other_unit")]
    assert units(row("医用防护服", 3, "箱"), answers=Answers(units={("protective-suit", "箱"): "20"})) == [
        ("protective-suit", 60)
    ]
    assert reasons(row("医用外科口罩", "500只", "盒")) == [("B2", "two_units")]
    answered = Answers(units={("surgical-mask", "只/盒"): "只"})
    assert units(row("医用外科口罩", "500只", "盒"), answers=answered) == [("surgical-mask", 500)]


@pytest.mark.parametrize(
    "name", ["84消毒液(500毫升)", "84 消毒液 500毫升", "８４消毒液（500毫升）", "disinfectant-500ml"]
)
def test_a_name_is_known_without_blanks_and_brackets_and_in_any_width(name: str) -> None:
    assert units(row(name, 1)) == [("disinfectant-500ml", 1)]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("医用护目境", "goggles"),
        ("yiyonghumujing", "goggles"),
        ("yyhmj", "goggles"),
        ("外科口罩", "surgical-mask"),
        ("医用检查手套（乳胶）", "examination-gloves"),
        ("84消毒水", "disinfectant-500ml"),
    ],
)
def test_an_unknown_name_is_asked_with_the_nearest_ones_and_never_guessed(name: str, nearest: str) -> None:
    (one,) = read(book_of([HEADER, row(name, 1)])).rows
    assert (one.state, one.item, one.notes[0].ask) == (RowState.ASKED, None, Ask.ITEM)
    assert one.notes[0].choices[0] == nearest


def test_what_was_answered_about_a_name_holds_for_all_its_rows() -> None:
    rows = [row("外科 口罩", 1, by=DAY), row("外科口罩", 2, by=date(2020, 2, 7))]
    assert units(*rows, answers=Answers(items={"外科口罩": "surgical-mask"})) == [
        ("surgical-mask", 1),
        ("surgical-mask", 2),
    ]
    left = read(book_of([HEADER, *rows]), Answers(items={"外科口罩": LEAVE_OUT}))
    assert (left.rows, [one.why for one in left.aside]) == ((), [Aside.LEFT_OUT, Aside.LEFT_OUT])


def test_a_name_of_two_things_is_asked() -> None:
    (one,) = read(book_of([HEADER, row("医用防护口罩|医用外科口罩", 1)])).rows
    assert [(note.fault.code, note.choices) for note in one.notes] == [
        ("several_items", ("medical-respirator", "surgical-mask"))
    ]


@pytest.mark.parametrize(
    ("quantity", "code", "choices"),
    [
        ("无", "not_a_number", ("0",)),
        ("若干", "not_a_number", ()),
        ("500-1000", "not_a_number", ("500", "1000")),
        ("约500", "not_a_number", ("500",)),
        (True, "not_a_number", ()),
    ],
)
def test_a_word_that_is_no_number_is_asked_and_can_be_answered(
    quantity: Cell, code: str, choices: tuple[str, ...]
) -> None:
    (one,) = read(book_of([HEADER, row("医用外科口罩", quantity)])).rows
    assert [(note.cell, note.fault.code, note.ask, note.choices) for note in one.notes] == [
        ("C2", code, Ask.CELL, choices)
    ]
    assert units(row("医用外科口罩", quantity), answers=Answers(cells={("1", "C2"): "5百"})) == [("surgical-mask", 500)]
    nothing = read(book_of([HEADER, row("医用外科口罩", quantity)]), Answers(cells={("1", "C2"): "0"}))
    assert [one.why for one in nothing.aside] == [Aside.NOTHING_ASKED]


@pytest.mark.parametrize(
    ("quantity", "unit", "code"),
    [
        (-1, None, "out_of_bounds"),
        (2.5, "只", "int_type"),
        (10**13, None, "out_of_bounds"),
        (0.0001, "克", "int_type"),
        ("0.0001", "公斤", "too_many_decimals"),
        (Broken("#DIV/0!"), None, "formula_error"),
        (Broken(""), None, "formula_without_value"),
    ],
)
def test_what_only_another_file_can_mend_is_refused_at_its_cell(quantity: Cell, unit: Cell, code: str) -> None:
    item = "大米" if unit in ("克", "公斤") else "医用外科口罩"
    (one,) = read(book_of([HEADER, row(item, quantity, unit)])).rows
    assert (one.state, why(one)) == (RowState.REFUSED, [("C2", code)])


def test_a_broken_cell_is_refused_in_whichever_column_it_stands() -> None:
    broken = Broken("#REF!")
    assert reasons(
        row(broken, 1),
        row("大米", 1, broken),
        row("医用护目镜", 1, on_hand=broken),
        row("医用防护服", 1, by=broken),
        row("医用外科口罩", 1, reason=broken),
    ) == [(cell, "formula_error") for cell in ("A2", "B3", "D4", "E5", "F6")]


def test_days_are_read_or_asked() -> None:
    assert reasons(row("医用外科口罩", 1, by="尽快"), row("医用护目镜", 1, by=None)) == [
        ("E2", "date_type"),
        ("E3", "missing"),
    ]
    (asked, _) = read(book_of([HEADER, row("医用外科口罩", 1, by=2.1), row("医用护目镜", 1)])).rows
    assert asked.notes[0].choices == ("2020-02-01", "2020-02-10")
    assert units(row("医用护目镜", 1, by=None), answers=Answers(needed_by=DAY)) == [("goggles", 1)]


def test_stock_is_read_in_the_unit_of_the_row_or_its_own() -> None:
    reading = read(
        book_of(
            [
                HEADER,
                row("大米", 5, "公斤", on_hand=2),
                row("医用外科口罩", 100, on_hand="3盒"),
                row("医用护目镜", 1, on_hand="无"),
            ]
        )
    )
    assert [one.on_hand_units for one in reading.rows] == [2_000, 150, 0]


def test_stock_without_a_quantity_is_a_question_and_not_dropped() -> None:
    assert reasons(row("医用外科口罩", None, on_hand=30)) == [("C2", "missing")]


def test_rows_that_ask_for_nothing_are_set_aside_and_told() -> None:
    reading = read(book_of([HEADER, row("医用外科口罩", None), row("医用防护服", 0, on_hand=7), row("医用护目镜", 5)]))
    assert [(one.number, one.why) for one in reading.aside] == [(2, Aside.NOTHING_ASKED), (3, Aside.NOTHING_ASKED)]
    with pytest.raises(InvalidInputError) as refusal:
        requisition(book_of([HEADER, row("医用外科口罩", None)]))
    assert [fault.code for fault in refusal.value.faults] == ["nothing_asked"]


def test_rows_of_another_facility_are_refused_and_unknown_ones_asked() -> None:
    header: list[Cell] = ["机构", "物资", "数量", "需用日期"]
    rows = [[name, "医用外科口罩", 1, DAY] for name in ("渌口区人民医院", "天元区医院", "区医院")]
    assert [(one.state, why(one)) for one in read(book_of([header, *rows])).rows] == [
        (RowState.TAKEN, []),
        (RowState.REFUSED, [("A3", "other_facility")]),
        (RowState.ASKED, [("A4", "unknown_facility")]),
    ]


def test_departments_with_reasons_add_up_and_a_repeated_need_is_asked() -> None:
    sheet = requisition(
        book_of([HEADER, row("医用外科口罩", 200, reason="发热门诊"), row("医用外科口罩", 100, reason="ICU")])
    )
    assert [(one.line.requested_units, one.line.reason, len(one.rows)) for one in sheet.lines] == [
        (300, "发热门诊; ICU", 2)
    ]
    again = book_of([HEADER, row("医用外科口罩", 200), row("医用外科口罩", 100)])
    asked = requisition(again)
    assert [(one.state, why(one)) for one in asked.reading.rows] == [
        (RowState.TAKEN, []),
        (RowState.ASKED, [("A3", "repeated_line")]),
    ]
    for choice, requested in ((RowAnswer.ADD_UP, 300), (RowAnswer.LEAVE_OUT, 200)):
        sheet = requisition(again, Answers(rows={("1", 3): choice}))
        assert ([one.line.requested_units for one in sheet.lines], sheet.is_clear) == ([requested], True)


def test_a_requisition_is_of_one_program_and_not_of_a_day_before_its_report() -> None:
    sheet = requisition(
        book_of(
            [
                HEADER,
                row("大米", 1, "公斤"),
                row("医用外科口罩", 1),
                row("医用护目镜", 1),
                row("医用防护服", 1, by=date(2020, 1, 30)),
            ]
        )
    )
    assert [(one.number, note.fault.code, note.fault.where) for one in sheet.reading.rows for note in one.notes] == [
        (2, "other_program", "rows.2.item"),
        (5, "needed_before_report", "rows.5.needed_by"),
    ]
    assert [one.line.item for one in sheet.lines] == ["surgical-mask", "goggles"]


def test_a_requisition_has_so_many_lines_and_no_more() -> None:
    rows = [row("医用外科口罩", 1, by=date.fromordinal(REPORT.toordinal() + n)) for n in range(501)]
    sheet = requisition(book_of([HEADER, *rows]))
    assert (len(sheet.lines), why(sheet.reading.rows[-1])) == (500, [("", "too_many_lines")])


CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-(10**16), 10**16),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.builds(Broken, st.sampled_from(["", "#N/A"])),
    st.sampled_from(
        [
            "医用外科口罩",
            "大米",
            "合计",
            "若干",
            "1，000",
            "500只",
            "只",
            "箱",
            "公斤",
            "2月6日",
            "备注：x",
            43867,
            2.1,
            *HEADER,
        ]
    ),
)
SHEETS = st.lists(st.lists(CELLS, max_size=8), max_size=12)


@settings(deadline=None)  # a busy machine
@given(SHEETS, st.booleans(), st.booleans())
@example(rows=[[None, "物资"], ["物资"]], has_header=False, separated=False)  # a header of two rows, and nothing below
def test_of_any_sheet_every_row_below_the_header_is_taken_asked_refused_or_told(
    rows: list[list[Cell]], has_header: bool, separated: bool
) -> None:
    book = book_of([HEADER, *rows] if has_header else rows, separated=separated)
    table = find_table(book.sheets[0], headings()) or guess_table(book.sheets[0], headings())
    if table is None:
        with pytest.raises(InvalidInputError):
            read(book)
        return
    reading = read(book)
    (report,) = reading.sheets
    assert report.header_row == table.header[0] + 1
    below = [
        n
        for n, cells in enumerate(book.sheets[0].rows, start=1)
        if n > table.header[1] + 1 and any(cell is not None for cell in cells)
    ]
    counted = sorted([*[one.number for one in reading.rows], *[one.number for one in reading.aside]])
    assert counted == below
    by_state = [reading.of(state) for state in RowState]
    assert sum(map(len, by_state)) == len(reading.rows)
    for one in reading.of(RowState.TAKEN):
        assert one.item is not None
        assert one.units is not None
        assert one.needed_by is not None
    assert all(one.notes for state in (RowState.ASKED, RowState.REFUSED) for one in reading.of(state))


def test_an_open_question_is_asked_of_a_workbook_as_of_its_cells() -> None:
    content = workbook({"需求": [list(HEADER), list(row("医用外科口罩", "若干"))]})
    (one,) = read(content).rows
    assert (one.sheet, one.number, why(one)) == ("需求", 2, [("C2", "not_a_number")])
