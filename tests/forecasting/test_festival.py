"""Spring Festival: the days, the profile learnt from earlier ones, and the wider interval."""

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from app.forecasting import Forecast, Kind, forecast
from app.forecasting.festival import NEAR_DAYS, REACH_DAYS, festival_profile
from app.forecasting.intervals import FESTIVAL_FACTOR
from app.forecasting.lunar_new_year import LUNAR_NEW_YEAR_DAYS
from app.forecasting.types import NoteCode
from tests.forecasting.shapes import series_from, walking_price, weekly_sales

START = date(2020, 7, 1)
FESTIVALS = [(day - START).days for day in LUNAR_NEW_YEAR_DAYS if day > START]


def _new_moon(count: int) -> datetime:
    """The new moon so many lunations after that of January 2000, by the mean motion and its four largest terms.

    Meeus, Astronomical Algorithms, chapter 49; good to about half an hour, in terrestrial time.
    """
    k, t = count, count / 1236.85
    julian = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t
    sun = math.radians(2.5534 + 29.10535670 * k)
    moon = math.radians(201.5643 + 385.81693528 * k)
    latitude = math.radians(160.7108 + 390.67050284 * k)
    julian += -0.40720 * math.sin(moon) + 0.17241 * math.sin(sun) + 0.01608 * math.sin(2 * moon)
    julian += 0.01039 * math.sin(2 * latitude) + 0.00739 * math.sin(moon - sun) - 0.00514 * math.sin(moon + sun)
    return datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(days=julian - 2451545.0)


def test_the_days_are_new_moons_in_china_between_21_january_and_20_february() -> None:
    assert [day.year for day in LUNAR_NEW_YEAR_DAYS] == list(range(2005, 2036))
    for day in LUNAR_NEW_YEAR_DAYS:
        assert (1, 21) <= (day.month, day.day) <= (2, 20)
        count = round(((day - date(2000, 1, 6)).days) / 29.530588861)
        moment = _new_moon(count) + timedelta(hours=8)
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        assert begin - timedelta(hours=1) <= moment <= begin + timedelta(hours=25), day


def _festive_sales(days: int, seed: int, *, size: float = 0.8) -> np.ndarray:
    """Sales that rise before each festival and fall to a fraction after it."""
    values = weekly_sales(days, seed, noise=0.05)
    for festival in FESTIVALS:
        for offset in range(-REACH_DAYS, REACH_DAYS + 1):
            if 0 <= festival + offset < days:
                values[festival + offset] *= math.exp(size * math.sin(-offset / 7) * math.exp(-abs(offset) / 8))
    return values


def test_the_course_of_earlier_festivals_is_learnt_and_lessens_the_error() -> None:
    end = FESTIVALS[2] - 3
    values = _festive_sales(end + 7, 1)
    series = series_from(values[:end], first_day=START)
    learnt = forecast(series, Kind.QUANTITY)
    blind = forecast(series, Kind.QUANTITY, festivals=())
    assert isinstance(learnt, Forecast)
    assert isinstance(blind, Forecast)
    assert {note.code for note in learnt.notes} == {NoteCode.FESTIVAL_PROFILE}
    error, blind_error = (
        np.abs([np.log(one.point) for one in answer.points] - np.log(values[end:])).mean() for answer in (learnt, blind)
    )
    assert error < 0.6 * blind_error


def test_a_festival_still_to_come_is_unknown_at_earlier_origins() -> None:
    values = np.log(_festive_sales(FESTIVALS[1] + 60, 2))
    before = FESTIVALS[1] - 5
    profile = festival_profile(values, FESTIVALS, before, Kind.QUANTITY, 7)
    changed = values.copy()
    changed[before + 1 :] += 3
    again = festival_profile(changed, FESTIVALS, before, Kind.QUANTITY, 7)
    assert profile is not None
    assert again is not None
    np.testing.assert_array_equal(profile, again)


def test_noise_is_no_profile() -> None:
    """Of series without any festival in them few have a profile, and those a small one beside a real one."""
    origin = FESTIVALS[1] + 60
    real = festival_profile(np.log(_festive_sales(origin + 1, 3)), FESTIVALS, origin, Kind.QUANTITY, 7)
    assert real is not None
    sizes = []
    for seed in range(20):
        profile = festival_profile(np.log(weekly_sales(origin + 1, seed)), FESTIVALS, origin, Kind.QUANTITY, 7)
        sizes.append(0.0 if profile is None else float(np.abs(profile).mean()))
    assert np.mean(sizes) < 0.2 * np.abs(real).mean()


def test_one_festival_says_nothing_of_a_price() -> None:
    origin = FESTIVALS[0] + 100
    assert festival_profile(np.log(walking_price(origin + 1, 4)), FESTIVALS, origin, Kind.PRICE, 1) is None


@pytest.mark.parametrize("kind", list(Kind))
def test_without_a_profile_the_interval_is_wider_within_twelve_days(kind: Kind) -> None:
    festival = date(2020, 1, 25)
    first_day = festival - timedelta(days=200 + NEAR_DAYS + 4)
    values = weekly_sales(200, 5) if kind is Kind.QUANTITY else walking_price(200, 5)
    series = series_from(values, first_day=first_day)
    answer, calm = forecast(series, kind), forecast(series, kind, festivals=())
    assert isinstance(answer, Forecast)
    assert isinstance(calm, Forecast)
    assert {note.code for note in answer.notes} == {NoteCode.FESTIVAL_WIDENED}
    for one, other in zip(answer.points, calm.points, strict=True):
        factor = FESTIVAL_FACTOR[kind] if abs(one.day - festival).days <= NEAR_DAYS else 1.0
        offset = 0.5 * values.mean() if kind is Kind.QUANTITY else 0.0
        widths = [math.log((point.high + offset) / (point.point + offset)) for point in (one, other)]
        assert widths[0] == pytest.approx(factor * widths[1], rel=1e-6)
    assert {abs(one.day - festival).days <= NEAR_DAYS for one in answer.points} == {True, False}
