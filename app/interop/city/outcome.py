"""What loading a city workbook does, or would do: by sheet, which rows are new, changed, unchanged or left."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.core.rights import Right


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field of a row that is changed: its title (an English message), what stands there and what shall."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRow:
    """A row that is new or changed."""

    number: int
    name: str
    changes: Sequence[FieldChange] = ()


@dataclass(slots=True, kw_only=True)
class SheetOutcome:
    """What becomes of a sheet."""

    kind: str
    title: str
    """An English message."""
    new: list[ToldRow] = field(default_factory=list)
    changed: list[ToldRow] = field(default_factory=list)
    unchanged: int = 0
    left: int = 0
    """Rows that need a right which the person has not: somebody else loads the same file for them."""
    right: Right | None = None
    """That right."""
    kept: int = 0
    """Rows of lots that are in stock already: what is there is counted, not loaded."""
    removed: int = 0
    """Rows of a policy that its new version has no more."""
    not_named: int = 0
    """Rows of the city that the sheet does not name; they stay as they are."""


@dataclass(slots=True, kw_only=True)
class CityOutcome:
    """What becomes of a workbook."""

    sheets: list[SheetOutcome] = field(default_factory=list)
    not_used: list[str] = field(default_factory=list)
    """Sheets and columns that mean nothing here."""

    @property
    def writes(self) -> int:
        """Rows that are entered or changed."""
        return sum(len(sheet.new) + len(sheet.changed) for sheet in self.sheets)
