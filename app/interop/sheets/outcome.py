"""What became of a sheet: every row is taken, asked about or refused, with its cells and the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from app.core.errors import Fault
from app.interop.sheets.headings import SheetField
from app.interop.sheets.tables import Aside, Column


class RowState(StrEnum):
    """What became of a row."""

    TAKEN = "TAKEN"
    ASKED = "ASKED"
    REFUSED = "REFUSED"


class Ask(StrEnum):
    """What kind of answer settles a question."""

    SHEETS = "SHEETS"
    COLUMN = "COLUMN"
    ITEM = "ITEM"
    FACILITY = "FACILITY"
    UNIT = "UNIT"
    CELL = "CELL"
    REPEATED = "REPEATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Why a row is asked about or refused; `ask` is None where only another file can settle it."""

    field: SheetField
    cell: str
    """Such as C5; empty where the table has no such column."""
    fault: Fault
    ask: Ask | None = None
    said: str = ""
    """What stands there; for a unit what was written as the unit."""
    choices: tuple[str, ...] = ()
    """Likely answers: codes of items or facilities, units, numbers, days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow:
    """A row that asks for something, as far as it was understood."""

    sheet: str
    number: int
    where: str
    """The row's place in faults: `rows.5`."""
    facility: str | None = None
    facility_said: str = ""
    district: str = ""
    item: str | None = None
    item_said: str = ""
    quantity_said: str = ""
    unit_said: str = ""
    unit_assumed: bool = False
    """No unit is written: the item's own unit is taken."""
    units: int | None = None
    on_hand_units: int | None = None
    needed_by: date | None = None
    day_given: bool = True
    reason: str = ""
    places: Mapping[SheetField, str] = field(default_factory=dict)
    """By field the name of its cell, such as C5."""
    notes: tuple[Note, ...] = ()

    @property
    def state(self) -> RowState:
        """Refused where anything needs another file, asked where all can be answered, else taken."""
        if any(note.ask is None for note in self.notes):
            return RowState.REFUSED
        return RowState.ASKED if self.notes else RowState.TAKEN

    def noted(self, *notes: Note) -> "NeedRow":
        """The row with more notes."""
        return replace(self, notes=(*self.notes, *notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideRow:
    """A row that is not counted: a total, a remark, a header that is repeated, or one that asks for nothing."""

    sheet: str
    number: int
    text: str
    why: Aside


class SheetState(StrEnum):
    """What became of a sheet of the file."""

    READ = "READ"
    HIDDEN = "HIDDEN"
    NO_TABLE = "NO_TABLE"
    NOT_CHOSEN = "NOT_CHOSEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetReport:
    """A sheet, where its table is, and what each of its columns was understood as."""

    name: str
    state: SheetState
    rows: int = 0
    """Rows of its table that hold anything, whether or not they are read."""
    header_row: int = 0
    """From 1; 0 where it has no table."""
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything that was read of a file."""

    sheets: tuple[SheetReport, ...]
    rows: tuple[NeedRow, ...]
    aside: tuple[AsideRow, ...]

    def of(self, state: RowState) -> tuple[NeedRow, ...]:
        """The rows of which this became."""
        return tuple(row for row in self.rows if row.state is state)

    def with_rows(self, rows: Sequence[NeedRow]) -> "Reading":
        """The same file with other rows."""
        return replace(self, rows=tuple(rows))

    @property
    def faults(self) -> list[Fault]:
        """Every reason why a row was not taken, in the order of the rows."""
        return [note.fault for row in self.rows for note in row.notes]
