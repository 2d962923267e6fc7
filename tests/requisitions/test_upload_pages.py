"""Needs handed in as a sheet, through the pages: a draft, or the sheet with every fault in its cell."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from app.core.rights import Role
from app.requisitions.types import RequisitionState
from tests.requisitions.city import TODAY, build_city
from tests.requisitions.desk import Desk, entered, wrong_fields
from tests.sheets import rows_of, workbook_of


@pytest.fixture
def desk(app: FastAPI, client: TestClient, database: Database) -> Desk:
    """A desk in the city of requisitions."""
    with database.write() as session:
        build_city(session)
    return Desk(app, client)


def upload(browser: TestClient, content: bytes, **more: str) -> Any:
    data = {"facility": "clinic-1", "reported_on": TODAY, **more}
    return browser.post("/requisitions/upload", data=data, files={"file": ("needs.xlsx", content)})


def test_a_sheet_becomes_a_draft_once(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    template = browser.get("/requisitions/template")
    assert "needs-" not in template.headers["content-disposition"]
    rows = rows_of(template.content)
    rows[1][5] = 12
    answers = [upload(browser, workbook_of(rows), form_key="k" * 22) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {"/requisitions/RQ-2020-00001?uploaded=1"}
    (found,) = entered(database)
    assert (found.state, len(found.lines)) == (RequisitionState.DRAFT, 1)
    assert "read without a fault" in browser.get(answers[0].headers["location"]).text


def test_a_faulty_sheet_is_shown_with_every_fault_in_its_cell(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    rows: list[list[Any]] = [
        ["物资", "数量", "需用日期"],
        ["<script>", "x", None],
        *[["suit", None, None]] * 300,
        ["suit", -4, "2020-02-03"],
    ]
    answer = upload(browser, workbook_of(rows), note="second try")
    assert answer.status_code == 422
    assert "Nothing was entered: 4 faults in the sheet." in answer.text
    wrong = re.findall(r'<td id="([^"]+)" class="wrong">', answer.text)
    assert wrong == ["rows.2.item", "rows.2.quantity", "rows.2.needed_by", "rows.303.quantity"]
    assert re.findall(r'href="#(rows[^"]+)"', answer.text) == [
        "rows.2.item",
        "rows.2.needed_by",
        "rows.2.quantity",
        "rows.303.quantity",
    ]
    assert "&lt;script&gt;" in answer.text
    assert "101 further rows without a fault are not shown." in answer.text, "and blank rows are not counted"
    assert 'value="second try"' in answer.text
    answer = upload(browser, workbook_of([["物资", "颜色"], ["suit", "red"]]))
    assert '<th scope="col" id="rows.1.2" class="wrong">' in answer.text
    assert entered(database) == []


def test_an_upload_without_a_sheet_says_what_is_wanted(desk: Desk) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    for answer in (
        browser.post("/requisitions/upload", data={"facility": "clinic-1", "reported_on": TODAY}),
        browser.post("/requisitions/upload", data={"facility": "clinic-1", "reported_on": TODAY, "file": "text"}),
        upload(browser, b""),
    ):
        assert answer.status_code == 422
        assert "Choose a file" in answer.text
    assert wrong_fields(upload(browser, b"x", reported_on="x").text) == ["reported_on"]
    assert upload(browser, b"x", facility="clinic-2").status_code in (403, 422)
