"""Fills the lines of a form from an uploaded sheet; what is asked or refused is marked at its line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from fastapi import Response
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.database import Database
from app.core.errors import ServiceError, missing
from app.interop.sheets.files import read_upload
from app.interop.sheets.outcome import AsideRow
from app.interop.sheets.quantities import Quantity, read_quantity
from app.interop.supply_sheet import LineField, LineNote, SupplyRow, SupplySheet, read_supply_sheet
from app.web.kit.choices import Names, items_in_use
from app.web.kit.form_pages import PageContext
from app.web.kit.forms import Form, Typed
from app.web.kit.rendering import Words
from app.web.kit.units import as_typed, price_as_typed
from app.web.kit.uploads import SentFile

MICROYUAN = 1_000_000


class FilledNotice(ServiceError):  # noqa: N818 - shown as a refusal is, but nothing was refused
    """Lines were filled in from a sheet, and some of them need a person."""

    status = 200
    code = "filled_from_sheet"
    title = "These lines need your answer before they can be entered."


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldNote:
    """Why a row is asked about or refused, in words."""

    place: str
    said: str
    message: str
    choices: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSheet:
    """What became of the rows of a sheet, for the page."""

    file_name: str
    rows: int
    taken: int
    asked: int
    refused: int
    notes: list[ToldNote]
    aside: tuple[AsideRow, ...]
    not_used: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A line for each row of a sheet."""

    sheet: SupplySheet
    items: Mapping[str, Item]
    words: Words

    def lines(self, quantity: str) -> list[Typed]:
        """The lines as a person would have typed them; `quantity` is the name of the field of the quantity."""
        return [self._line(row, quantity) for row in self.sheet.rows]

    def _line(self, row: SupplyRow, quantity: str) -> Typed:
        need, item = row.row, self.items.get(row.row.item or "")
        line: Typed = {field.value: text for field, text in row.fields.items()}
        line["item"] = self.words.name(item) if item is not None else need.item_said
        if item is not None and need.units is not None:
            line[quantity] = as_typed(need.units, item)
        else:
            unit = need.unit_said if need.unit_said not in need.quantity_said else ""
            line[quantity] = f"{need.quantity_said}{unit}"
        if need.on_hand_units and item is not None:
            line["rejected_units"] = as_typed(need.on_hand_units, item)
        line["note"] = need.reason
        if LineField.PRICE in row.fields and item is not None:
            line["unit_price"] = _price(row, item)
        return {name: value for name, value in line.items() if value}

    def told(self, file_name: str, rows: tuple[SupplyRow, ...]) -> ToldSheet:
        """What became of the rows, with what the page found beside the reader."""
        states = [row.state.value for row in rows]
        return ToldSheet(
            file_name=file_name,
            rows=len(rows),
            taken=states.count("TAKEN"),
            asked=states.count("ASKED"),
            refused=states.count("REFUSED"),
            notes=[self._note(row, note) for row in rows for note in row.notes],
            aside=self.sheet.aside,
            not_used=self.sheet.not_used,
        )

    def _note(self, row: SupplyRow, note: LineNote) -> ToldNote:
        known = [self.words.name(self.items[one]) if one in self.items else one for one in note.choices]
        where = note.cell or self.words("Row {row}", row=row.row.number)
        several = len({one.row.sheet for one in self.sheet.rows}) > 1
        return ToldNote(
            place=f"{row.row.sheet}!{where}" if several else where,
            said=note.said,
            message=self.words(note.fault.message, **note.fault.params),
            choices=", ".join(known),
        )


def _price(row: SupplyRow, item: Item) -> str:
    """Yuan for one of what the page counts in, of a price for one of the unit in which the row counts."""
    price, number = Decimal(row.fields[LineField.PRICE]), read_quantity(row.row.quantity_said or None)
    if row.row.units is None or not isinstance(number, Quantity) or not number.number:
        return row.fields[LineField.PRICE]
    each = price * number.number / row.row.units
    return price_as_typed(round(each * MICROYUAN), item)


def with_partners(rows: tuple[SupplyRow, ...], names: Names) -> tuple[SupplyRow, ...]:
    """The rows, with a question where nobody has the name that is written for the partner."""
    return tuple(
        row.noted(LineNote(field="partner", cell="", fault=missing("partner", text), asks=True, said=text))
        if (text := row.fields.get(LineField.PARTNER, "")) and names.code(text) is None
        else row
        for row in rows
    )


def filled_form(
    page: PageContext,
    database: Database,
    sent: SentFile,
    *,
    least: int,
    quantity: str,
    fill: Callable[[Session, Filled], tuple[list[Typed], tuple[SupplyRow, ...]]],
    begun: Mapping[str, object],
    shown: Callable[[Session, Form, ToldSheet | None], Response],
) -> Response:
    """The page with its lines filled in from the sheet; `fill` makes the lines and says what became of the rows.

    A file that cannot be read is told on the page as it was.
    """
    try:
        book = read_upload(sent.content, sent.name)
        with database.read() as session:
            sheet = read_supply_sheet(session, book, near=page.clock.today(), least=least)
    except ServiceError as refusal:
        with database.read() as session:
            return shown(session, Form(values=dict(begun), refusal=refusal), None)
    with database.read() as session:
        filled = Filled(sheet=sheet, items=items_in_use(session), words=page.words)
        lines, rows = fill(session, filled)
        at = {"quantity": quantity}
        faults = [
            note.fault.at(f"lines.{n}.{at.get(note.field, note.field)}")
            for n, row in enumerate(rows)
            for note in row.notes
            if note.field
        ]
        form = Form(values={**begun, "lines": lines}, refusal=FilledNotice(*faults) if faults else None)
        return shown(session, form, filled.told(sent.name, rows))
