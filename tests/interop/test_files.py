"""Files from outside: JSON, CSV and XLSX, proper ones and those made to do harm."""

import json
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from app.core.errors import InvalidInputError
from app.interop.errors import UnreadableFileError
from app.interop.needs_json import read_appeals
from app.interop.needs_table import read_need_table
from app.interop.sheets import COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX

EXCERPT = Path(__file__).parents[1] / "data" / "hubei-appeals-excerpt.json"
HEADER = ["facility", "item", "quantity", "needed_by", "reason"]


def sheet(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(y, x, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                elif isinstance(cell, str):
                    page.write_string(y, x, cell)
                elif cell is not None:
                    page.write(y, x, cell)
    return path


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def codes(refusal: pytest.ExceptionInfo[InvalidInputError]) -> list[tuple[str, str]]:
    return [(fault.code, fault.where) for fault in refusal.value.faults]


def test_appeals_are_read_as_they_stand() -> None:
    file = read_appeals(EXCERPT)
    assert (file.records, len(file.needs)) == (10, 80)
    assert file.without_needs == (("[2]", "黄梅县人民医院"),)
    assert file.needs[0].item_name == "普通医用口罩"
    assert file.needs[0].quantity is None
    assert [need.quantity for need in file.needs if need.facility == "石牌岭方舱医院"] == [
        50000,
        1000,
        10000,
        1000,
        1000,
    ]
    assert "黄州区中西医结合医院" in {need.facility for need in file.needs}  # a tab behind it is gone


def test_every_fault_of_appeals_is_told_with_its_path(tmp_path: Path) -> None:
    appeals = [
        7,
        {"name": "", "supplies": None},
        {"name": "甲", "supplies": [{"key": "防护服", "value": -1}, 5, {"key": "x" * 201, "value": 1.5}]},
        {"name": "\udc00", "supplies": [{"key": 3, "value": True}, {"key": "防护服", "value": 10**13}]},
    ]
    with pytest.raises(InvalidInputError) as refusal:
        read_appeals(text(tmp_path / "a.json", json.dumps(appeals)))
    assert codes(refusal) == [
        ("dict_type", "[0]"),
        ("missing", "[1].name"),
        ("list_type", "[1].supplies"),
        ("out_of_bounds", "[2].supplies[0].value"),
        ("dict_type", "[2].supplies[1]"),
        ("string_too_long", "[2].supplies[2].key"),
        ("int_type", "[2].supplies[2].value"),
        ("not_printable", "[3].name"),
        ("string_type", "[3].supplies[0].key"),
        ("int_type", "[3].supplies[0].value"),
        ("out_of_bounds", "[3].supplies[1].value"),
    ]


@pytest.mark.parametrize(
    "content",
    ["", "{", '{"name": "x"}', '[{"name": "x", "supplies": [NaN]}]', "[" * 100_000, "[1" + "0" * 5000],
    ids=["empty", "broken", "object", "nan", "deep", "long-number"],
)
def test_what_is_no_list_of_appeals_cannot_be_read(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableFileError):
        read_appeals(text(tmp_path / "a.json", content))


TABLE = [
    HEADER,
    ["甲医院", "护目镜", 200, date(2020, 2, 1), "=1+1"],
    [None, None, None, None, None],
    ["00123", "圆帽", "1000", "2020/2/3", None],
    ["乙医院", "圆帽", None, None, "+去掉"],
]


def check_table(path: Path) -> None:
    file = read_need_table(path)
    assert [
        (one.place, one.facility, one.item_name, one.quantity, one.needed_by, one.reason) for one in file.needs
    ] == [
        ("rows.2", "甲医院", "护目镜", 200, date(2020, 2, 1), "=1+1"),
        ("rows.4", "00123", "圆帽", 1000, date(2020, 2, 3), ""),
        ("rows.5", "乙医院", "圆帽", None, None, "+去掉"),
    ]


def test_a_sheet_is_read_with_text_as_text(tmp_path: Path) -> None:
    check_table(sheet(tmp_path / "needs.xlsx", TABLE))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_read_in_the_encodings_of_office_programs(tmp_path: Path, encoding: str) -> None:
    rows = [["" if cell is None else str(cell) for cell in row] for row in TABLE]
    rows[0] = ["医院", "物资", "数量", "需用日期", "理由"]
    check_table(text(tmp_path / "needs.csv", "\r\n".join(",".join(row) for row in rows), encoding))


def test_every_fault_of_a_table_is_told_by_row_and_column(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ["", "圆帽", 0, 43831, ""],
        ["甲", "x" * 201, 1.5, "2020-02-30", ""],
        ["乙", "帽", True, date(1990, 1, 1)],
    ]
    with pytest.raises(InvalidInputError) as refusal:
        read_need_table(sheet(tmp_path / "needs.xlsx", rows))
    assert codes(refusal) == [
        ("missing", "rows.2.facility"),
        ("out_of_bounds", "rows.2.quantity"),
        ("date_type", "rows.2.needed_by"),
        ("string_too_long", "rows.3.item"),
        ("int_type", "rows.3.quantity"),
        ("date_type", "rows.3.needed_by"),
        ("int_type", "rows.4.quantity"),
        ("date_type", "rows.4.needed_by"),
    ]


def test_every_fault_of_a_header_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_need_table(text(tmp_path / "needs.csv", "facility,医院,colour,quantity\n"))
    assert codes(refusal) == [
        ("repeated_column", "rows.1.2"),
        ("unknown_column", "rows.1.3"),
        ("missing_column", "rows.1"),
        ("missing_column", "rows.1"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", b"", "empty"),
        ("binary.csv", b"\xff\xff\x00\x81", "not_text"),
        ("quote.csv", b'facility,item,quantity,needed_by\n"a', "not_csv"),
        ("wide.csv", b"," * COLUMNS_MAX, "too_many_cells"),
        ("long.csv", b"a\n" * (ROWS_MAX + 1), "too_many_cells"),
        ("large.csv", b" " * (FILE_BYTES_MAX + 1), "too_large"),
        ("text.xlsx", b"facility,item", "not_a_sheet"),
        ("empty.xlsx", b"", "not_a_sheet"),
    ],
)
def test_what_is_no_table_cannot_be_read(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError) as refusal:
        read_need_table(path)
    assert codes(refusal) == [(code, name)]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError) as refusal:
        read_need_table(tmp_path / "none.xlsx")
    assert codes(refusal) == [("not_found", "none.xlsx")]


def rewritten(source: Path, target: Path, part: str, content: bytes) -> Path:
    """A copy of a sheet with other content in one of its parts."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return target


FAR_CELL = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<dimension ref="A1"/><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>facility</t></is></c></row>
<row r="%d"><c r="%s"><v>1</v></c></row></sheetData></worksheet>"""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (FAR_CELL % (1048576, b"XFD1048576"), "too_many_cells"),
        (FAR_CELL % (2, b"AZ2"), "too_many_cells"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]>' + FAR_CELL % (2, b"A2"), "not_a_sheet"),
        (b"<worksheet>", "not_a_sheet"),
        (b" " * (201 << 20), "too_large_unpacked"),
    ],
    ids=["far-corner", "wide", "doctype", "broken", "bomb"],
)
def test_a_sheet_that_was_made_to_do_harm_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    good = sheet(tmp_path / "good.xlsx", TABLE)
    bad = rewritten(good, tmp_path / "bad.xlsx", "xl/worksheets/sheet1.xml", content)
    with pytest.raises(UnreadableFileError) as refusal:
        read_need_table(bad)
    assert codes(refusal) == [(code, "bad.xlsx")]
