"""Subsidies on their pages: figures and people typed, a month drafted, approved, committed and paid."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.dispatch.people import faults_at, look, send
from tests.subsidies.town import BUYER, LEADER, Bureau, town


@pytest.fixture
def bureau(client: TestClient, app: FastAPI) -> Bureau:
    """The town of subsidies."""
    return town(client, app)


def test_a_month_goes_from_the_draft_to_the_payment(bureau: Bureau) -> None:
    assert "还没有编制过补贴单" in look(bureau, BUYER, "/subsidy-runs?lang=zh-CN")
    assert faults_at(send(bureau, BUYER, "/subsidy-runs", {"scheme": "linked", "month": "12月"}).text) == {"month"}
    made = send(bureau, BUYER, "/subsidy-runs", {"scheme": "linked", "month": "2019-12"})
    address = made.headers["location"]
    page = look(bureau, BUYER, address)
    assert "食品价格同比上涨 17.4%" in page
    assert "Approve with my name" not in look(bureau, BUYER, f"{address}?lang=en")
    assert "Approve with my name" in look(bureau, LEADER, address)
    assert send(bureau, LEADER, f"{address}/approve", {}).status_code == 303
    assert send(bureau, BUYER, f"{address}/commit", {}).status_code == 303
    typed = {"pay.paid_on": "2020-01-31", "pay.evidence": "bank list"}
    assert send(bureau, BUYER, f"{address}/pay", typed).status_code == 303
    assert "bank list" in look(bureau, LEADER, address)
    fund = look(bureau, LEADER, "/funds/purse?lang=en")
    assert fund.count("20,000 yuan") >= 4  # the amount, committed; of it for subsidies: committed and spent
    assert "At the pace of the last 14 days it runs out on 2020-01-31." in fund
    refused = send(bureau, LEADER, f"{address}/reject", {"reject.reason": "late"})
    assert (refused.status_code, "SB-2020-00001" in look(bureau, LEADER, "/subsidy-runs?state=PAID")) == (409, True)


def test_figures_people_and_schemes_are_typed_in_percent_and_yuan(bureau: Bureau) -> None:
    figure = {
        "figure.region": "zhuzhou",
        "figure.month": "2019-12",
        "figure.cpi": "4.4",
        "figure.food": "16.05",
        "figure.published_on": "2020-01-10",
        "figure.source": "city bureau",
    }
    assert faults_at(send(bureau, BUYER, "/index-figures", figure).text) == {"figure.food"}
    assert send(bureau, BUYER, "/index-figures", {**figure, "figure.food": "16.1"}).status_code == 303
    assert bureau.get("/index-figures", region="zhuzhou")["items"][0]["food_permille"] == 161
    count = {"count.group": "ORPHANS", "count.zone": "z", "count.month": "2019-12", "count.people": "1,200"}
    assert send(bureau, BUYER, "/entitled-counts", {**count, "count.source": "civil affairs"}).status_code == 303
    assert "1,200" in look(bureau, LEADER, "/entitled-counts")
    scheme = {
        "name_zh": "新方案",
        "name_en": "New",
        "code": "new",
        "region": "zhuzhou",
        "fund": "purse",
        "cpi_trigger": "3.5",
        "food_trigger": "6",
        "minimum": "20",
        "factor": "2",
        "bases.0.zone": "z",
        "bases.0.base": "610.50",
    }
    assert "At least a head and month (yuan)" in look(bureau, LEADER, "/subsidy-schemes/new?lang=en")
    assert send(bureau, LEADER, "/subsidy-schemes", scheme).headers["location"] == "/subsidy-schemes/new"
    made = bureau.get("/subsidy-schemes/new")
    assert (made["factor_permille"], made["bases"]) == (2_000, [{"zone": "z", "base_fen": 61_050}])
    assert "Change the scheme" in look(bureau, LEADER, "/subsidy-schemes/linked")
    change = {
        "change.minimum": "25.50",
        "change.bases.0.zone": "z",
        "change.bases.0.base": "700",
        "change.factor": "1.5",
    }
    assert send(bureau, LEADER, "/subsidy-schemes/linked", change).status_code == 303
    changed = bureau.get("/subsidy-schemes/linked")
    assert (changed["minimum_fen"], changed["factor_permille"]) == (2_550, 1_500)
