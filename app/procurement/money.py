"""Money and prices in whole numbers: fen for amounts, microyuan (1e-6 yuan) for the price of a base unit."""

from collections.abc import Iterable

MICROYUAN_IN_A_FEN = 10_000

AMOUNT_FEN_MAX = 10**15
"""The largest amount of one document; the database's 64-bit integers hold thousands of them added up."""

PRICE_ALERT_PERMILLE = 1_300
"""A price above this share of the reference price is flagged: 1.3 times."""


def line_amount_fen(unit_price_microyuan: int, units: int) -> int:
    """What `units` cost: price x units, exact, rounded half up to whole fen.

    The rounding is done once a line, as invoices do it; an order's total is the sum of its rounded lines.
    """
    return (unit_price_microyuan * units + MICROYUAN_IN_A_FEN // 2) // MICROYUAN_IN_A_FEN


def total_amount_fen(lines: Iterable[tuple[int, int]]) -> int:
    """The sum of the lines' amounts; each line is (unit price in microyuan, units)."""
    return sum(line_amount_fen(unit_price_microyuan, units) for unit_price_microyuan, units in lines)


def price_ratio_permille(unit_price_microyuan: int, reference_price_microyuan: int) -> int | None:
    """The price as a share of the reference price, rounded half up to thousandths; None without a reference."""
    if reference_price_microyuan == 0:
        return None
    return (2_000 * unit_price_microyuan + reference_price_microyuan) // (2 * reference_price_microyuan)


def is_overpriced(unit_price_microyuan: int, reference_price_microyuan: int) -> bool:
    """Whether the price passes the alert threshold, decided on exact products and not on the rounded ratio."""
    return 0 < reference_price_microyuan * PRICE_ALERT_PERMILLE < unit_price_microyuan * 1_000
