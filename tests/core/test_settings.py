"""A setting that is wrong, or a database that cannot be used, is named in one line; passwords are not."""

from pathlib import Path

import pytest

from app.__main__ import main


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "sqlite://", "neither an SQLite file"),
        ("DATABASE_URL", "sqlite:///:memory:", "neither an SQLite file"),
        ("DATABASE_URL", "mysql://me:secret@host/city", "neither an SQLite file"),
        ("DATABASE_URL", "secret", "not the URL of a database"),
        ("CITY_TIME_ZONE", "Mars/One", "no such time zone"),
        ("POOL_SIZE", "none", "valid integer"),
    ],
)
def test_a_wrong_setting_is_named(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"TONGCHOU_{name}", value)
    assert main(["migrate"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"tongchou: setting TONGCHOU_{name}: ")
    assert told in line
    assert "secret" not in line


def test_all_wrong_settings_are_named_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TONGCHOU_DATABASE_URL", "sqlite://")
    monkeypatch.setenv("TONGCHOU_POOL_SIZE", "0")
    assert main(["migrate"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize(
    ("database", "told"),
    [
        ("postgresql+psycopg://me:secret@127.0.0.1:1/city", "cannot be used: connection failed"),
        ("sqlite:///{folder}/garbage.db", "cannot be used: file is not a database"),
        ("sqlite:///{folder}/garbage.db/below.db", "garbage.db"),
    ],
)
def test_a_database_that_cannot_be_used_is_named(
    database: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "garbage.db").write_text("no database, but a text that is long enough to be read as a header" * 9)
    monkeypatch.setenv("TONGCHOU_DATABASE_URL", database.format(folder=tmp_path))
    assert main(["migrate"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert told in line
    assert "secret" not in line
