"""A file of needs from its first sheet to its last row: which sheets, which table, and what became of every row."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.core.errors import Fault, InvalidInputError
from app.interop.sheets.answers import LEAVE_OUT, Answers, RowAnswer
from app.interop.sheets.books import Book, Sheet
from app.interop.sheets.cells import said
from app.interop.sheets.headings import Headings, SheetField
from app.interop.sheets.need_rows import NeedFacts, RowReader
from app.interop.sheets.outcome import (
    AsideRow,
    Ask,
    NeedRow,
    Note,
    Reading,
    SheetReport,
    SheetState,
)
from app.interop.sheets.quantities import Quantity, read_quantity
from app.interop.sheets.tables import Aside, RawRow, Table, find_table, guess_table, table_rows

_NEEDED = (
    ((SheetField.ITEM, SheetField.ITEM_CODE), SheetField.ITEM, "No column names the items: say which one does."),
    ((SheetField.QUANTITY,), SheetField.QUANTITY, "No column says how many: say which one does."),
)


def read_needs(
    book: Book,
    headings: Headings,
    facts: NeedFacts,
    answers: Answers,
    *,
    blank_asks: bool = False,
) -> Reading:
    """What became of every row of a file.

    `blank_asks`: a row that names an item without a quantity wants it, not said how much, and is asked about; else
    such a row asks for nothing, as in a template that lists all items. Raises `InvalidInputError` where no sheet holds
    a table.
    """
    facts = replace(facts, from_1904=book.from_1904)
    tables = [(sheet, _table_of(sheet, headings, answers)) for sheet in book.sheets]
    with_table = [(sheet, table) for sheet, table in tables if table is not None]
    if not with_table:
        message = "No table was found: a row with the headings of its columns, and rows below it."
        raise InvalidInputError.of(message, where="file", code="no_table")
    chosen, ask_which = _chosen(with_table, answers)
    several = len(chosen) > 1
    rows: list[NeedRow] = []
    aside: list[AsideRow] = []
    reports = []
    for number, (sheet, table) in enumerate(tables, start=1):
        read = table is not None and any(sheet is one for one in chosen)
        state = _state(sheet, table, read=read)
        raw_rows, not_rows = table_rows(book, table) if table is not None else ([], [])
        reports.append(
            SheetReport(
                name=sheet.name,
                state=state,
                rows=len(raw_rows) if read or (table is not None and table.states_needs) else 0,
                header_row=table.header[0] + 1 if table is not None else 0,
                columns=table.columns if table is not None else (),
            )
        )
        if table is None or not read:
            continue
        prefix = f"sheets.{number}." if several else ""
        aside += [AsideRow(sheet=sheet.name, number=at, text=text, why=why) for at, text, why in not_rows]
        note_of = _note_of_table(table, ask_which=ask_which)
        for raw in raw_rows:
            left = _left_aside(raw, table, answers, blank_asks=blank_asks, least=facts.least)
            if left is not None:
                aside.append(left)
            else:
                rows.append(_row(raw, f"{prefix}rows.{raw.number}", facts, answers, note_of))
    return Reading(sheets=tuple(reports), rows=tuple(rows), aside=tuple(aside))


def _table_of(sheet: Sheet, headings: Headings, answers: Answers) -> Table | None:
    if sheet.hidden and not (answers.sheets is not None and sheet.name in answers.sheets):
        return None
    return find_table(sheet, headings) or guess_table(sheet, headings)


def _chosen(tables: Sequence[tuple[Sheet, Table]], answers: Answers) -> tuple[list[Sheet], bool]:
    """The sheets that are read, and whether a person must say which of them are meant."""
    if answers.sheets is not None:
        named = [sheet for sheet, _ in tables if sheet.name in answers.sheets]
        if named:
            return named, False
    stating = [sheet for sheet, table in tables if table.states_needs]
    found = stating or [sheet for sheet, table in tables if any(one.used for one in table.columns)]
    found = found or [sheet for sheet, _ in tables]
    return found, len(found) > 1


def _state(sheet: Sheet, table: Table | None, *, read: bool) -> SheetState:
    if read:
        return SheetState.READ
    if sheet.hidden:
        return SheetState.HIDDEN
    return SheetState.NO_TABLE if table is None or not table.states_needs else SheetState.NOT_CHOSEN


def _note_of_table(table: Table, *, ask_which: bool) -> Callable[[str], list[Note]]:
    """What must be settled for the whole table before its rows can be read."""
    read = {one.field for one in table.columns if one.used}

    def notes(where: str) -> list[Note]:
        if ask_which:
            message = "Several sheets hold needs: say which of them are to be read."
            fault = Fault("which_sheets", message, where)
            return [Note(field=SheetField.UNUSED, cell="", fault=fault, ask=Ask.SHEETS, said=table.sheet.name)]
        return [
            Note(field=named, cell="", fault=Fault("missing_column", message, f"{where}.{named.value}"), ask=Ask.COLUMN)
            for fields, named, message in _NEEDED
            if not read & set(fields)
        ]

    return notes


def _left_aside(raw: RawRow, table: Table, answers: Answers, *, blank_asks: bool, least: int) -> AsideRow | None:
    """The row where it is not counted: nothing is asked for in it, or a person left it out."""
    name = said(raw.value(SheetField.ITEM)) or said(raw.value(SheetField.ITEM_CODE))
    text = " ".join(part for cell, _ in raw.cells.values() if (part := said(cell)))[:200]
    left_out = answers.rows.get((raw.sheet, raw.number)) is RowAnswer.LEAVE_OUT or answers.item(name) == LEAVE_OUT
    if left_out:
        return AsideRow(sheet=raw.sheet, number=raw.number, text=text, why=Aside.LEFT_OUT)
    if table.states_needs and _asks_nothing(raw, answers, name, blank_asks=blank_asks, least=least):
        return AsideRow(sheet=raw.sheet, number=raw.number, text=text, why=Aside.NOTHING_ASKED)
    return None


def _asks_nothing(raw: RawRow, answers: Answers, name: str, *, blank_asks: bool, least: int) -> bool:
    answered = answers.cells.get((raw.sheet, raw.place(SheetField.QUANTITY)))
    cell = answered if answered is not None else raw.value(SheetField.QUANTITY)
    if cell is None and SheetField.QUANTITY not in raw.joined:
        more = raw.value(SheetField.ON_HAND) is not None or raw.value(SheetField.REASON) is not None
        return not (more or (blank_asks and name))
    read = read_quantity(cell)
    return isinstance(read, Quantity) and read.number == 0 and least > 0


def _row(raw: RawRow, where: str, facts: NeedFacts, answers: Answers, notes_of: Callable[[str], list[Note]]) -> NeedRow:
    notes = notes_of(where)
    if not notes:
        return RowReader(raw, where, facts, answers).read()
    return NeedRow(
        sheet=raw.sheet,
        number=raw.number,
        where=where,
        item_said=said(raw.value(SheetField.ITEM)),
        quantity_said=said(raw.value(SheetField.QUANTITY)),
        notes=tuple(notes),
    )
