"""Forecasts of daily and weekly quantities and prices from their own history: numbers in, numbers out.

Nothing here knows tables, requests or the clock; `docs/forecasts.md` has the method, its sources and what was measured.
"""

from app.forecasting.engine import HORIZON_DAYS_MAX, forecast
from app.forecasting.series import Series, series_of
from app.forecasting.types import Backtest, Forecast, Kind, Method, Note, Point, Refusal, RefusalCode

__all__ = [
    "HORIZON_DAYS_MAX",
    "Backtest",
    "Forecast",
    "Kind",
    "Method",
    "Note",
    "Point",
    "Refusal",
    "RefusalCode",
    "Series",
    "forecast",
    "series_of",
]
