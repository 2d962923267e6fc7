"""The auditor's pages: records found, read as a difference, proven, and taken out whole."""

import json
import re
from html import unescape

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.core.actor import Actor, ActorKind, acting_as
from app.core.database import Database
from app.core.rights import ALL_RIGHTS, Role
from app.core.trail.append import FIRST_DIGEST
from app.web.audit import proof as audit_proof
from app.web.audit.diff import field_diffs
from tests.procurement.city import act_as

AUDITOR = acting_as(
    Role.AUDITOR, name="auditor", title="auditor", kind=ActorKind.PERSON, places=frozenset(), rights=ALL_RIGHTS
)
ZONE = {"code": "city", "name_zh": "市", "name_en": "City", "kind": "city"}


@pytest.fixture
def auditor(client: TestClient, app: FastAPI) -> TestClient:
    """The auditor, after a clerk has entered a zone, renamed it and entered another."""
    act_as(app, Actor.system("clerk", ALL_RIGHTS))
    assert client.post("/api/v1/zones", json=ZONE).status_code == 201
    changed = client.patch("/api/v1/zones/city", json={"name_en": "Town", "residents": 7}, headers={"If-Match": "*"})
    assert changed.status_code == 200, changed.text
    assert client.post("/api/v1/zones", json={**ZONE, "code": "south"}).status_code == 201
    act_as(app, AUDITOR)
    client.headers["Cookie"] = "tongchou_language=en"
    return client


def forge(database: Database, statement: str) -> None:
    """Change the trail as somebody does who owns the database and has taken its triggers away."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            triggers = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_record'")
            ).scalars()
            for name in list(triggers):
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            connection.execute(text("ALTER TABLE audit_record DISABLE TRIGGER USER"))
        connection.execute(text(statement))


def rows_of(page: str) -> list[list[str]]:
    """The cells of the rows of every table of a page."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["3", "2", "1"]),
        ("?sort=seq", ["1", "2", "3"]),
        ("?actor=clerk&object=ci", ["2", "1"]),
        ("?action=ZONE_CHANGED", ["2"]),
        ("?kind=geographic_zone&object=south", ["3"]),
        ("?actor=nobody", []),
        ("?day=2020-01-31", ["3", "2", "1"]),
        ("?day=2020-01-30", []),
        ("?object=%25", []),
    ],
)
def test_records_are_found(auditor: TestClient, query: str, found: list[str]) -> None:
    page = auditor.get(f"/audit-records{query}")
    assert page.status_code == 200
    assert [row[0] for row in rows_of(page.text) if row[0].isdigit()] == found


def test_a_filter_that_makes_no_sense_is_named(auditor: TestClient) -> None:
    for query in ("day=yesterday", "action=NOTHING"):
        assert auditor.get(f"/audit-records?{query}").status_code == 422
    assert auditor.get("/audit-records?download=csv").text.count("Zone created") == 2


def test_a_record_is_read_as_a_difference(auditor: TestClient) -> None:
    page = auditor.get("/audit-records/2").text
    rows = [row for row in rows_of(page) if len(row) == 3]
    assert rows[1:] == [["name_en", "City", "Town"], ["residents", "0", "7"]]
    assert "The record is as it was written" in page
    assert "It follows the record before it" in page
    first = auditor.get("/audit-records/1").text
    assert "/audit-records/0" not in first
    assert FIRST_DIGEST in first
    assert "修改区域" in auditor.get("/audit-records/2?lang=zh-CN").text
    assert auditor.get("/audit-records/4").status_code == 404


def test_a_record_that_was_changed_says_so(auditor: TestClient, database: Database) -> None:
    forge(database, "UPDATE audit_record SET actor = 'somebody' WHERE seq = 2")
    page = auditor.get("/audit-records/2").text
    assert "The record was CHANGED" in page
    assert "It follows the record before it" in page


def test_the_trail_is_verified_with_and_without_a_head(auditor: TestClient, database: Database) -> None:
    whole = auditor.post("/audit-head/verification")
    assert (whole.status_code, "The audit trail is whole: 3 records." in whole.text) == (200, True)
    assert "Without a head exported earlier" in whole.text
    head = auditor.get("/audit-head/signed.json")
    assert "attachment" in head.headers["content-disposition"]
    agreed = auditor.post("/audit-head/verification", files={"head": ("head.json", head.content)})
    assert "It agrees with the head that was exported earlier." in agreed.text
    forge(database, "DELETE FROM audit_record WHERE seq = 2")
    broken = auditor.post("/audit-head/verification", files={"head": ("head.json", head.content)})
    assert broken.status_code == 200
    assert "The audit trail is NOT whole: 1 findings." in broken.text
    assert "Records 2 to 2 are missing." in broken.text


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (lambda _: b"{", "This is not a tongchou.audit-head/1 document."),
        (lambda _: b"\xff\xfe\x00", "This is not a tongchou.audit-head/1 document."),
        (lambda head: head.replace(b'"seq": 3', b'"seq": 2'), "the document was changed"),
    ],
)
def test_a_head_that_is_none_is_refused(auditor: TestClient, tamper: object, says: str) -> None:
    head = auditor.get("/audit-head/signed.json").content
    answer = auditor.post("/audit-head/verification", files={"head": ("head.json", tamper(head))})  # type: ignore[operator]
    assert answer.status_code == 422
    assert says in unescape(answer.text)


def test_only_one_verifies_at_a_time(auditor: TestClient) -> None:
    with audit_proof._verifying:
        answer = auditor.post("/audit-head/verification")
    assert (answer.status_code, "Somebody else is verifying" in answer.text) == (503, True)
    assert auditor.post("/audit-head/verification").status_code == 200


def test_everything_can_be_taken_out_and_checked_elsewhere(auditor: TestClient) -> None:
    answer = auditor.get("/audit-export")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-records-3.jsonl"'
    records = [json.loads(line) for line in answer.text.splitlines()]
    assert [record["seq"] for record in records] == [1, 2, 3]
    links = [FIRST_DIGEST, *(record["digest"] for record in records)]
    assert [record["previous_digest"] for record in records] == links[:-1]
    assert json.loads(auditor.get("/audit-head/signed.json").text)["digest"] == links[-1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
SNAPSHOTS = st.none() | st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(SNAPSHOTS)
def test_nothing_differs_from_itself(snapshot: dict[str, object] | None) -> None:
    assert not any(one.is_changed for one in field_diffs(snapshot, snapshot))


@given(SNAPSHOTS, SNAPSHOTS)
def test_a_difference_turns_around(before: dict[str, object] | None, after: dict[str, object] | None) -> None:
    there = [(one.path, one.before, one.after) for one in field_diffs(before, after)]
    back = [(one.path, one.after, one.before) for one in field_diffs(after, before)]
    assert there == back


def test_fields_stand_in_the_order_in_which_people_read() -> None:
    lines = [{"units": n} for n in range(11)]
    diffs = field_diffs({"lines": lines, "state": "DRAFT"}, {"lines": [*lines[:10], {"units": True}], "state": "DRAFT"})
    assert [one.path for one in diffs][:3] == ["state", "lines.0.units", "lines.1.units"]
    assert [one.path for one in diffs][-1] == "lines.10.units"
    assert [one.path for one in diffs if one.is_changed] == ["lines.10.units"]
