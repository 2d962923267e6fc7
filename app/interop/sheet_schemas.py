"""What the reader of sheets takes in (answers) and shows: rows taken, asked about, refused and set aside."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from app.catalog.rules import fold_name
from app.core.http.payloads import Choice, Code, Day, Name, Payload, View
from app.interop.sheets.answers import LEAVE_OUT, Answers, RowAnswer
from app.interop.sheets.headings import HeadingSource, SheetField, fold_heading
from app.interop.sheets.outcome import Ask, SheetState
from app.interop.sheets.tables import Aside
from app.interop.sheets.units import fold_unit
from app.requisitions.schemas import RequisitionLineView, RequisitionView

ANSWERS_MAX = 2_000
SheetName = Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]
CellName = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}[0-9]{1,7}$")]
UnitText = Annotated[str, StringConstraints(max_length=64)]
CodeOrLeaveOut = Annotated[str, StringConstraints(pattern=rf"^([A-Za-z0-9][A-Za-z0-9._-]{{0,63}}|{LEAVE_OUT})$")]


class HeadingAnswer(Payload):
    """What a heading of the sheet means."""

    heading: Name
    field: Choice[SheetField]


class ItemAnswer(Payload):
    """Which item a name means; `-` where it is none of ours and its rows are to be left out."""

    name: Name
    item: CodeOrLeaveOut


class FacilityAnswer(Payload):
    """Which facility a name means."""

    name: Name
    facility: Code


class UnitAnswer(Payload):
    """What a unit of an item is: another unit of it, or how many base units; `said` is empty where none is written."""

    item: Code
    said: UnitText = ""
    unit: Annotated[str, StringConstraints(min_length=1, max_length=32)]


class CellAnswer(Payload):
    """What should stand in a cell."""

    sheet: SheetName
    cell: CellName
    text: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class RowChoice(Payload):
    """What is to become of a row: left out, or added to the row that it repeats."""

    sheet: SheetName
    row: Annotated[int, Field(ge=1)]
    choice: Choice[RowAnswer]


class SheetAnswers(Payload):
    """Answers to what was asked about a file; sent together with the file."""

    sheets: Annotated[list[SheetName], Field(max_length=200)] | None = None
    """Names of the sheets to be read; left out where only one holds needs."""
    needed_by: Day | None = None
    """For rows that name no day."""
    headings: Annotated[list[HeadingAnswer], Field(max_length=ANSWERS_MAX)] = Field(default_factory=list)
    items: Annotated[list[ItemAnswer], Field(max_length=ANSWERS_MAX)] = Field(default_factory=list)
    facilities: Annotated[list[FacilityAnswer], Field(max_length=ANSWERS_MAX)] = Field(default_factory=list)
    units: Annotated[list[UnitAnswer], Field(max_length=ANSWERS_MAX)] = Field(default_factory=list)
    cells: Annotated[list[CellAnswer], Field(max_length=ANSWERS_MAX)] = Field(default_factory=list)
    rows: Annotated[list[RowChoice], Field(max_length=ANSWERS_MAX)] = Field(default_factory=list)

    def answers(self) -> Answers:
        """The answers as the reader takes them."""
        return Answers(
            sheets=frozenset(self.sheets) if self.sheets is not None else None,
            headings={fold_heading(one.heading): one.field for one in self.headings},
            items={fold_name(one.name): one.item for one in self.items},
            facilities={fold_name(one.name): one.facility for one in self.facilities},
            units={(one.item, fold_unit(one.said)): one.unit for one in self.units},
            cells={(one.sheet, one.cell): one.text for one in self.cells},
            rows={(one.sheet, one.row): one.choice for one in self.rows},
            needed_by=self.needed_by,
        )


class NewHeading(Payload):
    """What a heading of a column means in everybody's sheets."""

    heading: Annotated[Name, Field(max_length=100)]
    field: Choice[SheetField]


class HeadingView(View):
    """A heading, folded, and the field that it means."""

    heading: str
    field: SheetField


class WhyView(View):
    """Why a row was not taken."""

    code: str
    detail: str
    where: str
    field: SheetField
    cell: str = Field(description="Such as C5; empty where the table has no such column.")
    said: str = Field(description="What stands there.")
    ask: Ask | None = Field(description="The kind of answer that settles it; null where only another file can.")
    choices: list[str] = Field(description="Likely answers: codes, units, numbers or days.")


class SheetRowView(View):
    """A row of a sheet, as far as it was understood."""

    sheet: str
    row: int
    item: str | None
    item_said: str
    quantity_said: str
    unit_said: str
    unit_assumed: bool = Field(description="No unit is written: the item's own unit was taken.")
    units: int | None = Field(description="Whole base units of the item.")
    on_hand_units: int | None
    needed_by: date | None
    reason: str
    why: list[WhyView]


class AsideRowView(View):
    """A row that is not counted."""

    sheet: str
    row: int
    text: str
    why: Aside


class ColumnView(View):
    """A column of a sheet and what it was understood as."""

    column: str
    heading: str
    field: SheetField | None = Field(description="Null where nobody knows.")
    used: bool
    unit: str
    source: HeadingSource | None


class SheetReportView(View):
    """A sheet of the file and what became of it."""

    name: str
    state: SheetState
    rows: int
    header_row: int
    columns: list[ColumnView]


class ImportedLine(RequisitionLineView):
    """A line of the requisition and the rows of the sheet that it was made from."""

    rows: list[str]


class SheetOutcome(View):
    """What became of every row of a file; rows in = taken + asked + refused."""

    rows_in: int
    taken: list[SheetRowView]
    asked: list[SheetRowView]
    refused: list[SheetRowView]
    aside: list[AsideRowView]
    sheets: list[SheetReportView]


class ImportedRequisition(RequisitionView, SheetOutcome):
    """The draft that was entered, and what became of every row of its sheet."""

    lines: list[ImportedLine]  # type: ignore[assignment]
