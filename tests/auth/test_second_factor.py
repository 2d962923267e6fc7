"""The code from a telephone beside the password: set up, asked for, taken once, removed."""

from datetime import timedelta

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import select

from app.auth.models import SecondFactor
from app.auth.rules import ACCOUNT_LIMIT
from app.core.database import Database
from app.core.rights import Role
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from tests.auth.conftest import PASSWORD, Time
from tests.auth.doors import API, codes, logged_in, try_login

ME = f"{API}/sessions/current"


def code_of(database: Database, time: Time, *, steps: int = 0) -> str:
    """What the only telephone shows so many steps of 30 s from now."""
    with database.read() as session:
        secret = session.scalars(select(SecondFactor.secret)).one()
    return pyotp.TOTP(secret).at(time.now + timedelta(seconds=30 * steps))


def set_up(client: TestClient, database: Database, time: Time) -> None:
    """Give the one who is logged in a second factor by the pages."""
    assert client.post("/account/second-factor").status_code == 303
    assert "<svg" in client.get("/account").text
    page = client.post("/account/second-factor/confirm", data={"code": code_of(database, time)})
    assert "The second factor is set" in page.text


def test_after_the_password_the_code_is_asked_for_and_taken_once(
    app: FastAPI, visitor: TestClient, database: Database, time: Time
) -> None:
    set_up(logged_in(app, "leader"), database, time)
    form = {"login": "leader", "password": PASSWORD, "next": "/plans"}
    assert "six digits" in visitor.post("/login", data=form).text
    assert visitor.get(ME).status_code == 401, "the password alone opens nothing"
    used = visitor.post("/login/code", data={"code": code_of(database, time), "next": "/plans"})
    assert (used.status_code, "used before" in used.text) == (401, True), "the code of the set-up does not count again"
    time.pass_by(seconds=30)
    answer = visitor.post("/login/code", data={"code": code_of(database, time), "next": "/plans"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans")
    assert visitor.get(ME).json()["name"] == "leader"
    with database.read() as session:
        actions = session.scalars(select(AuditRecord.action).order_by(AuditRecord.seq)).all()
    assert actions[-3:] == ["CODE_ASKED", "CODE_WRONG", "LOGGED_IN"]


@pytest.mark.parametrize(("steps", "is_taken"), [(-1, True), (1, True), (-2, False), (2, False)])
def test_clocks_may_differ_by_half_a_minute(
    steps: int, is_taken: bool, app: FastAPI, visitor: TestClient, database: Database, time: Time
) -> None:
    set_up(logged_in(app, "leader"), database, time)
    time.pass_by(minutes=10)
    wanted = {"login": "leader", "password": PASSWORD, "code": code_of(database, time, steps=steps)}
    assert visitor.post(f"{API}/sessions", json=wanted).status_code == (204 if is_taken else 401)


def test_programs_send_the_code_with_the_password(
    app: FastAPI, visitor: TestClient, database: Database, time: Time
) -> None:
    set_up(logged_in(app, "leader"), database, time)
    missing = try_login(visitor, "leader")
    assert (missing.status_code, codes(missing)) == (401, ["code_needed"])
    assert "set-cookie" not in missing.headers


def test_wrong_codes_lock_the_account_as_wrong_passwords_do(
    app: FastAPI, visitor: TestClient, database: Database, time: Time
) -> None:
    set_up(logged_in(app, "leader"), database, time)
    time.pass_by(seconds=30)
    for attempt in range(ACCOUNT_LIMIT.attempts // 2):  # the password is an attempt, the code another
        assert try_login(visitor, "leader").status_code == 401, attempt
        body = {"login": "leader", "password": PASSWORD, "code": "000000"}
        answer = visitor.post(f"{API}/sessions", json=body)
        if answer.status_code == 429:
            break
    right = {"login": "leader", "password": PASSWORD, "code": code_of(database, time)}
    assert visitor.post(f"{API}/sessions", json=right).status_code == 429


def test_the_wait_for_a_code_ends(app: FastAPI, visitor: TestClient, database: Database, time: Time) -> None:
    set_up(logged_in(app, "leader"), database, time)
    visitor.post("/login", data={"login": "leader", "password": PASSWORD})
    time.pass_by(minutes=11)
    answer = visitor.post("/login/code", data={"code": code_of(database, time)})
    assert (answer.status_code, "Please log in" in answer.text) == (401, True)


def test_a_wrong_code_sets_nothing_and_removes_nothing(
    app: FastAPI, people: None, database: Database, time: Time
) -> None:
    leader = logged_in(app, "leader")
    leader.post("/account/second-factor")
    refused = leader.post("/account/second-factor/confirm", data={"code": "12 34 56"})
    assert (refused.status_code, "not the code of this moment" in refused.text) == (422, True)
    assert try_login(logged_in(app, "auditor"), "leader").status_code == 204, "a set-up that was only begun asks nobody"
    time.pass_by(seconds=30)
    set_up(leader, database, time)
    assert leader.post("/account/second-factor/remove", data={"code": "000000"}).status_code == 422
    time.pass_by(seconds=30)
    removed = leader.post("/account/second-factor/remove", data={"code": code_of(database, time)})
    assert "alone is enough again" in removed.text
    assert try_login(logged_in(app, "auditor"), "leader").status_code == 204


def test_an_administrator_removes_it_for_who_lost_the_telephone(
    app: FastAPI, visitor: TestClient, database: Database, time: Time
) -> None:
    leader = logged_in(app, "leader")
    set_up(leader, database, time)
    office = logged_in(app, "administrator")
    assert "Has a second factor" in office.get("/accounts/leader").text
    assert logged_in(app, "auditor").post(f"{API}/accounts/leader/remove-second-factor").status_code == 403
    answer = office.post(f"{API}/accounts/leader/remove-second-factor")
    assert answer.json()["second_factor"] is False
    assert leader.get(ME).status_code == 401, "its sessions end"
    assert try_login(visitor, "leader").status_code == 204


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Auditors must have a second factor."""
    return settings.model_copy(update={"second_factor_roles": "AUDITOR"})


def test_a_role_that_needs_one_can_do_nothing_before(
    app: FastAPI, visitor: TestClient, database: Database, time: Time
) -> None:
    auditor = logged_in(app, "auditor")
    refused = auditor.get(f"{API}/audit-records")
    assert (refused.status_code, codes(refused)) == (403, ["second_factor_needed"])
    page = auditor.get("/")
    assert (page.status_code, page.headers["location"]) == (303, "/account")
    assert "need a second factor" in auditor.get("/account").text
    auditor.post("/account/second-factor")
    answer = auditor.post("/account/second-factor/confirm", data={"code": code_of(database, time)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert auditor.get(f"{API}/audit-records").status_code == 200


def test_an_unknown_role_in_the_settings_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGCHOU_SECOND_FACTOR_ROLES", "LEADER, ADMIN")
    with pytest.raises(ValidationError, match="no such role: ADMIN"):
        Settings()
    monkeypatch.setenv("TONGCHOU_SECOND_FACTOR_ROLES", "LEADER, ADMINISTRATOR")
    assert Settings().second_factor_at == {Role.LEADER, Role.ADMINISTRATOR}
