"""The real log-in: accounts of every role in a small city, a clock that can be put forward, and no override."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.auth.accounts import create_account
from app.auth.passwords import Passwords
from app.auth.schemas import NewAccount
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ALL_RIGHTS, Role
from app.core.settings import Settings
from app.core.work import Work
from app.facilities.places import keeps_stock_by_code
from tests.conftest import NOON
from tests.stock.city import build_city

PASSWORD = "four unrelated words"
PLACES = {Role.FACILITY: ["h-1"], Role.WAREHOUSE: ["wh-1"]}


class Time:
    """What the clock shows."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """The moment."""
        return self.now

    def pass_by(self, **duration: float) -> None:
        """Let so much time go by."""
        self.now += timedelta(**duration)


@pytest.fixture
def time() -> Time:
    """The test's time."""
    return Time()


@pytest.fixture
def clock(settings: Settings, time: Time) -> Clock:
    """A clock that shows the test's time."""
    return Clock(settings.city_zone, time)


@pytest.fixture
def people(database: Database, settings: Settings, clock: Clock) -> None:
    """The city of stock, and one account for every role, which logs in with the role's name and `PASSWORD`."""
    password_hash = Passwords(settings).hash(PASSWORD)
    with database.write() as session:
        build_city(session)
        for role in Role:
            new = NewAccount(login=role.value, name=f"The {role.value}", role=role, places=PLACES.get(role, []))
            create_account(
                Work(session, Actor.system("test", ALL_RIGHTS), clock),
                new,
                directory=keeps_stock_by_code,
                password_hash=password_hash,
                must_change_password=False,
            )


@pytest.fixture
def visitor(app: FastAPI, people: None) -> Iterator[TestClient]:
    """A browser in which nobody is logged in; it does not follow redirects."""
    assert not app.dependency_overrides
    with TestClient(app, follow_redirects=False, headers={"Accept-Language": "en"}) as client:
        yield client
