"""Where the table is in a sheet: below title rows, beside blank columns, with a header of one row or two."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from app.interop.sheets.books import Book, Sheet
from app.interop.sheets.cells import Cell, cell_name, half_width, said, shown
from app.interop.sheets.headings import Headings, HeadingSource, Meaning, SheetField, fold_heading
from app.interop.sheets.units import fold_unit, is_unit

HEADER_WITHIN_ROWS = 60
_SAMPLE_ROWS = 50
_TOTAL = re.compile(r"(本页|本表|全部)?(合计|总计|小计|共计|累计|总数)(数|数量)?|(sub|grand)?total")
_REMARK = re.compile(
    r"(填报|填表|制表|审核|复核|负责|联系|经办|报送|签收|批准)(人|单位|电话|方式|日期|时间|科室)?[:(].*|(单位)?(负责人|盖章|签字|公章).*"
    r"|(备注|注|说明|注意|联系电话|电话)\d*[:.].*"
)
_OF_SHEET = re.compile(r"(?:填报单位|申报单位|申请单位|需求单位|单位名称|单位|机构名称|机构|医院)[:]\s*(.+)")
_ONE_VALUE = frozenset({SheetField.QUANTITY, SheetField.NEEDED_BY, SheetField.ON_HAND})


class Aside(StrEnum):
    """Why a row below the header asks for nothing and is not counted, but told."""

    TOTAL = "TOTAL"
    REMARK = "REMARK"
    HEADER_AGAIN = "HEADER_AGAIN"
    NOTHING_ASKED = "NOTHING_ASKED"
    LEFT_OUT = "LEFT_OUT"
    """A person said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table and what it is for us; `field` is None where nobody knows."""

    at: int
    text: str
    field: SheetField | None
    used: bool
    unit: str = ""
    source: HeadingSource | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table in a sheet; rows are counted from 0."""

    sheet: Sheet
    header: tuple[int, int]
    """First and last row of the header."""
    columns: tuple[Column, ...]
    facility: str = ""
    """The facility named above the table."""

    def places(self, wanted: SheetField) -> tuple[Column, ...]:
        """The columns that are read for a field, the one that goes first in front."""
        return tuple(sorted((one for one in self.columns if one.used and one.field is wanted), key=lambda c: c.rank))

    @property
    def states_needs(self) -> bool:
        """Whether it says of things how many."""
        fields = {one.field for one in self.columns if one.used}
        return SheetField.QUANTITY in fields and bool(fields & {SheetField.ITEM, SheetField.ITEM_CODE})


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """A row below the header: what stands in the columns that are read, and where."""

    sheet: str
    number: int
    """As spreadsheets count: from 1."""
    cells: Mapping[SheetField, tuple[Cell, str]]
    """By field the cell and its name, such as C5."""
    units: Mapping[SheetField, str]
    """By field the unit in its heading."""
    joined: frozenset[SheetField] = field(default_factory=frozenset)
    """Fields whose cell is merged with one above, which is not repeated here."""
    too_long: str = ""
    """The first cell beyond the header."""

    def value(self, wanted: SheetField) -> Cell:
        """The cell of a field; None where it is empty or no column is read for it."""
        return self.cells[wanted][0] if wanted in self.cells else None

    def place(self, wanted: SheetField) -> str:
        """The name of the field's cell; empty where the table has no such column."""
        return self.cells[wanted][1] if wanted in self.cells else ""


def find_table(sheet: Sheet, headings: Headings) -> Table | None:
    """The table whose header names most of what we know; None where no row names an item and anything else."""
    best: tuple[tuple[int, int, int], tuple[int, int]] | None = None
    for top in range(min(len(sheet.rows), HEADER_WITHIN_ROWS)):
        for height in (1, 2):
            if height == 2 and not _may_be_second(sheet, top + 1):
                continue
            score = _score(sheet, top, top + height - 1, headings)
            # The same score further down or with a second row says no more: titles would be taken for headings.
            if score > (1, 0) and (best is None or (*score, -height) > best[0]):
                best = (*score, -height), (top, top + height - 1)
    return _table(sheet, best[1], headings) if best is not None else None


def guess_table(sheet: Sheet, headings: Headings) -> Table | None:
    """The likeliest table where no headings are known: the first row of several texts with a filled row below."""
    for top in range(min(len(sheet.rows) - 1, HEADER_WITHIN_ROWS)):
        texts = [cell for cell in sheet.rows[top] if isinstance(cell, str)]
        below = [cell for cell in sheet.rows[top + 1] if cell is not None]
        if len(texts) >= 2 and len(below) >= 2:
            return _table(sheet, (top, top), headings)
    return None


def _may_be_second(sheet: Sheet, row: int) -> bool:
    """Whether a row can be the second of a header: words only, no numbers and no days."""
    if row >= len(sheet.rows):
        return False
    cells = [cell for cell in sheet.rows[row] if cell is not None]
    return bool(cells) and all(isinstance(cell, str) for cell in cells)


def _heading_texts(sheet: Sheet, first: int, last: int, column: int) -> list[str]:
    """The texts of a heading from top to bottom, each once where cells are merged."""
    texts = [said(sheet.filled(row, column)) for row in range(first, last + 1)]
    return list(dict.fromkeys(text for text in texts if text))


def _score(sheet: Sheet, first: int, last: int, headings: Headings) -> tuple[int, int]:
    """How many different fields a header names (0 where it names no item), and how many columns it explains."""
    fields: set[SheetField] = set()
    explained = 0
    for at in range(sheet.width):
        meanings = headings.meanings(_heading_texts(sheet, first, last, at))
        explained += bool(meanings)
        fields |= {one.field for one in meanings[:1] if one.field is not SheetField.UNUSED}
    names_item = bool(fields & {SheetField.ITEM, SheetField.ITEM_CODE})
    return (len(fields) if names_item else 0), explained


def _table(sheet: Sheet, header: tuple[int, int], headings: Headings) -> Table:
    columns = []
    for at in range(sheet.width):
        texts = _heading_texts(sheet, *header, at)
        meaning = _by_content(headings.meanings(texts), sheet, header[1] + 1, at)
        if texts or _filled_below(sheet, header[1] + 1, at):
            columns.append(
                Column(
                    at=at,
                    text=" ".join(texts),
                    field=meaning.field if meaning else None,
                    used=meaning is not None and meaning.field is not SheetField.UNUSED,
                    unit=meaning.unit if meaning else "",
                    source=meaning.source if meaning else None,
                    rank=meaning.rank if meaning else 0,
                )
            )
    return Table(
        sheet=sheet, header=header, columns=tuple(_first_of_each(columns)), facility=_facility_above(sheet, header[0])
    )


def _filled_below(sheet: Sheet, first: int, column: int) -> bool:
    return any(sheet.at(row, column) is not None for row in range(first, min(len(sheet.rows), first + _SAMPLE_ROWS)))


def _by_content(meanings: Sequence[Meaning], sheet: Sheet, first: int, column: int) -> Meaning | None:
    """The meaning of a heading such as 单位, which is a unit or an organisation: what stands below decides."""
    if len(meanings) < 2 or {one.field for one in meanings} != {SheetField.UNIT, SheetField.FACILITY}:
        return meanings[0] if meanings else None
    cells = [sheet.at(row, column) for row in range(first, min(len(sheet.rows), first + _SAMPLE_ROWS))]
    filled = [fold_unit(cell) for cell in cells if isinstance(cell, str)]
    # An unknown unit is one sign; an organisation may be called by two, as 一院 is.
    units = sum(is_unit(text) or len(text) == 1 for text in filled)
    wanted = SheetField.UNIT if units * 2 >= len(filled) else SheetField.FACILITY
    return next(one for one in meanings if one.field is wanted)


def _first_of_each(columns: Sequence[Column]) -> list[Column]:
    """Of several columns for one figure only the likeliest is read; where two are equally likely, a person is asked."""
    kept = []
    for one in columns:
        rivals = [other for other in columns if other.field is one.field and other.used]
        better = [other for other in rivals if other.rank < one.rank]
        equal = [other for other in rivals if other.rank == one.rank and other is not one]
        if one.field in _ONE_VALUE and one.used and (better or equal):
            kept.append(replace(one, used=False, field=one.field if better else None))
        else:
            kept.append(one)
    return kept


def _facility_above(sheet: Sheet, first: int) -> str:
    """The facility that the rows above a table name: 填报单位：渌口区人民医院, in one cell or in two."""
    for row in sheet.rows[:first]:
        texts = [half_width(said(cell)) for cell in row if cell is not None]
        for text, beside in zip(texts, [*texts[1:], ""], strict=False):
            # 填报单位：甲医院 联系人：乙 stand in one cell as well.
            if (found := _OF_SHEET.match(text)) or (found := _OF_SHEET.match(f"{text.rstrip(':')}:{beside}")):
                named = re.split(r"\s(?=\S{2,6}:)", found[1])[0].strip()
                if named:
                    return named
    return ""


def table_rows(book: Book, table: Table) -> tuple[list[RawRow], list[tuple[int, str, Aside]]]:
    """The rows below a header that hold anything, and those that are no rows of it: totals, remarks, the header again.

    Of the latter the number, the text and the reason.
    """
    rows: list[RawRow] = []
    aside: list[tuple[int, str, Aside]] = []
    last_column = max((one.at for one in table.columns if one.text), default=0)
    header = {one.at: fold_heading(one.text) for one in table.columns if one.text}
    for at in range(table.header[1] + 1, len(table.sheet.rows)):
        own = table.sheet.rows[at]
        filled = [(column, cell) for column, cell in enumerate(own) if cell is not None]
        if not filled:
            continue
        why = _no_row(table, filled, header)
        if why is not None:
            aside.append((at + 1, " ".join(said(cell) for _, cell in filled)[:200], why))
            continue
        beyond = [column for column, _ in filled if column > last_column] if book.separated else []
        rows.append(_raw_row(table, at, cell_name(at + 1, beyond[0]) if beyond else ""))
    return rows, aside


def _no_row(table: Table, filled: Sequence[tuple[int, Cell]], header: Mapping[int, str]) -> Aside | None:
    unread = {one.at for one in table.columns if one.used and one.field is SheetField.REASON}
    texts = [(column, shown(cell)) for column, cell in filled if isinstance(cell, str)]
    folded = [(column, "".join(half_width(text).casefold().split())) for column, text in texts]
    if any(column not in unread and _TOTAL.fullmatch(text.rstrip(":")) for column, text in folded):
        return Aside.TOTAL
    if len(folded) >= 2 and all(header.get(column) == fold_heading(text) for column, text in texts):
        return Aside.HEADER_AGAIN
    quantities = {one.at for one in table.columns if one.used and one.field is SheetField.QUANTITY}
    if folded and not any(column in quantities for column, _ in filled) and _REMARK.fullmatch(folded[0][1]):
        return Aside.REMARK
    return None


def _raw_row(table: Table, at: int, too_long: str) -> RawRow:
    cells: dict[SheetField, tuple[Cell, str]] = {}
    units: dict[SheetField, str] = {}
    joined: set[SheetField] = set()
    for wanted in SheetField:
        for column in table.places(wanted):
            value = table.sheet.filled(at, column.at)
            origin = table.sheet.origins.get((at, column.at))
            if origin is not None and origin[0] != at and wanted in (SheetField.QUANTITY, SheetField.ON_HAND):
                joined.add(wanted)
                value = None
            if wanted not in cells or (cells[wanted][0] is None and value is not None):
                cells[wanted] = value, cell_name(at + 1, column.at)
                units[wanted] = column.unit
    if SheetField.FACILITY not in cells and table.facility:
        cells[SheetField.FACILITY] = table.facility, ""
    return RawRow(
        sheet=table.sheet.name, number=at + 1, cells=cells, units=units, joined=frozenset(joined), too_long=too_long
    )
