"""What an installation is held to beyond its own machine: proxies, host names, lost machines, files, passwords."""

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.__main__ import main
from app.auth.accounts import create_account
from app.auth.passwords import Passwords
from app.auth.schemas import NewAccount
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import DatabaseUnavailableError
from app.core.rights import Role
from app.core.settings import Settings
from app.core.work import Work
from app.facilities.places import keeps_stock_by_code
from app.main import create_app
from tests.conftest import KINDS, OPERATOR


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/a.db", allowed_hosts="supplies.example.org, *.city.example")
    with TestClient(create_app(settings), base_url="https://supplies.example.org") as client:
        yield client


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("supplies.example.org", 200),
        ("east.city.example", 200),
        ("127.0.0.1:8000", 200),
        ("evil.example", 400),
        ("supplies.example.org.evil.example", 400),
    ],
)
def test_only_known_host_names_are_answered(guarded: TestClient, host: str, status: int) -> None:
    assert guarded.get("/healthz", headers={"Host": host}).status_code == status


def test_only_answers_by_tls_ask_for_tls(guarded: TestClient) -> None:
    assert guarded.get("/healthz").headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = guarded.get("http://supplies.example.org/healthz")
    assert "Strict-Transport-Security" not in plain.headers


def test_a_new_database_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.db"
    database = Database(Settings(database_url=f"sqlite:///{path}"))
    with database.read() as session:
        session.execute(text("SELECT 1"))
    database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_values_of_statements_stay_out_of_errors(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised, database.read() as session:
        session.execute(text("SELECT * FROM nothing WHERE name = :name"), {"name": "Wang"})
    assert "Wang" not in str(raised.value)


@pytest.mark.parametrize("database_url", [kind for kind in KINDS if kind == "postgresql"], indirect=True)
def test_a_transaction_of_a_machine_that_is_gone_does_not_hold_locks(database_url: str) -> None:
    lost = Database(Settings(database_url=database_url, idle_transaction_seconds=1))
    others = Database(Settings(database_url=database_url, busy_timeout_seconds=30))

    def lose() -> None:
        with lost.write() as session:
            session.execute(text("SELECT * FROM audit_head FOR UPDATE"))
            with others.write() as other:
                other.execute(text("SELECT * FROM audit_head FOR UPDATE"))
            session.execute(text("SELECT 1"))

    began = time.monotonic()
    with pytest.raises(DatabaseUnavailableError):
        lose()
    assert time.monotonic() - began < 25
    lost.close()
    others.close()


def test_a_sole_administrator_finds_back_in(
    database: Database,
    settings: Settings,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    passwords = Passwords(settings)
    with database.write() as session:
        new = NewAccount(login="root", name="Root", role=Role.ADMINISTRATOR)
        work = Work(session, OPERATOR, clock)
        create_account(work, new, directory=keeps_stock_by_code, password_hash=passwords.hash("forgotten"))
    for name, value in (
        ("DATABASE_URL", settings.database_url),
        ("PASSWORD_MEMORY_KIB", "8"),
        ("PASSWORD_PASSES", "1"),
    ):
        monkeypatch.setenv(f"TONGCHOU_{name}", value)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert main(["reset-password", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err
    assert main(["reset-password", "root"]) == 0
    password = capsys.readouterr().out.split()[-1]
    with TestClient(create_app(settings, clock)) as client:
        answer = client.post("/api/v1/sessions", json={"login": "root", "password": password})
        assert answer.status_code == 204
        refused = client.get("/api/v1/items")
    assert refused.status_code == 403
    assert [fault["code"] for fault in refused.json()["faults"]] == ["password_change_needed"]
