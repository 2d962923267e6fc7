"""A facility's needs as a sheet: how its rows become the lines of one requisition.

Rows in which nothing is asked for (no quantity, or 0, and nothing else written) are set aside and told: the template
lists every item that the facility usually needs.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError
from app.core.http.payloads import QUANTITY_MAX
from app.interop.sheets.answers import Answers, RowAnswer
from app.interop.sheets.books import Book
from app.interop.sheets.headings import Headings, SheetField
from app.interop.sheets.need_rows import REASON_LENGTH_MAX, NeedFacts
from app.interop.sheets.outcome import Ask, NeedRow, Note, Reading, RowState
from app.interop.sheets.reading import read_needs
from app.requisitions.rules import day_faults as report_faults
from app.requisitions.schemas import LINES_MAX, NewRequisitionLine


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """A line of the requisition and the rows that it was made from: several where departments ask for the same."""

    line: NewRequisitionLine
    rows: tuple[NeedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequisitionSheet:
    """What became of every row, and the lines of what was taken."""

    reading: Reading
    program: Program
    lines: tuple[SheetLine, ...]

    @property
    def is_clear(self) -> bool:
        """Whether every row that asks for something was taken."""
        return all(row.state is RowState.TAKEN for row in self.reading.rows)


def read_requisition(
    book: Book, headings: Headings, facts: NeedFacts, answers: Answers, *, reported_on: date, today: date
) -> RequisitionSheet:
    """What a sheet asks for; raises `InvalidInputError` where it holds no table or no row asks for anything."""
    reading = read_needs(book, headings, facts, answers)
    if not reading.rows:
        message = "No row says how much is needed."
        raise InvalidInputError.of(message, where="file", code="nothing_asked")
    program = _program(reading.rows, facts)
    rows = [_in_program(row, program, facts) for row in reading.rows]
    rows = [_in_time(row, reported_on, today) for row in rows]
    rows = _repeats_asked(rows, answers)
    rows, lines = _lines(rows)
    return RequisitionSheet(reading=reading.with_rows(rows), program=program, lines=lines)


def _program(rows: Sequence[NeedRow], facts: NeedFacts) -> Program:
    """The program of most rows; of the first, where two have as many."""
    programs = [facts.item_facts[row.item].program for row in rows if row.item is not None]
    counted = Counter(program for program in programs if program is not None)
    return counted.most_common(1)[0][0] if counted else Program.MEDICAL


def _refusal(row: NeedRow, column: SheetField, fault: Fault) -> NeedRow:
    moved = fault.at(f"{row.where}.{column.value}")
    return row.noted(Note(field=column, cell=row.places.get(column, ""), fault=moved, said=row.item_said))


def _in_program(row: NeedRow, program: Program, facts: NeedFacts) -> NeedRow:
    """Refuse an item of the other program: each is planned on its own, and so is its requisition."""
    found = facts.item_facts[row.item].program if row.item is not None else None
    if found is None or found is program:
        return row
    message = "This belongs to the {what} program, unlike most rows: hand it in by a sheet of its own."
    return _refusal(row, SheetField.ITEM, Fault("other_program", message, "", {"what": f"program.{found.value}"}))


def _in_time(row: NeedRow, reported_on: date, today: date) -> NeedRow:
    """Refuse a day before the report; a report of a day to come is told once, of the form and not of its rows."""
    if row.needed_by is None:
        return row
    faults = [fault for fault in report_faults(reported_on, [row.needed_by], today) if fault.where != "reported_on"]
    return _refusal(row, SheetField.NEEDED_BY, faults[0]) if faults else row


def _repeats_asked(rows: Sequence[NeedRow], answers: Answers) -> list[NeedRow]:
    """Ask about rows that name an item and day again, unless departments with reasons of their own do."""
    first: dict[tuple[str, date], NeedRow] = {}
    reasons: dict[tuple[str, date], set[str]] = defaultdict(set)
    asked = []
    for row in rows:
        if row.item is None or row.needed_by is None or row.state is RowState.REFUSED:
            asked.append(row)
            continue
        key = row.item, row.needed_by
        before = first.setdefault(key, row)
        own_reason = bool(row.reason) and "" not in reasons[key] and row.reason not in reasons[key]
        reasons[key].add(row.reason)
        if before is row or own_reason or answers.rows.get((row.sheet, row.number)) is RowAnswer.ADD_UP:
            asked.append(row)
            continue
        message = "This repeats row {row}: the same item by the same day. Are both meant?"
        fault = Fault("repeated_line", message, f"{row.where}.item", {"row": before.number})
        choices = tuple(one.value for one in (RowAnswer.ADD_UP, RowAnswer.LEAVE_OUT))
        note = Note(
            field=SheetField.ITEM,
            cell=row.places.get(SheetField.ITEM, ""),
            fault=fault,
            ask=Ask.REPEATED,
            said=row.item_said,
            choices=choices,
        )
        asked.append(row.noted(note))
    return asked


def _lines(rows: Sequence[NeedRow]) -> tuple[list[NeedRow], tuple[SheetLine, ...]]:
    """The lines of the rows that are taken, an item and day once; what does not fit into one requisition is refused."""
    together: dict[tuple[str, date], list[NeedRow]] = {}
    kept = []
    for row in rows:
        if row.state is not RowState.TAKEN or row.item is None or row.needed_by is None:
            kept.append(row)
            continue
        key = row.item, row.needed_by
        if key not in together and len(together) == LINES_MAX:
            message = "A requisition has at most {lines_max} lines."
            fault = Fault("too_many_lines", message, row.where, {"lines_max": LINES_MAX})
            kept.append(row.noted(Note(field=SheetField.UNUSED, cell="", fault=fault, said=row.item_said)))
            continue
        if sum(one.units or 0 for one in together.get(key, ())) + (row.units or 0) > QUANTITY_MAX:
            params = {"low": 1, "high": QUANTITY_MAX}
            fault = Fault("out_of_bounds", "This must be from {low} to {high}.", row.where, params)
            kept.append(_refusal(row, SheetField.QUANTITY, fault))
            continue
        together.setdefault(key, []).append(row)
        kept.append(row)
    return kept, tuple(_line(item, day, made_of) for (item, day), made_of in together.items())


def _line(item: str, day: date, rows: Sequence[NeedRow]) -> SheetLine:
    on_hand = [row.on_hand_units for row in rows if row.on_hand_units is not None]
    reasons = dict.fromkeys(row.reason for row in rows if row.reason)
    line = NewRequisitionLine(
        item=item,
        requested_units=sum(row.units or 0 for row in rows),
        needed_by=day,
        reason="; ".join(reasons)[:REASON_LENGTH_MAX],
        # Departments of one facility usually state the stock of the whole facility beside each of their needs.
        on_hand_units=max(on_hand) if on_hand else None,
    )
    return SheetLine(line=line, rows=tuple(rows))
