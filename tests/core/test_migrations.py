"""The migrations: they make what the models describe, are frozen, and may be started twice at once."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from app.__main__ import main
from app.core.clock import Clock
from app.core.database import Database
from app.core.trail.append import FIRST_DIGEST
from migrations.run import FOLDER, alembic_config, downgrade, upgrade
from migrations.versions.initial.guards import APPEND_ONLY
from tests.conftest import KINDS
from tests.planning.city import build_city

REVISIONS = sorted((FOLDER / "versions").rglob("*.py"))
# As `tongchou migrate`, without loading all commands: several seconds on a busy machine.
MIGRATE = """
from app.core.database import Database
from app.core.settings import Settings
from migrations.run import upgrade
upgrade(Database(Settings()).engine)
"""
PATIENCE_SECONDS = 300
WAITING_FOR_AN_ADVISORY_LOCK = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def imported(source: str) -> set[str]:
    """The names of all modules that a module imports, anywhere in it."""
    names = set[str]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def is_frozen(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names | {"alembic", "sqlalchemy"} or module.startswith(
        "migrations.versions"
    )


@pytest.mark.parametrize("revision", REVISIONS, ids=lambda path: path.stem)
def test_a_revision_imports_nothing_that_may_change(revision: Path) -> None:
    assert {module for module in imported(revision.read_text("utf-8")) if not is_frozen(module)} == set()


@pytest.mark.parametrize(
    "line", ["import app", "from app.stock import models", "from migrations.tables import all_tables", "import solver"]
)
def test_living_code_in_a_revision_would_be_seen(line: str) -> None:
    assert not all(is_frozen(module) for module in imported(f"import sqlalchemy as sa\ndef upgrade():\n    {line}\n"))


def test_the_migrations_make_what_the_models_describe(database: Database) -> None:
    with database.engine.connect() as connection:
        command.check(alembic_config(connection))


def test_the_migrations_go_down_and_up(database: Database) -> None:
    downgrade(database.engine, "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    assert functions_of(database) == []
    upgrade(database.engine)
    with database.engine.connect() as connection:
        command.check(alembic_config(connection))
        assert connection.execute(text("SELECT seq, digest FROM audit_head")).all() == [(0, FIRST_DIGEST)]


def test_rows_stay_where_nothing_is_to_be_done_and_go_with_their_tables(database: Database, clock: Clock) -> None:
    with database.write() as session:
        build_city(session, clock)
    with database.engine.connect() as connection:
        before = rows_of(connection)
    assert before["facility"] > 0
    upgrade(database.engine)
    with database.engine.connect() as connection:
        assert rows_of(connection) == before
    downgrade(database.engine, "base")
    upgrade(database.engine)
    with database.engine.connect() as connection:
        assert {table: count for table, count in rows_of(connection).items() if count} == {
            "alembic_version": 1,
            "audit_head": 1,
        }


def test_a_row_that_may_not_be_replaced_has_all_its_unique_keys_guarded(database: Database) -> None:
    inspector = inspect(database.engine)
    for table, keys in APPEND_ONLY.items():
        unique = {tuple(key["column_names"]) for key in inspector.get_unique_constraints(table)}
        unique.add(tuple(inspector.get_pk_constraint(table)["constrained_columns"]))
        assert set(keys) == unique, table


def rows_of(connection: Connection) -> dict[str, int]:
    return {
        table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        for table in inspect(connection).get_table_names()
    }


def functions_of(database: Database) -> list[str]:
    if database.is_sqlite:
        return []
    with database.engine.connect() as connection:
        return list(connection.scalars(text("SELECT proname FROM pg_proc WHERE proname LIKE 'tongchou%'")))


def start_migrating(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MIGRATE],
        env=os.environ | {"TONGCHOU_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_services_may_migrate_at_once(database: Database, database_url: str) -> None:
    downgrade(database.engine, "base")
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    for service in [start_migrating(database_url) for _ in range(2)]:
        told, _ = service.communicate(timeout=PATIENCE_SECONDS)
        assert service.returncode == 0, told
    with database.engine.connect() as connection:
        command.check(alembic_config(connection))


# SQLite has one lock, for everything, with the limit of all others.
@pytest.mark.parametrize("database_url", [kind for kind in KINDS if kind == "postgresql"], indirect=True)
def test_a_migration_waits_longer_than_for_ordinary_locks(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGCHOU_BUSY_TIMEOUT_SECONDS", "0.05")
    with database.engine.connect() as first:
        first.exec_driver_sql("SELECT pg_advisory_xact_lock(7466010)")
        second = start_migrating(database_url)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not first.execute(WAITING_FOR_AN_ADVISORY_LOCK).scalar_one():
            assert second.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.2)
        assert second.poll() is None
    told, _ = second.communicate(timeout=PATIENCE_SECONDS)
    assert second.returncode == 0, told


def test_a_database_of_an_unknown_revision_is_named(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'of_another_release'"))
    monkeypatch.setenv("TONGCHOU_DATABASE_URL", database_url)
    assert main(["migrate"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("tongchou: the database cannot be migrated: ")
    assert "of_another_release" in line
