"""What a careful client does before it changes a thing: it reads it and says what it saw."""

from typing import Any

from fastapi.testclient import TestClient
from httpx import Response


def seen(client: TestClient, address: str) -> dict[str, str]:
    """The If-Match header for the thing at the address as it is now; empty where there is nothing to see."""
    etag = client.get(address).headers.get("ETag")
    return {} if etag is None else {"If-Match": etag}


def changed(client: TestClient, address: str, change: dict[str, Any]) -> Response:
    """The answer to a PATCH of the thing as it is now."""
    return client.patch(address, json=change, headers=seen(client, address))


def removed(client: TestClient, address: str) -> Response:
    """The answer to a DELETE of the thing as it is now."""
    return client.delete(address, headers=seen(client, address))
