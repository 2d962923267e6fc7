"""The house: health checks, error answers, OpenAPI."""

import pytest
from fastapi.testclient import TestClient

from app.core.database import Database
from app.core.errors import BusyError
from migrations.run import downgrade


def test_is_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_is_not_ready_before_the_migrations(client: TestClient, database: Database) -> None:
    downgrade(database.engine, "base")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["faults"][0]["code"] == "not_migrated"


def test_an_unknown_address_is_a_problem_in_the_callers_language(client: TestClient) -> None:
    answer = client.get("/api/v1/nowhere", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "没有找到。"


def test_the_documentation_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text


def test_a_second_writer_is_told_that_the_first_still_writes(settings, database: Database) -> None:
    from app.core.trail.models import AuditHead

    impatient = Database(settings.model_copy(update={"busy_timeout_seconds": 0.1}))
    with database.write() as first:
        first.get(AuditHead, 1, with_for_update=True)
        with pytest.raises(BusyError), impatient.write() as second:
            second.get(AuditHead, 1, with_for_update=True)
    impatient.close()
