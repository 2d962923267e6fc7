"""`tongchou serve --processes`: several processes answer, and all end together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.core.settings import Settings
from tests.conftest import KINDS

START_SECONDS = 180


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("database_url", KINDS[-1:], indirect=True)  # it is slow to start, and asks the database little
def test_two_processes_share_the_requests_and_end_with_the_first(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    key = settings.audit_key.get_secret_value() if settings.audit_key is not None else None
    given = {"TONGCHOU_DATABASE_URL": settings.database_url} | ({"TONGCHOU_AUDIT_KEY": key} if key else {})
    command = [sys.executable, "-m", "app", "serve", "--port", str(port), "--processes", "2", "--workers", "0"]
    with (tmp_path / "out").open("w") as out:
        service = subprocess.Popen(command, stdout=out, env=os.environ | given)
    try:
        end = time.monotonic() + START_SECONDS
        processes: set[int] = set()
        while len(processes) < 2 and time.monotonic() < end:
            time.sleep(0.2)
            with ThreadPoolExecutor(8) as people:
                list(people.map(ask, [port] * 24))
            lines = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines() if line.startswith("{")]
            processes = {line["process"] for line in lines if line["status"] == 200}
        assert len(processes) == 2
        assert service.pid not in processes
    finally:
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=60) == 0
    for process in processes:
        assert not Path(f"/proc/{process}").exists() or not Path("/proc").exists()


def ask(port: int) -> None:
    """One request on a connection of its own; while the service starts there is nobody yet."""
    try:
        httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=30)
    except httpx.TransportError:
        time.sleep(0.2)
