"""A database that is gone, comes back, is of another release: what requests, commands and workers say and do."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from app.__main__ import main
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import DatabaseUnavailableError
from app.core.settings import Settings
from app.main import equip
from app.planning import worker
from app.planning.worker import OUTAGE_SECONDS_MAX, Outage, Worker

NOBODY_LISTENS = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


@pytest.fixture(params=["no server", "no file"])
def lost_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = NOBODY_LISTENS if request.param == "no server" else f"sqlite:///{tmp_path}"
    return Settings(database_url=url, default_language="en")


@pytest.fixture
def lost_client(built_app: FastAPI, lost_settings: Settings) -> Iterator[TestClient]:
    equip(built_app, lost_settings)
    with TestClient(built_app) as client:
        yield client


@pytest.mark.parametrize("path", ["/readyz", "/api/v1/items"])
def test_programs_are_told_when_to_come_again(lost_client: TestClient, path: str) -> None:
    answer = lost_client.get(path, headers={"Authorization": "Bearer tk_x_y"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["code"] == "database_unavailable"


@pytest.mark.parametrize("path", ["/", "/disclosure"])
def test_people_are_told_on_a_page(lost_client: TestClient, path: str) -> None:
    lost_client.cookies.set("tongchou_session", "x" * 43)
    lost_client.cookies.set("tongchou_language", "zh-CN")
    answer = lost_client.get(path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "数据库没有响应" in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_the_process_is_alive_without_a_database(lost_client: TestClient) -> None:
    assert lost_client.get("/healthz").status_code == 200


def test_commands_say_it_in_a_line(
    lost_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TONGCHOU_DATABASE_URL", lost_settings.database_url)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert main(["serve", "--port", "1"]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("tongchou: The database does not answer")


def _fill_the_disk(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count = 1")
        session.execute(text("CREATE TABLE big (x TEXT)"))
        session.execute(text("INSERT INTO big VALUES (:x)"), {"x": "x" * 1_000_000})


def _lose_the_server(database: Database) -> None:
    administrator = create_engine(database.engine.url)
    try:
        with database.write() as session, administrator.connect() as other:
            process = session.scalar(text("SELECT pg_backend_pid()"))
            other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
            session.execute(text("SELECT 1"))
    finally:
        administrator.dispose()


def test_a_full_disk_or_a_lost_server_is_told_apart_from_a_fault_of_the_program(database: Database) -> None:
    with pytest.raises(DatabaseUnavailableError):
        (_fill_the_disk if database.is_sqlite else _lose_the_server)(database)
    with database.read() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_database_of_a_later_release_is_not_served(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.get("/readyz").status_code == 200
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "other_schema")
    assert "9999_later" in answer.json()["detail"]
    monkeypatch.setenv("TONGCHOU_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    assert main(["serve", "--port", "1"]) == 1
    assert "9999_later" in capsys.readouterr().err.splitlines()[-1]


def test_an_outage_is_told_twice_and_asked_less_and_less(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage()
    waits = [outage.goes_on(DatabaseUnavailableError()) for _ in range(9)]
    outage.is_over()
    outage.is_over()
    assert waits == sorted(waits)
    assert waits[-1] == OUTAGE_SECONDS_MAX
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


def test_an_answer_that_was_computed_outlives_an_outage(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(worker.time, "sleep", waited.append)
    failures = [DatabaseUnavailableError()] * 12

    def keep() -> str:
        if failures:
            raise failures.pop()
        return "kept"

    assert Worker(database, clock, time_limit_seconds=1)._try(keep) == "kept"
    assert sum(waited) > 120


def test_each_request_has_a_line_and_an_id(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("tongchou.access")
    with caplog.at_level(logging.INFO, logger=log.name):
        answer = client.get("/api/v1/items?q=name", headers={"X-Request-Id": "proxy-1234"})
        forged = client.get("/api/v1/items/none", headers={"X-Request-Id": "a b\tc"})
    first, second = (json.loads(one.message) for one in caplog.records if one.name == log.name)
    assert answer.headers["X-Request-Id"] == first["request_id"] == "proxy-1234"
    assert (first["method"], first["path"], first["status"]) == ("GET", "/api/v1/items", answer.status_code)
    assert "name" not in json.dumps(first)
    assert forged.headers["X-Request-Id"] == second["request_id"] != "a b\tc"
    assert second["status"] == 404
