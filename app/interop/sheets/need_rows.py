"""One row of a sheet of needs: what its cells say, and what must be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.catalog.types import BaseUnit, Program
from app.core.errors import Fault, Param
from app.core.http.payloads import QUANTITY_MAX
from app.interop.sheets.answers import Answers
from app.interop.sheets.cells import Broken, Cell, said
from app.interop.sheets.days import NoDay, read_day
from app.interop.sheets.headings import SheetField
from app.interop.sheets.name_index import NameIndex
from app.interop.sheets.outcome import Ask, NeedRow, Note
from app.interop.sheets.quantities import NoNumber, Quantity, Unclear, read_quantity
from app.interop.sheets.tables import RawRow
from app.interop.sheets.units import BUILT_IN, WEIGHED_CHOICES, unit_factor

NAME_LENGTH_MAX = 200
REASON_LENGTH_MAX = 2000
_SHOWN_MAX = 100

_NOT_A_NUMBER = {
    NoNumber.NONE: "“{said}” is no number: write 0 if nothing is needed.",
    NoNumber.WORD: "“{said}” is no number: say how many.",
    NoNumber.RANGE: "“{said}” is a range: say one number.",
    NoNumber.ABOUT: "“{said}” is only about a number: say which.",
    NoNumber.OTHER: "“{said}” is no number that can be read.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """What must be known of an item to read its row; without a catalogue its base unit is not known."""

    code: str
    program: Program | None = None
    base_unit: BaseUnit | None = None
    units: Mapping[str, int] = field(default_factory=dict)
    """Base units in each unit of its own, by the folded word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedFacts:
    """All that rows are read against."""

    items: NameIndex
    item_facts: Mapping[str, ItemFacts]
    facilities: NameIndex | None
    """None where it is left to the caller to find them."""
    near: date
    """The day of the report, from which days without a year are understood."""
    from_1904: bool = False
    default_day: date | None = None
    own_facility: str | None = None
    """The only facility for which the sheet may speak; None where rows name theirs."""
    least: int = 1
    """The smallest quantity that is one: 0 where nothing was found in a count, or all was rejected."""


class RowReader:
    """Reads one row; its notes gather while the cells are read."""

    def __init__(self, raw: RawRow, where: str, facts: NeedFacts, answers: Answers) -> None:
        self._raw, self._where, self._facts, self._answers = raw, where, facts, answers
        self._notes: list[Note] = []

    def read(self) -> NeedRow:
        """The row with everything that could be understood of it."""
        if self._raw.too_long:
            message = "This row has more cells than there are headings: is there a separator inside a number?"
            self._refuse(SheetField.UNUSED, Fault("too_many_cells", message, self._where), cell=self._raw.too_long)
        facility_said, facility = self._facility()
        item_said, item = self._item()
        quantity, factor, unit, assumed = self._quantity(item)
        needed_by, day_given = self._day()
        return NeedRow(
            sheet=self._raw.sheet,
            number=self._raw.number,
            where=self._where,
            facility=facility,
            facility_said=facility_said,
            district=said(self._raw.value(SheetField.DISTRICT)),
            item=item.code if item else None,
            item_said=item_said,
            quantity_said=said(self._cell(SheetField.QUANTITY)),
            unit_said=unit,
            unit_assumed=assumed,
            units=self._units(SheetField.QUANTITY, quantity, factor, least=self._facts.least),
            on_hand_units=self._on_hand(item, factor),
            needed_by=needed_by,
            day_given=day_given,
            reason=self._reason(),
            places={column: place for column, (_, place) in self._raw.cells.items()},
            notes=tuple(self._notes),
        )

    def _cell(self, wanted: SheetField) -> Cell:
        """What stands in the cell, or what a person said should stand there."""
        answered = self._answers.cells.get((self._raw.sheet, self._raw.place(wanted)))
        return answered if answered is not None else self._raw.value(wanted)

    def _fault(self, code: str, message: str, column: SheetField, **params: Param) -> Fault:
        return Fault(code, message, f"{self._where}.{column.value}", params)

    def _refuse(self, column: SheetField, fault: Fault, *, cell: str | None = None) -> None:
        place = self._raw.place(column) if cell is None else cell
        self._notes.append(Note(field=column, cell=place, fault=fault, said=said(self._raw.value(column))[:_SHOWN_MAX]))

    def _ask(
        self, column: SheetField, ask: Ask, fault: Fault, *, said_as: str | None = None, choices: tuple[str, ...] = ()
    ) -> None:
        written = said(self._raw.value(column))[:NAME_LENGTH_MAX] if said_as is None else said_as
        place = self._raw.place(column)
        if column is SheetField.UNIT and not place:
            place = self._raw.place(SheetField.QUANTITY)  # a unit may be written behind the number as well
        self._notes.append(Note(field=column, cell=place, fault=fault, ask=ask, said=written, choices=choices))

    def _broken(self, column: SheetField) -> bool:
        """Whether the cell has no value; told at that cell."""
        cell = self._cell(column)
        if not isinstance(cell, Broken):
            return False
        if cell.error:
            message = "The formula of this cell ends in {error}."
            self._refuse(column, self._fault("formula_error", message, column, error=cell.error))
        else:
            message = "The formula of this cell has no value yet: open the file in a spreadsheet and save it again."
            self._refuse(column, self._fault("formula_without_value", message, column))
        return True

    def _facility(self) -> tuple[str, str | None]:
        own = self._facts.own_facility
        if self._broken(SheetField.FACILITY):
            return "", own
        named = said(self._raw.value(SheetField.FACILITY))
        if not named or self._facts.facilities is None:
            return named, own
        answered = self._answers.facility(named)
        codes = (answered,) if answered is not None else self._facts.facilities.codes(named)
        if own is not None and own in codes:
            return named, own
        if own is not None and codes:
            message = "This row is for “{named}”, not for this facility."
            fault = self._fault("other_facility", message, SheetField.FACILITY, named=named[:NAME_LENGTH_MAX])
            self._refuse(SheetField.FACILITY, fault)
            return named, None
        if len(codes) == 1:
            return named, codes[0]
        if own is not None:
            message = "This row is for “{named}”: is that this facility?"
            choices: tuple[str, ...] = (own,)
        elif codes:
            message = "Several facilities are called “{named}”: say which is meant."
            choices = codes
        else:
            message = "No facility has the code or name “{named}”."
            choices = self._facts.facilities.nearest(named)
        fault = self._fault("unknown_facility", message, SheetField.FACILITY, named=named[:NAME_LENGTH_MAX])
        self._ask(SheetField.FACILITY, Ask.FACILITY, fault, choices=choices)
        return named, None

    def _item(self) -> tuple[str, ItemFacts | None]:
        if self._broken(SheetField.ITEM) or self._broken(SheetField.ITEM_CODE):
            return "", None
        code, name = said(self._cell(SheetField.ITEM_CODE)), said(self._cell(SheetField.ITEM))
        written = name or code
        if not written:
            fault = self._fault("missing", "This field is missing.", SheetField.ITEM)
            self._ask(SheetField.ITEM, Ask.CELL, fault)
            return "", None
        answered = self._answers.item(written)
        if answered is not None:
            return written, self._facts.item_facts.get(answered)
        by_name = self._facts.items.codes(name) if name else ()
        by_code = self._facts.items.codes(code) if code else ()
        known = tuple(dict.fromkeys([*by_name, *by_code]))
        if len(known) == 1:
            return written, self._facts.item_facts.get(known[0])
        message = "“{item}” has several meanings: say which is meant." if known else "There is no item “{item}”."
        fault = self._fault(
            "several_items" if known else "unknown_item", message, SheetField.ITEM, item=written[:NAME_LENGTH_MAX]
        )
        self._ask(
            SheetField.ITEM, Ask.ITEM, fault, said_as=written, choices=known or self._facts.items.nearest(written)
        )
        return written, None

    def _quantity(self, item: ItemFacts | None) -> tuple[Decimal | None, int | None, str, bool]:
        """The number, base units in its unit, the unit as written, and whether none was written."""
        column = SheetField.QUANTITY
        if self._broken(column):
            return None, None, "", False
        number, unit = self._number(column)
        if self._broken(SheetField.UNIT):
            return number, None, "", False
        words = [word for word in (unit, said(self._cell(SheetField.UNIT)), self._raw.units.get(column, "")) if word]
        factor = self._factor(item, words)
        return number, factor, words[0] if words else "", not words and item is not None

    def _number(self, column: SheetField) -> tuple[Decimal | None, str]:
        read = read_quantity(self._cell(column))
        if isinstance(read, Quantity):
            return read.number, read.unit
        if column in self._raw.joined:
            message = "This cell is merged with the one above: say how much of it is for this row."
            self._ask(column, Ask.CELL, self._fault("merged_quantity", message, column))
        elif read is None:
            self._ask(column, Ask.CELL, self._fault("missing", "This field is missing.", column))
        else:
            self._unclear(column, read)
        return None, ""

    def _unclear(self, column: SheetField, read: Unclear) -> None:
        written = said(self._cell(column))[:_SHOWN_MAX]
        fault = self._fault("not_a_number", _NOT_A_NUMBER[read.why], column, said=written)
        self._ask(column, Ask.CELL, fault, said_as=written, choices=read.numbers)

    def _factor(self, item: ItemFacts | None, words: list[str]) -> int | None:
        """Base units in the unit that the row names; None where that must be asked."""
        if item is None:
            return None
        if not words:
            answered = self._answered_factor(item, "")
            if answered is None and item.base_unit is BaseUnit.GRAM:
                # Without its unit 500 could be grams or kilograms: that is not guessed.
                fault = self._fault("unit_needed", "Say the unit: kg, g or t.", SheetField.UNIT)
                self._ask(SheetField.UNIT, Ask.UNIT, fault, said_as="", choices=WEIGHED_CHOICES)
            return answered or (1 if item.base_unit is not BaseUnit.GRAM else None)
        factors = [unit_factor(item.base_unit, item.units, word) for word in words]
        if len(set(factors)) > 1:
            return self._disputed(item, words)
        if factors[0] is not None:
            return factors[0]
        answered = self._answered_factor(item, words[0])
        if answered is None:
            self._ask_unit(item, words[0])
        return answered

    def _disputed(self, item: ItemFacts, words: list[str]) -> int | None:
        both = list(dict.fromkeys(words))
        joined = " / ".join(both)
        answered = self._answered_factor(item, joined)
        if answered is None:
            message = "The row names two units, {units}: say which holds for the number."
            fault = self._fault("two_units", message, SheetField.UNIT, units=joined)
            self._ask(SheetField.UNIT, Ask.UNIT, fault, said_as=joined, choices=tuple(both))
        return answered

    def _ask_unit(self, item: ItemFacts, word: str) -> None:
        if item.base_unit is None:
            fault = self._fault("unknown_unit", "The unit “{unit}” is not known.", SheetField.UNIT, unit=word[:32])
            choices: tuple[str, ...] = ()
        else:
            message = "It is not known how much one “{unit}” is: this item is counted in {what}."
            what = f"unit.{item.base_unit.value}"
            fault = self._fault("other_unit", message, SheetField.UNIT, unit=word[:32], what=what)
            choices = WEIGHED_CHOICES if item.base_unit is BaseUnit.GRAM else (*item.units, _own_word(item.base_unit))
        self._ask(SheetField.UNIT, Ask.UNIT, fault, said_as=word, choices=choices)

    def _answered_factor(self, item: ItemFacts, word: str) -> int | None:
        answer = self._answers.unit(item.code, word)
        if answer is None:
            return None
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= 10**9:
            return int(answer)
        return unit_factor(item.base_unit, item.units, answer)

    def _units(self, column: SheetField, number: Decimal | None, factor: int | None, *, least: int) -> int | None:
        if number is None or factor is None:
            return None
        units = number * factor
        if units != int(units):
            fault = self._fault("too_many_decimals", "This has too many decimals.", column)
            if factor == 1:
                fault = self._fault("int_type", "This must be a whole number.", column)
            self._refuse(column, fault)
        elif not least <= units <= QUANTITY_MAX:
            message = "This must be from {low} to {high}."
            self._refuse(column, self._fault("out_of_bounds", message, column, low=least, high=QUANTITY_MAX // factor))
        else:
            return int(units)
        return None

    def _on_hand(self, item: ItemFacts | None, factor: int | None) -> int | None:
        column = SheetField.ON_HAND
        cell = self._cell(column)
        if cell is None or self._broken(column):
            return None
        read = read_quantity(cell)
        if isinstance(read, Unclear) and read.why is NoNumber.NONE:
            return 0
        if isinstance(read, Unclear):
            self._unclear(column, read)
        if not isinstance(read, Quantity):
            return None
        word = read.unit or self._raw.units.get(column, "")
        own = unit_factor(item.base_unit, item.units, word) if word and item is not None else factor
        if word and own is None and item is not None:
            self._ask_unit(item, word)
        return self._units(column, read.number, own, least=0)

    def _day(self) -> tuple[date | None, bool]:
        column = SheetField.NEEDED_BY
        if self._broken(column):
            return None, True
        read = read_day(self._cell(column), near=self._facts.near, from_1904=self._facts.from_1904)
        if isinstance(read, NoDay):
            fault = self._fault("date_type", "This must be a date like 2020-01-31.", column)
            self._ask(column, Ask.CELL, fault, choices=tuple(day.isoformat() for day in read.days))
            return None, True
        if read is not None:
            return read, True
        default = self._answers.needed_by or self._facts.default_day
        if default is None:
            self._ask(column, Ask.CELL, self._fault("missing", "This field is missing.", column))
        return default, False

    def _reason(self) -> str:
        column = SheetField.REASON
        if self._broken(column):
            return ""
        text = said(self._raw.value(column))
        if len(text) > REASON_LENGTH_MAX:
            message = "This is too long: at most {max_length} characters."
            self._refuse(column, self._fault("string_too_long", message, column, max_length=REASON_LENGTH_MAX))
        elif not all(letter.isprintable() for letter in text):
            message = "This holds control characters or broken Unicode."
            self._refuse(column, self._fault("not_printable", message, column))
        return text[:REASON_LENGTH_MAX]


def _own_word(base_unit: BaseUnit) -> str:
    """A word for one of what the item is counted in."""
    return {BaseUnit.PIECE: "件", BaseUnit.PAIR: "双", BaseUnit.BOTTLE: "瓶", BaseUnit.GRAM: "克"}[base_unit]


assert all(_own_word(unit) in BUILT_IN[unit] for unit in BaseUnit)
