"""The one source of time: nothing else in the service asks the machine what time it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the present moment in UTC and the present day in the city.

    `source` is replaced in tests and in the demo, where the day is 31 January 2020.
    """

    city_zone: ZoneInfo
    source: Callable[[], datetime] = _utc_now

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return self.source()

    def today(self) -> date:
        """The present day in the city."""
        return self.source().astimezone(self.city_zone).date()
