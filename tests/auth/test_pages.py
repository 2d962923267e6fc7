"""The pages of the log-in through HTTP, in both languages; the demo's accounts and the first administrator."""

import io
import re
import sys
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.__main__ import main
from app.auth.accounts import is_first_account
from app.auth.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, create_demo_accounts
from app.auth.models import Account
from app.catalog.models import FacilityType
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.rights import Role
from app.core.settings import Settings
from app.facilities.models import Facility, GeographicZone
from app.facilities.places import keeps_stock_by_code
from app.main import create_app
from app.sample.city import read_city
from app.web.kit.rendering import words_for
from tests.auth.conftest import PASSWORD
from tests.auth.doors import API, try_login
from tests.seeding import seeding
from tests.stock.city import build_city


def enter(client: TestClient, login: str, password: str = PASSWORD, **more: str) -> str:
    """Send the form; where it leads, or nothing when the form came again."""
    answer = client.post("/login", data={"login": login, "password": password, **more})
    return answer.headers.get("location", "")


def test_a_page_leads_to_the_log_in_and_the_log_in_back_to_the_page(visitor: TestClient) -> None:
    answer = visitor.get("/?program=living&lang=en")
    assert answer.status_code == 303
    form = visitor.get(answer.headers["location"])
    assert form.status_code == 200
    assert 'name="next" value="/?program=living&amp;lang=en"' in form.text
    assert form.headers["cache-control"] == "no-store"
    assert enter(visitor, "leader", next="/?program=living&lang=en") == "/?program=living&lang=en"
    page = visitor.get("/?program=living&lang=en")
    assert "The leader" in page.text
    assert 'action="/logout"' in page.text
    assert visitor.post("/logout").headers["location"] == "/login"
    assert visitor.get("/").status_code == 303


def test_the_form_speaks_both_languages(visitor: TestClient) -> None:
    assert '<h1 id="login-title">登录</h1>' in visitor.get("/login?lang=zh-CN").text
    answer = visitor.post("/login", data={"login": "leader", "password": "x"})
    assert "账号或密码不正确。" in answer.text, "the language is remembered"
    assert 'value="leader"' in answer.text
    assert "Log in to see plans" in visitor.get("/login?lang=en").text


def test_nothing_that_is_typed_becomes_markup(visitor: TestClient) -> None:
    evil = '"><script>alert(1)</script>'
    for answer in (visitor.post("/login", data={"login": evil, "password": "x"}), visitor.get(f"/login?next=/{evil}")):
        assert "<script>alert" not in answer.text


def test_who_may_not_see_plans_is_led_to_the_first_page_of_their_own(visitor: TestClient) -> None:
    enter(visitor, "facility")
    assert visitor.get("/").headers["location"] == "/our-facility"
    page = visitor.get("/account?lang=en").text
    assert "enter and submit requisitions" in page
    assert "h-1" in page
    assert 'href="/"' not in page.split("<nav")[1].split("</nav>")[0]
    chinese = visitor.get("/account?lang=zh-CN").text
    assert "填报需求" in chinese
    assert "right." not in chinese


def test_the_password_is_changed_on_the_account_page(visitor: TestClient) -> None:
    enter(visitor, "leader")

    def change(current: str, new: str, again: str) -> tuple[int, str]:
        form = {"current_password": current, "new_password": new, "repeated_password": again}
        answer = visitor.post("/account/password?lang=en", data=form)
        return answer.status_code, answer.text

    status, page = change(PASSWORD, "an evening walk", "an evening talk")
    assert (status, "The two new passwords differ." in page) == (422, True)
    status, page = change("wrong", "short", "short")
    assert status == 422
    assert "This is not your present password." in page
    assert "A password needs at least 10 characters." in page
    status, page = change(PASSWORD, "an evening walk", "an evening walk")
    assert (status, "The password is changed." in page) == (200, True)
    assert enter(visitor, "leader", "an evening walk") == "/"


def test_a_password_that_was_given_is_replaced_before_anything_else(visitor: TestClient, database: Database) -> None:
    with seeding(database) as session:
        session.execute(
            update(Account)
            .where(Account.login == "leader")
            .values(must_change_password=True, version=Account.version + 1)
        )
    assert enter(visitor, "leader") == "/"
    assert visitor.get("/").headers["location"] == "/account"
    assert "please set one of your own" in visitor.get("/account?lang=en").text
    form = {"current_password": PASSWORD, "new_password": "an evening walk", "repeated_password": "an evening walk"}
    assert visitor.post("/account/password", data=form).headers["location"] == "/"
    assert visitor.get("/").status_code == 200


def test_an_unknown_address_does_not_offer_the_log_in_to_who_is_logged_in(visitor: TestClient) -> None:
    assert 'href="/login"' in visitor.get("/no-such-page").text
    try_login(visitor, "leader")
    for address in ("/no-such-page", "/plans/PLAN-2020-99999"):
        page = visitor.get(address)
        seen = (page.status_code, "The leader" in page.text, 'href="/login"' in page.text)
        assert seen == (404, True, False), address


def test_the_api_answers_with_problems_and_not_with_pages(visitor: TestClient) -> None:
    answer = visitor.get(f"{API}/items", headers={"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "请先登录。"


def test_the_api_says_which_routes_need_a_log_in(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert paths["/api/v1/items"]["get"]["security"]
    assert {"401", "403"} <= set(paths["/api/v1/items"]["get"]["responses"])
    assert "security" not in paths["/api/v1/sessions"]["post"]
    assert "security" not in paths["/healthz"]["get"]


# --- the demo ---


@pytest.fixture
def demo_settings(settings: Settings) -> Settings:
    """The same installation as a demo."""
    return settings.model_copy(update={"demo": True})


@pytest.fixture
def demo(demo_settings: Settings, database: Database, clock: Clock) -> Iterator[TestClient]:
    """A demo on a city that has the places of its accounts."""
    with seeding(database) as session:
        build_city(session)
        zone = session.scalars(select(GeographicZone).where(GeographicZone.code == "city")).one()
        kinds = {kind.code: kind for kind in session.scalars(select(FacilityType))}
        for one in DEMO_ACCOUNTS:
            kind = kinds["warehouse" if one.role is Role.WAREHOUSE else "hospital"]
            for code in one.places:
                session.add(Facility(code=code, name_zh=code, name_en=code, facility_type=kind, zone=zone))
    with database.write() as session:
        create_demo_accounts(session, demo_settings, clock=clock, directory=keeps_stock_by_code)
    with TestClient(create_app(demo_settings, clock), follow_redirects=False) as client:
        yield client


def test_the_demo_shows_an_account_for_every_role_and_each_can_log_in(demo: TestClient) -> None:
    page = demo.get("/login?lang=en").text
    assert DEMO_PASSWORD in page
    assert {one.role for one in DEMO_ACCOUNTS} == set(Role)
    for one in DEMO_ACCOUNTS:
        assert f'name="login" value="{one.login}"' in page
        assert enter(demo, one.login, DEMO_PASSWORD) == "/"
        assert demo.get(f"{API}/sessions/current").json()["role"] == one.role


def test_places_of_the_demos_accounts_are_in_the_sample() -> None:
    known = {facility.code for facility in read_city().facilities}
    assert {place for one in DEMO_ACCOUNTS for place in one.places} <= known


def test_outside_the_demo_its_accounts_are_neither_shown_nor_let_in(
    demo: TestClient, settings: Settings, clock: Clock
) -> None:
    assert enter(demo, "leader", DEMO_PASSWORD) == "/"
    with TestClient(create_app(settings, clock), follow_redirects=False) as client:
        page = client.get("/login").text
        assert DEMO_PASSWORD not in page
        assert "leader" not in page
        assert try_login(client, "leader", DEMO_PASSWORD).status_code == 401
        client.cookies = demo.cookies
        assert client.get(f"{API}/sessions/current").status_code == 401, "nor does a session from the demo go on"


def test_demo_accounts_are_made_in_the_demo_only_and_never_beside_others(
    settings: Settings, demo_settings: Settings, database: Database, clock: Clock, visitor: TestClient
) -> None:
    for given in (settings, demo_settings):  # `visitor` brings ordinary accounts
        with pytest.raises(ConflictError), database.write() as session:
            create_demo_accounts(session, given, clock=clock, directory=keeps_stock_by_code)
    with database.read() as session:
        assert session.scalars(select(Account).where(Account.demo)).all() == []
    assert DEMO_PASSWORD not in visitor.get("/login").text


def test_an_ordinary_installation_is_no_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TONGCHOU_DEMO", raising=False)
    assert Settings().demo is False


# --- the first administrator ---


@pytest.fixture
def command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line works on the test's database, with the least cost of hashes and a pipe as its input."""
    for name, value in (("DATABASE_URL", database_url), ("PASSWORD_MEMORY_KIB", "8"), ("PASSWORD_PASSES", "1")):
        monkeypatch.setenv(f"TONGCHOU_{name}", value)
    monkeypatch.delenv("TONGCHOU_ADMIN_PASSWORD", raising=False)


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What stands in the pipe."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_create_admin_reads_the_password_from_the_pipe_and_works_once(
    command: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], app: FastAPI
) -> None:
    give(monkeypatch, f"{PASSWORD}\n")
    assert main(["create-admin", "chief", "--name", "王芳"]) == 0
    assert "chief" in capsys.readouterr().out
    with TestClient(app) as client:
        assert try_login(client, "chief").status_code == 204
        me = client.get(f"{API}/sessions/current").json()
    assert (me["role"], me["title"], me["must_change_password"]) == ("administrator", "王芳", False)
    give(monkeypatch, f"{PASSWORD}\n")
    assert main(["create-admin", "second"]) == 1
    assert "There are accounts already" in capsys.readouterr().err


def test_create_admin_takes_the_password_from_the_environment(command: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGCHOU_ADMIN_PASSWORD", PASSWORD)
    give(monkeypatch, "")
    assert main(["create-admin", "chief"]) == 0


@pytest.mark.parametrize(("login", "password"), [("chief", "short"), ("chief", ""), ("Chief!", PASSWORD)])
def test_create_admin_refuses_what_the_service_would_refuse(
    login: str,
    password: str,
    command: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    database: Database,
) -> None:
    give(monkeypatch, password + "\n")
    assert main(["create-admin", login]) == 1
    assert "Traceback" not in capsys.readouterr().err
    with database.read() as session:
        assert is_first_account(session)


def test_the_password_is_never_an_argument(command: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["create-admin", "chief", "--password", PASSWORD])
    assert "unrecognized arguments" in capsys.readouterr().err


def test_a_form_sent_after_the_session_had_ended_comes_back_filled(visitor: TestClient) -> None:
    fields = {"form_key": "k" * 20, "code": "new-giver", "name_zh": "捐赠方", "name_en": "<giver>", "kind": "donor"}
    answer = visitor.post("/partners?lang=en", data=fields)
    assert "Log in, and what you typed comes back." in answer.text
    kept = unescape(re.findall(r'name="kept_form" value="([^"]*)"', answer.text)[0])
    again = visitor.post("/login", data={"login": "procurement", "password": "wrong", "kept_form": kept})
    assert unescape(re.findall(r'name="kept_form" value="([^"]*)"', again.text)[0]) == kept, "a slip loses nothing"
    resumed = visitor.post("/login", data={"login": "procurement", "password": PASSWORD, "kept_form": kept})
    assert resumed.headers["cache-control"] == "no-store"
    form = unescape(resumed.text.split("data-send-now")[1])
    sent = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form))
    assert sent == {name: text for name, text in fields.items() if name != "form_key"} | {"resumed": "session"}
    filled = visitor.post("/partners?lang=en", data=sent)
    assert filled.status_code == 200
    assert "Your session had ended." in filled.text
    assert 'value="&lt;giver&gt;"' in filled.text
    assert visitor.get("/partners/new-giver").status_code == 404, "nothing was done"
    del sent["resumed"]
    done = visitor.post("/partners", data=sent)
    assert done.status_code == 303, done.text
    assert done.headers["location"] == "/partners/new-giver"


@pytest.mark.parametrize("kept", ["x", "[]", '["//elsewhere", ["a", "b"]]', '["/partners", "x"]', "{}", "[1]", "null"])
def test_what_is_no_kept_form_is_no_way_out(visitor: TestClient, kept: str) -> None:
    answer = visitor.post("/login", data={"login": "leader", "password": PASSWORD, "kept_form": kept})
    assert answer.headers["location"] == "/"


def test_the_form_of_another_site_is_not_kept(visitor: TestClient) -> None:
    answer = visitor.post("/partners", data={"code": "x"}, headers={"Origin": "https://elsewhere.example"})
    assert "kept_form" not in answer.text


def test_private_pages_are_not_kept_by_the_browser(visitor: TestClient) -> None:
    assert "cache-control" not in visitor.get("/disclosure").headers
    enter(visitor, "leader")
    for address in ("/plans", "/policies", "/plans?download=csv"):
        assert visitor.get(address).headers["cache-control"] == "no-store", address


def test_the_pages_speak_as_the_browser_until_a_language_is_chosen(visitor: TestClient) -> None:
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    assert "Log in to see plans" in visitor.get("/login", headers=english).text
    assert "登录" in visitor.get("/login", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
    assert "Log in to see plans" in visitor.get("/login", headers={"Accept-Language": "fr"}).text, "installation's"
    visitor.get("/login?lang=zh-CN", headers=english)
    assert "登录" in visitor.get("/login", headers=english).text, "chosen"


def test_people_are_shown_by_name(visitor: TestClient) -> None:
    enter(visitor, "leader")
    visitor.get("/")
    words = words_for(Request({"type": "http", "app": visitor.app}), "zh-CN")
    assert words.person("leader") == "The leader"
    assert words.person("supplies group") == "物资保障组"
    assert words.person("nobody-known") == "nobody-known"
