"""The frame of all pages without a browser: forms, files and lists."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.auth import Actor, Right
from app.core.actor import ActorKind
from app.core.errors import InvalidInputError
from app.core.rights import ALL_RIGHTS
from app.procurement.schemas import NewFund
from app.requisitions.schemas import NewRequisition
from app.web.kit.downloads import Sheet, table_file, workbook
from app.web.kit.forms import Form, nested, take_amount, validated
from app.web.kit.navigation import navigation, start_page

EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\tx", "http://example.org", "0012", "plain"]


def test_what_is_typed_becomes_the_payload_of_the_rest_call() -> None:
    typed = nested(
        [
            ("facility", " h-1 "),
            ("program", "medical"),
            ("reported_on", "2020-01-31"),
            ("note", ""),
            ("lines.0.item", "n95"),
            ("lines.0.requested_units", "１，２００"),
            ("lines.0.needed_by", "2020-02-01"),
            ("lines.0.reason", "ward"),
            ("lines.1.item", ""),
            ("lines.1.requested_units", " "),
            ("lines.7.item", "suit"),
            ("lines.7.requested_units", "1,200"),
            ("lines.7.needed_by", "2020-02-01"),
            ("lines.7.reason", "ward"),
        ]
    )
    payload = validated(NewRequisition, typed)
    assert [(line.item, line.requested_units) for line in payload.lines] == [("n95", 1200), ("suit", 1200)]


def test_every_fault_is_told_by_its_field_and_what_was_typed_is_kept() -> None:
    typed = nested([("facility", "h-1"), ("lines.0.item", "n95"), ("lines.0.requested_units", "many")])
    with pytest.raises(InvalidInputError) as caught:
        validated(NewRequisition, typed)
    form = Form(values=typed, refusal=caught.value)
    assert {fault.where for fault in form.all_faults} >= {"program", "lines.0.requested_units", "lines.0.needed_by"}
    assert [fault.code for fault in form.faults("lines.0.requested_units")] == ["int_parsing"]
    assert form.value("lines.0.requested_units") == "many"
    assert (form.value("lines.3.item"), form.value("nothing.at.all")) == ("", "")
    assert list(form.rows("lines", at_least=4)) == [0, 1, 2, 3]


def test_text_that_looks_like_a_number_stays_text() -> None:
    assert nested([("phone", "138 0013 8000"), ("lot", "1,2"), ("code", "0012")]) == {
        "phone": "138 0013 8000",
        "lot": "1,2",
        "code": "0012",
    }


def test_a_field_cannot_be_a_value_and_a_place_at_once() -> None:
    with pytest.raises(InvalidInputError):
        nested([("a", "1"), ("a.b", "2")])


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=8))
def test_no_form_whatever_brings_anything_but_a_refusal(fields: list[tuple[str, str]]) -> None:
    try:
        validated(NewFund, nested(fields))
    except InvalidInputError as refusal:
        assert refusal.faults  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "fen"), [("12.5", 1250), ("1,200", 120_000), ("¥ 3", 300), ("１２．５", 1250), ("0", 0)]
)
def test_amounts_in_yuan(text: str, fen: int) -> None:
    typed: dict[str, Any] = {"amount": text}
    take_amount(typed, "amount", into="amount_fen", per_unit=100)
    assert typed == {"amount_fen": fen}


@pytest.mark.parametrize("text", ["many", "1.234", "NaN", "Infinity", "--1"])
def test_what_is_no_amount_is_named(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        take_amount({"amount": text}, "amount", into="amount_fen", per_unit=100)
    assert [fault.where for fault in caught.value.faults] == ["amount"]


def test_text_stays_text_in_files() -> None:
    rows: list[list[Any]] = [[text, 5, date(2020, 1, 31), datetime(2020, 1, 31, 4, tzinfo=UTC)] for text in EVIL]
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook([Sheet(name="a/b:c", titles=list("abcd"), rows=rows)])))
    read = book.get_sheet_by_index(0).to_python()
    assert [row[0] for row in read[1:]] == EVIL
    assert read[1][1:] == [5.0, date(2020, 1, 31), datetime(2020, 1, 31, 4)]  # noqa: DTZ001
    text = bytes(table_file("csv", "表", list("abcd"), rows).body).decode("utf-8-sig")
    for line, evil in zip(text.splitlines()[1:], EVIL, strict=True):
        assert not line.lstrip('"').startswith(("=", "+", "-", "@", "\t")), evil


def test_a_file_name_in_chinese_is_sent_as_it_should_be() -> None:
    answer = table_file("xlsx", "收发公示", ["甲"], [["乙"]])
    assert answer.headers["content-disposition"].endswith("filename*=UTF-8''%E6%94%B6%E5%8F%91%E5%85%AC%E7%A4%BA.xlsx")


def test_people_find_only_what_is_theirs() -> None:
    clerk = Actor.system("clerk", {Right.REQUISITION_SUBMIT, Right.CATALOG_READ})
    assert navigation(None, "/disclosure").sections == []
    assert "/plans" not in [address for _, address, _ in navigation(clerk, "/disclosure").sections]
    everything = navigation(Actor.system("all", ALL_RIGHTS), "/plans/PLAN-1/needs")
    assert [title for title, _, is_here in everything.sections if is_here] == ["Plans"]
    assert [address for _, address, is_here in everything.entries if is_here] == ["/plans"]
    newcomer = Actor(name="new", kind=ActorKind.PERSON, rights=frozenset(), must_change_password=True)
    assert start_page(newcomer) == "/account"


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=99999999999999", "page=x", "sort=nothing", "sort=-"])
def test_a_list_shrugs_at_nonsense_in_the_address(client: TestClient, query: str) -> None:
    answer = client.get(f"/plans?lang=en&{query}")
    assert answer.status_code == 200
    assert "There is no plan yet." in answer.text
