"""What the city workbook shows over REST: what loading does, or would do."""

from typing import Self

from pydantic import BaseModel, Field

from app.core.i18n import translate
from app.core.rights import Right
from app.interop.city.outcome import CityOutcome, SheetOutcome, ToldRow


class FieldChangeView(BaseModel):
    """A field that is changed."""

    title: str
    before: str
    after: str


class ToldRowView(BaseModel):
    """A row that is new or changed."""

    row: int = Field(description="Number of the row in its sheet, from 1.")
    name: str
    changes: list[FieldChangeView]

    @classmethod
    def of(cls, told: ToldRow, language: str) -> Self:
        """The row in a language."""
        changes = [
            FieldChangeView(title=translate(one.title, language), before=one.before, after=one.after)
            for one in told.changes
        ]
        return cls(row=told.number, name=told.name, changes=changes)


class SheetOutcomeView(BaseModel):
    """What becomes of a sheet."""

    kind: str
    title: str
    new: list[ToldRowView]
    changed: list[ToldRowView]
    unchanged: int
    left: int = Field(description="Rows that need a right which the caller has not; somebody else loads the file.")
    right: Right | None = Field(description="That right.")
    kept: int = Field(description="Rows of lots that are in stock already: those are counted, not loaded.")
    removed: int = Field(description="Rows of a policy that its new version has no more.")
    not_named: int = Field(description="Rows of the city that the sheet does not name; they stay as they are.")

    @classmethod
    def of(cls, sheet: SheetOutcome, language: str) -> Self:
        """The sheet in a language."""
        return cls(
            kind=sheet.kind,
            title=translate(sheet.title, language),
            new=[ToldRowView.of(row, language) for row in sheet.new],
            changed=[ToldRowView.of(row, language) for row in sheet.changed],
            unchanged=sheet.unchanged,
            left=sheet.left,
            right=sheet.right,
            kept=sheet.kept,
            removed=sheet.removed,
            not_named=sheet.not_named,
        )


class CityOutcomeView(BaseModel):
    """What becomes of a workbook."""

    entered: bool = Field(description="False where it was only checked.")
    sheets: list[SheetOutcomeView]
    not_used: list[str] = Field(description="Sheets and columns that mean nothing here.")

    @classmethod
    def of(cls, outcome: CityOutcome, language: str, *, entered: bool) -> Self:
        """The outcome in a language."""
        sheets = [SheetOutcomeView.of(one, language) for one in outcome.sheets]
        return cls(entered=entered, sheets=sheets, not_used=outcome.not_used)
