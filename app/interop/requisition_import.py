"""A facility's sheet of needs brought into the database: one draft requisition of the rows that are clear."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.errors import Fault, InvalidInputError
from app.core.work import Work
from app.facilities.service import facilities_by_code
from app.interop.requisition_sheet import RequisitionSheet, read_requisition
from app.interop.sheet_answers import keep_answers, kept_answers
from app.interop.sheet_facts import facts_for, headings_of, item_facts
from app.interop.sheet_views import unclear_members
from app.interop.sheets.answers import Answers
from app.interop.sheets.books import Book
from app.interop.sheets.headings import SheetField
from app.requisitions.models import Requisition
from app.requisitions.schemas import NewRequisition
from app.requisitions.service import create_requisition

_COLUMN_OF_FIELD = {"requested_units": SheetField.QUANTITY, "on_hand_units": SheetField.ON_HAND}


class UnclearSheetError(InvalidInputError):
    """Rows of the sheet are asked about or refused; nothing was entered, and `sheet` has all of it."""

    code = "unclear_sheet"
    title = "Not every row of the sheet can be taken."

    def __init__(self, *faults: Fault, sheet: RequisitionSheet) -> None:
        self.sheet = sheet
        super().__init__(*faults)

    def members(self, language: str) -> Mapping[str, Any]:
        """The lines that could be taken, and what became of every row."""
        return unclear_members(self.sheet, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The draft, and what became of every row of the sheet that it was made from."""

    requisition: Requisition
    sheet: RequisitionSheet


def read_sheet(
    session: Session, book: Book, *, facility: str, reported_on: date, answers: Answers, clock: Clock
) -> RequisitionSheet:
    """What became of every row, with what the facility answered before behind the answers given.

    Raises `InvalidInputError` for an unknown facility, and where there is no table or no row asks for anything.
    """
    faults: list[Fault] = []
    facilities_by_code(session, [facility], where="facility", faults=faults)
    InvalidInputError.raise_if(faults)
    items = item_facts(session)
    kept = kept_answers(session, facility)
    return read_requisition(
        book,
        headings_of(session, items, kept=kept.headings, answered=answers.headings),
        facts_for(session, facility, items, near=reported_on),
        kept.behind(answers),
        reported_on=reported_on,
        today=clock.today(),
    )


def import_sheet(
    work: Work,
    book: Book,
    *,
    facility: str,
    reported_on: date,
    note: str,
    answers: Answers,
    take_clear: bool = False,
) -> Imported:
    """Enter what a sheet asks for as a draft of the facility, and keep what was answered.

    All or nothing, unless `take_clear` says that the rows that are clear are to be taken and the others left.
    Raises `UnclearSheetError` with the reasons of all rows that are asked about or refused, at `rows.{number}.{field}`
    (`sheets.{n}.rows...` where several sheets are read), and `ForbiddenError` for a facility beyond the actor's reach.
    """
    work.actor.refuse_foreign_facility(facility)
    sheet = read_sheet(
        work.session, book, facility=facility, reported_on=reported_on, answers=answers, clock=work.clock
    )
    if not sheet.lines or not (take_clear or sheet.is_clear):
        raise UnclearSheetError(*sheet.reading.faults, sheet=sheet)
    new = NewRequisition(
        facility=facility,
        program=sheet.program,
        reported_on=reported_on,
        note=note,
        lines=[one.line for one in sheet.lines],
    )
    try:
        requisition = create_requisition(work, new)
    except InvalidInputError as refusal:
        raise InvalidInputError(*(_at_its_row(fault, sheet) for fault in refusal.faults)) from refusal
    keep_answers(work, facility, answers)
    return Imported(requisition=requisition, sheet=sheet)


def _at_its_row(fault: Fault, sheet: RequisitionSheet) -> Fault:
    """A fault of a line of the payload as one of the cell of its first row."""
    part, *path = fault.where.split(".")
    if part != "lines" or not path:
        return fault
    column = _COLUMN_OF_FIELD.get(path[-1], path[-1]) if len(path) > 1 else SheetField.ITEM
    return fault.at(f"{sheet.lines[int(path[0])].rows[0].where}.{column}")
