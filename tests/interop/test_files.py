"""Files of needs from outside: JSON and sheets, and every fault of them."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from app.core.errors import InvalidInputError
from app.interop.errors import UnreadableFileError
from app.interop.names import shipped_names
from app.interop.needs import NeedFile, WhyListed
from app.interop.needs_json import read_appeals
from app.interop.needs_table import read_need_table
from app.interop.plain_tables import ColumnSpec, read_table
from app.interop.sheets.need_rows import ItemFacts
from app.interop.sheets.tables import Aside
from tests.sheets import workbook

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
    ["00123", "圆帽", "1，000", "2020/2/3", None],
    ["乙医院", "圆帽", None, None, "+去掉"],
    ["乙医院", "合计", 1200, None, None],
]
NAMES = shipped_names()
FACTS = {code: ItemFacts(code=code) for code in NAMES.table.values()}


def needs_of(path: Path, **more: Any) -> NeedFile:
    return read_need_table(path, NAMES, FACTS, near=date(2020, 1, 31), **more)


def check_table(path: Path) -> None:
    file = needs_of(path)
    assert [
        (one.place, one.facility, one.item_name, one.quantity, one.needed_by, one.reason, one.why_listed)
        for one in file.needs
    ] == [
        ("rows.2", "甲医院", "护目镜", 200, date(2020, 2, 1), "=1+1", None),
        ("rows.4", "00123", "圆帽", 1000, date(2020, 2, 3), "", None),
        ("rows.5", "乙医院", "圆帽", None, None, "+去掉", WhyListed.NO_QUANTITY),
    ]
    assert [(one.number, one.why) for one in file.aside] == [(6, Aside.TOTAL)]


def test_a_sheet_is_read_with_text_as_text(tmp_path: Path) -> None:
    check_table(sheet(tmp_path / "needs.xlsx", TABLE))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_file_is_read_in_the_encodings_of_office_programs(tmp_path: Path, encoding: str) -> None:
    rows = [["" if cell is None else str(cell) for cell in row] for row in TABLE]
    rows[0] = ["医院", "物资", "数量", "需用日期", "理由"]
    check_table(text(tmp_path / "needs.csv", "\r\n".join(",".join(row) for row in rows), encoding))


def test_every_fault_of_a_table_is_told_by_row_and_column(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ["", "圆帽", -1, 43831, ""],
        ["甲" * 201, "圆帽", 1.5, "2020-02-30", ""],
        ["乙", "", 5, date(1990, 1, 1)],
    ]
    with pytest.raises(InvalidInputError) as refusal:
        needs_of(sheet(tmp_path / "needs.xlsx", rows))
    assert codes(refusal) == [
        ("missing", "rows.2.facility"),
        ("out_of_bounds", "rows.2.quantity"),
        ("string_too_long", "rows.3.facility"),
        ("date_type", "rows.3.needed_by"),
        ("int_type", "rows.3.quantity"),
        ("missing", "rows.4.item"),
        ("date_type", "rows.4.needed_by"),
    ]


def test_what_cannot_be_asked_of_anybody_is_listed_with_what_is_written(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ["甲", "魔法棒", 3],
        ["甲", "圆帽", "若干"],
        ["甲", "圆帽", "3箱"],
        ["甲", "护目镜 | 圆帽", 3],
    ]
    assert [(one.why_listed, one.said) for one in needs_of(sheet(tmp_path / "needs.xlsx", rows)).needs] == [
        (WhyListed.UNKNOWN_ITEM, "3"),
        (WhyListed.QUANTITY_UNCLEAR, "若干"),
        (WhyListed.UNIT_UNCLEAR, "箱"),
        (WhyListed.SEVERAL_ITEMS, "3"),
    ]


def test_a_table_without_its_columns_or_of_several_sheets_is_told_once(tmp_path: Path) -> None:
    path = text(tmp_path / "needs.csv", "机构,物资,颜色\n甲,圆帽,1\n乙,圆帽,2\n")
    with pytest.raises(InvalidInputError) as refusal:
        needs_of(path)
    assert codes(refusal) == [("missing_column", "")]
    content = workbook({"一": TABLE[:2], "二": TABLE[:2]})
    (tmp_path / "two.xlsx").write_bytes(content)
    with pytest.raises(InvalidInputError) as refusal:
        needs_of(tmp_path / "two.xlsx")
    assert codes(refusal) == [("which_sheets", "")]
    assert len(needs_of(tmp_path / "two.xlsx", sheets=("二",)).needs) == 1
    assert len(needs_of(tmp_path / "two.xlsx", sheets=("all",)).needs) == 2
    with pytest.raises(InvalidInputError) as refusal:
        needs_of(tmp_path / "two.xlsx", sheets=("三",))
    assert codes(refusal) == [("unknown_sheet", "--sheet")]


def test_a_facility_may_be_named_above_the_table_or_beside_the_file(tmp_path: Path) -> None:
    path = text(tmp_path / "needs.csv", "填报单位：甲医院,,\n物资,数量,需用日期\n圆帽,5,2月3日\n")
    (need,) = needs_of(path).needs
    assert (need.facility, need.needed_by) == ("甲医院", date(2020, 2, 3))
    path = text(tmp_path / "needs.csv", "物资,数量\n圆帽,5\n")
    assert needs_of(path, facility="乙医院").needs[0].facility == "乙医院"


def test_a_plain_table_is_found_below_titles_and_beside_other_columns(tmp_path: Path) -> None:
    columns = (ColumnSpec(name="lot", headers=("批次",)), ColumnSpec(name="note", headers=(), required=False))
    path = text(tmp_path / "stock.csv", "库存\n\n序号;批 次\n1;A\n2;B\n", "utf-16")
    assert [(row.number, row.cells) for row in read_table(path, columns)] == [(4, {"lot": "A"}), (5, {"lot": "B"})]
    with pytest.raises(InvalidInputError) as refusal:
        read_table(text(path, "批次,批次,x\n"), columns)
    assert codes(refusal) == [("repeated_column", "rows.1.2")]
    with pytest.raises(InvalidInputError) as refusal:
        read_table(text(path, "x,y\n"), columns)
    assert codes(refusal) == [("missing_column", "rows.1")]
