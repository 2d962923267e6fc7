"""A served demo and a real Chromium for the tests of the pages."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page

from app.catalog.models import Program
from app.commands.demo import demo_clock, prepare
from app.database import Database
from app.main import create_app
from app.settings import Settings

ARTIFACTS = Path(os.environ.get("TONGCHOU_ARTIFACTS", "artifacts"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; without one the tests are skipped, except where they are required (CI)."""
    path = os.environ.get("TONGCHOU_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "no Chromium on this machine (apt-get install chromium fonts-noto-cjk)"
        if os.environ.get("TONGCHOU_BROWSER_TESTS") == "required":
            pytest.fail(message)
        pytest.skip(message)
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return {**browser_type_launch_args, "executable_path": path, "args": arguments}


@pytest.fixture(scope="session")
def demo_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that holds the sample with a plan for each program, as the demo leaves it."""
    path = tmp_path_factory.mktemp("web") / "demo.db"
    settings = Settings(database_url=f"sqlite:///{path}", demo=True)
    clock = demo_clock(settings)
    database = Database(settings)
    assert list(prepare(database, settings, clock)) == list(Program)
    database.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(create_app(settings, clock), host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def leader(page: Page, demo_address: str) -> Page:
    """A page on which the leader of the demo is logged in."""
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto(f"{demo_address}/login?lang=en")
    page.locator("button", has_text="leader").first.click()
    page.wait_for_url(f"{demo_address}/")
    return page
