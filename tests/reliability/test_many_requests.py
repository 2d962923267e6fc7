"""Two hundred list requests at the same moment on a real server: all are answered, none with 503."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest
from fastapi.testclient import TestClient

from app.core.settings import Settings

REQUESTS = 200
ITEMS = 150
BOUND_SECONDS = 120.0
"""So long all requests together may take on the slowest machine; it must only tell an answer from a standstill."""

# A process of its own: client and server must not take turns at one interpreter lock. The clock stands, as in the
# tests, so that the API key is valid.
SERVER = """
import sys, uvicorn
from datetime import UTC, datetime
from app.core.clock import Clock
from app.core.settings import Settings
from app.main import create_app
settings = Settings()
clock = Clock(settings.city_zone, lambda: datetime(2020, 1, 31, 4, 0, tzinfo=UTC))
uvicorn.run(create_app(settings, clock), port=int(sys.argv[1]), log_level="warning")
"""


@pytest.fixture
def token(client: TestClient) -> str:
    """An API key that reads the catalogue, which has many items."""
    for number in range(ITEMS):
        item = {
            "code": f"item-{number}",
            "program": "medical",
            "name_zh": f"物资 {number}",
            "name_en": f"Item {number}",
            "base_unit": "piece",
            "volume_mm3_per_unit": 1,
            "value_microyuan_per_unit": 1,
        }
        assert client.post("/api/v1/items", json=item).status_code == 201
    key = {
        "code": "reader",
        "purpose": "reads the catalogue",
        "role": "supplies_group",
        "rights": ["CATALOG_READ"],
        "valid_days": 30,
    }
    made = client.post("/api/v1/api-keys", json=key)
    assert made.status_code == 201, made.text
    secret: str = made.json()["token"]
    return secret


@pytest.fixture
def server(settings: Settings) -> Iterator[str]:
    """The address of a real server on the test's database, with the default settings for connections and threads."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TONGCHOU_DATABASE_URL": settings.database_url}
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + BOUND_SECONDS
        while not _is_up(address):
            assert process.poll() is None, "the server did not start"
            assert time.monotonic() < until
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.TransportError:
        return False


async def _all_at_once(address: str, token: str) -> tuple[Counter[int], int]:
    """How often each status was answered, and how many looks at `/healthz` were answered meanwhile."""
    limits = httpx.Limits(max_connections=None)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=BOUND_SECONDS, headers=headers) as client:

        async def read() -> int:
            return (await client.get("/api/v1/items?limit=500")).status_code

        lists = asyncio.gather(*[read() for _ in range(REQUESTS)])
        looks = 0
        while not lists.done():
            assert (await client.get("/healthz")).status_code == 200
            looks += not lists.done()
            await asyncio.sleep(0.01)
        return Counter(await lists), looks


def test_two_hundred_lists_at_once_are_all_answered(server: str, token: str) -> None:
    begun = time.monotonic()
    # In a thread of its own: a browser test before it in this process may have left an event loop running here.
    with ThreadPoolExecutor(1) as pool:
        statuses, looks = pool.submit(lambda: asyncio.run(_all_at_once(server, token))).result()
    taken = time.monotonic() - begun
    print(f"{taken:.1f} s, {dict(statuses)}, {looks} looks at /healthz meanwhile")
    assert statuses == {200: REQUESTS}
    assert looks >= 3, "the service said nothing of itself while it was busy"
    assert taken < BOUND_SECONDS
