"""Loads a city workbook: all of it or nothing, with every fault at its cell; what is there already is only changed."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.auth import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import Fault, ForbiddenError, InvalidInputError, ServiceError
from app.core.http.problem_details import shape_fault
from app.core.numbering import lock_series
from app.core.work import Work
from app.interop.city.kinds import KINDS, POLICY_KINDS
from app.interop.city.kinds_catalogue import FACILITY_TYPES
from app.interop.city.kinds_places import FACILITIES, WAREHOUSES, ZONES
from app.interop.city.kinds_supply import STOCK
from app.interop.city.outcome import CityOutcome, FieldChange, SheetOutcome, ToldRow
from app.interop.city.policies import load_policies
from app.interop.city.present import CityRow, merged_names, present_city
from app.interop.city.reading import read_city
from app.interop.city.sheet_kind import SheetKind
from app.interop.city.stock import load_stock
from app.interop.city.understanding import Understanding, UnderstoodRow, by_key
from app.interop.city.writers import WRITERS, Writer
from app.interop.sheets.books import Book

SERIES = "CITY"


class _ShownError(Exception):
    """Rolls back what was only to be shown."""


def check_city(database: Database, actor: Actor, clock: Clock, book: Book) -> CityOutcome:
    """What loading would do: it is done, and rolled back; raises what `load_city` raises."""
    outcome: CityOutcome | None = None
    try:
        with database.write() as session:
            outcome = load_city(Work(session, actor, clock), book)
            raise _ShownError
    except _ShownError:
        assert outcome is not None
        return outcome


def load_city(work: Work, book: Book) -> CityOutcome:
    """Enter and change what the workbook says; raises `InvalidInputError` with every fault at its cell.

    Rows that need a right which the actor has not are left and counted. Loading the same again changes nothing.
    """
    refuse_facilities(work.actor)
    # Two loads at once would make the same codes: the second waits for the first.
    lock_series(work.session, SERIES, work.today)
    return _Load(work, book).run()


def refuse_facilities(actor: Actor) -> None:
    """Raise `ForbiddenError` for people of facilities, who see only what is theirs."""
    if actor.facilities is not None:
        raise ForbiddenError.of("The workbook of the whole city is not for facilities.", code="outside_reach")


class _Load:
    def __init__(self, work: Work, book: Book) -> None:
        self._work = work
        self._there = present_city(work.session)
        self._city = read_city(book)
        self._rows = Understanding(
            self._city,
            self._there,
            today=work.today,
            from_1904=book.from_1904,
            merged=merged_names(work.session),
        )
        self._is_warehouse = {row["code"]: bool(row["keeps_stock"]) for row in self._there["facility_types"]}

    def run(self) -> CityOutcome:
        outcome = CityOutcome(not_used=self._city.not_used)
        for kind in KINDS:
            if kind.name in self._city.rows and kind not in POLICY_KINDS and kind is not STOCK:
                outcome.sheets.append(self._load(kind, WRITERS[kind.name]))
        faults = self._rows.faults
        outcome.sheets += load_policies(self._work, self._city, self._rows, self._there)
        if STOCK.name in self._city.rows:
            outcome.sheets.append(load_stock(self._work, self._rows, self._there))
        InvalidInputError.raise_if(without_consequences(faults))
        self._work.session.flush()
        return outcome

    def _load(self, kind: SheetKind, writer: Writer[Any]) -> SheetOutcome:
        outcome = SheetOutcome(kind=kind.name, title=kind.title)
        there = by_key(kind, self._there[kind.name])
        rows = self._rows.rows_of(kind)
        for row in _parents_first(rows) if kind is ZONES else rows:
            if kind is FACILITY_TYPES:
                self._is_warehouse.setdefault(row.values["code"], bool(row.values.get("keeps_stock")))
            if kind in (FACILITIES, WAREHOUSES) and self._is_in_other_sheet(kind, row):
                continue
            self._load_row(row, there.get(row.key), writer, outcome)
        outcome.not_named = len(there.keys() - {row.key for row in rows})
        return outcome

    def _is_in_other_sheet(self, kind: SheetKind, row: UnderstoodRow) -> bool:
        keeps_stock = self._is_warehouse.get(row.values.get("facility_type", ""))
        if keeps_stock is None or keeps_stock == (kind is WAREHOUSES):
            return False
        message = "Facilities of this type belong in the other sheet: warehouses have a sheet of their own."
        self._rows.faults.append(Fault("other_sheet", message, row.read.place("facility_type")))
        return True

    def _load_row(self, row: UnderstoodRow, known: CityRow | None, writer: Writer[Any], outcome: SheetOutcome) -> None:
        kind = row.read.kind
        try:
            payload = writer.payload.model_validate(completed(row, known))
        except ValidationError as error:
            self._rows.faults += [row.fault(shape_fault(one)) for one in error.errors(include_url=False)]
            return
        wanted = payload.model_dump(mode="json")
        fields = [column.field for column in kind.columns]
        given = {name: wanted[name] for name in fields if known is not None and wanted[name] != known[name]}
        if known is not None and not given:
            outcome.unchanged += 1
            return
        if not self._work.actor.may(kind.writes):
            outcome.left, outcome.right = outcome.left + 1, kind.writes
            return
        if stays := kind.fixed & given.keys():
            message = "This cannot be changed any more; quantities and stock were written by it."
            self._rows.faults += [Fault("stays", message, row.read.place(name)) for name in sorted(stays)]
            return
        told = ToldRow(number=row.read.number, name=name_of_row(row), changes=_changes(kind, known or {}, given))
        try:
            if known is None:
                writer.create(self._work, payload)
                outcome.new.append(told)
            else:
                writer.change(self._work, payload, given)
                outcome.changed.append(told)
        except ServiceError as refusal:
            self._rows.faults += [row.fault(fault) for fault in refusal.faults]


def completed(row: UnderstoodRow, known: CityRow | None) -> CityRow:
    """The values of a row, with what its sheet has no column for as it is, and English names as far as they are."""
    values = dict(row.values)
    if known is not None:
        values |= {name: known[name] for name in known if name not in values and name not in row.read.places}
    for name, chinese in (("name_en", "name_zh"), ("title_en", "title_zh")):
        if row.read.kind.column(name) is not None and not values.get(name):
            values[name] = (known or {}).get(name) or values.get(chinese)
    return values


def name_of_row(row: UnderstoodRow) -> str:
    """What a row is called on the page."""
    values = row.values
    return str(values.get("name_zh") or values.get("title_zh") or " / ".join(str(part) for part in row.key))


def _changes(kind: SheetKind, known: Mapping[str, Any], given: Mapping[str, Any]) -> list[FieldChange]:
    return [
        FieldChange(title=column.title, before=_text(known.get(column.field)), after=_text(given[column.field]))
        for column in kind.columns
        if column.field in given
    ]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "–" if value is None or value == "" else str(value)


def _parents_first(rows: list[UnderstoodRow]) -> list[UnderstoodRow]:
    """Zones after those that they lie in; circles stay as they are, for the service to refuse."""
    ordered: list[UnderstoodRow] = []
    waiting = list(rows)
    while waiting:
        codes = {row.values["code"] for row in waiting}
        ready = [row for row in waiting if row.values.get("parent") not in codes - {row.values["code"]}]
        if not ready:
            return ordered + waiting
        ordered += ready
        waiting = [row for row in waiting if row not in ready]
    return ordered


def without_consequences(faults: list[Fault]) -> list[Fault]:
    """The faults without those that only say that a row, which has a fault of its own, is not there."""
    own = [fault for fault in faults if fault.code != "unknown_id"]
    return own or faults
