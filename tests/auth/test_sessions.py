"""Log-in, sessions and their end, lock-out, and writes from other sites."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.auth.models import Account, LoginSession, LoginThrottle
from app.auth.passwords import Passwords
from app.auth.rules import ACCOUNT_LIMIT
from app.auth.sessions import log_in, session_life
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ServiceError
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from tests.auth.conftest import PASSWORD, Time
from tests.auth.doors import API, codes, logged_in, try_login
from tests.seeding import seeding

ME = f"{API}/sessions/current"


def test_a_person_logs_in_and_out(visitor: TestClient) -> None:
    answer = try_login(visitor, " Leader ")
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # over plain http a browser would not keep it
    me = visitor.get(ME).json()
    assert (me["name"], me["title"], me["kind"], me["role"]) == ("leader", "The leader", "person", "leader")
    assert "PLAN_APPROVE" in me["rights"]
    kept = dict(visitor.cookies)
    assert visitor.delete(ME).status_code == 204
    visitor.cookies = kept  # type: ignore[assignment]
    assert visitor.get(ME).status_code == 401, "the session is over, not only the cookie gone"


def test_over_https_the_cookie_stays_on_https(app: FastAPI, people: None) -> None:
    with TestClient(app, base_url="https://testserver") as client:
        assert "Secure" in try_login(client, "leader").headers["set-cookie"]


def test_the_token_is_not_in_the_database(visitor: TestClient, database: Database) -> None:
    try_login(visitor, "leader")
    token = visitor.cookies["tongchou_session"]
    assert len(token) >= 43
    with database.read() as session:
        assert token not in session.scalars(select(LoginSession.token_digest)).all()
        records = session.scalars(select(AuditRecord)).all()
        assert not [one for one in records if token in one.after or PASSWORD in one.after or "argon2" in one.after]
        assert [one.action for one in records if one.actor == "leader"] == ["LOGGED_IN"]


@pytest.mark.parametrize(
    ("login", "password"),
    [("leader", "wrong"), ("nobody", PASSWORD), ("leader'--", PASSWORD), ("", PASSWORD), ("ключ", PASSWORD)],
)
def test_a_wrong_password_and_an_unknown_account_are_told_alike(login: str, password: str, visitor: TestClient) -> None:
    answer = visitor.post("/login", data={"login": login, "password": password})
    assert answer.status_code == 401
    assert "The account or the password is wrong." in answer.text
    assert "tongchou_session" not in answer.cookies
    if login:
        answer = try_login(visitor, login, password)
        assert (answer.status_code, answer.json()["code"], answer.json()["faults"]) == (401, "wrong_credentials", [])


def test_an_unknown_account_costs_a_hash_too(
    visitor: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords: Passwords = app.state.passwords
    checked = []
    verify = passwords._hash.verify_and_update

    def count(password: bytes, kept: str) -> tuple[bool, str | None]:
        checked.append(kept[:10])
        return verify(password, kept)

    monkeypatch.setattr(passwords._hash, "verify_and_update", count)
    assert try_login(visitor, "nobody").status_code == 401
    assert try_login(visitor, "leader", "wrong").status_code == 401
    assert checked == ["$argon2id$", "$argon2id$"]


def test_a_session_ends_when_it_is_not_used_and_at_last_in_any_case(
    visitor: TestClient, time: Time, settings: Settings
) -> None:
    try_login(visitor, "leader")
    for _ in range(5):
        time.pass_by(minutes=settings.session_idle_minutes - 1)
        assert visitor.get(ME).status_code == 200
    time.pass_by(minutes=settings.session_idle_minutes)
    assert visitor.get(ME).status_code == 401
    try_login(visitor, "leader")
    for _ in range(settings.session_hours - 1):
        time.pass_by(hours=1)
        assert visitor.get(ME).status_code == 200
    time.pass_by(hours=1)
    assert visitor.get(ME).status_code == 401


def test_use_is_noted_now_and_then_and_not_at_every_request(
    visitor: TestClient, time: Time, database: Database
) -> None:
    try_login(visitor, "leader")
    with seeding(database) as session:
        session.execute(update(LoginSession).values(address="untouched"))
    begun = time.now
    for minutes, noted in ((1, 0), (3, 0), (1, 5), (1, 5)):
        time.pass_by(minutes=minutes)
        visitor.get(ME)
        with database.read() as session:
            used = session.scalars(select(LoginSession.last_used_at)).one()
        assert (used - begun).total_seconds() == noted * 60


def test_ones_own_sessions_are_listed_and_ended_and_nobody_elses(app: FastAPI, visitor: TestClient) -> None:
    try_login(visitor, "leader")
    elsewhere = logged_in(app, "leader")
    strange = logged_in(app, "auditor")
    first, second = visitor.get(f"{API}/sessions").json()["items"]
    assert visitor.delete(f"{API}/sessions/{first['id'] + 2}").status_code == 404
    assert strange.get(ME).status_code == 200
    assert visitor.delete(f"{API}/sessions/{second['id']}").status_code == 204
    assert elsewhere.get(ME).status_code == 401
    assert visitor.get(ME).status_code == 200


def test_ten_wrong_passwords_lock_an_account_for_a_while_whoever_asks(
    visitor: TestClient, time: Time, database: Database
) -> None:
    for _ in range(ACCOUNT_LIMIT.attempts):
        assert try_login(visitor, "leader", "wrong").status_code == 401
    answer = try_login(visitor, "leader")
    assert (answer.status_code, codes(answer), answer.headers["retry-after"]) == (429, ["too_many_attempts"], "900")
    page = visitor.post("/login", data={"login": "leader", "password": PASSWORD})
    assert page.status_code == 429
    assert "Please try again in 15 minutes." in page.text
    assert try_login(visitor, "auditor").status_code == 204  # others go on
    time.pass_by(minutes=14)
    assert try_login(visitor, "leader").headers["retry-after"] == "60"
    time.pass_by(minutes=1)
    assert try_login(visitor, "leader").status_code == 204
    with database.read() as session:
        actions = session.scalars(select(AuditRecord.action).where(AuditRecord.subject_key == "leader")).all()
    assert actions == ["ACCOUNT_CREATED", *["LOGIN_FAILED"] * 9, "LOGIN_LOCKED", "LOGGED_IN"]


def test_a_right_password_ends_the_count(visitor: TestClient) -> None:
    for _ in range(3):
        for _ in range(ACCOUNT_LIMIT.attempts - 1):
            assert try_login(visitor, "leader", "wrong").status_code == 401
        assert try_login(visitor, "leader").status_code == 204


def test_unknown_accounts_are_locked_in_the_same_way_and_their_names_not_kept(
    visitor: TestClient, database: Database
) -> None:
    answers = [try_login(visitor, "hunter2secret").status_code for _ in range(ACCOUNT_LIMIT.attempts + 1)]
    assert answers == [*[401] * ACCOUNT_LIMIT.attempts, 429]
    with database.read() as session:
        assert not [one for one in session.scalars(select(LoginThrottle.subject)) if "hunter2" in one]
        assert not [one for one in session.scalars(select(AuditRecord.subject_key)) if "hunter2" in one]


def test_an_address_that_tries_many_accounts_is_slowed_down(visitor: TestClient) -> None:
    answers = [try_login(visitor, f"nobody-{n}").status_code for n in range(101)]
    assert answers == [*[401] * 100, 429]


def test_guesses_made_at_once_over_several_processes_are_all_counted(
    settings: Settings, clock: Clock, people: None
) -> None:
    """Each worker has a pool and hashes of its own, as another process would."""

    def guess(worker: int) -> list[str]:
        database, passwords = Database(settings), Passwords(settings)
        outcomes = []
        for _ in range(5):
            try:
                log_in(
                    database,
                    passwords,
                    login="leader",
                    password="wrong",
                    address=f"10.0.0.{worker}",
                    life=session_life(settings),
                    demo_accounts=False,
                    clock=clock,
                )
            except ServiceError as error:
                outcomes.append(error.code)
        database.close()
        return outcomes

    with ThreadPoolExecutor(6) as workers:
        outcomes = [one for some in workers.map(guess, range(6)) for one in some]
    assert outcomes.count("wrong_credentials") == ACCOUNT_LIMIT.attempts
    assert outcomes.count("too_many_attempts") == 30 - ACCOUNT_LIMIT.attempts


def test_a_hash_of_another_cost_is_renewed_at_log_in(
    visitor: TestClient, database: Database, settings: Settings
) -> None:
    dearer = Passwords(settings.model_copy(update={"password_passes": 2}))
    with seeding(database) as session:
        session.execute(
            update(Account)
            .where(Account.login == "leader")
            .values(password_hash=dearer.hash(PASSWORD), version=Account.version + 1)
        )
    assert try_login(visitor, "leader").status_code == 204
    with database.read() as session:
        assert ",t=1," in session.scalars(select(Account.password_hash).where(Account.login == "leader")).one()


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
    {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
]  # fmt: skip
OWN = [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://testserver"}, {}]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_sites_page_cannot_write_for_who_is_logged_in(headers: dict[str, str], visitor: TestClient) -> None:
    try_login(visitor, "administrator")
    for method, path, body in (
        ("POST", f"{API}/accounts", {"login": "x", "name": "x", "role": "leader"}),
        ("DELETE", ME, None),
        ("POST", "/logout", None),
        ("POST", f"{API}/sessions", {"login": "leader", "password": PASSWORD}),
    ):
        answer = visitor.request(method, path, json=body, headers=headers)
        assert answer.status_code == 403, (method, path)
    assert visitor.post("/login", data={"login": "leader", "password": PASSWORD}, headers=headers).status_code == 403
    assert visitor.get(ME, headers=headers).json()["name"] == "administrator"


@pytest.mark.parametrize("headers", OWN)
def test_our_own_pages_and_programs_can_write(headers: dict[str, str], visitor: TestClient) -> None:
    assert visitor.post("/login", data={"login": "leader", "password": PASSWORD}, headers=headers).status_code == 303
    assert visitor.delete(ME, headers=headers).status_code == 204
