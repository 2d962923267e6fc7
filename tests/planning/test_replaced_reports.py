"""Approving a plan whose reports newer ones have replaced: what is still needed is sent, no more."""

from typing import Any

import pytest

from app.core.database import Database
from tests.dispatch.city import Office, assert_balanced, faults_of, stock_of
from tests.planning.city import need


@pytest.fixture
def plan(office: Office) -> str:
    """A plan that sends 300 of lot A to the hospital that reported a need of 300."""
    office.post("/requisitions/RQ-2020-00001/withdraw", {"reason": "a report comes"}, by="planner")
    need(office.client, "designated", "n95", 300, kind="REPORT")
    return office.propose()


def orders(office: Office) -> list[Any]:
    return [
        (order["state"], [line["ordered_units"] for line in order["lines"]])
        for order in office.get("/transfer-orders")["items"]
    ]


def test_a_newer_report_that_needs_more_leaves_the_plan_as_it_is(office: Office, plan: str, database: Database) -> None:
    need(office.client, "designated", "n95", 400, kind="REPORT")
    office.approve(plan)
    assert (orders(office), stock_of(database)) == ([("OPEN", [300])], {"A": (500, 300)})
    rest = office.propose()
    assert [row["wanted_units"] for row in office.get(f"/plans/{rest}/demands")["items"]] == [100]


def test_a_newer_report_that_needs_less_gets_less_in_whole_packs(office: Office, plan: str, database: Database) -> None:
    newer = need(office.client, "designated", "n95", 45, kind="REPORT")
    changes = office.get(f"/plans/{plan}/changes")
    assert changes["missing"] == []
    [told] = [fault for fault in changes["news"] if fault["code"] == "need_lowered_by_report"]
    assert told["detail"] == (
        "designated needs 45 of n95 by its newer report: 50 instead of 300 are sent on 2020-01-31."
    )
    assert told["params"]["key"] == f"{newer}/n95"
    office.approve(plan)
    assert (orders(office), stock_of(database)) == ([("OPEN", [50])], {"A": (500, 50)})
    assert_balanced(database)


def test_what_the_newer_report_does_not_need_at_all_is_not_sent(office: Office, plan: str, database: Database) -> None:
    need(office.client, "designated", "kn95", 10, kind="REPORT")
    decided = office.approve(plan)
    assert (orders(office), stock_of(database)) == ([], {"A": (500, 0)})
    assert decided["plan"]["state"] == "CLOSED"


def test_a_need_that_somebody_lowered_still_stands_in_the_way(office: Office) -> None:
    code = need(office.client, "second", "n95", 300)
    plan = office.propose()
    office.post(f"/requisitions/{code}/reject", {"reason": "handed in twice"}, by="planner")
    refused = office.approve(plan, status=409)
    assert ("demands", "need_gone") in faults_of(refused)
