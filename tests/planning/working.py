"""Plans that are computed in the background, computed here: a worker's step in the test's own process."""

import threading
from typing import Any, Self

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.planning.solving.process import solve_document
from app.planning.worker import Worker

NEVER = threading.Event()


class SolvedHere:
    """Takes the place of the solver's process where a test is about something else."""

    def __init__(self, problem_json: str, time_limit_seconds: float, processes: int = 1) -> None:
        self._asked = (problem_json, time_limit_seconds)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is to be ended."""

    def wait(self, _seconds: float) -> dict[str, Any]:
        """The plan's document."""
        return solve_document(*self._asked)


def work_all(app: FastAPI) -> None:
    """Carry out every run that waits."""
    worker = Worker(app.state.database, app.state.clock, time_limit_seconds=60, name="worker here")
    while worker.step(NEVER):
        pass


def computed(client: TestClient, asked: dict[str, Any], **headers: str) -> dict[str, Any]:
    """The plan that `POST /plans` leads to, as `GET /plans/{code}` shows it."""
    answer = client.post("/api/v1/plans", json=asked, headers=headers)
    assert answer.status_code == 202, answer.text
    assert isinstance(client.app, FastAPI)
    work_all(client.app)
    run = client.get(answer.headers["Location"]).json()
    assert run["state"] == "DONE", run
    plan: dict[str, Any] = client.get(f"/api/v1/plans/{run['plan']}").json()
    return plan
