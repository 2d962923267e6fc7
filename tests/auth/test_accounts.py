"""Accounts and API keys over HTTP: made, changed, ended; secrets shown once; everything on record."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.schemas import KEY_DAYS_MAX
from app.core.database import Database
from app.core.rights import PERSONAL_RIGHTS, ROLE_RIGHTS, Role
from app.core.trail.models import AuditRecord
from tests.auth.conftest import PASSWORD, Time
from tests.auth.doors import API, codes, logged_in, try_login

ANY = {"If-Match": "*"}
NURSE = {"login": "nurse", "name": "护士长", "role": "facility", "places": ["h-1", "h-2"]}
KEY = {"code": "his", "purpose": "Reports of the hospital's system", "role": "facility",
       "rights": ["REQUISITION_READ", "REQUISITION_SUBMIT"], "places": ["h-1"], "valid_days": 30}  # fmt: skip


@pytest.fixture
def admin(visitor: TestClient) -> TestClient:
    """The administrator's browser."""
    assert try_login(visitor, "administrator").status_code == 204
    return visitor


def bearer(token: str) -> dict[str, str]:
    """What a machine sends."""
    return {"Authorization": f"Bearer {token}"}


def test_a_new_account_must_set_its_own_password_first(admin: TestClient, app: FastAPI) -> None:
    answer = admin.post(f"{API}/accounts", json=NURSE)
    assert answer.status_code == 201
    shown = answer.json()
    assert shown["account"]["places"] == ["h-1", "h-2"]
    nurse = logged_in(app, "nurse", shown["password"])
    assert codes(nurse.get(f"{API}/items")) == ["password_change_needed"]
    assert nurse.get("/").headers["location"] == "/account"
    change = {"current_password": shown["password"], "new_password": "a quiet night shift"}
    assert nurse.post(f"{API}/own-password", json=change).status_code == 204
    assert nurse.get(f"{API}/items").status_code == 200
    assert nurse.get(f"{API}/sessions/current").json()["facilities"] == ["h-1", "h-2"]
    assert try_login(admin, "nurse", shown["password"]).status_code == 401


def test_all_faults_of_an_account_at_once(admin: TestClient) -> None:
    for body, faults in (
        (NURSE | {"places": []}, [("places", "places_missing")]),
        (NURSE | {"places": ["h-1", "nowhere", "h-1"]}, [("places.1", "unknown_id"), ("places.2", "repeated")]),
        (NURSE | {"role": "warehouse"}, [("places.0", "unknown_id"), ("places.1", "unknown_id")]),
        (NURSE | {"role": "leader"}, [("places", "places_forbidden")]),
        (NURSE | {"login": "Nurse", "role": "king"}, [("login", "string_pattern_mismatch"), ("role", "enum")]),
        (NURSE | {"login": "key:his"}, [("login", "string_pattern_mismatch")]),
    ):
        answer = admin.post(f"{API}/accounts", json=body)
        assert answer.status_code == 422
        assert [(fault["where"], fault["code"]) for fault in answer.json()["faults"]] == faults
    assert admin.post(f"{API}/accounts", json=NURSE).status_code == 201
    answer = admin.post(f"{API}/accounts", json=NURSE)
    assert (answer.status_code, codes(answer)) == (409, ["duplicate_key"])


def test_a_new_password_must_be_right_good_and_different(visitor: TestClient) -> None:
    try_login(visitor, "leader")

    def refused(current: str, new: str) -> list[str]:
        answer = visitor.post(f"{API}/own-password", json={"current_password": current, "new_password": new})
        assert answer.status_code == 422
        return codes(answer)

    assert refused("wrong", "aaa") == ["password_short", "password_uniform", "wrong_password"]
    assert refused(PASSWORD, "Password2020!") == ["password_guessable"]
    assert refused(PASSWORD, "the-leader-himself") == ["password_guessable"]
    assert refused(PASSWORD, PASSWORD) == ["same_password"]


def test_a_changed_password_ends_all_other_sessions(app: FastAPI, visitor: TestClient) -> None:
    try_login(visitor, "leader")
    elsewhere, other = logged_in(app, "leader"), logged_in(app, "auditor")
    change = {"current_password": PASSWORD, "new_password": "  another good one  "}
    assert visitor.post(f"{API}/own-password", json=change).status_code == 204
    assert [one.get(f"{API}/sessions/current").status_code for one in (visitor, elsewhere, other)] == [200, 401, 200]
    assert try_login(visitor, "leader", "another good one").status_code == 401, "spaces belong to a password"
    assert try_login(visitor, "leader", "  another good one  ").status_code == 204


def test_who_is_deactivated_is_out_at_once_and_may_come_back(admin: TestClient, app: FastAPI) -> None:
    leader = logged_in(app, "leader")
    answer = admin.patch(f"{API}/accounts/leader", json={"active": False}, headers=ANY)
    assert answer.json()["active"] is False
    assert leader.get(f"{API}/sessions/current").status_code == 401
    assert try_login(leader, "leader").status_code == 401
    admin.patch(f"{API}/accounts/leader", json={"active": True}, headers=ANY)
    assert leader.get(f"{API}/sessions/current").status_code == 401
    assert try_login(leader, "leader").status_code == 204


def test_another_role_counts_from_the_next_request(admin: TestClient, app: FastAPI) -> None:
    leader = logged_in(app, "leader")
    admin.patch(f"{API}/accounts/leader", json={"role": "warehouse", "places": ["wh-2"]}, headers=ANY)
    me = leader.get(f"{API}/sessions/current").json()
    assert (me["role"], me["warehouses"], me["facilities"]) == ("warehouse", ["wh-2"], None)
    assert leader.get(f"{API}/plans").status_code == 403


def test_the_last_administrator_stays(admin: TestClient) -> None:
    for change in ({"active": False}, {"role": "leader"}):
        answer = admin.patch(f"{API}/accounts/administrator", json=change, headers=ANY)
        assert (answer.status_code, codes(answer)) == (409, ["last_administrator"])
    admin.post(f"{API}/accounts", json={"login": "second", "name": "Second", "role": "administrator"})
    assert admin.patch(f"{API}/accounts/administrator", json={"role": "leader"}, headers=ANY).status_code == 200


def test_a_reset_password_and_an_unlocked_account(admin: TestClient, app: FastAPI) -> None:
    leader = logged_in(app, "leader")
    for _ in range(10):
        try_login(leader, "leader", "wrong")
    assert try_login(leader, "leader").status_code == 429
    assert admin.post(f"{API}/accounts/leader/unlock", headers=ANY).status_code == 200
    assert try_login(leader, "leader").status_code == 204
    given = admin.post(f"{API}/accounts/leader/reset-password", headers=ANY).json()["password"]
    assert leader.get(f"{API}/sessions/current").status_code == 401
    assert try_login(leader, "leader").status_code == 401
    assert try_login(leader, "leader", given).status_code == 204
    assert codes(leader.get(f"{API}/plans")) == ["password_change_needed"]


def test_accounts_are_listed_by_role_and_never_with_a_secret(admin: TestClient) -> None:
    page = admin.get(f"{API}/accounts?role=leader&active=true")
    assert [one["login"] for one in page.json()["items"]] == ["leader"]
    assert "hash" not in page.text
    assert admin.get(f"{API}/accounts/nobody").status_code == 404


def test_a_machine_acts_with_its_key_as_far_as_it_reaches(admin: TestClient, database: Database) -> None:
    answer = admin.post(f"{API}/api-keys", json=KEY)
    assert answer.status_code == 201
    token = answer.json()["token"]
    admin.cookies.clear()
    me = admin.get(f"{API}/sessions/current", headers=bearer(token)).json()
    assert (me["name"], me["kind"], me["rights"], me["facilities"]) == (
        "key:his",
        "machine",
        ["REQUISITION_READ", "REQUISITION_SUBMIT"],
        ["h-1"],
    )
    line = {"item": "n95", "requested_units": 10, "needed_by": "2020-02-03"}
    body: dict[str, Any] = {"facility": "h-1", "program": "medical", "reported_on": "2020-01-31", "lines": [line]}
    answer = admin.post(f"{API}/requisitions", json=body, headers=bearer(token))
    assert (answer.status_code, answer.json()["created_by"]) == (201, "key:his")
    assert admin.post(f"{API}/requisitions", json=body | {"facility": "h-2"}, headers=bearer(token)).status_code == 403
    assert codes(admin.get(f"{API}/items", headers=bearer(token))) == ["right_missing"]  # its role may, the key not
    assert codes(admin.get(f"{API}/sessions", headers=bearer(token))) == ["person_needed"]
    with database.read() as session:
        kept = [json.dumps([one.before, one.after]) for one in session.scalars(select(AuditRecord))]
    assert not [one for one in kept if token in one]


def test_a_key_counts_alone_and_a_wrong_one_is_nobody(admin: TestClient) -> None:
    for header in ("Bearer tongchou_wrong", "Bearer ", "Basic YTpi", "nonsense"):
        answer = admin.get(f"{API}/sessions/current", headers={"Authorization": header})
        assert answer.status_code == 401, "the administrator's cookie must not step in"


def test_a_key_ends_by_its_date_and_by_being_revoked(admin: TestClient, time: Time) -> None:
    first = admin.post(f"{API}/api-keys", json=KEY).json()["token"]
    second = admin.post(f"{API}/api-keys", json=KEY | {"code": "other", "valid_days": KEY_DAYS_MAX}).json()["token"]
    answer = admin.post(f"{API}/api-keys/other/revoke", headers=ANY)
    assert answer.json()["revoked_at"] is not None
    assert codes(admin.post(f"{API}/api-keys/other/revoke", headers=ANY)) == ["already_revoked"]
    assert [one["code"] for one in admin.get(f"{API}/api-keys?valid=true").json()["items"]] == ["his"]
    assert admin.get(f"{API}/requisitions", headers=bearer(second)).status_code == 401
    assert admin.get(f"{API}/requisitions", headers=bearer(first)).status_code == 200
    time.pass_by(days=30)
    assert admin.get(f"{API}/requisitions", headers=bearer(first)).status_code == 401


def test_a_key_gets_no_right_beyond_its_role_and_no_decision_of_a_person(admin: TestClient) -> None:
    for role in Role:
        places = {Role.FACILITY: ["h-1"], Role.WAREHOUSE: ["wh-1"]}.get(role, [])
        for right in ROLE_RIGHTS[Role.LEADER] | ROLE_RIGHTS[Role.ADMINISTRATOR]:
            body = KEY | {"code": f"{role.value}-{right.value}", "role": role, "places": places, "rights": [right]}
            answer = admin.post(f"{API}/api-keys", json=body)
            if right not in ROLE_RIGHTS[role]:
                assert codes(answer) == ["right_beyond_role"]
            elif right in PERSONAL_RIGHTS:
                assert codes(answer) == ["right_personal"]
            else:
                assert answer.status_code == 201
    answer = admin.post(f"{API}/api-keys", json=KEY | {"rights": ["NOTHING"], "valid_days": 0, "places": []})
    assert answer.status_code == 422


def test_every_change_of_an_account_or_key_is_on_record(admin: TestClient, database: Database) -> None:
    admin.post(f"{API}/accounts", json=NURSE)
    admin.patch(f"{API}/accounts/nurse", json={"places": ["h-2"]}, headers=ANY)
    admin.patch(f"{API}/accounts/nurse", json={"places": ["h-2"]}, headers=ANY)  # changes nothing
    admin.post(f"{API}/accounts/nurse/reset-password", headers=ANY)
    admin.post(f"{API}/accounts/nurse/unlock", headers=ANY)
    admin.post(f"{API}/api-keys", json=KEY)
    admin.post(f"{API}/api-keys/his/revoke", headers=ANY)
    with database.read() as session:
        records = session.scalars(select(AuditRecord).where(AuditRecord.actor == "administrator")).all()
    assert [(one.action, one.subject_key) for one in records] == [
        ("LOGGED_IN", "administrator"),
        ("ACCOUNT_CREATED", "nurse"),
        ("ACCOUNT_CHANGED", "nurse"),
        ("PASSWORD_RESET", "nurse"),
        ("ACCOUNT_UNLOCKED", "nurse"),
        ("API_KEY_CREATED", "his"),
        ("API_KEY_REVOKED", "his"),
    ]
    assert (records[2].before, records[2].after) == ('{"places":["h-1","h-2"]}', '{"places":["h-2"]}')
