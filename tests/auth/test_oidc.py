"""Log-in by OpenID Connect against a provider that listens: who gets in, as whom, and every way that must not work."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import select, update

from app.auth.models import Account, LoginSession
from app.auth.oidc import Attempt, new_attempt
from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from app.main import create_app
from tests.auth.conftest import Time
from tests.auth.doors import API
from tests.auth.provider import CLIENT, SECRET, SmallProvider, listening, new_key, other_rsa_key, secret_key
from tests.conftest import NOON
from tests.seeding import seeding

pytest.importorskip("authlib")

CALLBACK = "/login/oidc/callback"
PUBLIC = "https://supplies.example.org"


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    """A provider at which everybody is `leader`."""
    with listening(NOON) as provider:
        yield provider


@pytest.fixture
def oidc_settings(settings: Settings, provider: SmallProvider) -> Settings:
    """The installation with the provider set up, as the environment would set it."""
    values: dict[str, Any] = {
        **settings.model_dump(),
        "public_url": PUBLIC,
        "oidc_issuer": provider.address,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_title": "City ID",
    }
    return Settings(**values)


@pytest.fixture
def newcomer(oidc_settings: Settings, clock: Clock, people: None) -> Iterator[TestClient]:
    """A browser at the public address in which nobody is logged in; it does not follow redirects."""
    app = create_app(oidc_settings, clock)
    headers = {"Accept-Language": "en", "Cookie": "tongchou_language=en"}
    with TestClient(app, base_url=PUBLIC, follow_redirects=False, headers=headers) as client:
        del client.headers["Cookie"]
        client.cookies.set("tongchou_language", "en", domain="supplies.example.org")
        yield client


def go(newcomer: TestClient, wanted: str = "/") -> str:
    """Begin a log-in; where the provider sends the browser back to."""
    away = newcomer.get("/login/oidc", params={"next": wanted})
    assert away.status_code == 303, away.text
    back = httpx.get(away.headers["location"], follow_redirects=False)
    assert back.status_code == 302
    address: str = back.headers["location"]
    assert address.startswith(PUBLIC + CALLBACK + "?")
    return address


def who(newcomer: TestClient) -> str | None:
    """The account that is logged in."""
    answer = newcomer.get(f"{API}/sessions/current")
    return str(answer.json()["name"]) if answer.status_code == 200 else None


def refused(newcomer: TestClient, address: str, says: str, status: int = 401) -> None:
    """Coming back with this address shows the form with a reason, and logs nobody in."""
    answer = newcomer.get(address)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text
    assert 'action="/login"' in answer.text
    assert who(newcomer) is None


def changed(address: str, **parameters: str | None) -> str:
    """The address with other parameters; None takes one away."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | parameters
    return parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})).geturl()


def test_a_person_with_an_account_gets_in_and_to_the_page_that_was_asked_for(
    newcomer: TestClient, provider: SmallProvider, database: Database
) -> None:
    form = newcomer.get("/login?next=/plans%3Fa%3D1")
    assert "Log in with City ID" in form.text
    assert 'href="/login/oidc?next=/plans%3Fa%3D1"' in form.text
    address = go(newcomer, "/plans?a=1")
    [asked] = provider.asked
    assert asked["scope"].split()[0] == "openid"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert min(map(len, (asked["state"], asked["nonce"], asked["code_challenge"]))) >= 43
    answer = newcomer.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans?a=1")
    cookies = answer.headers.get_list("set-cookie")
    [session] = [one for one in cookies if one.startswith("tongchou_session=")]
    assert all(part in session for part in ("HttpOnly", "SameSite=lax", "Secure"))
    assert any(one.startswith('tongchou_oidc=""') for one in cookies), "the attempt is over"
    assert who(newcomer) == "leader"
    with database.read() as session_:
        entry = session_.scalars(select(AuditRecord).order_by(AuditRecord.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.actor, entry.subject_key) == ("LOGGED_IN", "leader", "leader")
    assert json.loads(entry.after) == {"issuer": provider.address, "subject": "s-1"}


def test_rights_come_from_the_account_and_never_from_the_provider(
    newcomer: TestClient, provider: SmallProvider
) -> None:
    provider.person |= {"preferred_username": "facility", "roles": ["administrator"], "role": "administrator"}
    assert newcomer.get(go(newcomer)).status_code == 303
    me = newcomer.get(f"{API}/sessions/current").json()
    assert (me["name"], me["role"], me["facilities"]) == ("facility", "facility", ["h-1"])
    assert "ACCOUNT_MANAGE" not in me["rights"]


def test_who_has_no_account_does_not_get_in_and_none_is_made(
    newcomer: TestClient, provider: SmallProvider, database: Database
) -> None:
    for login in ("nobody", "Leader", "leader ", "x" * 300, "' OR 1=1 --"):
        provider.person["preferred_username"] = login
        refused(newcomer, go(newcomer), "has no account here.")
    for login in ("", None, 7, ["leader"]):
        provider.person["preferred_username"] = login
        refused(newcomer, go(newcomer), "does not say which account is yours")
    with database.read() as session:
        assert len(session.scalars(select(Account)).all()) == 7
        assert session.scalars(select(LoginSession)).all() == []


@pytest.mark.parametrize("change", [{"active": False}, {"demo": True}])
def test_an_account_that_may_not_log_in_does_not(
    change: dict[str, bool], newcomer: TestClient, database: Database
) -> None:
    with seeding(database) as session:
        session.execute(update(Account).where(Account.login == "leader").values(**change, version=Account.version + 1))
    refused(newcomer, go(newcomer), "has no account here.")


def test_another_claim_can_name_the_account(
    oidc_settings: Settings, clock: Clock, people: None, provider: SmallProvider
) -> None:
    provider.person = {"sub": "auditor", "preferred_username": "leader"}
    by_subject = oidc_settings.model_copy(update={"oidc_claim": "sub"})
    with TestClient(create_app(by_subject, clock), base_url=PUBLIC, follow_redirects=False) as newcomer:
        assert newcomer.get(go(newcomer)).status_code == 303
        assert who(newcomer) == "auditor"


def test_a_client_without_a_secret_names_itself_in_the_form(
    oidc_settings: Settings, clock: Clock, people: None, provider: SmallProvider
) -> None:
    public = oidc_settings.model_copy(update={"oidc_client_secret": None})
    headers = {"Cookie": "tongchou_language=en"}
    with TestClient(create_app(public, clock), base_url=PUBLIC, follow_redirects=False, headers=headers) as newcomer:
        del newcomer.headers["Cookie"]
        newcomer.cookies.set("tongchou_language", "en", domain="supplies.example.org")
        refused(newcomer, go(newcomer), "invalid_client")
        provider.knows_secret = False
        assert newcomer.get(go(newcomer)).status_code == 303
        assert who(newcomer) == "leader"


UNTRUE_CLAIMS: list[dict[str, object]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "another-service"},
    {"aud": ["another-service", "third"]},
    {"aud": [CLIENT, "another-service"], "azp": "another-service"},
    {"iss": "https://elsewhere.example.org"},
    {"iss": None},
    {"sub": None},
    {"exp": int(NOON.timestamp()) - 120},
    {"exp": None},
    {"iat": int(NOON.timestamp()) + 3600},
    {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    {"exp": "soon"},
]


def test_an_id_token_that_does_not_hold_is_refused(newcomer: TestClient, provider: SmallProvider) -> None:
    for claims in UNTRUE_CLAIMS:
        provider.claims = claims
        refused(newcomer, go(newcomer), "What the log-in service says cannot be trusted.")
    provider.claims = {}
    assert newcomer.get(go(newcomer)).status_code == 303, "each was refused for its claim alone"


def test_an_id_token_signed_by_another_is_refused(newcomer: TestClient, provider: SmallProvider) -> None:
    provider.sign_with = other_rsa_key()
    refused(newcomer, go(newcomer), "cannot be trusted")


def test_an_id_token_signed_with_the_client_secret_is_refused_even_where_the_provider_offers_it(
    newcomer: TestClient, provider: SmallProvider
) -> None:
    provider.sign_with, provider.algorithm = secret_key(), "HS256"
    provider.metadata = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}
    refused(newcomer, go(newcomer), "cannot be trusted")


def test_new_keys_of_the_provider_are_found(newcomer: TestClient, provider: SmallProvider) -> None:
    assert newcomer.get(go(newcomer)).status_code == 303
    assert newcomer.post("/logout").status_code == 303
    assert provider.fetched == ["metadata", "keys"], "kept for a while"
    provider.keys.append(new_key())
    provider.algorithm = "ES256"
    assert newcomer.get(go(newcomer)).status_code == 303
    assert who(newcomer) == "leader"


def test_metadata_is_fetched_again_after_a_while(newcomer: TestClient, provider: SmallProvider, time: Time) -> None:
    go(newcomer)
    time.pass_by(minutes=61)
    go(newcomer)
    assert provider.fetched == ["metadata", "keys"] * 2


def test_an_answer_to_another_attempt_is_refused(newcomer: TestClient, provider: SmallProvider) -> None:
    begin_again = "please begin again"
    refused(newcomer, changed(go(newcomer), state="guessed"), begin_again)
    refused(newcomer, changed(go(newcomer), state=None), begin_again)
    address = go(newcomer)
    newcomer.cookies.delete("tongchou_oidc")
    refused(newcomer, address, begin_again)
    address = go(newcomer)
    go(newcomer)  # begun again in another tab: the answer to the first does not fit any more
    refused(newcomer, address, begin_again)


def test_an_answer_is_good_for_once(newcomer: TestClient, provider: SmallProvider) -> None:
    address = go(newcomer)
    cookie = newcomer.cookies.get("tongchou_oidc")
    assert newcomer.get(address).status_code == 303
    newcomer.cookies.clear()
    newcomer.cookies.set("tongchou_language", "en", domain="supplies.example.org")
    refused(newcomer, address, "please begin again")
    newcomer.cookies.set("tongchou_oidc", cookie or "", domain="supplies.example.org", path="/login/oidc")
    refused(newcomer, address, "invalid_grant")


@pytest.mark.parametrize("text", ["", "%", "bm90IGpzb24=", "W10=", "e30=", "eyJzdGF0ZSI6MX0=", "\x00"])
def test_a_cookie_that_is_none_of_ours_is_refused(text: str) -> None:
    from app.auth.oidc import ProviderRefusedError

    with pytest.raises(ProviderRefusedError):
        Attempt.unpacked(text)
    attempt = new_attempt("/plans")
    assert Attempt.unpacked(attempt.packed()) == attempt
    assert new_attempt("/plans").state != attempt.state


def test_an_answer_from_another_provider_is_refused(newcomer: TestClient, provider: SmallProvider) -> None:
    mixed_up = "The answer came from another log-in service."
    refused(newcomer, changed(go(newcomer), iss="https://elsewhere.example.org"), mixed_up)
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    with_promise = TestClient(newcomer.app, base_url=PUBLIC, follow_redirects=False)
    with_promise.cookies.set("tongchou_language", "en", domain="supplies.example.org")
    newcomer.app.state.oidc._fetched_at = None  # type: ignore[attr-defined]
    refused(with_promise, changed(go(with_promise), iss=None), mixed_up)


def test_the_proof_key_is_checked(newcomer: TestClient, provider: SmallProvider) -> None:
    address = go(newcomer)
    attempt = Attempt.unpacked(newcomer.cookies.get("tongchou_oidc"))
    other = Attempt(state=attempt.state, nonce=attempt.nonce, verifier="v" * 50, wanted="/")
    newcomer.cookies.delete("tongchou_oidc")
    newcomer.cookies.set("tongchou_oidc", other.packed(), domain="supplies.example.org", path="/login/oidc")
    refused(newcomer, address, "invalid_grant")


def test_a_refusal_of_the_provider_is_told(newcomer: TestClient, provider: SmallProvider) -> None:
    refused(newcomer, changed(go(newcomer), code=None, error="access_denied<b>"), "access_denied&lt;b&gt;")
    provider.token_answer = (200, {"access_token": "a", "token_type": "Bearer"})
    refused(newcomer, go(newcomer), "did not say who you are")


def test_an_odd_answer_of_the_token_endpoint_is_no_traceback(newcomer: TestClient, provider: SmallProvider) -> None:
    for answer in ((500, {}), (200, ["?"]), (200, "text"), (200, None), (200, {"id_token": 7})):
        provider.token_answer = answer
        page = newcomer.get(go(newcomer))
        assert page.status_code in (401, 503), page.text
        assert who(newcomer) is None


def test_metadata_that_cannot_be_is_refused(newcomer: TestClient, provider: SmallProvider) -> None:
    odd: list[dict[str, object]] = [
        {"issuer": "https://elsewhere.example.org"},
        {"token_endpoint": None},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "http://127.0.0.1:9/keys"},
        {"jwks_uri": f"{provider.address}/authorize?redirect_uri=/&state=1"},
        {"issuer": 7},
        {"id_token_signing_alg_values_supported": [{}]},
    ]
    for metadata in odd:
        provider.metadata = metadata
        answer = newcomer.get("/login/oidc")
        assert (answer.status_code, "The log-in service does not answer." in answer.text) == (503, True), metadata
        assert answer.headers["retry-after"]


def test_a_provider_that_is_down_leaves_the_passwords(oidc_settings: Settings, clock: Clock, people: None) -> None:
    down = oidc_settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    with TestClient(create_app(down, clock), base_url=PUBLIC, follow_redirects=False) as newcomer:
        assert newcomer.get("/login/oidc").status_code == 503
        form = {"login": "leader", "password": "four unrelated words"}
        assert newcomer.post("/login", data=form).headers["location"] == "/"


def test_nobody_is_led_elsewhere(newcomer: TestClient) -> None:
    for wanted in ("https://elsewhere.example.org/", "//elsewhere.example.org", "/\\elsewhere.example.org"):
        answer = newcomer.get(go(newcomer, wanted))
        assert answer.headers["location"] == "/"


def test_a_missing_package_is_named_at_the_start(oidc_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    values = oidc_settings.model_dump()
    monkeypatch.setattr("app.core.settings.find_spec", lambda _name: None)
    Settings(**values | {"oidc_issuer": None, "database_url": "sqlite:///x.db"})
    with pytest.raises(ValidationError, match=re.escape("tongchou[oidc]")):
        Settings(**values | {"database_url": "sqlite:///x.db"})


def test_the_clock_of_the_provider_may_be_a_little_off(newcomer: TestClient, provider: SmallProvider) -> None:
    provider.now = NOON + timedelta(seconds=45)
    assert newcomer.get(go(newcomer)).status_code == 303
