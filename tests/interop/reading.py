"""A small catalogue against which sheets are read, without a database."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.catalog.rules import fold_name
from app.catalog.types import BaseUnit, Program
from app.interop.requisition_sheet import RequisitionSheet, read_requisition
from app.interop.sheets.answers import Answers
from app.interop.sheets.books import Book, sheet_of
from app.interop.sheets.cells import Cell
from app.interop.sheets.files import read_book
from app.interop.sheets.headings import Headings, known_headings
from app.interop.sheets.name_index import NameIndex
from app.interop.sheets.need_rows import ItemFacts, NeedFacts
from app.interop.sheets.outcome import NeedRow, Reading, RowState
from app.interop.sheets.reading import read_needs
from app.interop.sheets.units import UNIT_WORDS

REPORT = date(2020, 1, 31)
FACILITY = "lukou-peoples-hospital"
_ITEMS: Sequence[tuple[str, str, Program, BaseUnit, Mapping[str, int]]] = [
    ("surgical-mask", "医用外科口罩", Program.MEDICAL, BaseUnit.PIECE, {"盒": 50, "箱": 2000}),
    ("medical-respirator", "医用防护口罩", Program.MEDICAL, BaseUnit.PIECE, {}),
    ("protective-suit", "医用防护服", Program.MEDICAL, BaseUnit.PIECE, {}),
    ("goggles", "医用护目镜", Program.MEDICAL, BaseUnit.PIECE, {}),
    ("examination-gloves", "医用检查手套", Program.MEDICAL, BaseUnit.PAIR, {"盒": 50}),
    ("disinfectant-500ml", "84消毒液（500毫升）", Program.MEDICAL, BaseUnit.BOTTLE, {}),
    ("leafy-vegetables", "叶菜", Program.LIVING, BaseUnit.GRAM, {}),
    ("rice", "大米", Program.LIVING, BaseUnit.GRAM, {"袋": 10_000}),
]
NAMES = {fold_name(name): code for code, zh, *_ in _ITEMS for name in (code, zh)} | {"兔子服": "protective-suit"}
FACILITIES = {fold_name(name): FACILITY for name in (FACILITY, "渌口区人民医院")} | {"天元区医院": "other"}


def facts(**more: Any) -> NeedFacts:
    """What is known to the tests."""
    values: dict[str, Any] = {
        "items": NameIndex(NAMES),
        "item_facts": {
            code: ItemFacts(code=code, program=program, base_unit=unit, units=units)
            for code, _, program, unit, units in _ITEMS
        },
        "facilities": NameIndex(FACILITIES),
        "near": REPORT,
        "own_facility": FACILITY,
    }
    return NeedFacts(**{**values, **more})


def headings(**more: Any) -> Headings:
    """The shipped headings."""
    values: dict[str, Any] = {"known": known_headings(), "kept": {}, "answered": {}, "unit_words": UNIT_WORDS}
    return Headings(**{**values, **more})


def book_of(*sheets: Sequence[Sequence[Cell]], separated: bool = False) -> Book:
    """A book of sheets that are called 1, 2 ..."""
    named = tuple(sheet_of(str(n), rows) for n, rows in enumerate(sheets, start=1))
    return Book(name="test", sheets=named, separated=separated)


def read(book: Book | bytes, answers: Answers | None = None, **more: Any) -> Reading:
    """Every row of a book, with a catalogue and shipped headings."""
    whole = read_book(book, "", where="file") if isinstance(book, bytes) else book
    return read_needs(whole, more.pop("headings", headings()), facts(**more), answers or Answers())


def requisition(book: Book | bytes, answers: Answers | None = None, **more: Any) -> RequisitionSheet:
    """The requisition of a book."""
    whole = read_book(book, "", where="file") if isinstance(book, bytes) else book
    return read_requisition(
        whole, more.pop("headings", headings()), facts(**more), answers or Answers(), reported_on=REPORT, today=REPORT
    )


def why(row: NeedRow) -> list[tuple[str, str]]:
    """Cells and codes of all that is asked or refused."""
    return [(note.cell, note.fault.code) for note in row.notes]


def taken(reading: Reading) -> list[tuple[int, str | None, int | None]]:
    """Number, item and base units of the rows that are taken."""
    return [(row.number, row.item, row.units) for row in reading.of(RowState.TAKEN)]
