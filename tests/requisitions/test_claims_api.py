"""Claims that are split, repeated, inflated or absurd, over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.database import Database
from tests.requisitions.city import REQUISITIONS, SOON, build_city, enter, line
from tests.seeding import seeding

PHONE = 13_800_138_000


@pytest.fixture
def api(client: TestClient, database: Database) -> Iterator[TestClient]:
    """A client of a city with facilities, items and norms."""
    with seeding(database) as session:
        build_city(session)
    return client


def lines(api: TestClient, code: str) -> Any:
    return api.get(f"{REQUISITIONS}/{code}").json()["lines"]


def test_a_need_split_into_parts_is_assessed_in_sum(api: TestClient) -> None:
    codes = [enter(api, line("suit", units)) for units in (120, 110, 100)]
    found = [lines(api, code)[0] for code in codes]
    assert [(one["assessed_units"], one["claimed_units"]) for one in found] == [(200, 0), (80, 120), (0, 200)]
    assert [one["flags"] for one in found] == [
        [],
        ["ABOVE_NORM_IN_SUM"],
        ["CLAIM_FAR_ABOVE_NORM", "ABOVE_NORM_IN_SUM"],
    ]
    listed = api.get(f"{REQUISITIONS}?flag=ABOVE_NORM_IN_SUM").json()["items"]
    assert [one["code"] for one in listed] == codes[1:]
    wide = [one for one in api.get(f"{REQUISITIONS}/{codes[1]}/assessment").json() if one["norm_set"] == "wide"]
    assert [(one["claimed_units"], one["assessed_units"]) for one in wide] == [(120, 80)]


def test_two_lines_of_one_item_count_each_day_once(api: TestClient) -> None:
    found = lines(api, enter(api, line("suit", 200), line("suit", 200, "2020-02-05", on_hand_units=30)))
    assert [one["assessed_units"] for one in found] == [4 * 50 - 30, 2 * 50]


def test_the_same_again_and_far_above_last_time_are_flagged(api: TestClient) -> None:
    enter(api, line("mask", 100), line("cap", 5))
    code = enter(api, line("mask", 100), line("cap", 16))
    assert [one["flags"] for one in lines(api, code)] == [["REPEATED_CLAIM"], ["NO_NORM", "FAR_ABOVE_LAST_TIME"]]
    for flag in ("REPEATED_CLAIM", "FAR_ABOVE_LAST_TIME"):
        assert [one["code"] for one in api.get(f"{REQUISITIONS}?flag={flag}").json()["items"]] == [code]


def test_a_figure_like_a_telephone_number_needs_a_decision_of_its_own(api: TestClient) -> None:
    code = enter(api, line("goggles", PHONE), line("cap", 5))
    assert lines(api, code)[0]["flags"] == ["ABSURD_FIGURE", "NO_NORM"]
    bulk = api.post("/api/v1/requisition-reviews", json={"reviews": [{"requisition": code, "basis": "requested"}]})
    review = f"{REQUISITIONS}/{code}/review"
    alone = api.post(review, json={"basis": "requested"})
    named = {"item": "goggles", "needed_by": SOON, "approved_units": PHONE}
    unreasoned = api.post(review, json={"basis": "requested", "lines": [named]})
    assert [answer.status_code for answer in (bulk, alone, unreasoned)] == [422] * 3
    assert [answer.json()["faults"][0]["code"] for answer in (bulk, alone, unreasoned)] == ["absurd_figure"] * 3
    named |= {"approved_units": 2, "reason": "asked by telephone"}
    answer = api.post(review, json={"basis": "requested", "lines": [named]})
    assert [one["approved_units"] for one in answer.json()["lines"]] == [2, 5]
