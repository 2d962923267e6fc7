"""A served demo and a real Chromium for the tests of the pages."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page

from app.catalog.types import Program
from app.commands.demo import demo_clock, prepare
from app.core.database import Database
from app.core.settings import Settings
from app.main import create_app, equip
from tests.prepared import close_file, made_once
from tests.web.looking import log_in


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, without its windows if that is there; without one the tests are skipped, but not in CI."""
    found = (shutil.which(name) for name in ("chromium-headless-shell", "chromium", "chromium-browser"))
    path = os.environ.get("TONGCHOU_CHROMIUM") or next(filter(None, found), None)
    if path is None:
        message = "no Chromium on this machine (apt-get install chromium fonts-noto-cjk)"
        if os.environ.get("TONGCHOU_BROWSER_TESTS") == "required":
            pytest.fail(message)
        pytest.skip(message)
    arguments = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-gpu",
    ]
    return {**browser_type_launch_args, "executable_path": path, "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A browser of somebody in Zhuzhou."""
    return {**browser_context_args, "locale": "zh-CN"}


@pytest.fixture(scope="session")
def prepared_demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The demo's database file: the sample with a plan for each program; to be copied, not served."""

    def make(path: Path) -> None:
        settings = demo_settings(path)
        database = Database(settings)
        assert list(prepare(database, settings, demo_clock(settings))) == list(Program)
        close_file(database)

    return made_once(tmp_path_factory, worker_id, "prepared-demo.db", make)


def demo_settings(path: Path) -> Settings:
    """Those of a demo in that file; passwords are hashed at the least cost."""
    return Settings(database_url=f"sqlite:///{path}", demo=True, password_memory_kib=8, password_passes=1)


@contextmanager
def served(app: FastAPI, path: Path, settings: Settings | None = None) -> Iterator[str]:
    """The address at which the application serves the demo of that file, or what the settings say."""
    settings = settings or demo_settings(path)
    equip(app, settings, demo_clock(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def story_app(prepared_demo: Path) -> FastAPI:
    """The application for tests with a demo of their own, one after the other."""
    return create_app(Settings(database_url=f"sqlite:///{prepared_demo}"))


@pytest.fixture(scope="session")
def demo_address(prepared_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with the demo in it, for all tests that only look."""
    path = tmp_path_factory.mktemp("served") / "demo.db"
    shutil.copy(prepared_demo, path)
    with served(create_app(Settings(database_url=f"sqlite:///{prepared_demo}")), path) as address:
        yield address


@pytest.fixture
def story_address(story_app: FastAPI, prepared_demo: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a service with a demo of its own, for a test that changes something."""
    path = tmp_path / "demo.db"
    shutil.copy(prepared_demo, path)
    with served(story_app, path) as address:
        yield address


@pytest.fixture
def leader(page: Page, demo_address: str) -> Page:
    """A page on which the leader of the demo is logged in."""
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, demo_address, "leader")
    return page
