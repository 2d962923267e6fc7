"""One series in, one forecast or one refusal out."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from app.forecasting.backtest import Trials, backtest_of, run_trials
from app.forecasting.festival import NEAR_DAYS, REACH_DAYS
from app.forecasting.intervals import festival_factor
from app.forecasting.lunar_new_year import LUNAR_NEW_YEAR_DAYS
from app.forecasting.series import Series, refusal_of
from app.forecasting.types import Forecast, Kind, Note, NoteCode, Point, Refusal

HORIZON_DAYS_MAX = 91


def forecast(
    series: Series,
    kind: Kind,
    *,
    days: int = 7,
    today: date | None = None,
    festivals: Sequence[date] = LUNAR_NEW_YEAR_DAYS,
) -> Forecast | Refusal:
    """The days after the last value, or after `today` where that is later; weekly series have at least one point.

    Raises `ValueError` for a price that is not above zero, days outside 1 to 91, and values after `today`.
    """
    if not 1 <= days <= HORIZON_DAYS_MAX:
        raise ValueError(f"days must be 1 to {HORIZON_DAYS_MAX}")
    if kind is Kind.PRICE and np.nanmin(series.values) <= 0:
        raise ValueError("a price is not above zero")
    if today is not None and today < series.last_day:
        raise ValueError("there are values after today")
    refusal = refusal_of(series, today)
    if refusal is not None:
        return refusal
    start = today or series.last_day
    steps = -(-((start - series.last_day).days + days) // series.step_days)
    trials = run_trials(series, kind, steps, [(day - series.first_day).days for day in festivals])
    row = len(trials.origins) - 1
    champion = trials.champion(row)
    widths = trials.widths(row, champion)
    centre = trials.forecasts[champion, row]
    point = trials.values(centre)
    low = np.minimum(trials.values(centre - widths), point)
    high = np.maximum(trials.values(centre + widths), point)
    last = len(series.values) - 1
    shown = [step for step in range(steps) if series.day(last + 1 + step) > start]
    return Forecast(
        method=trials.methods[champion],
        points=tuple(
            Point(
                day=series.day(last + 1 + step),
                point=float(point[step]),
                low=float(low[step]),
                high=float(high[step]),
            )
            for step in shown
        ),
        backtest=backtest_of(trials),
        notes=tuple(_notes(trials, shown, festivals)),
    )


def _notes(trials: Trials, shown: Sequence[int], festivals: Sequence[date]) -> list[Note]:
    series, row = trials.series, len(trials.origins) - 1
    notes = []
    missing = int(np.isnan(series.values).sum())
    if missing:
        notes.append(
            Note.of(
                "{count} of {steps} values are missing; they count as unknown, not as zero.",
                code=NoteCode.GAPS,
                count=missing,
                steps=len(series.values),
            )
        )
    zeros = int((series.values == 0).sum())
    if zeros:
        notes.append(Note.of("{count} values are zero; they count as they are.", code=NoteCode.ZEROS, count=zeros))
    if trials.short:
        notes.append(
            Note.of(
                "Short history: the interval rests on {origins} earlier origins and is widened.",
                code=NoteCode.SHORT_HISTORY,
                origins=row,
            )
        )
    days = [series.day(trials.origins[-1] + 1 + step) for step in shown]
    learnt = trials.learnt[row]
    reach = timedelta(days=REACH_DAYS if learnt else NEAR_DAYS)
    return notes + [
        _festival_note(festival, trials.kind, learnt=learnt)
        for festival in festivals
        if any(abs(day - festival) <= reach for day in days)
    ]


def _festival_note(festival: date, kind: Kind, *, learnt: bool) -> Note:
    factor = festival_factor(kind, learnt=learnt)
    if learnt:
        return Note.of(
            "Spring Festival on {festival}: the course of earlier festivals is applied; "
            "within {near} days of it the interval is {factor} times as wide.",
            code=NoteCode.FESTIVAL_PROFILE,
            festival=festival,
            near=NEAR_DAYS,
            factor=factor,
        )
    return Note.of(
        "Spring Festival on {festival}: nothing was learnt from earlier festivals; "
        "within {near} days of it the interval is {factor} times as wide.",
        code=NoteCode.FESTIVAL_WIDENED,
        festival=festival,
        near=NEAR_DAYS,
        factor=factor,
    )
