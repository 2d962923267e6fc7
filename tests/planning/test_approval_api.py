"""Approval through the API: by whom, on which facts, what it takes, and how it is given back."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.auth import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from app.dispatch.models import TransferOrder
from app.dispatch.types import TransferOrderState
from app.facilities.models import Facility
from app.main import create_app
from app.planning.approval.models import PlanApproval
from app.planning.plans.models import AllocationPlan
from tests.conftest import NOON
from tests.core.etags import changed, removed, seen
from tests.dispatch.city import Office, assert_balanced, faults_of, stock_of
from tests.planning.approving import POLICY, committed_fen, lot_id, offer, planned, pledge
from tests.planning.city import need, receive
from tests.procurement.city import act_as


def test_an_approval_takes_lots_money_and_needs_at_once(office: Office, database: Database) -> None:
    plan = office.propose()
    assert (stock_of(database), committed_fen(office)) == ({"A": (500, 0)}, 0)
    decided = office.approve(plan)
    assert decided["plan"]["state"] == "DISPATCHING", "the orders of its firm days are made with it"
    assert decided["approval"]["approved_by"] == "leader"
    assert decided["approval"]["snapshot_digest"] == decided["plan"]["snapshot_digest"]
    assert (stock_of(database), committed_fen(office)) == ({"A": (500, 500)}, 200_000)
    assert office.get("/requisitions")["items"][0]["state"] == "PLANNED"
    assert_balanced(database)


def test_nobody_approves_their_own_plan(office: Office, database: Database) -> None:
    plan = office.propose()
    refused = office.approve(plan, by="planner", status=403)
    assert refused["code"] == "own_approval"
    assert "planner had a hand in plan" in refused["detail"]
    assert (office.state_of(plan), stock_of(database)) == ("PROPOSED", {"A": (500, 0)})


def test_the_database_itself_refuses_ones_own_approval_and_the_dispatch_of_what_was_never_approved(
    office: Office, database: Database
) -> None:
    code = office.propose()
    with database.read() as session:
        plan = session.scalars(select(AllocationPlan).where(AllocationPlan.code == code)).unique().one()
        places = dict(session.execute(select(Facility.code, Facility.id)).all())
    approval = PlanApproval(
        plan_id=plan.id, proposed_by="planner", approved_by="planner", approved_at=NOON, snapshot_digest="x"
    )
    order = TransferOrder(
        code="TO-1",
        plan_id=plan.id,
        warehouse_id=places["wh"],
        facility_id=places["designated"],
        ship_on=plan.start,
        state=TransferOrderState.OPEN,
        created_at=NOON,
        created_by="x",
    )
    for row in (approval, order):
        with pytest.raises(IntegrityError), database.write() as session:
            session.add(row)


def test_a_plan_is_approved_once(office: Office) -> None:
    plan = office.approved()
    refused = office.approve(plan, by="mayor", status=409)
    assert faults_of(refused) == [("state", "wrong_state")]


IN_THE_WAY: dict[str, tuple[Callable[[Office], object], str, str]] = {
    "a loss": (
        lambda o: o.post(
            "/stock-movements",
            {
                "movements": [
                    {
                        "kind": "LOSS",
                        "lot_id": lot_id(o, "A"),
                        "quantity": 1,
                        "from_warehouse": "wh",
                        "reason": "wet",
                        "occurred_on": "2020-01-31",
                    }
                ]
            },
            by="k",
            status=201,
        ),
        "supplies",
        "n95/A@wh",
    ),
    "a blocked lot": (
        lambda o: o.post(f"/lots/{lot_id(o, 'A')}/block", {"reason": "recall"}, by="k"),
        "supplies",
        "n95/A@wh",
    ),
    "a withdrawn offer": (
        lambda o: o.post("/offers/OF-2020-00001/withdraw", {"reason": "sold"}, by="b"),
        "offers",
        "OF-2020-00001",
    ),
    "a smaller fund": (lambda o: changed(o.client, "/api/v1/funds/city", {"amount_fen": 150_000}), "funds", "city"),
    "another pack": (lambda o: changed(o.client, "/api/v1/items/n95", {"pack_units": 30}), "items", "n95"),
    "another road": (lambda o: removed(o.client, "/api/v1/lanes/wh/designated"), "lanes", "wh -> designated"),
}


NEWS: dict[str, tuple[Callable[[Office], object], str, str]] = {
    "more of a lot": (lambda o: receive(o.client, "n95", 10, "A"), "supplies", "n95/A@wh"),
    "a new lot": (lambda o: receive(o.client, "n95", 10, "B"), "supplies", "n95/B@wh"),
    "a new need": (lambda o: need(o.client, "second", "n95", 50), "demands", "n95"),
    "a new offer": (lambda o: offer(o, 30), "offers", "OF-2020-00002"),
    "an arrival": (lambda o: pledge(o, 40), "supplies", "PL-2020-00001/n95"),
}


def records(database: Database) -> int:
    with database.read() as session:
        return int(session.scalar(select(func.count()).select_from(AuditRecord)) or 0)


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_what_is_not_there_any_more_is_named_and_nothing_is_written(
    office: Office, database: Database, what: str
) -> None:
    change, where, key = IN_THE_WAY[what]
    plan = office.propose()
    change(office)
    before = (stock_of(database), committed_fen(office), records(database))
    refused = office.approve(plan, status=409)
    assert refused["code"] == "plan_outdated"
    keys = [fault["params"].get("key", "") for fault in refused["faults"] if fault["where"] == where]
    assert any(key in one for one in keys), refused["faults"]
    assert (stock_of(database), committed_fen(office), records(database)) == before
    assert office.state_of(plan) == "PROPOSED"


@pytest.mark.parametrize("what", NEWS)
def test_what_only_came_on_top_is_told_and_does_not_stop_an_approval(office: Office, what: str) -> None:
    change, where, key = NEWS[what]
    plan = office.propose()
    change(office)
    told = office.get(f"/plans/{plan}/changes")
    assert told["missing"] == []
    assert any(key in fault["params"].get("key", "") for fault in told["news"] if fault["where"] == where), told
    office.approve(plan)


def test_a_newer_policy_outdates_a_plan(office: Office) -> None:
    plan = office.propose()
    office.post("/policies", POLICY, by="leader", status=201)
    refused = office.approve(plan, status=409)
    assert faults_of(refused) == [("policy", "input_changed")]
    assert refused["faults"][0]["params"] == {"used": 1, "in_force": 2}


def test_a_hundred_gifts_do_not_stop_an_approval(office: Office) -> None:
    plan = office.propose()
    for n in range(100):
        receive(office.client, "n95", 10, f"N{n}")
    told = office.get(f"/plans/{plan}/changes")
    assert (told["missing"], told["new_sources"], told["new_needs"]) == ([], 100, 0)
    assert len(told["news"]) == 21
    assert told["news"][-1]["params"] == {"more": 80}
    office.approve(plan)


def test_a_plan_that_is_older_than_the_policy_allows_is_computed_anew(
    office: Office, settings: Settings, clock: Clock
) -> None:
    plan = office.propose(start="2020-02-02")
    later = Clock(clock.city_zone, partial(NOON.__add__, timedelta(hours=25)))
    app = create_app(settings, later)
    with TestClient(app) as client:
        refused = Office(client, app).approve(plan, status=409)
    assert faults_of(refused) == [("proposed_at", "plan_old")]


def test_a_plan_takes_only_what_leaves_on_its_firm_days(office: Office, database: Database) -> None:
    """An order that comes in three days serves a day that is only foreseen: nothing waits for it."""
    office.post("/offers/OF-2020-00001/withdraw", {"reason": "sold"}, by="b")
    pledge(office, 300, expected_on="2020-02-02")
    plan = office.propose()
    lines = office.get(f"/plans/{plan}/lines")["items"]
    assert {(line["quantity"], line["ship_on"], line["firm"]) for line in lines} == {
        (500, "2020-01-31", True),
        (300, "2020-02-02", False),
    }
    office.approve(plan)
    assert stock_of(database) == {"A": (500, 500)}
    orders = office.dispatch(plan)
    assert [order["ship_on"] for order in orders] == ["2020-01-31"]
    need(office.client, "second", "n95", 100, needed_by="2020-02-02")
    again = planned(office, office.propose())
    assert again["designated"] + again["second"] == 300, "what was only foreseen is planned anew"


def test_a_refusal_speaks_chinese(office: Office) -> None:
    plan = office.propose()
    office.post(f"/lots/{lot_id(office, 'A')}/block", {"reason": "召回"}, by="k")
    act_as(office.app, Actor.system("leader", ALL_RIGHTS))
    headers = {"Accept-Language": "zh-CN", **seen(office.client, f"/api/v1/plans/{plan}")}
    answer = office.client.post(f"/api/v1/plans/{plan}/approve", headers=headers)
    assert answer.json()["title"] == "该方案要用的东西有的已经不在了，请重新计算。"
    assert answer.json()["faults"][0]["detail"] == "wh的n95批次A已于2020-01-31 12:00封存：召回"


def test_a_plan_of_yesterday_is_not_approved_today(
    office: Office, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = office.propose()
    later = Clock(clock.city_zone, partial(NOON.__add__, timedelta(days=1)))
    app = create_app(settings, later)
    with TestClient(app) as client:
        refused = Office(client, app).approve(plan, status=409)
    assert faults_of(refused) == [("start", "plan_late")]


def test_an_approval_supersedes_the_other_proposals_of_these_days(office: Office) -> None:
    plan, rival, later = office.propose(), office.propose(), office.propose(start="2020-02-10")
    office.approve(plan)
    assert [office.state_of(one) for one in (plan, rival, later)] == ["DISPATCHING", "SUPERSEDED", "PROPOSED"]
    ended = office.get(f"/plans/{rival}/decision")["ending"]
    assert (ended["superseded_by"], ended["ended_by"]) == (plan, "leader")
    assert faults_of(office.approve(rival, by="mayor", status=409)) == [("state", "wrong_state")]
    assert faults_of(office.dispatch(rival, status=409)) == [("state", "wrong_state")]


def test_a_rejected_plan_is_never_dispatched(office: Office) -> None:
    plan = office.propose()
    assert faults_of(office.post(f"/plans/{plan}/reject", {}, by="leader", status=422)) == [("reason", "missing")]
    assert office.post(f"/plans/{plan}/reject", {"reason": "unfair"}, by="leader")["ending"]["reason"] == "unfair"
    for refused in (office.approve(plan, status=409), office.dispatch(plan, status=409)):
        assert faults_of(refused) == [("state", "wrong_state")]


def test_a_cancelled_plan_gives_everything_back(office: Office, database: Database) -> None:
    plan = office.approved()
    office.post(f"/plans/{plan}/cancel", {"reason": "new figures"}, by="leader")
    assert (stock_of(database), committed_fen(office)) == ({"A": (500, 0)}, 0)
    assert office.get("/requisitions")["items"][0]["state"] == "REVIEWED"
    assert_balanced(database)
    again = office.approved()
    assert office.state_of(again) == "DISPATCHING"
