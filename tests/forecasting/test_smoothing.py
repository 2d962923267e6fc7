"""The smoothing is that of statsmodels: same recursions, same forecasts, and a grid that finds as good parameters."""

import warnings

import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing, SimpleExpSmoothing

from app.forecasting.baselines import four_week_mean, last_season, weekday_effects
from app.forecasting.smoothing import BURN_IN, HOLT_GRID, Grid, damped_holt, holt_winters, theta
from tests.forecasting.shapes import walking_price, weekly_sales

STEPS = 14
SERIES = {
    "sales": np.log(weekly_sales(210, 1)),
    "sales with a shift": np.log(weekly_sales(300, 2, shift=3.0)),
    "noisy sales": np.log(weekly_sales(120, 3, noise=0.6)),
    "price": np.log(walking_price(250, 4)),
    "quiet price": np.log(walking_price(90, 5, daily=0.004)),
}
every_series = pytest.mark.parametrize("logs", SERIES.values(), ids=SERIES)


@every_series
@pytest.mark.parametrize(("level", "trend", "damping"), [(0.1, 0.0, 0.8), (0.35, 0.15, 0.9), (0.9, 0.3, 0.98)])
def test_damped_holt_is_that_of_statsmodels(logs: np.ndarray, level: float, trend: float, damping: float) -> None:
    model = ExponentialSmoothing(
        logs,
        trend="add",
        damped_trend=True,
        initialization_method="known",
        initial_level=logs[0],
        initial_trend=0.0,
    )
    fitted = model.fit(smoothing_level=level, smoothing_trend=trend, damping_trend=damping, optimized=False)
    grid = Grid.of(level=(level,), trend=(trend,), damping=(damping,))
    ours = damped_holt(logs, [len(logs) - 1], STEPS, grid)[0]
    np.testing.assert_allclose(ours, fitted.forecast(STEPS), rtol=1e-10)


@every_series
@pytest.mark.parametrize(("level", "trend", "season"), [(0.05, 0.0, 0.02), (0.3, 0.1, 0.1), (0.7, 0.1, 0.2)])
def test_holt_winters_is_that_of_statsmodels(logs: np.ndarray, level: float, trend: float, season: float) -> None:
    start = logs[:28].mean()
    seasons = logs[:28].reshape(4, 7).mean(axis=0) - start
    model = ETSModel(
        logs,
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=7,
        initialization_method="known",
        initial_level=start,
        initial_trend=0.0,
        initial_seasonal=seasons,
    )
    fitted = model.smooth([level, level * trend, season, 0.9])  # its trend's smoothing is that of the error
    grid = Grid.of(level=(level,), trend=(trend,), season=(season,), damping=(0.9,))
    ours = holt_winters(logs, [len(logs) - 1], STEPS, 7, grid)[0]
    np.testing.assert_allclose(ours, fitted.forecast(STEPS), rtol=1e-10)
    # The older model of the same library has the last but one season in the seventh step, and agrees elsewhere.
    older = ExponentialSmoothing(
        logs,
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=7,
        initialization_method="known",
        initial_level=start,
        initial_trend=0.0,
        initial_seasonal=seasons,
    ).fit(smoothing_level=level, smoothing_trend=trend, smoothing_seasonal=season, damping_trend=0.9, optimized=False)
    np.testing.assert_allclose(ours[:6], older.forecast(STEPS)[:6], rtol=1e-10)


@every_series
def test_theta_is_that_of_statsmodels(logs: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its optimizer's remarks
        fitted = ThetaModel(logs, period=7, deseasonalize=False).fit()
    smoothing = float(fitted.params["alpha"])
    ours = theta(logs, [len(logs) - 1], STEPS, np.zeros((1, 1)), np.array((smoothing,)))[0]
    np.testing.assert_allclose(ours, fitted.forecast(STEPS), rtol=1e-9)


@every_series
def test_theta_takes_weekday_effects_out_and_puts_them_back(logs: np.ndarray) -> None:
    origin = len(logs) - 1
    effects = weekday_effects(logs, origin, 7)
    assert abs(effects.sum()) < 1e-12
    grid = np.array((0.2,))
    without = theta(logs - effects[np.arange(len(logs)) % 7], [origin], STEPS, np.zeros((1, 1)), grid)[0]
    ours = theta(logs, [origin], STEPS, effects[None, :], grid)[0]
    np.testing.assert_allclose(ours, without + effects[(origin + 1 + np.arange(STEPS)) % 7], rtol=1e-10)


@every_series
def test_the_grid_finds_parameters_about_as_good_as_an_optimizer(logs: np.ndarray) -> None:
    """Sum of squared one-step errors of the best of the grid, beside SLSQP's of the same model from the same start."""

    def squares(**parameters: float) -> float:
        return float((model.fit(optimized=False, **parameters).resid[BURN_IN:] ** 2).sum())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = {"initialization_method": "known", "initial_level": logs[0], "initial_trend": 0.0}
        model = ExponentialSmoothing(logs, trend="add", damped_trend=True, **known)
        best = float((model.fit().resid[BURN_IN:] ** 2).sum())
        rows = zip(HOLT_GRID.level, HOLT_GRID.trend, HOLT_GRID.damping, strict=True)
        ours = min(squares(smoothing_level=a, smoothing_trend=b, damping_trend=d) for a, b, d in rows)
    assert ours <= best * 1.1


def test_a_missing_value_is_no_zero_and_the_season_keeps_its_phase() -> None:
    logs = np.log(weekly_sales(140, 6, noise=0.0))
    whole = holt_winters(logs, [139], 7, 7)[0]
    holes = logs.copy()
    holes[[30, 31, 80, 97, 110, 133]] = np.nan
    np.testing.assert_allclose(holt_winters(holes, [139], 7, 7)[0], whole, atol=0.06)


@pytest.mark.parametrize("origin", [60, 101, 138])
def test_an_origin_knows_nothing_of_later_values(origin: int) -> None:
    logs = np.log(weekly_sales(140, 7))
    later = logs.copy()
    later[origin + 1 :] += 5
    seasons = np.repeat(weekday_effects(logs, origin, 7)[None, :], 2, axis=0)
    np.testing.assert_array_equal(weekday_effects(later, origin, 7), seasons[0])
    for forecasts in (
        lambda values: damped_holt(values, [origin, 139], 7),
        lambda values: holt_winters(values, [origin, 139], 7, 7),
        lambda values: theta(values, [origin, 139], 7, seasons),
        lambda values: four_week_mean(values, [origin, 139], 7, 7),
        lambda values: last_season(values, [origin, 139], 7, 7),
    ):
        np.testing.assert_array_equal(forecasts(logs)[0], forecasts(later)[0])
        assert not np.array_equal(forecasts(logs)[1], forecasts(later)[1])


def test_simple_methods_by_hand() -> None:
    logs = np.arange(35.0)
    logs[33] = np.nan
    np.testing.assert_array_equal(last_season(logs, [34], 8, 7)[0], [28, 29, 30, 31, 32, 26, 34, 28])
    np.testing.assert_array_equal(last_season(logs, [34], 3, 1)[0], [34, 34, 34])
    weekday_means = [(7 + 14 + 21 + 28) / 4, 18.5, 19.5, 20.5, 21.5, (12 + 19 + 26) / 3, 23.5, 17.5]
    np.testing.assert_allclose(four_week_mean(logs, [34], 8, 7)[0], weekday_means)
    np.testing.assert_allclose(four_week_mean(logs, [32], 2, 1)[0], [30.5, 30.5])


def test_the_theta_of_statsmodels_is_smoothing_with_half_a_slope() -> None:
    """Guards the comparison above: without its drift the two would differ."""
    logs = SERIES["sales with a shift"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flat = SimpleExpSmoothing(logs, initialization_method="known", initial_level=logs[0]).fit().forecast(STEPS)
    ours = theta(logs, [len(logs) - 1], STEPS, np.zeros((1, 1)))[0]
    assert abs(ours - flat).max() > 0.01
