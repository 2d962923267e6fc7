"""Scales: from values to places, with round ticks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

from app.web.kit.charts.svg import SMALL_SIZE, text_width


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from the first tick to the last, and how a value is written."""

    ticks: tuple[float, ...]
    written: Callable[[float], str]

    def part(self, value: float) -> float:
        """Where a value stands between the first tick (0) and the last (1)."""
        return (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])


SHARES = Scale((0, 0.25, 0.5, 0.75, 1), lambda share: f"{share:.0%}")
"""Shares from 0 to 100 %."""


def round_ticks(low: float, high: float, *, count: int = 5, whole: bool = False) -> tuple[float, ...]:
    """About `count` ticks that are multiples of 1, 2 or 5 times a power of ten, from at most `low` to at least `high`.

    `whole`: no tick between two integers.
    """
    if high - low <= 1e-9 * max(abs(low), abs(high)):  # all the same, but for rounding
        low, high = min(low, 0), max(high, low + 1, 0)
    rough = (high - low) / max(1, count - 1)
    power: float = 10 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    if whole:
        step = max(1, round(step))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return tuple(round(position * step, 12) for position in range(first, max(last, first + 1) + 1))


def scale_for(
    values: Sequence[float], written: Callable[[float], str], *, whole: bool = True, from_zero: bool = True
) -> Scale:
    """A scale for these values, of which there is at least one; bars need one `from_zero`."""
    reached = [*values, 0] if from_zero else values
    return Scale(round_ticks(min(reached), max(reached), whole=whole), written)


@dataclass(frozen=True, slots=True)
class Days:
    """Days along the width of a chart."""

    first: date
    last: date
    left: float
    width: float

    def place(self, day: date) -> float:
        """Where a day stands; the only day stands in the middle."""
        if self.last == self.first:
            return self.left + self.width / 2
        return self.left + self.width * (day - self.first).days / (self.last - self.first).days

    def ticks(self) -> list[date]:
        """Days at the same distance, as many as can be written beside each other."""
        room = text_width("00-00", SMALL_SIZE) + 14
        days = (self.last - self.first).days
        most = max(1, int(self.width // room))
        step = next((step for step in (1, 2, 3, 7, 14, 28, 56, 91, 182, 364) if days / step <= most), max(1, days))
        return [date.fromordinal(day) for day in range(self.first.toordinal(), self.last.toordinal() + 1, step)]
