"""Requisitions over HTTP: drafts, submission, assessment, lists, filters, pages, faults."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.database import Database
from app.core.trail.models import AuditRecord
from tests.core.etags import seen
from tests.requisitions.city import REQUISITIONS, SOON, build_city, draft, enter, line
from tests.seeding import seeding


@pytest.fixture
def api(client: TestClient, database: Database) -> Iterator[TestClient]:
    """A client of a city with facilities, items and norms."""
    with seeding(database) as session:
        build_city(session)
    return client


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(fault["code"], fault["where"]) for fault in answer.json()["faults"]]


def test_a_draft_is_assessed_by_the_norm_set_that_supports_most(api: TestClient, database: Database) -> None:
    answer = api.post(
        REQUISITIONS, json=draft(line("suit", 401, on_hand_units=30), line("mask", 800), line("goggles", 5))
    )
    assert answer.status_code == 201
    shown = answer.json()
    assert shown["code"] == "RQ-2020-00001"
    assert shown["state"] == "DRAFT"
    assert [one["assessed_units"] for one in shown["lines"]] == [4 * 10 * 5 - 30, 4 * 50 * 4, None]
    assert [one["flags"] for one in shown["lines"]] == [["CLAIM_FAR_ABOVE_NORM"], [], ["NO_NORM"]]
    assert shown["flags"] == ["CLAIM_FAR_ABOVE_NORM", "NO_NORM"]
    assert api.get(f"{REQUISITIONS}/RQ-2020-00001").json() == shown
    with database.read() as session:
        assert [one.action for one in session.scalars(select(AuditRecord))] == ["REQUISITION_CREATED"]


def test_the_assessment_shows_every_norm_set(api: TestClient) -> None:
    code = enter(api, line("suit", 100, on_hand_units=30), line("cap", 1))
    assert api.get(f"{REQUISITIONS}/{code}/assessment").json() == [
        {
            "item": "suit",
            "needed_by": SOON,
            "norm_set": name,
            "days": 4,
            "gross_units": gross,
            "on_hand_units": 30,
            "claimed_units": 0,
            "assessed_units": gross - 30,
        }
        for name, gross in (("low", 80), ("wide", 200))
    ]


def test_every_fault_of_a_requisition_is_told_at_once(api: TestClient) -> None:
    answer = api.post(
        REQUISITIONS,
        json=draft(
            line("suit", 1),
            line("nothing", 1),
            line("rice", 1),
            line("suit", 2),
            line("mask", 1, "2020-01-30"),
            facility="nowhere",
            reported_on="2020-02-01",
        ),
    )
    assert answer.status_code == 422
    assert faults(answer) == [
        ("unknown_id", "facility"),
        ("unknown_id", "lines.1.item"),
        ("other_program", "lines.2.item"),
        ("day_to_come", "reported_on"),
        ("needed_before_report", "lines.4.needed_by"),
        ("repeated_line", "lines.3"),
    ]
    assert api.get(REQUISITIONS).json()["items"] == []


def test_a_closed_facility_cannot_ask(api: TestClient) -> None:
    assert faults(api.post(REQUISITIONS, json=draft(line("suit", 1), facility="closed-1"))) == [
        ("inactive_facility", "facility")
    ]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ({"lines": []}, ("too_short", "lines")),
        ({"lines": [line("suit", 0)]}, ("greater_than_equal", "lines.0.requested_units")),
        ({"lines": [line("suit", 10**13)]}, ("less_than_equal", "lines.0.requested_units")),
        ({"lines": [line("suit", 1) | {"requested_units": "5"}]}, ("int_type", "lines.0.requested_units")),
        ({"lines": [line("suit", 1, "1999-12-31")]}, ("greater_than_equal", "lines.0.needed_by")),
        ({"program": "money"}, ("enum", "program")),
        ({"note": "\x00"}, ("value_error", "note")),
        ({"colour": "red"}, ("extra_forbidden", "colour")),
    ],
)
def test_what_has_not_the_right_shape_is_refused(api: TestClient, broken: Any, fault: tuple[str, str]) -> None:
    answer = api.post(REQUISITIONS, json=draft(line("suit", 1)) | broken)
    assert answer.status_code == 422
    assert fault in faults(answer)


def test_a_draft_can_be_rewritten_until_it_is_submitted(api: TestClient) -> None:
    code = enter(api, line("suit", 10), submit=False)
    answer = api.put(
        f"{REQUISITIONS}/{code}",
        json=draft(line("suit", 20), line("mask", 5), facility="clinic-2"),
        headers=seen(api, f"{REQUISITIONS}/{code}"),
    )
    assert answer.status_code == 200
    assert [(one["item"], one["requested_units"]) for one in answer.json()["lines"]] == [("suit", 20), ("mask", 5)]
    assert answer.json()["lines"][0]["assessed_units"] == 4 * 4 * 5
    assert api.post(f"{REQUISITIONS}/{code}/submit").json()["submitted_at"] is not None
    late = api.put(f"{REQUISITIONS}/{code}", json=draft(line("suit", 30)), headers=seen(api, f"{REQUISITIONS}/{code}"))
    assert (late.status_code, faults(late)) == (409, [("wrong_state", "")])
    assert api.get(f"{REQUISITIONS}/{code}").json()["lines"][0]["requested_units"] == 20


def test_a_requisition_can_be_withdrawn_or_rejected_with_a_reason(api: TestClient) -> None:
    first, second = enter(api, line("suit", 1), submit=False), enter(api, line("suit", 1))
    withdrawn = api.post(f"{REQUISITIONS}/{first}/withdraw", json={"reason": "found some"}).json()
    rejected = api.post(f"{REQUISITIONS}/{second}/reject", json={"reason": "not ours"}).json()
    assert (withdrawn["state"], withdrawn["closing_reason"]) == ("WITHDRAWN", "found some")
    assert (rejected["state"], rejected["closing_reason"]) == ("REJECTED", "not ours")
    for code in (first, second):
        assert api.post(f"{REQUISITIONS}/{code}/submit").status_code == 409
    assert api.post(f"{REQUISITIONS}/{first}/withdraw", json={"reason": " "}).status_code == 422
    assert api.post(f"{REQUISITIONS}/RQ-0/reject", json={"reason": "x"}).status_code == 404


def test_a_refusal_is_told_in_chinese(api: TestClient) -> None:
    code = enter(api, line("suit", 1))
    answer = api.post(f"{REQUISITIONS}/{code}/submit", headers={"Accept-Language": "zh-CN"})
    assert answer.json()["faults"][0]["detail"] == f"需求单 {code} 处于“待审核”状态，不能提交。"


@pytest.fixture
def listed(api: TestClient) -> TestClient:
    """Four requisitions: a high claim, one without a norm, an old report, a draft for rice."""
    enter(api, line("suit", 10_000))
    enter(api, line("goggles", 5), line("suit", 50), facility="clinic-2")
    enter(api, line("mask", 5), facility="clinic-2", reported_on="2020-01-27")
    enter(api, line("rice", 5), facility="school-1", program="living", submit=False)
    return api


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4]),
        ("facility=clinic-2", [2, 3]),
        ("facility=nowhere", []),
        ("zone=north", [1, 4]),
        ("zone=city", [1, 2, 3, 4]),
        ("state=DRAFT", [4]),
        ("program=medical", [1, 2, 3]),
        ("item=suit", [1, 2]),
        ("flag=CLAIM_FAR_ABOVE_NORM", [1]),
        ("flag=CLAIM_FAR_ABOVE_NORM&claim_permille=600", [1, 2]),
        ("flag=NO_NORM", [2, 4]),
        ("flag=STALE_REPORT", [3]),
        ("flag=STALE_REPORT&stale_after_days=4", []),
        ("reported_from=2020-01-28", [1, 2, 4]),
        ("reported_to=2020-01-28", [3]),
        ("item=suit&zone=south", [2]),
    ],
)
def test_a_list_is_narrowed_by_every_filter(listed: TestClient, query: str, numbers: list[int]) -> None:
    answer = listed.get(f"{REQUISITIONS}?{query}")
    assert answer.status_code == 200
    assert [int(one["code"][-5:]) for one in answer.json()["items"]] == numbers


@pytest.mark.parametrize("flag", ["CLAIM_FAR_ABOVE_NORM", "NO_NORM", "STALE_REPORT"])
@pytest.mark.parametrize("thresholds", ["", "claim_permille=0&stale_after_days=0", "claim_permille=625"])
def test_the_filter_finds_just_what_is_shown_with_the_flag(listed: TestClient, flag: str, thresholds: str) -> None:
    shown = listed.get(f"{REQUISITIONS}?{thresholds}").json()["items"]
    found = listed.get(f"{REQUISITIONS}?flag={flag}&{thresholds}").json()["items"]
    assert found == [one for one in shown if flag in one["flags"]]


def test_pages_follow_one_another(listed: TestClient) -> None:
    first = listed.get(f"{REQUISITIONS}?limit=3").json()
    second = listed.get(f"{REQUISITIONS}?limit=3&after={first['next']}").json()
    assert [int(one["code"][-5:]) for one in first["items"] + second["items"]] == [1, 2, 3, 4]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "after=-1", "flag=RED", "state=x", "claim_permille=-1", "reported_from=x"]
)
def test_wrong_filters_are_refused(api: TestClient, query: str) -> None:
    assert api.get(f"{REQUISITIONS}?{query}").status_code == 422


def test_an_unknown_zone_or_requisition_is_not_found(api: TestClient) -> None:
    assert api.get(f"{REQUISITIONS}?zone=nowhere").status_code == 404
    assert api.get(f"{REQUISITIONS}/RQ-2020-99999").status_code == 404
    assert api.get(f"{REQUISITIONS}/RQ-2020-99999/assessment").status_code == 404
