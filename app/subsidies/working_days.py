"""Working days in China: weekends, and the days that the State Council moved, for the years entered here.

2020: notice of 21 November 2019 (国办发明电〔2019〕16号) as changed on 26 January 2020 (国办发明电〔2020〕1号), which
extended the Spring Festival to 2 February.
"""

from collections.abc import Iterator
from datetime import date, timedelta


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


HOLIDAYS = frozenset(
    {
        date(2020, 1, 1), *_days(date(2020, 1, 24), date(2020, 2, 2)), *_days(date(2020, 4, 4), date(2020, 4, 6)),
        *_days(date(2020, 5, 1), date(2020, 5, 5)), *_days(date(2020, 6, 25), date(2020, 6, 27)),
        *_days(date(2020, 10, 1), date(2020, 10, 8)),
    }
)  # fmt: skip
WORKED_WEEKEND_DAYS = frozenset(
    {
        date(2020, 1, 19), date(2020, 4, 26), date(2020, 5, 9), date(2020, 6, 28), date(2020, 9, 27),
        date(2020, 10, 10),
    }
)  # fmt: skip
KNOWN_YEARS = frozenset({2020})
"""Years whose public holidays are entered; of others only weekends are known."""

_SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Whether offices work on a day."""
    return day in WORKED_WEEKEND_DAYS or (day.weekday() < _SATURDAY and day not in HOLIDAYS)


def working_day_after(start: date, count: int) -> date:
    """The last of `count` working days that follow `start`."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def holidays_known(first: date, last: date) -> bool:
    """Whether the public holidays of all years from `first` to `last` are entered."""
    return set(range(first.year, last.year + 1)) <= KNOWN_YEARS
