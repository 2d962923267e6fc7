"""What a sheet leaves open, as questions of a form: each thing once, however many rows it stands in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.catalog.models import Item
from app.catalog.rules import fold_name
from app.core.errors import Fault
from app.core.i18n import number_text
from app.interop.sheets.answers import LEAVE_OUT, RowAnswer
from app.interop.sheets.headings import SheetField
from app.interop.sheets.outcome import Ask, NeedRow, Note, Reading, RowState, SheetState
from app.interop.sheets.units import fold_unit
from app.web.kit.rendering import Words

QUESTIONS_MAX = 200
"""Questions of one page; those behind them follow when these are answered."""
_ROWS_NAMED = 8

Choices = Sequence[tuple[str, str]]


@dataclass(slots=True, kw_only=True)
class Question:
    """One open question: the fields that say what is asked, and the control for the answer."""

    ask: Ask
    fault: Fault
    said: str
    name: str
    """Of the control; empty for the choice of sheets, which are boxes."""
    hidden: Choices = ()
    kind: str = "text"
    """select, text, amount or date."""
    choices: Choices = ()
    other: str = ""
    """Name of a second field, for an item that is not among the choices."""
    hint: str = ""
    rows: list[str] = field(default_factory=list)

    def places(self, words: Words) -> str:
        """The rows or cells in which it stands, the first of many."""
        named = words(", ").join(self.rows[:_ROWS_NAMED])
        if len(self.rows) <= _ROWS_NAMED:
            return named
        more = number_text(len(self.rows) - _ROWS_NAMED, words.language)
        return words("{rows} and {count} more", rows=named, count=more)


class Questions:
    """Gathers the questions of a reading."""

    def __init__(self, reading: Reading, items: Mapping[str, Item], words: Words) -> None:
        self._reading, self._items, self._words = reading, items, words
        self._found: dict[tuple[str, ...], Question] = {}
        self._counts: dict[str, int] = {}
        self.needs_day = False
        """Whether rows name no day; one day for all of them settles it."""
        several = len({row.sheet for row in reading.rows}) > 1
        for row in reading.rows:
            for note in row.notes:
                if note.ask is not None and row.state is not RowState.REFUSED:
                    place = note.cell or str(row.number)
                    self._add(row, note, f"{row.sheet}!{place}" if several and row.sheet else place)

    @property
    def first(self) -> list[Question]:
        """The questions of this page."""
        return list(self._found.values())[:QUESTIONS_MAX]

    @property
    def later(self) -> int:
        """How many follow."""
        return max(0, len(self._found) - QUESTIONS_MAX)

    def _add(self, row: NeedRow, note: Note, place: str) -> None:
        if note.ask is Ask.CELL and note.field is SheetField.NEEDED_BY and not note.said:
            self.needs_day = True
            return
        key = _key(row, note)
        if key not in self._found:
            self._found[key] = self._question(row, note)
        self._found[key].rows.append(place)

    def _path(self, kind: str) -> str:
        at = self._counts.get(kind, 0)
        self._counts[kind] = at + 1
        return f"{kind}.{at}"

    def _question(self, row: NeedRow, note: Note) -> Question:
        make = {
            Ask.SHEETS: self._sheets, Ask.COLUMN: self._column, Ask.ITEM: self._item, Ask.FACILITY: self._facility,
            Ask.UNIT: self._unit, Ask.CELL: self._cell, Ask.REPEATED: self._repeated,
        }  # fmt: skip
        assert note.ask is not None
        return make[note.ask](row, note)

    def _sheets(self, row: NeedRow, note: Note) -> Question:
        del row
        names = [(one.name, one.name) for one in self._reading.sheets if one.state is SheetState.READ]
        return Question(ask=Ask.SHEETS, fault=note.fault, said="", name="", kind="boxes", choices=names)

    def _column(self, row: NeedRow, note: Note) -> Question:
        path = self._path("headings")
        columns = [
            one.text for sheet in self._reading.sheets if sheet.name == row.sheet for one in sheet.columns if one.text
        ]
        return Question(
            ask=Ask.COLUMN,
            fault=note.fault,
            said="",
            name=f"{path}.heading",
            hidden=[(f"{path}.field", note.field.value)],
            kind="select",
            choices=[(text, text) for text in dict.fromkeys(columns)],
        )

    def _item(self, row: NeedRow, note: Note) -> Question:
        path = self._path("items")
        near = [(code, self._words.name(self._items[code])) for code in note.choices if code in self._items]
        return Question(
            ask=Ask.ITEM,
            fault=note.fault,
            said=note.said or row.item_said,
            name=f"{path}.item",
            hidden=[(f"{path}.name", note.said or row.item_said)],
            kind="select",
            choices=[*near, (LEAVE_OUT, self._words("none of ours: leave these rows out"))],
            other=f"{path}.other",
        )

    def _facility(self, row: NeedRow, note: Note) -> Question:
        path = self._path("facilities")
        yes = [(code, self._words("yes, it is this facility")) for code in note.choices]
        return Question(
            ask=Ask.FACILITY,
            fault=note.fault,
            said=row.facility_said,
            name=f"{path}.facility",
            hidden=[(f"{path}.name", row.facility_said)],
            kind="select",
            choices=yes,
        )

    def _unit(self, row: NeedRow, note: Note) -> Question:
        path = self._path("units")
        item = self._items.get(row.item or "")
        name = self._words.name(item) if item else row.item_said
        hidden = [(f"{path}.item", row.item or ""), (f"{path}.said", note.said)]
        closed = not note.said or note.fault.code == "two_units"
        what = self._words(f"unit.{item.base_unit.value}") if item else ""
        return Question(
            ask=Ask.UNIT,
            fault=note.fault,
            said=f"{name} {note.said}".strip(),
            name=f"{path}.unit",
            hidden=hidden,
            kind="select" if closed else "text",
            choices=[(one, one) for one in note.choices],
            hint="" if closed else self._words("How many {what}, or another unit", what=what),
        )

    def _cell(self, row: NeedRow, note: Note) -> Question:
        path = self._path("cells")
        kinds = {SheetField.NEEDED_BY: "date", SheetField.QUANTITY: "amount", SheetField.ON_HAND: "amount"}
        item = self._items.get(row.item or "")
        return Question(
            ask=Ask.CELL,
            fault=note.fault,
            said=" ".join(part for part in (self._words.name(item) if item else row.item_said, note.said) if part),
            name=f"{path}.text",
            hidden=[(f"{path}.sheet", row.sheet), (f"{path}.cell", note.cell)],
            kind=kinds.get(note.field, "text"),
            choices=[(one, one) for one in note.choices],
            hint=self._words("0: nothing is needed") if note.field is SheetField.QUANTITY else "",
        )

    def _repeated(self, row: NeedRow, note: Note) -> Question:
        path = self._path("rows")
        item = self._items.get(row.item or "")
        said = " ".join(
            part for part in (self._words.name(item) if item else "", row.quantity_said, row.reason) if part
        )
        choices = [
            (RowAnswer.ADD_UP.value, self._words("both are meant: add them up")),
            (RowAnswer.LEAVE_OUT.value, self._words("the same need again: leave this row out")),
        ]
        return Question(
            ask=Ask.REPEATED,
            fault=note.fault,
            said=said,
            name=f"{path}.choice",
            hidden=[(f"{path}.sheet", row.sheet), (f"{path}.row", str(row.number))],
            kind="select",
            choices=choices,
        )


def _key(row: NeedRow, note: Note) -> tuple[str, ...]:
    """What is asked once: a name, a unit of an item, a column; a cell or row for itself."""
    keys = {
        Ask.SHEETS: (), Ask.COLUMN: (note.field.value,), Ask.ITEM: (fold_name(note.said or row.item_said),),
        Ask.FACILITY: (fold_name(row.facility_said),), Ask.UNIT: (row.item or "", fold_unit(note.said)),
        Ask.CELL: (row.sheet, note.cell), Ask.REPEATED: (row.sheet, str(row.number)),
    }  # fmt: skip
    assert note.ask is not None
    return (note.ask.value, *keys[note.ask])
