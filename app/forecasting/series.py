"""A series of values on a regular grid of days or weeks; what is not there is missing, not zero."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from app.forecasting.types import Bools, Floats, Refusal, RefusalCode

DAYS_MIN = 56
OBSERVED_SHARE_MIN = 0.7
RECENT_DAYS = 28
RECENT_MISSING_MAX = 0.3
AGE_DAYS_MAX = 3
HISTORY_DAYS_MAX = 4 * 366
"""Older values are left out: they cost time and say little of the next week."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values every `step_days` (1 or 7) from `first_day` on, missing ones NaN; the first and the last are there."""

    first_day: date
    step_days: int
    values: Floats

    def day(self, index: int) -> date:
        """The day of a value, also beyond the last one."""
        return self.first_day + timedelta(days=index * self.step_days)

    @property
    def last_day(self) -> date:
        """The day of the last value."""
        return self.day(len(self.values) - 1)

    @property
    def season(self) -> int:
        """Steps after which values are alike: a week of days; none in weekly series."""
        return 7 if self.step_days == 1 else 1


def series_of(points: Iterable[tuple[date, float]]) -> Series:
    """The series of these values in whatever order; weekly if all lie whole weeks apart, else daily.

    Raises `ValueError` for no value, a repeated day, or a value that is negative or not finite.
    """
    known = sorted(points)
    if not known:
        raise ValueError("no values")
    days = [day for day, _ in known]
    if len(set(days)) != len(days):
        raise ValueError("a day is repeated")
    if any(not math.isfinite(value) or value < 0 for _, value in known):
        raise ValueError("a value is negative or not finite")
    offsets = np.array([(day - days[0]).days for day in days])
    step = 7 if len(days) > 1 and not (offsets % 7).any() else 1
    kept = offsets > offsets[-1] - HISTORY_DAYS_MAX
    offsets = offsets[kept]
    values = np.full((offsets[-1] - offsets[0]) // step + 1, np.nan)
    values[(offsets - offsets[0]) // step] = [value for (_, value), keep in zip(known, kept, strict=True) if keep]
    return Series(days[0] + timedelta(days=int((known[-1][0] - days[0]).days - offsets[-1] + offsets[0])), step, values)


def _open(present: Bools, season: int) -> Bools:
    """Days on whose weekday there was a value in the last 56 days: where a market closes, nothing is missing."""
    weekdays = np.arange(len(present)) % season
    return np.isin(weekdays, weekdays[-DAYS_MIN:][present[-DAYS_MIN:]])


def refusal_of(series: Series, today: date | None) -> Refusal | None:
    """Why this series cannot be forecast, or None; without `today` its last value counts as fresh."""
    values, step = series.values, series.step_days
    present = ~np.isnan(values)
    span = len(values) * step
    if span < DAYS_MIN:
        return Refusal.of(
            "The series covers {days} days; at least {least} are needed.",
            code=RefusalCode.TOO_SHORT,
            days=span,
            least=DAYS_MIN,
        )
    needed = math.ceil(OBSERVED_SHARE_MIN * DAYS_MIN / step)
    if present.sum() < needed:
        return Refusal.of(
            "The series has {count} values; at least {least} are needed.",
            code=RefusalCode.TOO_SHORT,
            count=int(present.sum()),
            least=needed,
        )
    recent = present[-RECENT_DAYS // step :][_open(present, series.season)[-RECENT_DAYS // step :]]
    missing, most = int((~recent).sum()), math.floor(RECENT_MISSING_MAX * len(recent))
    if missing > most:
        return Refusal.of(
            "Of the last {steps} values {missing} are missing; at most {most} may be.",
            code=RefusalCode.TOO_MANY_GAPS,
            steps=len(recent),
            missing=missing,
            most=most,
        )
    age = 0 if today is None else (today - series.last_day).days
    most_age = AGE_DAYS_MAX + step - 1
    if age > most_age:
        return Refusal.of(
            "The last value is {age} days old, of {day}; at most {most} days are allowed.",
            code=RefusalCode.TOO_OLD,
            age=age,
            day=series.last_day,
            most=most_age,
        )
    if np.nanmin(values) == np.nanmax(values):
        return Refusal.of("All values are the same: there is nothing to learn from.", code=RefusalCode.CONSTANT)
    return None
