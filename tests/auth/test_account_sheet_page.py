"""Accounts from a sheet on the page: checked, made, and their passwords shown once."""

import re
from html import unescape

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.core.database import Database
from app.interop.sheets.files import read_book
from tests.auth.doors import try_login
from tests.seeding import seeding
from tests.sheets import workbook
from tests.stock.city import build_city

HEADER: list[object] = ["Log-in name", "Name of the person", "Role", "Places"]


def upload(client: TestClient, *rows: list[object]) -> Response:
    content = workbook({"List of accounts": [HEADER, *rows]})
    return client.post("/account-sheet", files={"file": ("accounts.xlsx", content)})


def test_a_sheet_is_checked_and_then_everybody_gets_an_account(
    client: TestClient, app: FastAPI, database: Database
) -> None:
    with seeding(database) as session:
        build_city(session)
    client.get("/account-sheet?lang=en")
    page = upload(client, ["boss", "李组长", "leader", None], [None, "库管张", "warehouse", "wh-1"])
    assert page.status_code == 200
    assert "warehouse-001" in page.text
    before = client.get("/api/v1/accounts").json()["items"]
    assert [one["login"] for one in before] == []
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    made = client.post("/account-sheet", data=hidden)
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    found = dict(re.findall(r"<code>([^<]+)</code></td><td><code>([^<]+)</code>", unescape(made.text)))
    assert sorted(found) == ["boss", "warehouse-001"]
    again = client.post("/account-sheet", data=hidden)
    assert not any(password in again.text for password in found.values())
    assert "2 have an account already" in again.text
    app.dependency_overrides.clear()
    assert try_login(client, "warehouse-001", found["warehouse-001"]).status_code == 204
    assert client.get("/api/v1/sessions/current").json()["must_change_password"] is True


def test_faults_are_at_their_cells_and_nobody_gets_an_account(client: TestClient, database: Database) -> None:
    client.get("/account-sheet?lang=en")
    page = upload(
        client, [None, "甲", "cook", None], ["A B", "乙", "leader", None], [None, "丙", "warehouse", "nowhere"]
    )
    assert page.status_code == 422
    assert all(f"List of accounts!{cell}" in page.text for cell in ("C2", "A3", "D4"))
    unbound = upload(client, [None, "丙", "warehouse", None])
    assert (unbound.status_code, "List of accounts!D2" in unbound.text) == (422, True)
    assert client.get("/api/v1/accounts").json()["items"] == []


def test_the_sheet_to_fill_in_has_the_places_beside_it(client: TestClient, database: Database) -> None:
    with seeding(database) as session:
        build_city(session)
    answer = client.get("/account-sheet.xlsx?lang=zh-CN")
    book = read_book(answer.content, "accounts.xlsx", where="file")
    assert [sheet.name for sheet in book.sheets][1:] == ["账号表", "单位表", "仓库表"]
    assert client.post("/account-sheet", files={"file": ("a.xlsx", answer.content)}).status_code == 200
