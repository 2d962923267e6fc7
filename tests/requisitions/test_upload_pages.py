"""Needs handed in as a sheet, through the pages: a draft, or the sheet with every fault in its cell."""

import re
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from app.core.rights import Role
from app.requisitions.types import RequisitionState
from tests.requisitions.city import TODAY, build_city
from tests.requisitions.desk import Desk, entered, wrong_fields
from tests.seeding import seeding
from tests.sheets import rows_of, workbook_of


@pytest.fixture
def desk(app: FastAPI, client: TestClient, database: Database) -> Desk:
    """A desk in the city of requisitions."""
    with seeding(database) as session:
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


def hidden(page: str) -> dict[str, str]:
    """The hidden fields and the single selects' names of the page of answers."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)}


def test_a_sheet_that_is_not_clear_is_shown_row_by_row(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    rows: list[list[Any]] = [
        ["物资", "数量", "需用日期", "颜色"],
        ["<script>", "5", "2020-02-03", "red"],
        ["suit", "若干", "2020-02-03", None],
        ["mask", 7, "2020-02-03", None],
        ["cap", -4, "2020-02-03", None],
        ["goggles", None, None, None],
        ["合计", 12, None, None],
    ]
    answer = upload(browser, workbook_of(rows), note="second try")
    assert answer.status_code == 422
    assert "Of 4 rows 1 can be taken, 2 are asked about, 1 are refused." in " ".join(answer.text.split())
    assert "&lt;script&gt;" in answer.text
    assert "<script>" not in answer.text
    assert "“若干” is no number: say how many." in answer.text
    assert 'id="rows.5.quantity" class="wrong"' in answer.text
    assert "2 rows are not counted" in answer.text
    assert 'name="note" value="second try"' in answer.text
    assert "颜色" in answer.text
    assert entered(database) == []


def test_answers_make_the_sheet_a_draft_and_are_offered_again(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    rows: list[list[Any]] = [
        ["货品", "需几何", "需用日期"],
        ["兔子套装", "5", "2020-02-03"],
        ["mask", "约700", "2020-02-03"],
    ]
    page = upload(browser, workbook_of(rows)).text
    fields = hidden(page)
    assert [fields[f"headings.{n}.field"] for n in (0, 1)] == ["item", "quantity"]
    fields |= {"headings.0.heading": "货品", "headings.1.heading": "需几何"}
    page = browser.post("/requisitions/upload", data=fields, files={"none": b""}).text
    fields = hidden(page)
    assert fields["items.0.name"] == "兔子套装"
    assert '<option value="suit">Suit</option>' in page, "the nearest name is offered"
    fields |= {"items.0.item": "suit", "cells.0.text": "700"}
    answer = browser.post("/requisitions/upload", data=fields, files={"none": b""})
    assert answer.headers["location"] == "/requisitions/RQ-2020-00001?uploaded=1"
    (found,) = entered(database)
    assert [(line.item.code, line.requested_units) for line in found.lines] == [("suit", 5), ("mask", 700)]
    rows[2][1] = 800
    assert upload(browser, workbook_of(rows)).status_code == 303, "the same sender is not asked again"
    assert upload(desk.as_(Role.FACILITY, "clinic-2"), workbook_of(rows), facility="clinic-2").status_code == 422


def test_what_is_clear_can_be_taken_without_the_rest(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    rows = [["item", "quantity", "needed by"], ["suit", 5, "2020-02-03"], ["mask", "不限", "2020-02-03"]]
    fields = hidden(upload(browser, workbook_of(rows)).text)
    answer = browser.post("/requisitions/upload", data={**fields, "take": "clear"}, files={"none": b""})
    assert answer.headers["location"] == "/requisitions/RQ-2020-00001?uploaded=1&left=1"
    assert "1 rows of the sheet were left" in browser.get(answer.headers["location"]).text
    (found,) = entered(database)
    assert [line.item.code for line in found.lines] == ["suit"]


def test_an_item_may_be_typed_by_name_and_an_unknown_one_is_told(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    rows = [["item", "quantity", "needed by"], ["qwxyz", 5, "2020-02-03"]]
    fields = hidden(upload(browser, workbook_of(rows)).text)
    answer = browser.post("/requisitions/upload", data={**fields, "items.0.other": "nothing"}, files={"none": b""})
    assert (answer.status_code, "There is no item “nothing”." in answer.text) == (422, True)
    answer = browser.post("/requisitions/upload", data={**fields, "items.0.other": "防护服"}, files={"none": b""})
    assert answer.status_code == 303
    (found,) = entered(database)
    assert [line.item.code for line in found.lines] == ["suit"]


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
