"""What a facility had been approved and got before: summed up by facility and item, kept and shown with the plan."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.catalog.types import Program
from app.core.database import Database
from app.planning.snapshot.history import History, PastLine, history_of, sum_up
from tests.dispatch.city import Office
from tests.dispatch.people import GROUP, look
from tests.planning.city import POLICY, START, need, receive


def past(line: int, approved: int, delivered: int, facility: str = "a") -> PastLine:
    return PastLine(line_id=line, facility=facility, item="n95", approved_units=approved, delivered_units=delivered)


@pytest.mark.parametrize(
    ("lines", "asked_now", "found"),
    [
        ([past(1, 100, 90)], {}, {("a", "n95"): (100, 90)}),
        ([past(1, 100, 90), past(2, 50, 0)], {}, {("a", "n95"): (150, 90)}),
        ([past(1, 100, 120)], {}, {("a", "n95"): (100, 100)}),  # more than approved makes up for nothing
        ([past(1, 100, 30)], {1: 50}, {("a", "n95"): (50, 50)}),  # 20 are promised: they count as got
        ([past(1, 100, 0)], {1: 100}, {}),  # all of it is asked now
        ([past(1, 100, 90), past(2, 100, 10, "b")], {}, {("a", "n95"): (100, 90), ("b", "n95"): (100, 10)}),
    ],
)
def test_history_is_what_was_approved_before_and_got(
    lines: list[PastLine], asked_now: dict[int, int], found: dict[tuple[str, str], tuple[int, int]]
) -> None:
    expected = {key: History(asked_units=asked, received_units=got) for key, (asked, got) in found.items()}
    assert sum_up(lines, asked_now) == expected


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """`third` got 60 of the 100 that it asked for, and `second` all of it."""
    found = Office(client, app)
    receive(client, "n95", 160, "A")
    need(client, "third", "n95", 100, needed_by="2020-01-31")
    need(client, "second", "n95", 100, needed_by="2020-01-31")
    found.approved()
    for sent in found.get("/transfer-orders")["items"]:
        found.ship(sent["code"])
        found.deliver(sent["code"])
    receive(client, "n95", 50, "B")
    need(client, "third", "n95", 100)
    return found


def of_third(office: Office) -> dict[str, Any]:
    rows = office.get(f"/plans/{office.propose()}/demands", facility="third")["items"]
    return next(row for row in rows if row["needed_by"] == "2020-02-02")


def test_a_plan_keeps_and_shows_what_was_got_before(office: Office, database: Database) -> None:
    row = of_third(office)
    assert (row["asked_before_units"], row["received_before_units"]) == (80, 80)  # 20 are asked for once more
    page = look(office, GROUP, "/plans/PLAN-2020-00002/facilities/third?lang=en")
    assert "got 80 pcs of 80 pcs in 14 days" in page
    with database.read() as session:
        assert history_of(session, Program.MEDICAL, START, 0, asked_now={}) == {}
        assert history_of(session, Program.MEDICAL, START, 14, asked_now={}, left_out=range(99)) == {}


def test_the_policy_says_how_far_back(office: Office) -> None:
    policy = {**POLICY.model_dump(mode="json"), "history_days": 0}
    assert office.post("/policies", policy, by="leader", status=201)["history_days"] == 0
    assert of_third(office)["asked_before_units"] == 0
    wrong = office.post("/policies", {**policy, "history_days": 400}, by="leader", status=422)
    assert wrong["faults"][0]["where"] == "history_days"
