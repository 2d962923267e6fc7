"""Accounts in bulk: made once, all or none, with passwords that work and must be replaced."""

import pytest
from fastapi.testclient import TestClient

from app.auth.passwords import Passwords
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError
from app.core.settings import Settings
from app.interop.city.accounts import create_accounts
from app.interop.sheets.files import read_book
from tests.auth.doors import try_login
from tests.conftest import OPERATOR
from tests.sheets import workbook

HEADER: list[object] = ["登录名", "姓名", "角色", "所属地点"]


@pytest.mark.sample
def test_accounts_of_a_sheet_are_made_once_and_can_log_in(
    database: Database, settings: Settings, clock: Clock, client: TestClient
) -> None:
    rows = [
        HEADER,
        ["boss", "李组长", "领导", None],
        [None, "渌口医院王主任", "需求单位", "渌口区人民医院"],
        [None, "库管张", "仓库", "city-medical-store；north-store"],
    ]
    book = read_book(workbook({"账号表": rows}), "accounts.xlsx", where="file")
    made, unchanged = create_accounts(database, OPERATOR, clock, book, Passwords(settings))
    assert [one.login for one in made] == ["boss", "facility-001", "warehouse-001"]
    assert unchanged == 0
    client.app.dependency_overrides.clear()  # type: ignore[attr-defined]
    assert try_login(client, "facility-001", made[1].password).status_code == 204
    me = client.get("/api/v1/sessions/current").json()
    assert (me["facilities"], me["must_change_password"]) == (["lukou-peoples-hospital"], True)
    again, unchanged = create_accounts(database, OPERATOR, clock, book, Passwords(settings))
    assert (list(again), unchanged) == ([], 3)


@pytest.mark.sample
def test_every_fault_is_at_its_cell_and_no_account_is_made(
    database: Database, settings: Settings, clock: Clock
) -> None:
    rows = [HEADER, ["A B", "甲", "领导", None], [None, "乙", "厨师", None], [None, "丙", "需求单位", None]]
    book = read_book(workbook({"账号表": rows}), "accounts.xlsx", where="file")
    with pytest.raises(InvalidInputError) as refusal:
        create_accounts(database, OPERATOR, clock, book, Passwords(settings))
    assert [fault.where for fault in refusal.value.faults][:2] == ["账号表!C3", "账号表!A2"]
    good = [HEADER, [None, "甲", "领导", None], [None, "丙", "需求单位", None]]
    book = read_book(workbook({"账号表": good}), "accounts.xlsx", where="file")
    with pytest.raises(InvalidInputError) as refusal:
        create_accounts(database, OPERATOR, clock, book, Passwords(settings))
    assert [(fault.where, fault.code) for fault in refusal.value.faults] == [("账号表!D3", "places_missing")]
