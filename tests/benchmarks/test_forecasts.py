"""The benchmark of the forecasts: its own measures, and that it runs."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.forecasting import Kind, series_of
from benchmarks.forecasts import _last_season, judge, main
from benchmarks.series import Case, made


def test_seasonal_naive_by_hand() -> None:
    known = np.arange(1.0, 22.0)
    known[15] = np.nan
    assert _last_season(known, 9, 7).tolist() == [15, 9, 17, 18, 19, 20, 21, 15, 9]
    assert _last_season(known, 2, 1).tolist() == [21, 21]


def test_a_forecast_is_judged_by_what_came_after_the_cut() -> None:
    random = np.random.default_rng(1)
    values = 100 + random.normal(0, 1, 200)
    values[-7:] += 50  # after the last cut everything changes
    start = date(2018, 1, 1)
    series = series_of((start + timedelta(days=at), float(value)) for at, value in enumerate(values))
    judged, refused = judge(Case("x", "x", Kind.QUANTITY, series), cuts=3, days=7)
    assert (len(judged), refused) == (3, 0)
    assert [one.inside > 0.5 for one in judged] == [True, True, False]
    assert judged[-1].champion > 10 > judged[0].champion


def test_made_series_are_the_same_each_time() -> None:
    first, second = list(made(2)), list(made(2))
    assert len(first) == 16
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.series.values, other.series.values)


def test_it_runs_on_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{date(2018, 1, 1) + timedelta(days=at)},{100 + at % 7 + at % 5}" for at in range(170)]
    (tmp_path / "quantity-shop-rice.csv").write_text("day,value\n" + "\n".join(rows))
    assert main(["--data", str(tmp_path), "--cuts", "1", "--made", "1", "--no-night"]) == 0
    printed = capsys.readouterr().out
    assert "| shop | 1 | 1 |" in printed
    assert "| made: sales | 1 | 1 |" in printed
    assert "**all, price**" in printed
