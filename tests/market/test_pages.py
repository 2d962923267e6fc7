"""The market watch on its pages: a series begun, values typed and asked about, an alarm taken up, rules changed."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.rights import Role
from tests.dispatch.people import GROUP, faults_at, look, person, send
from tests.market.watch import Watch, town

LEADER = person("leader", Role.LEADER)


@pytest.fixture
def office(client: TestClient, app: FastAPI) -> Watch:
    """A market without series."""
    client.follow_redirects = False
    return town(client, app)


def test_what_is_typed_per_jin_is_asked_about_and_entered_anew(office: Watch) -> None:
    typed = {"market": "lusong", "kind": "retail_price", "item": "cabbage", "group": "vegetables", "code": "cabbage"}
    assert "大白菜" in look(office, GROUP, "/market-series/new?lang=zh-CN")
    assert send(office, GROUP, "/market-series", typed).headers["location"] == "/market-series/cabbage"
    for day in ("2020-01-28", "2020-01-29", "2020-01-30"):
        office.enter(day, 480)
    entry = {"market": "lusong", "day": "2020-01-31", "observations.0.series": "cabbage"}
    assert "2020-01-30: 4.80 yuan/kg" in look(office, GROUP, "/market-entry?lang=en")
    wrong = send(office, GROUP, "/market-entry", {**entry, "observations.0.value": "two"})
    assert faults_at(wrong.text) == {"observations.0.value"}
    assert send(office, GROUP, "/market-entry", entry).status_code == 422
    asked = send(office, GROUP, "/market-entry", {**entry, "observations.0.value": "2.40"})
    assert asked.headers["location"] == "/questioned-values?asked=1"
    page = look(office, GROUP, "/questioned-values?asked=1&lang=en")
    assert "about half: perhaps typed per jin (500 g)" in page
    found = re.search(r"/questioned-values/\d+", page)
    assert found is not None
    assert "4.80 yuan/kg" in look(office, GROUP, found[0])
    fixed = send(office, GROUP, f"{found[0]}/correct", {"correct.value": "4.90"})
    assert fixed.headers["location"] == "/questioned-values"
    assert "No value is asked about." in look(office, GROUP, "/questioned-values?lang=en")
    today = look(office, GROUP, "/market-series?lang=en")
    assert ("4.90 yuan/kg" in today, "2020-01-31" in today) == (True, True)
    series = look(office, GROUP, "/market-series/cabbage?lang=en")
    assert ("<svg" in series, "2.40 yuan/kg" in series) == (True, True)
    again = {**entry, "observations.0.value": "4.95"}
    assert send(office, GROUP, "/market-entry", again).headers["location"] == "/market-entry?market=lusong&entered=1"


def test_a_value_that_is_right_is_accepted_and_one_that_is_not_left_out(office: Watch) -> None:
    office.series()
    office.enter("2020-01-29", 480)
    [first] = office.enter("2020-01-30", 960)
    address = f"/questioned-values/{first['id']}"
    assert faults_at(send(office, LEADER, f"{address}/accept", {}).text) == {"accept.reason"}
    assert send(office, LEADER, f"{address}/accept", {"accept.reason": "no supply"}).status_code == 303
    assert "no supply" in look(office, LEADER, address)
    [second] = office.enter("2020-01-31", 4_800)
    address = f"/questioned-values/{second['id']}"
    assert send(office, LEADER, f"{address}/reject", {"reject.reason": "a slip"}).status_code == 303
    assert send(office, LEADER, f"{address}/reject", {"reject.reason": "a slip"}).status_code == 409


def test_an_alarm_says_its_sum_by_names_and_is_answered_on_its_page(office: Watch) -> None:
    office.series()
    baseline = {
        "baseline.day": "2020-01-23", "baseline.price": "4.80", "baseline.cost": "4",
        "baseline.source": "before 24 January",
    }  # fmt: skip
    assert send(office, GROUP, "/market-series/cabbage/baseline", baseline).status_code == 303
    office.enter("2020-01-31", 481, cost_fen=400)
    page = look(office, GROUP, "/market-alerts?lang=zh-CN")
    told = "芦淞市场的大白菜：4.81元，进货成本没有上涨，却高于基准价格4.80元1分。"
    assert told in page
    found = re.search(r"/market-alerts/\d+", page)
    assert found is not None
    [notice] = office.get("/notices")["items"]
    assert notice["address"] == found[0]
    assert told in look(office, GROUP, f"{found[0]}?lang=zh-CN")
    assert send(office, GROUP, f"{found[0]}/answer", {"answer.answer": "the seller was asked"}).status_code == 303
    assert send(office, GROUP, f"{found[0]}/close", {"close.answer": "price lowered"}).status_code == 303
    shown = look(office, LEADER, found[0])
    assert ("price lowered" in shown, "close.answer" in shown) == (True, False)
    assert "Baseline" in look(office, LEADER, "/market-series/cabbage?lang=en")


def test_limits_are_changed_in_percent_with_their_source(office: Watch) -> None:
    assert send(office, LEADER, "/alert-rules", {}).headers["location"] == "/alert-rules"
    assert "湖南省市场监管局" in look(office, GROUP, "/alert-rules?lang=zh-CN")
    assert "Change the rule" not in look(office, GROUP, "/alert-rules/rise-pork?lang=en")
    change = {"change.yellow": "6.5", "change.red": "12", "change.source": "city order 7", "change.active": "true"}
    assert faults_at(send(office, LEADER, "/alert-rules/rise-pork", {**change, "change.red": "12.55"}).text) == {
        "change.red"
    }
    assert send(office, LEADER, "/alert-rules/rise-pork", change).status_code == 303
    rule = office.get("/alert-rules/rise-pork")
    assert (rule["yellow_permille"], rule["red_permille"], rule["source"]) == (65, 120, "city order 7")
    owed = {"change.due_hour": "10", "change.contact": "Li", "change.active": "true"}
    office.series()
    assert send(office, GROUP, "/market-series/cabbage", owed).status_code == 303
    assert office.get("/market-series/cabbage")["due_hour"] == 10


def test_alarms_and_questions_stand_in_the_work_list_with_their_hours(office: Watch) -> None:
    office.series()
    office.enter("2020-01-30", 480)
    office.enter("2020-01-31", 240)
    office.enter("2020-01-30", 1_151, cost_fen=1_000, confirmed=True)
    [alarm] = office.get("/market-alerts")["items"]
    tasks = {one["kind"]: one for one in office.get("/work-list", by=GROUP)}
    assert (tasks["ANSWER_ALARM"]["count"], tasks["ANSWER_ALARM"]["due_at"]) == (1, alarm["due_at"])
    assert (tasks["SETTLE_VALUE"]["count"], tasks["SETTLE_VALUE"]["overdue"]) == (1, 0)
    office.post(f"/market-alerts/{alarm['id']}/answer", {"answer": "seen"}, by="group")
    assert "ANSWER_ALARM" not in {one["kind"] for one in office.get("/work-list", by=GROUP)}
