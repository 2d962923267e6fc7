"""The workbook made for a facility, and the sheet that comes back, over HTTP."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.auth.deps import _current_actor
from app.core.actor import Actor, ActorKind, acting_as
from app.core.database import Database
from app.core.rights import ROLE_RIGHTS, Role
from app.core.trail.models import AuditRecord
from app.facilities.models import Facility
from app.interop.sheets.files import BODY_BYTES_MAX, UPLOAD_BYTES_MAX
from app.requisitions.models import Requisition
from tests.requisitions.city import REQUISITIONS, SOON, build_city, enter, line
from tests.seeding import seeding
from tests.sheets import filled_in, rows_of, workbook_of

IMPORT = f"{REQUISITIONS}/import"
TEMPLATE = "/api/v1/facilities/clinic-1/requisition-template"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def api(client: TestClient, database: Database) -> Iterator[TestClient]:
    """A client of a city with facilities, items and norms."""
    with seeding(database) as session:
        build_city(session)
    return client


def clinic(*places: str) -> Actor:
    """Somebody of these facilities."""
    return acting_as(
        Role.FACILITY,
        name="nurse",
        title="Nurse",
        kind=ActorKind.PERSON,
        places=frozenset(places),
        rights=ROLE_RIGHTS[Role.FACILITY],
    )


def send(api: TestClient, content: bytes, name: str = "needs.xlsx", **more: Any) -> Any:
    """The answer to a sheet of clinic-1."""
    headers = more.pop("headers", None)
    return api.post(IMPORT, data={"facility": "clinic-1", **more}, files={"file": (name, content)}, headers=headers)


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(fault["where"], fault["code"]) for fault in answer.json()["faults"]]


def nothing_entered(database: Database) -> bool:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Requisition)) == 0


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_template_comes_back_as_a_draft(language: str, api: TestClient, database: Database) -> None:
    enter(api, line("suit", 120), line("goggles", 30), line("suit", 40, "2020-02-04"))
    answer = api.get(TEMPLATE, headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    assert answer.headers["content-disposition"] == 'attachment; filename="needs-clinic-1-medical.xlsx"'
    rows = rows_of(answer.content)
    suit, mask, goggles = ("防护服", "口罩", "护目镜") if language == "zh-CN" else ("Suit", "Mask", "Goggles")
    # The last figures, and what the norms support in five days: suits 5 a day and bed, masks 4 a day and person.
    assert [row[1:5] for row in rows[1:4]] == [
        [suit, rows[1][2], 160, 250],
        [mask, rows[2][2], None, 1000],
        [goggles, rows[3][2], 30, None],
    ]
    assert {row[7] for row in rows[1:4]} == {date(2020, 2, 4)}

    def fill(number: int, row: list[Any]) -> None:
        if number == 2:
            row[5], row[6] = 200, 15
        if number == 4:
            row[5] = 0
        if number == 6:
            row[1], row[5], row[8] = mask, 77, "=SUM(A1)"

    answer = send(api, filled_in(answer.content, fill), reported_on="2020-01-30", note="by Excel")
    assert answer.status_code == 201, answer.json()
    shown = answer.json()
    assert (shown["state"], shown["facility"], shown["reported_on"]) == ("DRAFT", "clinic-1", "2020-01-30")
    asked = [(one["item"], one["requested_units"], one["on_hand_units"], one["reason"]) for one in shown["lines"]]
    assert asked == [("suit", 200, 15, ""), ("mask", 77, None, "=SUM(A1)")]
    with database.read() as session:
        last = session.scalars(select(AuditRecord).order_by(AuditRecord.seq.desc()).limit(1)).one()
    assert (last.action, last.subject_key) == ("REQUISITION_CREATED", shown["code"])


def test_text_of_the_template_stays_text(api: TestClient, database: Database) -> None:
    with seeding(database) as session:
        facility = session.scalars(select(Facility).where(Facility.code == "clinic-1")).one()
        facility.name_en = "=HYPERLINK(A1)"
    answer = api.get(TEMPLATE, headers={"Accept-Language": "en"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        instructions = archive.read("xl/worksheets/sheet2.xml").decode()
        strings = archive.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in instructions
    assert "HYPERLINK(A1)" in strings


def test_the_template_offers_items_and_refuses_what_cannot_be_read(api: TestClient) -> None:
    with zipfile.ZipFile(io.BytesIO(api.get(TEMPLATE).content)) as archive:
        first = archive.read("xl/worksheets/sheet1.xml").decode()
    assert first.count("<dataValidation ") == 4
    assert 'type="list"' in first
    assert "!$A$2:$A$5" in first, "the four items of the program"
    assert "VLOOKUP" in first, "the unit of an item that is chosen"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_lists_and_formulas_of_the_template_point_to_a_sheet_that_is_there(language: str, api: TestClient) -> None:
    answer = api.get(TEMPLATE, headers={"Accept-Language": language})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        first = archive.read("xl/worksheets/sheet1.xml").decode()
        names = set(re.findall(r'<sheet name="([^"]+)"', archive.read("xl/workbook.xml").decode()))
    pointed_to = set(re.findall(r"'([^']+)'!\$A\$2", first))
    assert pointed_to
    assert pointed_to <= names


def test_a_csv_file_is_read_as_well(api: TestClient) -> None:
    text = f"物资,数量,需用日期\n兔子服,3,{SOON}\n".encode("gb18030")
    answer = send(api, text, "needs.csv")
    assert answer.status_code == 201
    assert answer.json()["lines"][0]["item"] == "suit"
    assert answer.json()["reported_on"] == "2020-01-31", "today, where nothing else is said"


def test_every_fault_is_told_by_row_and_column_and_nothing_is_entered(api: TestClient, database: Database) -> None:
    rows = [
        ["item", "quantity", "needed_by", "unit"],
        ["suit", "x", "2020-02-03", None],
        ["horse", 5, "2020-01-01", None],
        ["mask", 5, "2020-02-03", "boxes"],
        ["cap", 5, "2020-02-03", None],
    ]
    answer = send(api, workbook_of(rows))
    assert answer.status_code == 422
    assert faults(answer) == [
        ("rows.2.quantity", "not_a_number"),
        ("rows.3.item", "unknown_item"),
        ("rows.3.needed_by", "needed_before_report"),
        ("rows.4.unit", "other_unit"),
    ]
    assert nothing_entered(database)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_file"),
        (b"\xd0\xcf\x11\xe0old", "not_a_sheet"),
        (b"PK\x03\x04broken", "not_a_sheet"),
        (b"\xff\xfe\xff", "not_text"),
        (b"a" * (UPLOAD_BYTES_MAX + 1), "too_large"),
        (b'item,"quantity\n', "not_csv"),
    ],
)
def test_what_is_no_sheet_is_refused_with_the_reason(
    content: bytes, code: str, api: TestClient, database: Database
) -> None:
    answer = send(api, content)
    assert answer.status_code == 422
    assert faults(answer) == [("file", code)]
    assert nothing_entered(database)


def test_a_workbook_made_to_exhaust_memory_is_refused(api: TestClient) -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(210):
            part.write(b" " * (1 << 20))
    assert len(buffer.getvalue()) < UPLOAD_BYTES_MAX
    answer = send(api, buffer.getvalue())
    assert (answer.status_code, faults(answer)) == (422, [("file", "too_large_unpacked")])


def test_a_body_far_beyond_the_limit_is_not_even_read(api: TestClient) -> None:
    assert send(api, b"a" * (BODY_BYTES_MAX + 1)).status_code == 413


def test_a_sheet_sent_twice_with_one_key_is_entered_once(api: TestClient, database: Database) -> None:
    sheet = workbook_of([["item", "quantity", "needed_by"], ["suit", 5, SOON]])
    first = send(api, sheet, headers={"Idempotency-Key": "sheet-1"})
    again = send(api, sheet, headers={"Idempotency-Key": "sheet-1"})
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert send(api, sheet + b" ", headers={"Idempotency-Key": "sheet-1"}).status_code == 422
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Requisition)) == 1


def test_a_facility_gets_and_sends_only_its_own(app: FastAPI, api: TestClient) -> None:
    app.dependency_overrides[_current_actor] = lambda: clinic("clinic-2")
    sheet = workbook_of([["item", "quantity", "needed_by"], ["suit", 5, SOON]])
    assert api.get(TEMPLATE).status_code == 404
    assert faults(send(api, sheet)) == [("facility", "outside_reach")]
    assert send(api, sheet, facility="clinic-2").status_code == 201
    other = workbook_of([["facility", "item", "quantity", "needed_by"], ["clinic-1", "suit", 5, SOON]])
    assert faults(send(api, other, facility="clinic-2")) == [("rows.2.facility", "other_facility")]
    app.dependency_overrides.clear()


@pytest.mark.parametrize("facility", ["nowhere", "closed-1"])
def test_unknown_and_closed_facilities_have_no_needs(facility: str, api: TestClient) -> None:
    sheet = workbook_of([["item", "quantity", "needed_by"], ["suit", 5, SOON]])
    answer = send(api, sheet, facility=facility)
    assert (answer.status_code, answer.json()["faults"][0]["where"]) == (422, "facility")


def test_what_is_not_clear_is_answered_with_all_rows_and_can_be_settled(api: TestClient, database: Database) -> None:
    rows = [
        ["item", "quantity", "needed_by", "unit"],
        ["suit", 5, SOON, None],
        ["mask", "若干", SOON, None],
        ["cap", 3, SOON, "箱"],
        ["goggles", -1, SOON, None],
        ["total", 9, None, None],
    ]
    answer = send(api, workbook_of(rows))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["rows_in"]) == (422, "unclear_sheet", 4)
    assert [one["item"] for one in problem["lines"]] == ["suit"]
    assert [(one["row"], one["why"][0]["cell"], one["why"][0]["ask"]) for one in problem["asked"]] == [
        (3, "B3", "CELL"),
        (4, "D4", "UNIT"),
    ]
    assert [(one["row"], one["why"][0]["code"], one["why"][0]["ask"]) for one in problem["refused"]] == [
        (5, "out_of_bounds", None)
    ]
    assert [(one["row"], one["why"]) for one in problem["aside"]] == [(6, "TOTAL")]
    assert nothing_entered(database)
    rows[4][1] = 1
    answers = {
        "cells": [{"sheet": "Sheet1", "cell": "B3", "text": "700"}],
        "units": [{"item": "cap", "said": "箱", "unit": "100"}],
    }
    answer = send(api, workbook_of(rows), answers=json.dumps(answers))
    shown = answer.json()
    assert answer.status_code == 201, shown
    assert [(one["item"], one["requested_units"], one["rows"]) for one in shown["lines"]] == [
        ("suit", 5, ["Sheet1!2"]),
        ("mask", 700, ["Sheet1!3"]),
        ("cap", 300, ["Sheet1!4"]),
        ("goggles", 1, ["Sheet1!5"]),
    ]
    assert (shown["asked"], shown["refused"], len(shown["taken"]), shown["state"]) == ([], [], 4, "DRAFT")


def test_what_is_clear_may_be_taken_alone(api: TestClient) -> None:
    rows = [["item", "quantity", "needed_by"], ["suit", 5, SOON], ["horse", 5, SOON]]
    answer = send(api, workbook_of(rows), take="clear")
    shown = answer.json()
    assert (answer.status_code, len(shown["lines"]), len(shown["asked"])) == (201, 1, 1)
    assert faults(send(api, workbook_of(rows[:1] + rows[2:]), take="clear")) == [("rows.2.item", "unknown_item")]


def test_answers_that_are_none_are_refused(api: TestClient) -> None:
    sheet = workbook_of([["item", "quantity", "needed_by"], ["suit", 5, SOON]])
    assert faults(send(api, sheet, answers="{")) == [("answers", "json_invalid")]
    assert faults(send(api, sheet, answers='{"cells": [{"cell": "5"}], "x": 1}'))[0][0].startswith("answers.")


def test_what_the_office_confirms_becomes_a_name_for_all(api: TestClient) -> None:
    sheet = workbook_of([["facility", "item", "quantity", "needed_by"], ["一医院", "防护衣", 5, SOON]])
    answers = {
        "items": [{"name": "防护衣", "item": "suit"}],
        "facilities": [{"name": "一医院", "facility": "clinic-1"}],
    }
    assert send(api, sheet, answers=json.dumps(answers)).status_code == 201
    names = api.get("/api/v1/item-aliases", params={"item": "suit"}).json()["items"]
    assert {"alias": "防护衣", "item": "suit"} in names
    assert send(api, sheet).status_code == 201
    answer = send(api, sheet, facility="clinic-2")
    assert faults(answer) == [("rows.2.facility", "other_facility")]
