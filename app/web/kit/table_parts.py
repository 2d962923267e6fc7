"""Columns and filters that several lists of supply have."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.errors import InvalidInputError
from app.core.http.payloads import FIRST_DAY, LAST_DAY
from app.partners.types import SupplyChannel
from app.web.kit.choices import Choices, item_choices, partner_choices, warehouse_choices, word_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.rendering import Words
from app.web.kit.tables import Filter
from app.web.kit.units import price_as_typed, priced_by

Order = ColumnElement[Any] | InstrumentedAttribute[Any] | None


def code_column(folder: str, order: Order) -> Column[Any]:
    """The code of a document, with a link to its page in a folder."""
    return Column(
        key="code", title="Code", value=lambda row: row.code, order=order, link=lambda row: f"{folder}/{row.code}"
    )


def day_column(key: str, title: str, value: Callable[[Any], date | None], order: Order) -> Column[Any]:
    """A day."""
    return Column(key=key, title=title, value=value, kind=Kind.DAY, order=order)


def price_column(words: Words, value: Callable[[Any], int], order: Order) -> Column[Any]:
    """The price of a row's item, in yuan for what people count it in."""

    def text(row: Any) -> str:
        price = price_as_typed(value(row), row.item)
        return words("{price} yuan/{unit}", price=price, unit=words(priced_by(row.item)))

    return Column(key="price", title="Price", value=text, order=order, tone=lambda _: "nowrap")


def channel_column(value: Callable[[Any], SupplyChannel], order: Order = None) -> Column[Any]:
    """The channel by which something comes."""
    return Column(
        key="channel", title="Channel", value=lambda row: f"channel.{value(row).value}", kind=Kind.WORD, order=order
    )


def read_day(text: str) -> date:
    """A day in a filter; raises `InvalidInputError`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidInputError.of("This must be a date like 2020-01-31.", code="date_type")
    return day


def day_filter(key: str, title: str, narrow: Callable[[Any, date], Any]) -> Filter:
    """A filter by a day."""
    return Filter(key=key, title=title, is_day=True, narrow=lambda rows, text: narrow(rows, read_day(text)))


def choice_filter(key: str, title: str, choices: Choices, narrow: Callable[[Any, str], Any]) -> Filter:
    """A filter by one of several values."""
    return Filter(key=key, title=title, choices=choices, narrow=narrow)


def item_filter(session: Session, words: Words, narrow: Callable[[Any, str], Any]) -> Filter:
    """A filter by the item."""
    return choice_filter("item", "Item", item_choices(session, words), narrow)


def partner_filter(session: Session, words: Words, narrow: Callable[[Any, str], Any]) -> Filter:
    """A filter by who gives or sells."""
    return choice_filter("partner", "Partner", partner_choices(session, words), narrow)


def warehouse_filter(session: Session, words: Words, narrow: Callable[[Any, str], Any]) -> Filter:
    """A filter by the warehouse."""
    return choice_filter("warehouse", "Warehouse", warehouse_choices(session, words), narrow)


def channel_filter(words: Words, narrow: Callable[[Any, SupplyChannel], Any]) -> Filter:
    """A filter by the channel."""
    choices = word_choices(words, "channel", SupplyChannel)
    return choice_filter("channel", "Channel", choices, lambda rows, text: narrow(rows, SupplyChannel(text)))
