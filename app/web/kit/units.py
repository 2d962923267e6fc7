"""How people count: what is weighed in kilograms, all else in its base unit; prices in yuan for one of these."""

from decimal import Decimal

from app.catalog.models import Item
from app.catalog.types import BaseUnit
from app.core.errors import Fault
from app.web.kit.forms import decimal_of

_GRAMS_IN_A_KILOGRAM = 1_000
_MICROYUAN_IN_A_YUAN = 1_000_000


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


def as_typed(units: int, item: Item) -> str:
    """Units as somebody would type them: 2500 grams as 2.5, for kilograms."""
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
