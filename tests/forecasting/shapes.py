"""Series to forecast in the tests: made, seeded, and said to be so."""

from datetime import date, timedelta

import numpy as np

from app.forecasting import Series, series_of

FIRST_DAY = date(2018, 3, 5)
WEEK = np.array((0.8, 0.75, 0.8, 0.9, 1.1, 1.4, 1.25))


def series_from(values: np.ndarray, *, first_day: date = FIRST_DAY, step_days: int = 1) -> Series:
    days = (first_day + timedelta(days=step_days * index) for index in range(len(values)))
    return series_of((day, float(value)) for day, value in zip(days, values, strict=True) if not np.isnan(value))


def weekly_sales(days: int, seed: int, *, noise: float = 0.2, shift: float = 1.0) -> np.ndarray:
    """Sales of a shop: a week, a slow level, noise, and a level shift in the middle."""
    random = np.random.default_rng(seed)
    level = 100 * np.exp(np.cumsum(random.normal(0, 0.02, days)))
    level[days // 2 :] *= shift
    return level * np.tile(WEEK, days // 7 + 1)[:days] * np.exp(random.normal(0, noise, days))


def walking_price(days: int, seed: int, *, daily: float = 0.03) -> np.ndarray:
    """A price that walks at random from 5."""
    return 5 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, daily, days)))
