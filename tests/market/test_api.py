"""The market watch over REST: series, values that are asked about, baselines, alarms, what is overdue."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.market.watch import watch
from tests.conftest import NOON
from tests.dispatch.city import faults_of
from tests.market.watch import SERIES, Watch, town


@pytest.fixture
def office(client: TestClient, app: FastAPI) -> Watch:
    return town(client, app)


def test_a_price_typed_for_a_jin_is_asked_about_and_counts_once_somebody_accepts_it(office: Watch) -> None:
    office.series()
    for day in ("2020-01-24", "2020-01-25", "2020-01-26"):
        assert office.enter(day, 480)[0]["state"] == "ACCEPTED"
    [asked] = office.enter("2020-01-30", 240)
    assert (asked["state"], asked["question"], asked["usual"]) == ("QUESTIONED", "per_jin", 480)
    [row] = office.get("/market-observations", state="QUESTIONED")["items"]
    decision = {"accept": True, "reason": "a sale"}
    decided = office.post(f"/market-observations/{row['id']}/decide", decision, by="leader")
    assert (decided["state"], decided["decided_by"]) == ("ACCEPTED", "leader")
    again = office.post(f"/market-observations/{row['id']}/decide", decision, by="leader", status=409)
    assert faults_of(again) == [("", "not_questioned")]
    [right] = office.enter("2020-01-30", 500)
    assert (right["revision"], right["state"]) == (2, "ACCEPTED")
    days = office.get("/market-observations", day="2020-01-30")["items"]
    assert [(one["revision"], one["is_newest"], one["value"]) for one in days] == [(1, False, 240), (2, True, 500)]


def test_a_questioned_value_raises_no_alarm_until_it_is_confirmed(office: Watch) -> None:
    office.series()
    for day in ("2020-01-20", "2020-01-27"):
        office.enter(day, 480)
    office.enter("2020-01-30", 960)
    assert office.alarms() == []
    office.enter("2020-01-30", 960, confirmed=True)
    assert office.alarms() == [("rise-vegetables", "red", "OPEN")]
    office.enter("2020-01-30", 490)
    assert office.alarms() == [("rise-vegetables", "red", "CLOSED")]


def test_one_fen_above_the_baseline_at_equal_cost_is_red_and_says_so(office: Watch) -> None:
    office.series()
    baseline = {"day": "2020-01-23", "price_fen": 480, "cost_fen": 400, "source": "before 24 January"}
    put = office.client.put("/api/v1/market-series/cabbage/baseline", json=baseline, headers={"If-None-Match": "*"})
    assert (put.status_code, put.json()["price_fen"]) == (200, 480)
    office.enter("2020-01-30", 480, cost_fen=400)
    assert office.alarms() == []
    office.enter("2020-01-31", 481, cost_fen=400)
    [alarm] = office.get("/market-alerts")["items"]
    assert (alarm["rule"], alarm["level"], alarm["owner"]) == ("baseline", "red", "supplies_group")
    assert alarm["due_at"] == "2020-01-31T06:00:00Z"
    assert alarm["text"] == (
        "cabbage at lusong: 4.81 yuan, 1 fen above the baseline of 4.80 at a cost that did not rise."
    )
    [notice] = office.get("/notices")["items"]
    assert (notice["kind"], notice["role"]) == ("market_red", "supplies_group")


@pytest.mark.parametrize(("price", "alarms"), [(1_150, []), (1_151, [("spread", "red", "OPEN")])])
def test_without_a_baseline_the_spread_decides(office: Watch, price: int, alarms: list[object]) -> None:
    office.series()
    office.enter("2020-01-31", price, cost_fen=1_000)
    assert office.alarms() == alarms


def test_an_alarm_is_taken_up_and_closed_with_what_was_done(office: Watch) -> None:
    office.series()
    office.enter("2020-01-31", 1_151, cost_fen=1_000)
    [alarm] = office.get("/market-alerts")["items"]
    step = f"/market-alerts/{alarm['id']}/answer"
    taken_up = office.post(step, {"answer": "asked the seller"}, by="group")
    assert (taken_up["state"], taken_up["answered_by"], taken_up["closed_at"]) == ("ACKNOWLEDGED", "group", None)
    closed = office.post(step, {"answer": "price lowered", "close": True}, by="group")
    assert (closed["state"], closed["answer"]) == ("CLOSED", "price lowered")
    assert faults_of(office.post(step, {"answer": "once more"}, by="group", status=409)) == [("", "alarm_closed")]


def test_what_is_overdue_is_told_and_passed_up_once(office: Watch, database: Database, clock: Clock) -> None:
    office.series(due_hour=12)
    office.series(code="outlets", kind="outlets_open", item=None, group="outlets", out_of=10, due_hour=13)
    watch(database, clock)
    watch(database, clock)
    assert office.alarms() == [("no-report", "yellow", "OPEN")]
    later = Clock(clock.city_zone, lambda: NOON + timedelta(hours=7))
    watch(database, later)
    watch(database, later)
    alarms = office.get("/market-alerts")["items"]
    assert [(one["series"], one["owner"]) for one in alarms] == [("cabbage", "leader"), ("outlets", "supplies_group")]
    assert [one["role"] for one in office.get("/notices")["items"]] == ["leader"]
    office.enter("2020-01-31", 480)
    assert office.alarms(series="cabbage") == [("no-report", "yellow", "CLOSED")]


def test_outlets_open_under_70_percent_are_an_alarm_and_more_than_all_are_a_fault(office: Watch) -> None:
    office.series(code="outlets", kind="outlets_open", item=None, group="outlets", out_of=181)
    office.enter("2020-01-30", 144, series="outlets")
    assert office.alarms() == []
    office.enter("2020-01-31", 126, series="outlets")
    assert office.alarms() == [("outlets", "yellow", "OPEN")]
    refused = office.enter("2020-01-31", 182, series="outlets", status=422)
    assert faults_of(refused) == [("observations.0.value", "too_many_outlets")]


def test_all_faults_of_values_are_told_at_once(office: Watch) -> None:
    office.series()
    rows = [
        {"series": "cabbage", "day": "2020-02-01", "value": 480},
        {"series": "cabbage", "day": "2018-02-01", "value": 0},
        {"series": "nothing", "day": "2020-01-31", "value": 1},
    ]
    refused = office.post("/market-observations", {"observations": rows}, by="group", status=422)
    assert faults_of(refused) == [
        ("observations.2.series", "unknown_id"),
        ("observations.0.day", "day_to_come"),
        ("observations.1.day", "day_too_old"),
        ("observations.1.value", "price_zero"),
    ]
    assert office.get("/market-observations")["items"] == []


def test_a_series_is_of_an_item_or_of_outlets_and_only_once(office: Watch) -> None:
    office.series()
    twice = office.post("/market-series", SERIES, by="group", status=409)
    assert faults_of(twice) == [("code", "duplicate_key")]
    wrong = {**SERIES, "code": "x", "kind": "outlets_open"}
    refused = office.post("/market-series", wrong, by="group", status=422)
    assert faults_of(refused) == [("item", "item_or_outlets"), ("out_of", "outlets_unknown")]
