"""What people type and read: quantities in their own units, prices in yuan, days.

What is weighed is counted in kilograms, everything else in its base unit; a price is for one of these. All pages read
with these functions: digits of a Chinese input method (full-width), grouped thousands, days without a year.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from app.catalog.models import Item
from app.catalog.types import BaseUnit
from app.core.errors import Fault, InvalidInputError
from app.interop.sheets.days import read_day as read_cell_day

_GRAMS_IN_A_KILOGRAM = 1_000
_MICROYUAN_IN_A_YUAN = 1_000_000
_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{0,9})?")


def decimal_of(text: str) -> Decimal | None:
    """A number as people type it, full-width or with grouped thousands or a yuan sign; None where it is none.

    No exponents, and no more digits than anything here has: 1e999999 would be a number that nobody can write down.
    """
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip("¥ ")
    return Decimal(plain) if _PLAIN_DECIMAL.fullmatch(plain) else None


def units_in_one(item: Item) -> int:
    """Base units in what people count the item in."""
    return _GRAMS_IN_A_KILOGRAM if item.base_unit is BaseUnit.GRAM else 1


def counted_in(item: Item) -> str:
    """The key of the word for what people count the item in."""
    return "unit.kilogram" if item.base_unit is BaseUnit.GRAM else f"unit.{item.base_unit.value}"


def priced_by(item: Item) -> str:
    """The key of the word for the one that a price is for."""
    return "per.kilogram" if item.base_unit is BaseUnit.GRAM else f"per.{item.base_unit.value}"


def _exact(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_typed(units: int | None, item: Item) -> str:
    """Units as somebody would type them: 2500 grams as 2.5, for kilograms; empty where there are none."""
    if units is None:
        return ""
    return _exact(Decimal(units) / units_in_one(item))


def price_as_typed(unit_price_microyuan: int, item: Item) -> str:
    """The price of a base unit as yuan for what people count the item in."""
    return _exact(Decimal(unit_price_microyuan * units_in_one(item)) / _MICROYUAN_IN_A_YUAN)


def _whole(text: str, factor: Decimal, where: str) -> int | Fault:
    number = decimal_of(text)
    if number is None:
        return Fault("not_a_number", "This must be a number.", where)
    parts = number * factor
    whole = int(parts)
    if whole != parts:
        return Fault("too_many_decimals", "This has too many decimals.", where)
    return whole


def units_of(text: str, item: Item, where: str) -> int | Fault:
    """A quantity that was typed, in base units; the fault where it is none."""
    return _whole(text, Decimal(units_in_one(item)), where)


def microyuan_of(text: str, item: Item, where: str) -> int | Fault:
    """A price in yuan that was typed, as microyuan for a base unit; the fault where it is none."""
    return _whole(text, Decimal(_MICROYUAN_IN_A_YUAN) / units_in_one(item), where)


def read_day(text: str, *, since: date | None = None) -> date:
    """A day as people type it, read as in sheets: 2020-2-6, 2020年2月6日; with `since` also 2/6 or 2月6日.

    Without a year it is the one near `since`, the day of the report. Raises `InvalidInputError`.
    """
    day = read_cell_day(text, near=since)
    if isinstance(day, date):
        return day
    raise InvalidInputError.of("This must be a date like 2020-01-31.", code="date_type")
