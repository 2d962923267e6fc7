"""The champion, the interval and the measures of the back-test."""

import math

import numpy as np
import pytest

from app.forecasting import Kind, Method
from app.forecasting.backtest import ORIGINS_MAX, backtest_of, run_trials
from app.forecasting.intervals import half_widths
from tests.forecasting.shapes import series_from, walking_price, weekly_sales


@pytest.mark.parametrize(("count", "rank"), [(16, 16), (19, 18), (29, 27), (52, 48)])
def test_the_half_width_is_the_conformal_quantile(count: int, rank: int) -> None:
    errors = np.random.default_rng(1).permutation(np.arange(1.0, count + 1))[:, None]
    assert rank == math.ceil(0.9 * (count + 1))
    assert half_widths(errors, short=False)[0] == rank
    assert half_widths(errors, short=True)[0] == pytest.approx(1.1 * rank)


def test_few_errors_widen_and_none_at_all_grows_from_the_step_before() -> None:
    errors = np.array([[1.0, np.nan], [3.0, np.nan], [2.0, np.nan], [4.0, np.nan]])
    first, second = half_widths(errors, short=False)
    assert first == pytest.approx(4 * (1 + 3 / 4))
    assert second == pytest.approx(first * math.sqrt(2))


def test_the_champion_has_the_least_error_of_the_last_eight_weeks() -> None:
    trials = run_trials(series_from(weekly_sales(500, 1)), Kind.QUANTITY, 7, [])
    last = len(trials.origins) - 1
    assert len(trials.origins) == ORIGINS_MAX + 8 + 1
    assert np.diff(trials.origins).tolist() == [7] * last
    by_hand = [np.mean(trials.errors[index, last - 8 : last]) for index in range(3)]
    assert trials.champion(last) == int(np.argmin(by_hand))
    np.testing.assert_allclose(trials.champion_errors(last), by_hand)


def test_at_an_origin_no_later_error_is_known() -> None:
    trials = run_trials(series_from(weekly_sales(500, 2)), Kind.QUANTITY, 14, [])
    row = 30
    known = trials.earlier_errors(row)
    for earlier in range(row):
        for step in range(14):
            later = trials.origins[earlier] + step + 1 > trials.origins[row]
            assert np.isnan(known[:, earlier, step]).all() == later


def test_the_measures_by_hand() -> None:
    values = walking_price(300, 3)
    trials = run_trials(series_from(values), Kind.PRICE, 7, [])
    test = backtest_of(trials)
    origins = [299 - 7 * back for back in range(1, 39) if 299 - 7 * back >= 27]
    scale = np.abs(values[7:] - values[:-7]).mean()
    naive = np.mean([np.abs(values[at + 1 : at + 8] - values[at]).mean() for at in origins])
    seasonal = np.mean([np.abs(values[at + 1 : at + 8] - values[at - 6 : at + 1]).mean() for at in origins])
    assert test.origins == len(origins)
    assert test.mase_naive == pytest.approx(naive / scale)
    assert test.mase_seasonal_naive == pytest.approx(seasonal / scale)
    assert set(test.log_errors) == {Method.NAIVE, Method.DAMPED_HOLT, Method.MEAN_OF_THREE}
