"""A step of the sample: something that happened at a time of a day, done through the services."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from app.core.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happened; `act` is given the session and a clock that stands at that moment."""

    on: date
    at: time
    act: Callable[[Session, Clock], object]


def clock_at(clock: Clock, step: Step) -> Clock:
    """A clock in the same zone that stands at the step's moment."""
    moment = datetime.combine(step.on, step.at, tzinfo=clock.city_zone).astimezone(UTC)
    return Clock(clock.city_zone, lambda: moment)


def play(session: Session, steps: Iterable[Step], clock: Clock) -> None:
    """Do all steps in the order of their moments; those of one moment in the order given."""
    for step in sorted(steps, key=lambda step: (step.on, step.at)):
        step.act(session, clock_at(clock, step))
