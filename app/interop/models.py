"""Tables of the reader of sheets: what headings mean to everybody, and what a sender answered before."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Key, enum_column
from app.core.versioned import NEVER_REUSES_IDS, Versioned
from app.interop.sheets.headings import SheetField
from app.interop.types import AnswerKind


class SheetHeading(Versioned, Base):
    """What a heading of a column means, beside the headings that come with the program; operators add to it."""

    __tablename__ = "sheet_heading"
    __table_args__ = NEVER_REUSES_IDS

    id: Mapped[Key]
    heading: Mapped[str] = mapped_column(String(100), unique=True)
    """Folded as `sheets.headings.fold_heading` does."""
    field: Mapped[SheetField] = mapped_column(enum_column(SheetField, "sheet_field"))


class SheetAnswer(Base):
    """What a sender answered about a sheet, offered with the next one."""

    __tablename__ = "sheet_answer"
    __table_args__ = (UniqueConstraint("sender", "kind", "said"),)

    id: Mapped[Key]
    sender: Mapped[str] = mapped_column(String(64))
    """Code of the facility whose sheets these are."""
    kind: Mapped[AnswerKind] = mapped_column(enum_column(AnswerKind, "sheet_answer_kind"))
    said: Mapped[str] = mapped_column(String(300))
    """The folded heading or name; of a unit the item's code, a stroke and the folded unit."""
    meaning: Mapped[str] = mapped_column(String(64))
    """A field, a code, or a unit."""
