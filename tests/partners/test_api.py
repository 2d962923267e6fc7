"""Partners through the API."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.database import Database
from app.core.errors import InvalidInputError, NotFoundError
from app.core.trail.models import AuditRecord
from app.partners.service import partner_by_code, partners_by_code
from tests.core.etags import changed

PARTNERS = "/api/v1/partners"


def partner(code: str, **fields: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name_zh": "中车株洲",
        "name_en": "CRRC Zhuzhou",
        "kind": "donor",
        "contact": "",
        "synthetic": False,
        "active": True,
    } | fields


def test_a_partner_is_entered_shown_and_changed(client: TestClient, database: Database) -> None:
    entered = client.post(PARTNERS, json=partner("crrc"))
    assert (entered.status_code, entered.json()) == (201, partner("crrc", merged_into=None))
    answer = changed(client, f"{PARTNERS}/crrc", {"contact": "0731-1234", "active": False})
    assert answer.json() == partner("crrc", contact="0731-1234", active=False, merged_into=None)
    assert client.get(f"{PARTNERS}/crrc").json() == answer.json()
    with database.read() as session:
        records = session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
    assert [(one.action, one.actor, one.subject_key) for one in records] == [
        ("PARTNER_CREATED", "operator", "crrc"),
        ("PARTNER_CHANGED", "operator", "crrc"),
    ]
    assert json.loads(records[1].before) == {"active": True, "contact": ""}


def test_refusals(client: TestClient) -> None:
    assert client.post(PARTNERS, json=partner("crrc")).status_code == 201
    assert client.post(PARTNERS, json=partner("crrc")).status_code == 409
    wrong = client.post(PARTNERS, json=partner("", kind="friend", contact="x" * 201, active=1))
    assert {fault["where"] for fault in wrong.json()["faults"]} == {"code", "kind", "contact", "active"}
    assert client.patch(f"{PARTNERS}/crrc", json={"kind": "supplier"}).status_code == 422
    for answer in (
        client.get(f"{PARTNERS}/none"),
        changed(client, f"{PARTNERS}/none", {}),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ({}, ["a", "b", "c"]),
        ({"kind": "supplier"}, ["b", "c"]),
        ({"kind": "supplier", "active": "true"}, ["b"]),
        ({"q": "工厂"}, ["b"]),
        ({"q": "crrc"}, ["a", "c"]),
    ],
)
def test_partners_are_filtered(client: TestClient, filters: dict[str, str], codes: list[str]) -> None:
    for body in (
        partner("a"),
        partner("b", kind="supplier", name_zh="某工厂", name_en="Some factory"),
        partner("c", kind="supplier", active=False),
    ):
        assert client.post(PARTNERS, json=body).status_code == 201
    assert [one["code"] for one in client.get(PARTNERS, params=filters).json()["items"]] == codes


def test_look_ups_name_everything_that_is_unknown(client: TestClient, database: Database) -> None:
    assert client.post(PARTNERS, json=partner("a")).status_code == 201
    with database.read() as session:
        assert set(partners_by_code(session, ["a", "a"])) == {"a"}
        assert partners_by_code(session, []) == {}
        with pytest.raises(InvalidInputError) as refusal:
            partners_by_code(session, ["x", "a", "y", "x"], where="lines.{n}.partner")
        with pytest.raises(NotFoundError):
            partner_by_code(session, "x")
    assert [(fault.where, fault.params["key"]) for fault in refusal.value.faults] == [
        ("lines.0.partner", "x"),
        ("lines.2.partner", "y"),
        ("lines.3.partner", "x"),
    ]
