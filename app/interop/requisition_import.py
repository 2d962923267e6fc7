"""A facility's sheet of needs brought into the database: one draft requisition, or every fault by row and column."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.aliases import known_names
from app.catalog.models import Item
from app.core.errors import Fault, InvalidInputError
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.interop.names import catalogue_names
from app.interop.requisition_sheet import COLUMNS, SheetItem, read_lines
from app.interop.sheets import Cell, table_rows
from app.requisitions.models import Requisition
from app.requisitions.schemas import NewRequisition
from app.requisitions.service import create_requisition

_COLUMN_OF_FIELD = {"requested_units": "quantity", "on_hand_units": "on_hand"}


def import_sheet(
    work: Work, rows: Sequence[Sequence[Cell]], *, facility: str, reported_on: date, note: str
) -> Requisition:
    """Enter what a sheet asks for as a draft of the facility, all or nothing.

    Raises `InvalidInputError` with every fault at `rows.{number}.{column}` (the header is row 1), and
    `ForbiddenError` where the facility is beyond the actor's reach.
    """
    work.actor.refuse_foreign_facility(facility)
    faults: list[Fault] = []
    known = facilities_by_code(work.session, [facility], where="facility", faults=faults)
    InvalidInputError.raise_if(faults)
    items = {item.code: item for item in _active_items(work.session)}
    sheet = read_lines(
        table_rows(rows, COLUMNS),
        catalogue_names(known_names(work.session), items),
        items,
        facility_names=_names_of(known[facility]),
        reported_on=reported_on,
        today=work.today,
    )
    new = NewRequisition(
        facility=facility, program=sheet.program, reported_on=reported_on, note=note, lines=list(sheet.lines)
    )
    try:
        return create_requisition(work, new)
    except InvalidInputError as refusal:
        raise InvalidInputError(*(_at_its_row(fault, sheet.row_numbers) for fault in refusal.faults)) from refusal


def _active_items(session: Session) -> list[SheetItem]:
    rows = session.execute(select(Item.code, Item.program, Item.base_unit).where(Item.active.is_(True)))
    return [SheetItem(code=row.code, program=row.program, base_unit=row.base_unit) for row in rows]


def _names_of(facility: Facility) -> tuple[str, ...]:
    return facility.code, facility.name_zh, facility.name_en


def _at_its_row(fault: Fault, row_numbers: Sequence[int]) -> Fault:
    """A fault of a line of the payload as one of the sheet's cell."""
    part, *path = fault.where.split(".")
    if part != "lines" or not path:
        return fault
    column = _COLUMN_OF_FIELD.get(path[-1], path[-1]) if len(path) > 1 else "item"
    return fault.at(f"rows.{row_numbers[int(path[0])]}.{column}")
