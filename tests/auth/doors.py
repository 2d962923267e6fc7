"""Going through the door: log-in over HTTP, as people and machines do it."""

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from tests.auth.conftest import PASSWORD

API = "/api/v1"


def try_login(client: TestClient, login: str, password: str = PASSWORD) -> Response:
    """The answer to an attempt to log in."""
    return client.post(f"{API}/sessions", json={"login": login, "password": password})


def logged_in(app: FastAPI, login: str, password: str = PASSWORD) -> TestClient:
    """A browser of its own in which this account is logged in."""
    client = TestClient(app, follow_redirects=False, headers={"Accept-Language": "en"})
    answer = try_login(client, login, password)
    assert answer.status_code == 204, answer.text
    return client


def codes(answer: Response) -> list[str]:
    """The codes of a problem's faults, or its own where it has none."""
    problem: dict[str, Any] = answer.json()
    return [fault["code"] for fault in problem["faults"]] or [problem["code"]]
