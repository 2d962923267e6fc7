"""Values of series as people read and type them: yuan for fen, kilograms for grams, outlets as they are counted."""

from decimal import Decimal

from app.core.errors import Fault
from app.market.models import MarketSeries
from app.market.types import PRICES
from app.web.kit.rendering import Words
from app.web.kit.units import as_typed, decimal_of, priced_by, units_of


def yuan(fen: int) -> str:
    """Fen as yuan: 5.48."""
    return f"{fen // 100}.{fen % 100:02d}"


def value_text(words: Words, series: MarketSeries, value: int) -> str:
    """A value of a series with its unit."""
    if series.kind in PRICES and series.item is not None:
        return words("{price} yuan/{unit}", price=yuan(value), unit=words(priced_by(series.item)))
    if series.item is not None:
        return words.quantity(value, series.item.base_unit.value)
    return words("{open_outlets} of {all_outlets} open", open_outlets=value, all_outlets=series.out_of or 0)


def series_name(words: Words, series: MarketSeries) -> str:
    """What is observed, where, of what kind."""
    kind = words(f"series_kind.{series.kind.value}")
    if series.item is None:
        return words("{place}: {kind}", place=words.name(series.market), kind=kind)
    return words("{item} at {place}: {kind}", item=words.name(series.item), place=words.name(series.market), kind=kind)


def typed_text(series: MarketSeries, value: int | None) -> str:
    """A value as somebody would type it; empty where there is none."""
    if value is None:
        return ""
    if series.kind in PRICES:
        return yuan(value)
    return as_typed(value, series.item) if series.item is not None else str(value)


def value_of(series: MarketSeries, text: str, where: str) -> int | Fault:
    """What was typed as the whole number that a series holds; the fault where it is none."""
    if series.kind in PRICES:
        return fen_of(text, where)
    if series.item is not None:
        return units_of(text, series.item, where)
    return int(text) if text.isascii() and text.isdigit() else Fault("not_a_number", "This must be a number.", where)


def fen_of(text: str, where: str) -> int | Fault:
    """A price in yuan that was typed, as fen; the fault where it is none."""
    number = decimal_of(text)
    if number is None:
        return Fault("not_an_amount", "This must be an amount like 12.50.", where)
    fen = number * Decimal(100)
    if fen != int(fen):
        return Fault("too_many_decimals", "This has too many decimals.", where)
    return int(fen)
