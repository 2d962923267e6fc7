"""One row of a sheet of the city workbook, entered or changed on a form by the rules by which workbooks are loaded."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.types import BaseUnit
from app.core.errors import ConflictError, Fault, ForbiddenError, InvalidInputError, NotFoundError, missing
from app.core.rights import Right
from app.core.work import Work
from app.interop.city.columns import Form, written
from app.interop.city.kinds import BY_NAME, KINDS
from app.interop.city.loading import load_city
from app.interop.city.present import CityRow, present_city
from app.interop.city.sheet_kind import SheetKind
from app.interop.city.workbook import called
from app.interop.sheets.books import Book, sheet_of
from app.interop.sheets.cells import Cell, letters_of

FORM_KINDS = tuple(kind for kind in KINDS if kind.writes in (Right.CATALOG_WRITE, Right.CAPACITY_SET))
"""Kinds whose rows have a form here; partners, funds, policies and stock have pages of their own."""


def form_kind(name: str) -> SheetKind:
    """The kind of this name; raises `NotFoundError`."""
    kind = BY_NAME.get(name)
    if kind is None or kind not in FORM_KINDS:
        raise NotFoundError(missing("sheet", name))
    return kind


def row_of_key(city: Mapping[str, list[CityRow]], kind: SheetKind, key: tuple[str, ...]) -> CityRow:
    """The row of a kind with this key; raises `NotFoundError`."""
    for row in city[kind.name]:
        if tuple(str(row[name]) for name in kind.key) == key:
            return row
    raise NotFoundError(missing("row", " / ".join(key)))


def city_around(session: Session, kind: SheetKind) -> dict[str, list[CityRow]]:
    """The rows of a kind and of all kinds that they refer to."""
    names = {kind.name, *(column.refers for column in kind.columns if column.refers)}
    if "facilities" in names:
        names.add("warehouses")
    if kind.weighed_by:
        names.add("items")
    return present_city(session, [one for one in KINDS if one.name in names])


def shown_values(city: Mapping[str, list[CityRow]], kind: SheetKind, row: CityRow, language: str) -> dict[str, str]:
    """The fields of a row as people read them."""
    names = called(city, language)
    values = {
        column.field: written(column, row.get(column.field), language, names=names, weighed=is_weighed(city, kind, row))
        for column in kind.columns
    }
    return {
        name: value.isoformat() if isinstance(value, date) else str(value)
        for name, value in values.items()
        if value is not None
    }


def form_values(city: Mapping[str, list[CityRow]], kind: SheetKind, row: CityRow, language: str) -> dict[str, str]:
    """The fields of a row as its form holds them: codes where the form has a list to choose from."""
    values = shown_values(city, kind, row, language)
    for column in kind.columns:
        if column.form in (Form.REFERENCE, Form.CHOICE) and row.get(column.field) is not None:
            values[column.field] = str(row[column.field])
        if column.form is Form.YES_NO:
            values[column.field] = "yes" if row.get(column.field) else "no"
    return values


def is_weighed(city: Mapping[str, list[CityRow]], kind: SheetKind, row: CityRow) -> bool:
    """Whether the quantities of a row are kilograms."""
    if kind.weighed_by == "base_unit":
        return bool(row.get("base_unit") == BaseUnit.GRAM)
    item = next((one for one in city.get("items", ()) if one["code"] == row.get(kind.weighed_by)), None)
    return item is not None and item["base_unit"] == BaseUnit.GRAM


def enter_row(work: Work, kind: SheetKind, typed: Mapping[str, Any], *, is_new: bool) -> None:
    """Enter or change one row; raises `InvalidInputError` with faults at the fields.

    A new row must not be there yet (`ConflictError`); one that is changed must (`NotFoundError`).
    """
    if not work.actor.may(kind.writes):
        raise ForbiddenError.of("This needs the right {right}.", code="right_missing", right=kind.writes.value)
    fields = [column.field for column in kind.columns]
    rows: list[list[Cell]] = [[*fields], [str(typed[name]) if name in typed else None for name in fields]]
    book = Book(name=kind.name, sheets=(sheet_of(kind.name, rows),))
    try:
        (outcome,) = load_city(work, book).sheets
    except InvalidInputError as refusal:
        raise InvalidInputError(*(_at_field(fault, fields) for fault in refusal.faults)) from refusal
    if is_new and not outcome.new:
        message = "There is one of this name or code already: open it in the list and change it there."
        raise ConflictError.of(message, where=fields[0], code="there_already")
    if not is_new and outcome.new:
        raise NotFoundError(missing("row", outcome.new[0].name))


def _at_field(fault: Fault, fields: list[str]) -> Fault:
    cell = fault.where.rpartition("!")[2]
    letters = cell.rstrip("0123456789")
    return fault.at(next((name for n, name in enumerate(fields) if letters_of(n) == letters), ""))
