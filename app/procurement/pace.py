"""When a fund runs out at the pace of the last days, with an interval. Pure; a forecast, never an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, sqrt
from statistics import fmean, stdev

PACE_DAYS = 14
"""Days, today among them, whose commitments make the pace."""
_Z_OF_80_PERCENT = 1.2816
_DAYS_MAX = 3_650
"""Further ahead nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsOut:
    """The day on which a fund is used up if the pace stays, and its 80 % interval; None: not within ten years."""

    day: date | None
    earliest: date | None
    latest: date | None


def runs_out(left_fen: int, daily_fen: Sequence[int], today: date) -> RunsOut | None:
    """When `left_fen` is used up; None where nothing was committed in these days.

    The interval is that of the mean of the days, by its standard error: purchases come in lumps, so it is wide.
    """
    mean = fmean(daily_fen)
    if mean <= 0:
        return None
    error = _Z_OF_80_PERCENT * stdev(daily_fen) / sqrt(len(daily_fen))

    def day_at(pace: float) -> date | None:
        if left_fen <= 0:
            return today
        days = ceil(left_fen / pace) if pace > 0 else _DAYS_MAX + 1
        return today + timedelta(days=days) if days <= _DAYS_MAX else None

    return RunsOut(day=day_at(mean), earliest=day_at(mean + error), latest=day_at(mean - error))
