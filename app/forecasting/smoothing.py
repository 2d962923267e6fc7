"""Exponential smoothing of logarithms over a grid of parameters at once, with the state kept at many origins.

One pass over the series serves all parameters and all origins: at each origin the parameters are those with the least
sum of squared one-step errors until then. A missing value changes nothing but the steps ahead: its error counts as 0.

Symbols: y value, l level, b trend, s season, e one-step error; a, b*, g the smoothing of level, trend and season;
d damping.

    e  = y - (l + d b + s)        l' = l + d b + a e        b' = d b + a b* e        s' = s + g e
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.forecasting.types import Floats

BURN_IN = 14
"""One-step errors before this index follow from the start values and choose no parameters."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Parameter sets side by side, one a column."""

    level: Floats
    trend: Floats
    season: Floats
    damping: Floats

    @classmethod
    def of(
        cls,
        level: Sequence[float],
        trend: Sequence[float],
        season: Sequence[float] = (0.0,),
        damping: Sequence[float] = (1.0,),
    ) -> "Grid":
        """Every combination of these."""
        return cls(*(axis.ravel() for axis in np.meshgrid(level, trend, season, damping, indexing="ij")))


HOLT_GRID = Grid.of(level=(0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0), trend=(0, 0.05, 0.15, 0.3), damping=(0.8, 0.9, 0.98))
HOLT_WINTERS_GRID = Grid.of(
    level=(0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7),
    trend=(0, 0.1),
    season=(0.02, 0.05, 0.1, 0.2),
    damping=(0.9, 0.98),
)
THETA_LEVELS = np.array((0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0))


def damped_holt(logs: Floats, origins: Sequence[int], steps: int, grid: Grid = HOLT_GRID) -> Floats:
    """Forecasts of damped Holt, a row an origin; the level starts at the first value, the trend at 0."""
    return holt_winters(logs, origins, steps, 1, grid, level=float(logs[0]), season=np.zeros(1))


def holt_winters(
    logs: Floats,
    origins: Sequence[int],
    steps: int,
    period: int,
    grid: Grid = HOLT_WINTERS_GRID,
    *,
    level: float | None = None,
    season: Floats | None = None,
) -> Floats:
    """Forecasts of damped additive Holt-Winters, a row an origin.

    Unless given, level and season start as the mean and the weekday means of the first four periods.
    """
    if level is None or season is None:
        level, season = _start(logs[: 4 * period], period)
    levels = np.full(grid.level.shape, level)
    trends = np.zeros_like(levels)
    seasons = np.repeat(season[:, None], len(levels), axis=1)
    squares = np.zeros_like(levels)
    trend_gain = grid.level * grid.trend
    ahead = np.arange(1, steps + 1)
    row_of = {origin: row for row, origin in enumerate(origins)}
    forecasts = np.empty((len(origins), steps))
    for index in range(max(origins) + 1):
        phase = index % period
        trends = grid.damping * trends
        levels = levels + trends
        if not np.isnan(logs[index]):
            error = logs[index] - levels - seasons[phase]
            levels = levels + grid.level * error
            trends = trends + trend_gain * error
            seasons[phase] += grid.season * error
            if index >= BURN_IN:
                squares += error * error
        if index in row_of:
            best = first_least(squares)
            damped = np.cumsum(grid.damping[best] ** ahead)
            forecasts[row_of[index]] = levels[best] + damped * trends[best] + seasons[(index + ahead) % period, best]
    return forecasts


def _start(logs: Floats, period: int) -> tuple[float, Floats]:
    level = float(np.nanmean(logs))
    phases = [logs[phase::period] for phase in range(period)]
    known = [phase[~np.isnan(phase)] for phase in phases]
    return level, np.array([float(phase.mean()) - level if phase.size else 0.0 for phase in known])


def theta(
    logs: Floats, origins: Sequence[int], steps: int, seasons: Floats, smoothing_levels: Floats = THETA_LEVELS
) -> Floats:
    """Forecasts of the theta method (theta = 2), a row an origin: smoothing plus half the slope of a straight line.

    `seasons` has a row of weekday effects an origin (one column of zeros: none); they are taken out first and put
    back at the end. The level starts at the first value.
    """
    period = seasons.shape[1]
    rows = np.arange(len(origins))
    levels = np.repeat((logs[0] - seasons[:, 0])[:, None], len(smoothing_levels), axis=1)
    squares = np.zeros_like(levels)
    ahead = np.arange(1, steps + 1)
    row_of = {origin: row for row, origin in enumerate(origins)}
    forecasts = np.empty((len(origins), steps))
    present = np.flatnonzero(~np.isnan(logs))
    for index in range(max(origins) + 1):
        if not np.isnan(logs[index]):
            error = (logs[index] - seasons[rows, index % period])[:, None] - levels
            levels = levels + smoothing_levels * error
            if index >= BURN_IN:
                squares += error * error
        if index in row_of:
            row = row_of[index]
            best = first_least(squares[row])
            level, smoothing = levels[row, best], smoothing_levels[best]
            known = present[present <= index]
            slope = _slope(known.astype(np.float64), logs[known] - seasons[row, known % period])
            drift = ahead - 1 + (1 - (1 - smoothing) ** (index + 1)) / smoothing
            forecasts[row] = level + slope / 2 * drift + seasons[row, (index + ahead) % period]
    return forecasts


def _slope(at: Floats, values: Floats) -> float:
    centred = at - at.mean()
    spread = float(centred @ centred)
    return float(centred @ values) / spread if spread > 0 else 0.0


def first_least(values: Floats) -> int:
    """The first of those that are least but for rounding, so that the choice does not turn with the unit."""
    return int(np.argmax(values <= values.min() * (1 + 1e-9) + 1e-18))
