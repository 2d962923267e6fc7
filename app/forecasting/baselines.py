"""Forecasts without parameters, and the weekday effects that the theta method takes out."""

from collections.abc import Sequence

import numpy as np

from app.forecasting.types import Floats

WEEKDAY_WEEKS = 13
MEAN_WEEKS = 4


def last_season(logs: Floats, origins: Sequence[int], steps: int, period: int) -> Floats:
    """Seasonal naive, a row an origin: the last value of the same weekday; with period 1 naive, the last value."""
    last = np.full(period, np.nan)
    newest = np.nan
    ahead = np.arange(1, steps + 1)
    row_of = {origin: row for row, origin in enumerate(origins)}
    forecasts = np.empty((len(origins), steps))
    for index in range(max(origins) + 1):
        if not np.isnan(logs[index]):
            newest = last[index % period] = logs[index]
        if index in row_of:
            same = last[(index + ahead) % period]
            forecasts[row_of[index]] = np.where(np.isnan(same), newest, same)
    return forecasts


def four_week_mean(logs: Floats, origins: Sequence[int], steps: int, period: int) -> Floats:
    """The mean of the same weekday in the last four weeks, a row an origin; with period 1 of the last four values.

    A weekday without any value there has the mean of all values of the four weeks, and that the last value.
    """
    at = np.asarray(origins)
    ahead = np.arange(1, steps + 1)
    periods_back = (ahead - 1) // period + 1
    back = at[:, None, None] + (ahead - period * periods_back)[None, :, None]
    index = back - period * np.arange(MEAN_WEEKS)
    same = _mean_of_known(np.where(index >= 0, logs[np.maximum(index, 0)], np.nan))
    window = at[:, None] - np.arange(MEAN_WEEKS * period)
    whole = _mean_of_known(np.where(window >= 0, logs[np.maximum(window, 0)], np.nan))
    newest = last_season(logs, origins, 1, 1)[:, 0]
    whole = np.where(np.isnan(whole), newest, whole)
    return np.where(np.isnan(same), whole[:, None], same)


def weekday_effects(logs: Floats, origin: int, period: int) -> Floats:
    """Additive effects of the weekdays before an origin, summing to 0: means of what differs from a centred week."""
    if period == 1:
        return np.zeros(1)
    first = max(0, origin + 1 - WEEKDAY_WEEKS * period)
    window = logs[first : origin + 1]
    if len(window) < 2 * period:
        return np.zeros(period)
    known = ~np.isnan(window)
    ones = np.ones(period)
    count = np.convolve(known.astype(np.float64), ones, "same")
    centred = np.convolve(np.where(known, window, 0.0), ones, "same") / np.maximum(count, 1)
    differs = np.where(count >= period - 2, window - centred, np.nan)
    phases = (first + np.arange(len(window))) % period
    effects = np.zeros(period)
    for phase in range(period):
        values = differs[phases == phase]
        values = values[~np.isnan(values)]
        if len(values) > 1:
            effects[phase] = values.mean()
    centred_effects: Floats = effects - effects.mean()
    return centred_effects


def _mean_of_known(values: Floats) -> Floats:
    known = ~np.isnan(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    means: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means
