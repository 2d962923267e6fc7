"""Forecasts at earlier origins, their errors, and the choice of the champion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.forecasting.baselines import last_season
from app.forecasting.candidates import CANDIDATES, candidate_logs
from app.forecasting.festival import LEVEL_DAYS, REACH_DAYS, festival_profile, near_festival, spread_profile
from app.forecasting.intervals import ORIGINS_MIN, festival_factor, half_widths
from app.forecasting.series import Series
from app.forecasting.smoothing import first_least
from app.forecasting.types import Backtest, Bools, Floats, Kind, Method

ORIGINS_MAX = 52
CHAMPION_WEEKS = 8
TRAINING_DAYS = 28
SHORT_ORIGINS_MAX = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Forecasts of one series at earlier origins and, in the last row, at its end.

    `logs` are log(value + offset); `forecasts` and `errors` (|log error|, NaN where the later value is not known) go by
    candidate, origin, step. `near` marks targets close to a festival, `learnt` rows that have a profile of one.
    """

    kind: Kind
    series: Series
    offset: float
    logs: Floats
    origins: tuple[int, ...]
    short: bool
    methods: tuple[Method, ...]
    forecasts: Floats
    errors: Floats
    near: Bools
    learnt: tuple[bool, ...]

    @property
    def steps(self) -> int:
        """Steps ahead."""
        return int(self.forecasts.shape[2])

    def earlier_errors(self, row: int) -> Floats:
        """The errors that were known at the origin of this row, by candidate, earlier origin, step; others NaN."""
        origins = np.array(self.origins[:row])
        known = origins[:, None] + np.arange(1, self.steps + 1) <= self.origins[row]
        return np.where(known, self.errors[:, :row], np.nan)

    def champion_errors(self, row: int) -> Floats:
        """The mean error of each candidate over the eight weeks before this row's origin; NaN where none is known."""
        weeks = CHAMPION_WEEKS * 7 // self.series.step_days
        recent = np.array(self.origins[:row]) >= self.origins[row] - weeks
        errors = self.earlier_errors(row)[:, recent].reshape(len(self.methods), -1)
        known = ~np.isnan(errors)
        means: Floats = np.where(known, errors, 0.0).sum(axis=1) / np.where(
            known.any(axis=1), known.sum(axis=1), np.nan
        )
        return means

    def champion(self, row: int) -> int:
        """The candidate with the least mean error before this row's origin; the first where nothing is known."""
        errors = self.champion_errors(row)
        return 0 if np.isnan(errors).any() else first_least(errors)

    def widths(self, row: int, champion: int) -> Floats:
        """Half width of the log interval at each step from this row's origin, wider close to a festival."""
        rows = slice(max(0, row - (SHORT_ORIGINS_MAX if self.short else ORIGINS_MAX)), row)
        errors = self.earlier_errors(row)[champion, rows]
        calm = np.where(self.near[rows], np.nan, errors)
        enough = (~np.isnan(calm)).sum(axis=0) >= ORIGINS_MIN
        widths = half_widths(np.where(enough, calm, errors), short=self.short)
        factor = festival_factor(self.kind, learnt=self.learnt[row])
        return np.where(self.near[row], widths * factor, widths)

    def values(self, logs: Floats) -> Floats:
        """Logs as values again, never below zero."""
        found: Floats = np.maximum(np.exp(logs) - self.offset, 0.0)
        return found


def run_trials(series: Series, kind: Kind, steps: int, festival_days: Sequence[int]) -> Trials:
    """Forecast from up to 60 earlier weekly origins, or from daily ones where these are fewer than 16.

    `festival_days` count from the first day of the series.
    """
    values = series.values
    # Quantities may be 0, and relative errors of next to nothing must not rule: half a usual value is added.
    offset = 0.5 * float(np.nanmean(values[values > 0])) if kind is Kind.QUANTITY else 0.0
    logs = np.log(values + offset)
    origins, short = _origins(series, steps)
    forecasts, learnt = _forecasts(series, kind, logs, origins, steps, festival_days)
    methods = CANDIDATES[kind]
    chosen = np.array([forecasts[method] for method in methods])
    targets = np.array(origins)[:, None] + np.arange(1, steps + 1)
    actual = np.where(targets < len(logs), logs[np.minimum(targets, len(logs) - 1)], np.nan)
    return Trials(
        kind=kind,
        series=series,
        offset=offset,
        logs=logs,
        origins=tuple(origins),
        short=short,
        methods=methods,
        forecasts=chosen,
        errors=np.abs(chosen - actual),
        near=near_festival((targets * series.step_days).astype(np.float64), festival_days),
        learnt=tuple(learnt),
    )


def _origins(series: Series, steps: int) -> tuple[list[int], bool]:
    last = len(series.values) - 1
    first = TRAINING_DAYS // series.step_days - 1
    weekly = list(range(last, first - 1, -series.season))[: ORIGINS_MAX + CHAMPION_WEEKS + 1]
    short = sum(origin + steps <= last for origin in weekly) < ORIGINS_MIN
    if short:
        return list(range(max(first, last - SHORT_ORIGINS_MAX), last + 1)), True
    return weekly[::-1], False


def _forecasts(
    series: Series, kind: Kind, logs: Floats, origins: Sequence[int], steps: int, festivals: Sequence[int]
) -> tuple[dict[Method, Floats], list[bool]]:
    """Forecasts by method, a row an origin, and whether a festival's profile was at hand at each.

    A profile is learnt anew after each festival, so that no origin knows a festival that was still to come. It is taken
    out of the history, and put back into what is forecast.
    """
    period = series.season
    over = [sum(day + REACH_DAYS + LEVEL_DAYS <= origin for day in festivals) for origin in origins]
    found: dict[Method, Floats] = {}
    learnt = [False] * len(origins)
    for count in sorted(set(over)):
        rows = [row for row, known in enumerate(over) if known == count]
        group = [origins[row] for row in rows]
        profile = festival_profile(logs, festivals, group[0], kind, period) if count and series.step_days == 1 else None
        history = logs[: group[-1] + 1]
        ahead = np.zeros((len(rows), steps))
        if profile is not None:
            history = history - spread_profile(profile, festivals, np.arange(len(history), dtype=np.float64))
            targets = np.array(group, dtype=np.float64)[:, None] + np.arange(1, steps + 1)
            ahead = spread_profile(profile, festivals, targets)
        for method, logs_ahead in candidate_logs(kind, history, group, steps, period).items():
            found.setdefault(method, np.empty((len(origins), steps)))[rows] = logs_ahead + ahead
        for row in rows:
            learnt[row] = profile is not None
    return found, learnt


def backtest_of(trials: Trials) -> Backtest:
    """What the procedure (champion of then, interval of then) would have reached at the earlier origins."""
    last = len(trials.origins) - 1
    rows = range(max(0, last - ORIGINS_MAX), last)
    values, season = trials.series.values, trials.series.season
    change = np.abs(values[season:] - values[:-season])
    scale = float(np.nanmean(change)) if not np.isnan(change).all() else 0.0
    champions = [trials.champion(row) for row in rows]
    chosen = np.array([trials.forecasts[champion, row] for champion, row in zip(champions, rows, strict=True)])
    origins = [trials.origins[row] for row in rows]
    inside = [
        known
        for champion, row in zip(champions, rows, strict=True)
        if row >= ORIGINS_MIN and not trials.short
        for known in _inside(trials, row, champion)
    ]
    return Backtest(
        origins=len(origins),
        mase=_mase(trials, chosen, origins, scale),
        mase_seasonal_naive=_mase(trials, last_season(trials.logs, origins, trials.steps, season), origins, scale),
        mase_naive=_mase(trials, last_season(trials.logs, origins, trials.steps, 1), origins, scale),
        coverage=sum(inside) / len(inside) if inside else None,
        log_errors={
            method: float(error)
            for method, error in zip(trials.methods, trials.champion_errors(last), strict=True)
            if not np.isnan(error)
        },
    )


def _inside(trials: Trials, row: int, champion: int) -> list[bool]:
    errors = trials.errors[champion, row]
    widths = trials.widths(row, champion)
    return [bool(error <= width + 1e-9) for error, width in zip(errors, widths, strict=True) if not np.isnan(error)]


def _mase(trials: Trials, logs: Floats, origins: Sequence[int], scale: float) -> float | None:
    targets = np.array(origins)[:, None] + np.arange(1, trials.steps + 1)
    values = trials.series.values
    actual = np.where(targets < len(values), values[np.minimum(targets, len(values) - 1)], np.nan)
    errors = np.abs(trials.values(logs) - actual)
    return float(np.nanmean(errors)) / scale if scale > 0 and not np.isnan(errors).all() else None
