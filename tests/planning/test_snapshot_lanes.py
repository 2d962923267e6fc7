"""Weekdays of a lane as periods of a problem."""

from datetime import date

import pytest

from app.facilities.models import Lane
from app.facilities.types import Weekday
from app.planning.snapshot.facts import departures_of

FRIDAY = date(2020, 1, 31)


@pytest.mark.parametrize(
    ("days", "periods"),
    [
        (list(Weekday), None),
        ([Weekday.FRIDAY], (0, 7)),
        ([Weekday.MONDAY, Weekday.THURSDAY], (3, 6)),
    ],
)
def test_a_lane_leaves_in_the_periods_of_its_weekdays(days: list[Weekday], periods: tuple[int, ...] | None) -> None:
    lane = Lane()
    lane.departs_on = days
    assert departures_of(lane, FRIDAY, 8) == periods


def test_a_lane_that_is_not_driven_within_the_horizon_has_no_departures() -> None:
    lane = Lane()
    lane.departs_on = [Weekday.THURSDAY]
    assert departures_of(lane, FRIDAY, 6) == ()
