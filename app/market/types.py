"""Enumerations of the market watch: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class SeriesKind(StrEnum):
    """What is observed day by day."""

    WHOLESALE_PRICE = "wholesale_price"
    RETAIL_PRICE = "retail_price"
    FARM_PRICE = "farm_price"
    """What producers are paid."""
    TRADED = "traded"
    """Quantity that arrived at a market or was traded there."""
    OUTLETS_OPEN = "outlets_open"
    """Stalls or shops open, of a known number."""
    PRODUCER_OUTPUT = "producer_output"
    """What a producer made that day."""


PRICES = frozenset({SeriesKind.WHOLESALE_PRICE, SeriesKind.RETAIL_PRICE, SeriesKind.FARM_PRICE})


class SupplyGroup(StrEnum):
    """Items that alarms treat alike."""

    VEGETABLES = "vegetables"
    PORK = "pork"
    CHICKEN = "chicken"
    EGGS = "eggs"
    GRAIN = "grain"
    OIL = "oil"
    MEDICAL = "medical"
    """Masks, disinfectant, medicine."""
    OUTLETS = "outlets"
    OTHER = "other"


class ObservationState(StrEnum):
    """A questioned value is shown and kept out of means until somebody decides."""

    ACCEPTED = "ACCEPTED"
    QUESTIONED = "QUESTIONED"
    REJECTED = "REJECTED"


class Question(StrEnum):
    """Why a value is asked about."""

    PER_JIN = "per_jin"
    """About half of last week: perhaps the price of a jin (500 g)."""
    PER_KILOGRAM_DOUBLED = "doubled"
    """About twice last week: perhaps doubled although it was for a kilogram already."""
    TEN_TIMES = "ten_times"
    """About ten times or a tenth of last week: perhaps a decimal point."""
    FAR_OFF = "far_off"
    BELOW_WHOLESALE = "below_wholesale"
    """A retail price below the wholesale price of the same item."""


class Measure(StrEnum):
    """What an alert rule looks at."""

    RISE = "rise"
    """A price rose by a share within a window of days."""
    RISE_ON_YEAR = "rise_on_year"
    """A price rose on the year; within 30 days of Spring Festival by the lunar calendar."""
    FALL = "fall"
    """A traded quantity fell by a share within a window of days."""
    FALL_ON_YEAR = "fall_on_year"
    BASELINE = "baseline"
    """Above the baseline at a cost that did not rise, or a wider spread than at the baseline (Hunan, 30 Jan 2020)."""
    SPREAD = "spread"
    """Without a baseline: price above cost by more than a share."""
    OUTLETS = "outlets"
    """Fewer outlets open than a share of all."""
    NO_REPORT = "no_report"
    """Nothing reported by the hour that it was owed."""
    EARLY = "early"
    """The upper end of the forecast passes the red limit of a rise within three days."""


class AlertLevel(StrEnum):
    """Red is owed an answer in two hours, yellow by the evening."""

    YELLOW = "yellow"
    RED = "red"


class AlertState(StrEnum):
    """An alarm is open until somebody takes it up, and closed with what was done."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CLOSED = "CLOSED"
