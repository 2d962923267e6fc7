"""What a careful client does before it changes a thing: it reads it and says what it saw; and what a tag promises."""

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


class TagsTellVersions:
    """A client's hook that fails where two answers carry the same tag and show different things.

    It finds what changes a part of a thing and forgets to give the thing a new version.
    """

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str, str], bytes] = {}

    def __call__(self, response: Response) -> None:
        """Compare an answer, of whatever method, with those before it about things of this kind."""
        path = response.request.url.path.removeprefix("/api/v1/").split("/")
        kind = path[2] if path[2:3] in (["norms"], ["dispatch-capacities"]) else path[0]
        # The progress of a run, and where a recalled lot's units are by the ledger, are shown and are no new version.
        without = ("plan-runs", "recalls")
        if "ETag" not in response.headers or response.status_code == 304 or kind in without:
            return
        key = kind, response.request.headers.get("Accept-Language", ""), response.headers["ETag"]
        body = response.read()
        assert self._shown.setdefault(key, body) == body, f"two {kind} with the tag {key[-1]}"
