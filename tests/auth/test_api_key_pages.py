"""API keys on pages: made for a role, shown once, used by a program, revoked."""

import re
from html import unescape

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.models import ApiKey
from app.core.database import Database
from app.core.rights import Role
from app.core.trail.models import AuditRecord
from tests.dispatch.people import person
from tests.procurement.city import act_as
from tests.seeding import seeding
from tests.stock.city import build_city

ADMINISTRATOR = person("administrator", Role.ADMINISTRATOR)
FORM = {
    "role": "warehouse",
    "code": "scales",
    "purpose": "地磅程序，张工",
    "until": "2020-04-30",
    "places.0": "wh-1",
    "right_STOCK_READ": "yes",
    "right_CATALOG_READ": "yes",
}


@pytest.fixture
def clerk(client: TestClient, app: FastAPI, database: Database) -> TestClient:
    """The administrator of a city with two warehouses."""
    with seeding(database) as session:
        build_city(session)
    act_as(app, ADMINISTRATOR)
    return client


def test_a_key_is_shown_once_and_opens_what_was_ticked_until_it_is_revoked(
    clerk: TestClient, app: FastAPI, database: Database
) -> None:
    assert "No API key yet." in clerk.get("/api-keys?lang=en").text
    entry = clerk.get("/api-keys/new?role=warehouse&lang=en").text
    assert 'name="right_STOCK_READ" value="yes" checked' in " ".join(entry.split())
    assert 'name="right_ACCOUNT_MANAGE"' not in entry
    made = clerk.post("/api-keys", data=FORM)
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    [token] = re.findall(r"<code>(tongchou_[^<]+)</code>", unescape(made.text))
    with database.read() as session:
        key = session.scalars(select(ApiKey)).unique().one()
        records = [row.after for row in session.scalars(select(AuditRecord))]
    assert token not in key.token_digest
    assert not any(token in text for text in records)
    assert [row.right for row in key.grants] == ["CATALOG_READ", "STOCK_READ"]
    shown = clerk.get("/api-keys/scales?lang=en").text
    assert token not in shown
    assert "地磅程序，张工" in shown
    app.dependency_overrides.clear()
    program = {"Authorization": f"Bearer {token}"}
    me = clerk.get("/api/v1/sessions/current", headers=program).json()
    assert (me["name"], me["kind"], me["warehouses"]) == ("key:scales", "machine", ["wh-1"])
    assert clerk.get("/api/v1/stock", headers=program).status_code == 200
    assert clerk.post("/api/v1/receipts", json={}, headers=program).status_code == 403
    act_as(app, ADMINISTRATOR)
    clerk.post("/api-keys/scales/revoke", data={})
    assert "revoked" in clerk.get("/api-keys?lang=en").text
    app.dependency_overrides.clear()
    assert clerk.get("/api/v1/stock", headers=program).status_code == 401


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": "2020-01-31"}, "The last day lies within the next 366 days."),
        ({"until": "2022-01-31"}, "The last day lies within the next 366 days."),
        ({"until": "soon"}, "This must be a date"),
        ({"right_STOCK_READ": "", "right_CATALOG_READ": ""}, "Tick at least one thing"),
        ({"places.0": ""}, "This role is bound to places"),
        ({"code": "a b"}, ""),
        ({"role": "nobody"}, ""),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_typed(
    clerk: TestClient, database: Database, change: dict[str, str], said: str
) -> None:
    clerk.get("/api-keys?lang=en")
    answer = clerk.post("/api-keys", data=FORM | change)
    assert answer.status_code == 422
    assert said in answer.text
    with database.read() as session:
        assert session.scalars(select(ApiKey)).unique().all() == []
