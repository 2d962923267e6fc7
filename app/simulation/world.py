"""The moving parts of a simulation: the database, its clock, the shelves of the facilities, and the diary of a day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ROLE_RIGHTS, Role
from app.core.work import Work
from app.simulation.draws import Draws
from app.simulation.shelves import Shelves
from app.simulation.tally import Tally
from app.simulation.town import Town

Result = TypeVar("Result")
Given = ParamSpec("Given")

FACILITIES = Actor.system("facilities", ROLE_RIGHTS[Role.FACILITY])
SUPPLIES_GROUP = Actor.system("supplies group", ROLE_RIGHTS[Role.SUPPLIES_GROUP])
PROCUREMENT = Actor.system("procurement", ROLE_RIGHTS[Role.PROCUREMENT])
WAREHOUSE = Actor.system("warehouse", ROLE_RIGHTS[Role.WAREHOUSE])
LEADER = Actor.system("leader", ROLE_RIGHTS[Role.LEADER])
DEPUTY = Actor.system("leader-2", ROLE_RIGHTS[Role.LEADER])


@dataclass(slots=True, kw_only=True)
class World:
    """A town in a database; who acts does so through the services, one transaction each."""

    town: Town
    database: Database
    zone: ZoneInfo
    tally: Tally = field(default_factory=Tally)
    shelves: Shelves = field(default_factory=Shelves)
    clock: Clock = field(init=False)
    _now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._now = datetime(2020, 1, 1, tzinfo=UTC)
        self.clock = Clock(self.zone, lambda: self._now)

    @property
    def draws(self) -> Draws:
        """The random numbers of this world."""
        return self.town.draws

    @property
    def today(self) -> date:
        """The day in the world."""
        return self.clock.today()

    @property
    def number(self) -> int:
        """The number of the day, from 1."""
        return self.town.number(self.today)

    def set(self, day: date, moment: time) -> None:
        """Put the clock to a moment; never back."""
        now = datetime.combine(day, moment, tzinfo=self.zone).astimezone(UTC)
        self._now = max(self._now, now)

    def act(
        self,
        actor: Actor,
        service: Callable[Concatenate[Work, Given], Result],
        /,
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Result:
        """Call a service in a transaction of its own; raises what it refuses, and then nothing is done."""
        with self.database.write() as session:
            return service(Work(session, actor, self.clock), *given, **named)

    def read(
        self, query: Callable[Concatenate[Session, Given], Result], /, *given: Given.args, **named: Given.kwargs
    ) -> Result:
        """What a look at the database says."""
        with self.database.read() as session:
            return query(session, *given, **named)


@dataclass(order=True, slots=True)
class _Entry:
    at: time
    position: int
    act: Callable[[], object] = field(compare=False)


@dataclass(slots=True)
class Diary:
    """What happens on one day, in the order of its hours; things of one moment in the order in which they are noted."""

    world: World
    day: date
    _entries: list[_Entry] = field(default_factory=list)

    def note(self, at: time, act: Callable[Given, object], /, *given: Given.args, **named: Given.kwargs) -> None:
        """Something to be done at this time."""
        self._entries.append(_Entry(at, len(self._entries), partial(act, *given, **named)))

    def count(self, first: time, last: time) -> int:
        """How much is noted from one time to another, both included."""
        return sum(first <= entry.at <= last for entry in self._entries)

    def live(self) -> None:
        """Do all of it, with the world's clock at each time."""
        for entry in sorted(self._entries):
            self.world.set(self.day, entry.at)
            entry.act()
