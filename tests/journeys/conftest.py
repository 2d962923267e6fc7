"""What journeys in a browser begin with."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.__main__ import main
from app.core.settings import Settings
from app.main import create_app
from tests.journeys.tour import SECRET
from tests.web.browser import served


@pytest.fixture
def empty_city(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Settings]]:
    """A service on a database that was migrated and knows its administrator, and nothing else."""
    path = tmp_path / "city.db"
    shutil.copy(sqlite_template, path)
    settings = Settings(database_url=f"sqlite:///{path}", password_memory_kib=8, password_passes=1)
    monkeypatch.setenv("TONGCHOU_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TONGCHOU_ADMIN_PASSWORD", SECRET)
    assert main(["create-admin", "admin", "--name", "Administrator"]) == 0
    with served(create_app(settings), path, settings) as address:
        yield address, settings
