"""Needs of many facilities as a sheet: what the reader takes becomes stated needs, what it asks about is listed."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from app.core.errors import Fault, InvalidInputError
from app.interop.names import ItemNames
from app.interop.needs import NAME_LENGTH_MAX, NeedFile, StatedNeed, WhyListed, text_faults
from app.interop.sheets.answers import Answers
from app.interop.sheets.books import Book
from app.interop.sheets.files import read_file
from app.interop.sheets.headings import Headings, SheetField, known_headings
from app.interop.sheets.name_index import NameIndex
from app.interop.sheets.need_rows import ItemFacts, NeedFacts
from app.interop.sheets.outcome import Ask, NeedRow, Note
from app.interop.sheets.reading import read_needs
from app.interop.sheets.units import UNIT_WORDS

ALL_SHEETS = "all"
_OF_TABLE = (Ask.SHEETS, Ask.COLUMN)


def shipped_headings_only() -> Headings:
    """The headings that come with the program, where no database is at hand."""
    return Headings(known=known_headings(), kept={}, answered={}, unit_words=UNIT_WORDS)


def read_need_table(
    path: Path,
    names: ItemNames,
    item_facts: Mapping[str, ItemFacts],
    *,
    near: date,
    headings: Headings | None = None,
    facility: str = "",
    sheets: tuple[str, ...] = (),
) -> NeedFile:
    """The needs of a file; a cell without a quantity or a day leaves it open.

    `near`: the day of the report. `facility` stands in where the sheet names none; `sheets` are those that are meant,
    or `("all",)`. Raises `UnreadableFileError` for what is no table, `InvalidInputError` with every fault by row and
    column.
    """
    book = read_file(path)
    facts = NeedFacts(items=NameIndex(names.table), item_facts=item_facts, facilities=None, near=near, default_day=near)
    answers = Answers(sheets=_sheets(book, sheets))
    reading = read_needs(book, headings or shipped_headings_only(), facts, answers, blank_asks=True)
    faults: list[Fault] = []
    needs = [_need(row, facility, faults) for row in reading.rows]
    InvalidInputError.raise_if(list({(fault.message, fault.where): fault for fault in faults}.values()))
    return NeedFile(records=len(needs), needs=tuple(needs), without_needs=(), aside=reading.aside)


def _sheets(book: Book, named: tuple[str, ...]) -> frozenset[str] | None:
    if not named:
        return None
    known = {sheet.name for sheet in book.sheets}
    if named == (ALL_SHEETS,):
        return frozenset(sheet.name for sheet in book.sheets if not sheet.hidden)
    InvalidInputError.raise_if(
        [
            Fault("unknown_sheet", "There is no sheet “{sheet}”.", "--sheet", {"sheet": name})
            for name in named
            if name not in known
        ]
    )
    return frozenset(named)


def _need(row: NeedRow, facility: str, faults: list[Fault]) -> StatedNeed:
    named = row.facility_said or facility
    if not any(note.ask in _OF_TABLE for note in row.notes):
        faults += text_faults(named, f"{row.where}.facility", length_max=NAME_LENGTH_MAX, required=True)
    why, said = None, ""
    for note in row.notes:
        listed = _why_listed(note)
        if listed is not None and why is None:
            why = listed
            said = f"{row.quantity_said} {row.unit_said}".strip() if note.ask is Ask.ITEM else note.said
        elif listed is None and note.field is not SheetField.ON_HAND:
            faults.append(_once(note))
    return StatedNeed(
        place=row.where,
        facility=named,
        district=row.district,
        item_name=row.item_said,
        quantity=row.units,
        needed_by=row.needed_by if row.day_given else None,
        reason=row.reason,
        why_listed=why,
        said=said,
        adds_up=True,
    )


def _why_listed(note: Note) -> WhyListed | None:
    """Why a row is listed; None where nobody can be asked, and the file must be mended first."""
    if note.ask is Ask.ITEM:
        return WhyListed.SEVERAL_ITEMS if note.fault.code == "several_items" else WhyListed.UNKNOWN_ITEM
    if note.ask is Ask.UNIT:
        return WhyListed.UNIT_UNCLEAR
    if note.ask is Ask.CELL and note.field is SheetField.QUANTITY:
        return WhyListed.NO_QUANTITY if note.fault.code == "missing" else WhyListed.QUANTITY_UNCLEAR
    return None


def _once(note: Note) -> Fault:
    """The fault at its cell; what concerns the whole table at no row, so that it is told once."""
    return note.fault.at("") if note.ask in _OF_TABLE else note.fault
