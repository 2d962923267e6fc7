"""The small world of the state machine: one city, a clock that can be moved on, and one way of acting in it."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from app.auth.deps import Actor, _current_actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ServiceError
from app.core.rights import ALL_RIGHTS
from app.core.settings import Settings
from app.core.trail.models import AuditHead
from app.main import create_app
from tests.conftest import NOON
from tests.core.etags import changed
from tests.planning.city import build_city, need, post, receive

Result = TypeVar("Result")

ITEMS, WAREHOUSES, FACILITIES = ("n95", "kn95"), ("wh", "wh-2"), ("designated", "second", "third")
GROUP, PLANNER, LEADER, BUYER, KEEPER = (
    Actor.system(name, ALL_RIGHTS) for name in ("group", "planner", "leader", "buyer", "keeper")
)
MICRO_FUND_FEN = 60_000
"""Enough for 600 masks at a yuan each: small enough to run out."""
PACK = 10
RATIO_PERMILLE = 450
"""What a KN95 mask counts for in place of a medical one: packs of ten then serve half units."""


def build_world(url: str) -> None:
    """Into a migrated, empty database: the city of planning, a second warehouse, a fund, a trader, stock and needs."""
    settings = Settings(database_url=url, password_memory_kib=8, password_passes=1)
    clock = Clock(settings.city_zone, lambda: NOON)
    app = create_app(settings, clock)
    app.dependency_overrides[_current_actor] = lambda: GROUP
    with TestClient(app) as client:
        with app.state.database.write() as session:
            build_city(session, clock)
        names = {"name_zh": "二", "name_en": "Two"}
        post(client, "/facilities", {"code": "wh-2", **names, "facility_type": "warehouse", "zone": "city"})
        for facility in FACILITIES:
            post(client, "/lanes", {"warehouse": "wh-2", "facility": facility, "lead_days": 1})
        changed(client, "/api/v1/substitutions/kn95/n95", {"ratio_permille": RATIO_PERMILLE})
        post(client, "/vehicle-classes", {"code": "van", **names, "volume_litres": 1})
        post(client, "/partners", {"code": "trader", **names, "kind": "supplier"})
        post(client, "/funds", {"code": "city", **names, "amount_fen": MICRO_FUND_FEN, "on_overspend": "STOP"})
        for item, units, lot in (("n95", 300, "A"), ("n95", 200, "B"), ("kn95", 300, "K")):
            receive(client, item, units, lot, expiry="2020-02-12")
        for facility, item, units in (("designated", "n95", 255), ("second", "n95", 180), ("third", "kn95", 120)):
            need(client, facility, item, units, needed_by="2020-02-04")


class Copies:
    """Gives every example the world anew in one and the same database, whose engine keeps what it has compiled."""

    def __init__(self, url: str) -> None:
        build_world(url)
        self._url, self._name = url, url.partition("?")[0].rpartition("/")[2]
        self._file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
        copy = self._file.with_name("copy.db") if self._file is not None else None
        own_url = f"sqlite:///{copy}" if copy is not None else url.replace(f"/{self._name}?", f"/{self._name}_copy?")
        self._copy, self._database = copy, Database(Settings(database_url=own_url, pool_size=2))

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        """The database as it was built; nobody is connected to it afterwards."""
        if self._file is not None and self._copy is not None:
            shutil.copy(self._file, self._copy)
        else:
            self._in_server(f"DROP DATABASE IF EXISTS {self._name}_copy")
            self._in_server(f"CREATE DATABASE {self._name}_copy TEMPLATE {self._name} STRATEGY FILE_COPY")
        yield self._database
        self._database.close()

    def close(self) -> None:
        """The copy is gone; the database that it was made from is the caller's."""
        if self._copy is not None:
            self._copy.unlink(missing_ok=True)
        else:
            self._in_server(f"DROP DATABASE IF EXISTS {self._name}_copy")

    def _in_server(self, statement: str) -> None:
        engine = create_engine(self._url.replace(f"/{self._name}?", "/postgres?"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@dataclass(slots=True)
class World:
    """A database in which people act one after the other."""

    database: Database
    clock: Clock = field(init=False)
    now: datetime = NOON
    refusals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.clock = Clock(Settings().city_zone, lambda: self.now)

    def pass_days(self, days: int) -> None:
        """Let time go by."""
        self.now += timedelta(days=days)

    def head(self) -> int:
        """The number of the last audit record."""
        with self.database.read() as session:
            return session.scalars(select(AuditHead.seq)).one()

    def act(self, work: Callable[[Session], Result]) -> Result | None:
        """What a piece of work in one transaction returns; None where the service refused it by name.

        Invariant 8: what was done is in the audit trail, and what was refused has left nothing there.
        """
        before = self.head()
        try:
            with self.database.write() as session:
                result = work(session)
        except ServiceError as refusal:
            self.refusals[refusal.faults[0].code if refusal.faults else refusal.code] += 1
            assert self.head() == before, "a refusal has left a record"
            return None
        assert self.head() > before, "something was done without a record"
        return result
