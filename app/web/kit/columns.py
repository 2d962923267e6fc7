"""Columns of a list: how a value is shown on a page, and what of it goes into a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from app.catalog.types import Program
from app.partners.types import SupplyChannel
from app.web.kit.downloads import FileCell
from app.web.kit.rendering import Words, state_tone
from app.web.kit.units import price_as_typed, priced_by

Row = TypeVar("Row")
Order = ColumnElement[Any] | InstrumentedAttribute[Any] | None
"""What a query is ordered by for a column; None where it cannot be sorted."""


class Kind(StrEnum):
    """How a column shows its values."""

    TEXT = "text"
    NAME = "name"
    """A thing with a name in both languages."""
    WORD = "word"
    """A message that is translated, such as the value of an enumeration with a prefix: `state.DRAFT`."""
    STATE = "state"
    """A state, as a coloured tag."""
    PERSON = "person"
    """Who acted, by the login."""
    NUMBER = "number"
    QUANTITY = "quantity"
    """Base units; the column's `unit` says of what."""
    MONEY = "money"
    """Fen."""
    SHARE = "share"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """A column: its key in the address, its title (an English message), and how its value is found and shown.

    `order` makes it sortable in a list that is a query; computed rows are sorted by `value` where `sortable`.
    """

    key: str
    title: str
    value: Callable[[Row], Any]
    kind: Kind = Kind.TEXT
    order: Order = None
    sortable: bool = False
    unit: Callable[[Row], str] | None = None
    exact: bool = False
    """A quantity is shown to the gram, as on a stock card."""
    link: Callable[[Row], str | None] | None = None
    tone: Callable[[Row], str] | None = None
    """A CSS class for the cell: `low`, `full`, `bad`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as it is shown."""

    text: str
    kind: Kind
    link: str | None = None
    tone: str = ""


NUMBERS = frozenset({Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.SHARE})


def share_tone(share: float) -> str:
    """How a share is coloured: less than half is low, all of it is full."""
    return "low" if share < 0.5 else "full" if share >= 1.0 else ""


def cell(words: Words, column: Column[Any], row: Any, zone: ZoneInfo) -> Cell:
    """The value of a column in a row as a page shows it; a dash where there is none."""
    value = column.value(row)
    tone = column.tone(row) if column.tone else state_tone(value) if column.kind is Kind.STATE else ""
    text = "–" if value is None or value == "" else _text(words, column, row, value, zone)
    return Cell(text=text, kind=column.kind, link=column.link(row) if column.link else None, tone=tone)


def _text(words: Words, column: Column[Any], row: Any, value: Any, zone: ZoneInfo) -> str:
    match column.kind:
        case Kind.NAME:
            return words.name(value)
        case Kind.WORD:
            return words(str(value))
        case Kind.STATE:
            return words(f"state.{value}")
        case Kind.PERSON:
            return words.person(value)
        case Kind.NUMBER:
            return words.number(value, 2)
        case Kind.QUANTITY:
            return words.quantity(value, column.unit(row), exact=column.exact) if column.unit else words.number(value)
        case Kind.MONEY:
            return words.money(value)
        case Kind.SHARE:
            return words.share(value)
        case Kind.MOMENT:
            return cast(datetime, value).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        case _:
            return str(value)


def file_cell(words: Words, column: Column[Any], value: Any, zone: ZoneInfo) -> FileCell:
    """The value as a file holds it: numbers and days stay what they are, the rest is text."""
    match column.kind:
        case _ if value is None:
            return None
        case Kind.NAME:
            return words.name(value)
        case Kind.WORD:
            return words(str(value))
        case Kind.STATE:
            return words(f"state.{value}")
        case Kind.PERSON:
            return words.person(value)
        case Kind.MONEY:
            return Decimal(value) / 100
        case Kind.MOMENT:
            return cast(datetime, value).astimezone(zone)
        case Kind.TEXT:
            return str(value)
        case _:
            return cast(FileCell, value)


def code_column(folder: str, order: Order) -> Column[Any]:
    """The code of a document, with a link to its page in a folder."""
    return Column(
        key="code", title="Code", value=lambda row: row.code, order=order, link=lambda row: f"{folder}/{row.code}"
    )


def day_column(key: str, title: str, value: Callable[[Any], date | None], order: Order) -> Column[Any]:
    """A day."""
    return Column(key=key, title=title, value=value, kind=Kind.DAY, order=order)


def moment_column(key: str, title: str, value: Callable[[Any], datetime | None], order: Order) -> Column[Any]:
    """A moment, in the city's time."""
    return Column(key=key, title=title, value=value, kind=Kind.MOMENT, order=order)


def person_column(key: str, title: str, value: Callable[[Any], str | None], order: Order = None) -> Column[Any]:
    """Who acted, by name."""
    return Column(key=key, title=title, value=value, kind=Kind.PERSON, order=order)


def name_column(
    key: str,
    title: str,
    value: Callable[[Any], Any],
    order: Order = None,
    link: Callable[[Any], str | None] | None = None,
) -> Column[Any]:
    """A thing that has names, by its name in the page's language."""
    return Column(key=key, title=title, value=value, kind=Kind.NAME, order=order, link=link)


def word_column(key: str, title: str, prefix: str, value: Callable[[Any], StrEnum], order: Order = None) -> Column[Any]:
    """A value of an enumeration, by its word in the catalogue: `prefix.VALUE`."""
    return Column(key=key, title=title, value=lambda row: f"{prefix}.{value(row).value}", kind=Kind.WORD, order=order)


def program_column(value: Callable[[Any], Program], order: Order = None) -> Column[Any]:
    """The program."""
    return word_column("program", "Program", "program", value, order)


def state_column(value: Callable[[Any], StrEnum], order: Order = None) -> Column[Any]:
    """The state of a document, in its colour."""
    return Column(key="state", title="State", value=value, kind=Kind.STATE, order=order)


def quantity_column(key: str, title: str, value: Callable[[Any], int], order: Order = None) -> Column[Any]:
    """A quantity of a row's item, in the item's unit."""

    def unit(row: Any) -> str:
        text: str = row.item.base_unit.value
        return text

    return Column(key=key, title=title, value=value, kind=Kind.QUANTITY, unit=unit, order=order)


def price_column(words: Words, value: Callable[[Any], int], order: Order) -> Column[Any]:
    """The price of a row's item, in yuan for what people count it in."""

    def text(row: Any) -> str:
        price = price_as_typed(value(row), row.item)
        return words("{price} yuan/{unit}", price=price, unit=words(priced_by(row.item)))

    return Column(key="price", title="Price", value=text, order=order, tone=lambda _: "nowrap")


def channel_column(value: Callable[[Any], SupplyChannel], order: Order = None) -> Column[Any]:
    """The channel by which something comes."""
    return word_column("channel", "Channel", "channel", value, order)
