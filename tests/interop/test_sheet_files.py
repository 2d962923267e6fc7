"""Files of sheets: every kind that is read, and those that were made to do harm."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from app.interop.errors import UnreadableFileError
from app.interop.sheets.books import Book
from app.interop.sheets.cells import Broken, Cell, letters_of
from app.interop.sheets.files import COLUMNS_MAX, ROWS_MAX, read_book, read_file
from tests.interop.old_workbooks import ods, ods_cell, ods_rows, xls
from tests.sheets import workbook

ROWS: list[list[object]] = [["物资", "数量", "需用日期"], ["护目镜", 200, "2020-02-06"], ["圆帽", 2.5, None]]


def book_of(content: bytes) -> Book:
    return read_book(content, "", where="file")


def rows_of(content: bytes, sheet: int = 0) -> list[list[Cell]]:
    return [list(row) for row in book_of(content).sheets[sheet].rows]


def refusal_of(content: bytes) -> str:
    with pytest.raises(UnreadableFileError) as refusal:
        book_of(content)
    (fault,) = refusal.value.faults
    assert fault.where == "file"
    return fault.code


def text_of(rows: list[list[object]], separator: str) -> str:
    return "\r\n".join(separator.join("" if cell is None else str(cell) for cell in row) for row in rows)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_text_is_read_in_the_encodings_and_separators_of_office_programs(separator: str, encoding: str) -> None:
    book = book_of(text_of(ROWS, separator).encode(encoding))
    assert [list(row) for row in book.sheets[0].rows] == [
        ["物资", "数量", "需用日期"],
        ["护目镜", "200", "2020-02-06"],
        ["圆帽", "2.5", None],
    ]
    assert book.separated


def test_a_separator_within_quotes_belongs_to_its_cell() -> None:
    assert rows_of('物资;数量\n"a;b,c";"1,000"\n'.encode()) == [["物资", "数量"], ["a;b,c", "1,000"]]


def test_a_workbook_is_read_with_all_its_sheets() -> None:
    book = book_of(workbook({"一": ROWS, "二": [["x"]], "三": [["y"]]}, hidden=["三"]))
    assert [(sheet.name, sheet.hidden) for sheet in book.sheets] == [("一", False), ("二", False), ("三", True)]
    assert [list(row) for row in book.sheets[0].rows] == ROWS


def test_days_and_times_stay_what_they_are() -> None:
    moment = datetime(2020, 2, 6, 8, 30)  # noqa: DTZ001 - a sheet knows no zones
    assert rows_of(workbook({"s": [[date(2020, 2, 6), moment]]})) == [[date(2020, 2, 6), moment]]


def test_a_formula_without_a_value_and_an_error_are_cells_that_say_so() -> None:
    formulas = {(1, 1): ("=1/0", "#DIV/0!"), (2, 1): ("=50*20", ""), (4, 0): ("=A1", "")}
    rows = rows_of(workbook({"s": [["a", "b"], ["x"], ["y"]]}, formulas=formulas))
    assert rows == [
        ["a", "b"],
        ["x", Broken("#DIV/0!")],
        ["y", Broken("")],
        [None, None],
        [Broken(""), None],
    ] or rows == [
        ["a", "b"],
        ["x", Broken("#DIV/0!")],
        ["y", Broken("")],
        [],
        [Broken("")],
    ]


def test_broken_cells_are_found_in_whichever_part_their_sheet_is() -> None:
    content = workbook({"一": [["a"]], "二": [["b"]]}, formulas={(0, 1): ("=1/0", "#DIV/0!")})
    assert [list(sheet.rows[0]) for sheet in book_of(content).sheets] == [["a", Broken("#DIV/0!")], ["b"]]


def test_merged_cells_are_known() -> None:
    sheet = book_of(workbook({"s": [["口罩", 1], [None, 2]]}, merged=[(0, 1, 0, 0)])).sheets[0]
    assert (sheet.at(1, 0), sheet.filled(1, 0), sheet.filled(1, 1)) == (None, "口罩", 2)


def test_a_workbook_says_which_day_is_day_0() -> None:
    assert [book_of(workbook({"s": [["a"]]}, from_1904=one)).from_1904 for one in (False, True)] == [False, True]
    assert [book_of(xls({"s": [["a"]]}, from_1904=one)).from_1904 for one in (False, True)] == [False, True]


def test_an_old_workbook_is_read_with_its_errors() -> None:
    content = xls({"一": [["物资", "数量"], ["护目镜", 200]], "二": [["甲", "#DIV/0!"], ["乙", "=#DIV/0!"], ["丙", 5]]})
    assert rows_of(content) == [["物资", "数量"], ["护目镜", 200]]
    assert rows_of(content, 1) == [["甲", Broken("#DIV/0!")], ["乙", Broken("#DIV/0!")], ["丙", 5]]


def test_an_open_document_is_read_with_its_errors_and_merged_cells() -> None:
    merged = (
        '<table:table-row><table:table-cell table:number-rows-spanned="2" office:value-type="string">'
        f"<text:p>口罩</text:p></table:table-cell>{ods_cell(1)}</table:table-row>"
        f"<table:table-row><table:covered-table-cell/>{ods_cell(2)}</table:table-row>"
    )
    blanks = (
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    rows: list[list[object]] = [["物资", "数量", "日"], ["护目镜", "#DIV/0!", "date:2020-02-06"]]
    book = book_of(ods({"一": ods_rows(rows) + blanks, "二": merged}))
    assert [list(row) for row in book.sheets[0].rows] == [
        ["物资", "数量", "日"],
        ["护目镜", Broken("#DIV/0!"), date(2020, 2, 6)],
    ]
    assert (book.sheets[1].filled(1, 0), book.sheets[1].at(1, 1)) == ("口罩", 2)


MANY_COLUMNS = f' table:number-columns-repeated="{COLUMNS_MAX + 1}"'
FILLED = '<table:table-cell office:value-type="float" office:value="1"{}><text:p>1</text:p></table:table-cell>'


@pytest.mark.parametrize(
    "rows",
    [
        f'<table:table-row table:number-rows-repeated="{ROWS_MAX + 1}">{FILLED.format("")}</table:table-row>',
        f"<table:table-row>{FILLED.format(MANY_COLUMNS)}</table:table-row>",
        f'<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row>'
        f"<table:table-row>{FILLED.format('')}</table:table-row>",
    ],
    ids=["repeated-rows", "repeated-columns", "far-below"],
)
def test_repeated_cells_of_an_open_document_cannot_fill_the_memory(rows: str) -> None:
    assert refusal_of(ods({"s": rows})) == "too_many_cells"


def parts(**content: bytes) -> bytes:
    """A good workbook with other content in its first worksheet, or in another part."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"s": ROWS}))) as old, zipfile.ZipFile(buffer, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, content.get(Path(name).stem, old.read(name)))
    return buffer.getvalue()


CELL = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="%d"><c r="%s">%s</c></row></sheetData></worksheet>"""
ENTITIES = b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (parts(sheet1=CELL % (1048576, b"XFD1048576", b"<v>1</v>")), "too_many_cells"),
        (parts(sheet1=CELL % (2, b"AZ2", b"<v>1</v>")), "too_many_cells"),
        (parts(sheet1=CELL % (1048576, b"A1048576", b"<f>1+1</f>")), "too_many_cells"),
        (parts(sheet1=ENTITIES + CELL % (2, b"A2", b"<v>1</v>")), "not_a_sheet"),
        (parts(workbook=ENTITIES + b"<workbook/>"), "not_a_sheet"),
        (parts(sheet1=b"<worksheet>"), "not_a_sheet"),
        (parts(sheet1=b" " * (201 << 20)), "too_large_unpacked"),
        (parts(sheet1=b"<a>" * 3_000_000), "not_a_sheet"),
        (b"PK\x03\x04broken", "not_a_sheet"),
        (b"\xd0\xcf\x11\xe0old", "not_a_sheet"),
        (xls({"s": [["a"]]})[:1500], "not_a_sheet"),
        (xls({"s": [["a"]]})[:512] + b"\x05\0\0\0" * 3000, "not_a_sheet"),
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xff\xff\x00\x81", "not_text"),
        (b"\xff\xfe\xff", "not_text"),
        (b'a,"b', "not_csv"),
        (b"," * COLUMNS_MAX, "too_many_cells"),
        (b"a\n" * (ROWS_MAX + 1), "too_many_cells"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_sheet_or_was_made_to_do_harm_is_refused(content: bytes, code: str) -> None:
    assert refusal_of(content) == code


def test_an_answer_too_large_for_the_service_is_refused() -> None:
    shared = "口" * 30_000
    assert refusal_of(workbook({"s": [[shared] * 40 for _ in range(100)]})) == "too_large_unpacked"


def test_columns_have_letters() -> None:
    assert [letters_of(column) for column in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_a_file_is_named_in_its_refusal(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_bytes(b"facility,item")
    for name, code in (("text.xlsx", "not_a_sheet"), ("none.xlsx", "not_found")):
        with pytest.raises(UnreadableFileError) as refusal:
            read_file(tmp_path / name)
        assert [(fault.code, fault.where) for fault in refusal.value.faults] == [(code, name)]
