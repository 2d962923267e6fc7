"""The sample's market watch: 90 days of labelled values between published prices, a rise, and a price typed per jin."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.clock import Clock
from app.core.http.payloads import Day, Name, Payload
from app.core.rights import ROLE_RIGHTS, Role
from app.core.work import Work
from app.market.alerts import install_presets
from app.market.observations import enter_observations
from app.market.schemas import NewBaseline, NewObservation, NewObservations, NewSeries, Value
from app.market.series import create_series, set_baseline
from app.sample.files import read_rows
from app.sample.steps import Step
from app.sample.supply import LEADER

SUPPLIES_GROUP = Actor.system("supplies group", ROLE_RIGHTS[Role.SUPPLIES_GROUP])
MADE_UP = "为演示编制 / made for the demonstration"
BASELINE_DAY = date(2020, 1, 23)
_BASELINE = {"tianyuan-vegetables-retail": (760, 610)}
"""Price and cost, in fen a kilogram, of the last day before 24 January: Hunan's baseline."""
_TYPED_PER_JIN = ("lusong-eggs-wholesale", 475)
"""On the last day somebody typed the price of a jin for that of a kilogram."""
_WEEK_PERMILLE = (0, -1, 1, 0, 1, -2, 1)
_STEPS, _MULTIPLIER = 13, 5


class Anchor(Payload):
    """A value that is written down, with its source; those between are computed."""

    day: Day
    value: Value
    source: Name


class SampleSeries(Payload):
    """A series with its anchors, in the order of their days, and how far values swing between them."""

    series: NewSeries
    wave_permille: Annotated[int, Field(ge=0, le=200)]
    anchors: Annotated[list[Anchor], Field(min_length=2)]

    def values(self) -> Iterator[NewObservation]:
        """A value for every day from the first anchor to the last: by rule, without chance."""
        written = {one.day: one for one in self.anchors}
        for first, last in zip(self.anchors, self.anchors[1:], strict=False):
            days = (last.day - first.day).days
            for n in range(days + (last is self.anchors[-1])):
                day = first.day + timedelta(days=n)
                level = first.value + (last.value - first.value) * n // days
                anchor = written.get(day)
                yield NewObservation(
                    series=self.series.code,
                    day=day,
                    value=anchor.value if anchor is not None else level * (1_000 + self._swing(day)) // 1_000,
                    source=anchor.source if anchor is not None else MADE_UP,
                    confirmed=True,
                )

    def _swing(self, day: date) -> int:
        """Up to the wave to both sides, with a little of the weekday."""
        step = day.toordinal() * _MULTIPLIER % _STEPS - _STEPS // 2
        return self.wave_permille * (step + _WEEK_PERMILLE[day.weekday()]) // (_STEPS // 2 + 2)


def market_step(today: date) -> Step:
    """The watch begins on the morning of the day, with what was written down before."""
    return Step(on=today, at=time(9), act=_enter)


def _enter(session: Session, clock: Clock) -> None:
    install_presets(Work(session, LEADER, clock))
    work = Work(session, SUPPLIES_GROUP, clock)
    for row in read_rows("market_series", SampleSeries):
        create_series(work, row.series)
        known = _BASELINE.get(row.series.code)
        if known is not None:
            source = "2020年1月24日前的价格（为演示编制）/ before 24 January 2020; made for the demonstration"
            new = NewBaseline(day=BASELINE_DAY, price_fen=known[0], cost_fen=known[1], source=source)
            set_baseline(work, row.series.code, new)
        enter_observations(work, NewObservations(observations=list(row.values())))
    code, value = _TYPED_PER_JIN
    slip = NewObservation(series=code, day=work.today, value=value, source=MADE_UP)
    enter_observations(work, NewObservations(observations=[slip]))
