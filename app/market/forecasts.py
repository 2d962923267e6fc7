"""Forecasts of all series, made once a day by the worker and kept; early alarms that follow from them."""

import time
from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import Right
from app.core.work import Work
from app.forecasting import Forecast, Kind, Refusal, forecast, series_of
from app.market.alerts import lock_alerts, settle_alert
from app.market.models import AlertRule, MarketForecast, MarketSeries
from app.market.observations import accepted_between
from app.market.rules import Foreseen, early_finding
from app.market.schemas import ForecastView
from app.market.series import lock_series
from app.market.types import PRICES, Measure

FORECASTER = Actor.system("market-forecasts", [Right.MARKET_READ, Right.MARKET_MANAGE])
FORECAST_DAYS = 7
HISTORY_DAYS = 400
SECONDS_A_TIME = 10.0
"""A worker gives so much time to forecasts at once; the rest waits for its next round."""


def forecast_due(database: Database, clock: Clock) -> int:
    """Forecast the series that have no forecast of today yet, a transaction each; returns how many were made."""
    began = time.monotonic()
    with database.read() as session:
        waiting = list(session.scalars(select_waiting(clock.today())))
    made = 0
    for series_id in waiting:
        if time.monotonic() - began > SECONDS_A_TIME:
            break
        made += _forecast_one(database, clock, series_id)
    return made


def select_waiting(today: date) -> Select[int]:
    """Ids of the series in use without a forecast of today."""
    done = select(MarketForecast.series_id).where(MarketForecast.day == today)
    return select(MarketSeries.id).where(MarketSeries.active, MarketSeries.id.not_in(done)).order_by(MarketSeries.id)


def _forecast_one(database: Database, clock: Clock, series_id: int) -> bool:
    """Compute between two transactions: nobody waits for the arithmetic."""
    today = clock.today()
    with database.read() as session:
        series = session.get_one(MarketSeries, series_id)
        code = series.code
        kind = Kind.PRICE if series.kind in PRICES else Kind.QUANTITY
        rows = accepted_between(session, series_id, today - timedelta(days=HISTORY_DAYS), today)
        values = [(row.day, float(row.value)) for row in rows]
    answer = forecast(series_of(values), kind, days=FORECAST_DAYS, today=today) if values else None
    with database.write() as session:
        work = Work(session, FORECASTER, clock)
        locked = lock_series(session, code)
        there = select(MarketForecast.id).where(MarketForecast.series_id == series_id, MarketForecast.day == today)
        if session.scalar(there) is not None:  # another worker was faster
            return False
        lock_alerts(session, [series_id], today)
        row = _kept(work, locked, answer)
        work.record("FORECAST_MADE", "market_series", locked.code, after=ForecastView.snapshot(row))
        warn_early(work, row, {one.day: one.value for one in rows})
    return True


def _kept(work: Work, series: MarketSeries, answer: Forecast | Refusal | None) -> MarketForecast:
    row = MarketForecast(series=series, day=work.today, made_at=work.now, points=[], params={}, method="", refusal="")
    if isinstance(answer, Forecast):
        test = answer.backtest
        row.method = answer.method.value
        row.points = [
            {"day": one.day.isoformat(), "point": round(one.point), "low": round(one.low), "high": round(one.high)}
            for one in answer.points
        ]
        row.mase_permille = _permille(test.mase)
        row.naive_mase_permille = _permille(test.mase_seasonal_naive)
        row.coverage_permille = _permille(test.coverage)
    elif answer is None:
        row.refusal = "No value has been entered."
    else:
        row.refusal = answer.message
        row.params = {name: str(value) for name, value in answer.params.items()}
    work.session.add(row)
    work.session.flush()
    return row


def _permille(share: float | None) -> int | None:
    return None if share is None else round(share * 1_000)


def warn_early(work: Work, row: MarketForecast, values: Mapping[date, int]) -> None:
    """Raise the early alarm where the interval passes the red limit of a rise within three days, or withdraw it."""
    if row.series.kind not in PRICES:
        return
    query = select(AlertRule).where(AlertRule.active).order_by(AlertRule.id)
    rules = list(work.session.scalars(query))
    early = next((one for one in rules if one.measure is Measure.EARLY), None)
    rises = [one for one in rules if one.measure is Measure.RISE and one.supply_group is row.series.supply_group]
    if early is None or not rises or rises[0].red_permille is None:
        return
    foreseen = []
    for point in row.points[: early.window_days]:
        day = date.fromisoformat(point["day"])
        before = day - timedelta(days=rises[0].window_days)
        if before in values:
            foreseen.append(Foreseen(day=day, high=point["high"], reference=values[before], reference_day=before))
    found = early_finding(foreseen, rises[0].red_permille)
    settle_alert(work, early, row.series, row.day, found)


def newest_forecast(session: Session, series_id: int) -> MarketForecast | None:
    """The last forecast of a series."""
    query = select(MarketForecast).where(MarketForecast.series_id == series_id).order_by(MarketForecast.day.desc())
    return session.scalars(query.limit(1)).unique().first()


def select_forecasts(*, series: str | None = None, day: date | None = None) -> Select[MarketForecast]:
    """The forecasts that all the filters given let pass."""
    query = select(MarketForecast).join(MarketForecast.series)
    if series is not None:
        query = query.where(MarketSeries.code == series)
    if day is not None:
        query = query.where(MarketForecast.day == day)
    return query
