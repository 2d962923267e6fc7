"""Approval through the API: by whom, on which facts, what it takes, and how it is given back."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
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
from app.planning import worker
from app.planning.approval.models import PlanApproval
from app.planning.plans.models import AllocationPlan
from tests.conftest import NOON
from tests.core.etags import changed, removed, seen
from tests.dispatch.city import Office, assert_balanced, faults_of, stock_of
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as

YUAN = 1_000_000
POLICY = {
    "program": "medical", "title_zh": "新办法", "title_en": "New policy", "horizon_days": 7,
    "bands": [{"name_zh": "全部", "name_en": "All", "caps": [{"tier": 1, "cap_permille": 1000}]}],
    "tiers": [
        {"facility_type": "designated_hospital", "tier": 1}, {"facility_type": "hospital", "tier": 1},
    ],
    "reserves": [],
}  # fmt: skip


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    """500 of lot A in stock, 800 asked for; a fund of 3,000 yuan and an offer of 200 masks at 10 yuan in a day."""
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    office = Office(client, app)
    office.post(
        "/partners", {"code": "trader", "name_zh": "商", "name_en": "T", "kind": "supplier"}, by="b", status=201
    )
    fund = {"code": "city", "name_zh": "市", "name_en": "City", "amount_fen": 300_000, "on_overspend": "STOP"}
    office.post("/funds", fund, by="b", status=201)
    offer(office, 200)
    receive(client, "n95", 500, "A")
    need(client, "designated", "n95", 800)
    return office


def offer(office: Office, units: int, **more: object) -> str:
    body = {
        "partner": "trader",
        "item": "n95",
        "warehouse": "wh",
        "quantity": units,
        "unit_price_microyuan": 10 * YUAN,
        "lead_days": 1,
        "fund": "city",
        **more,
    }
    return str(office.post("/offers", body, by="b", status=201)["code"])


def pledge(office: Office, units: int, **more: object) -> str:
    body = {
        "partner": "donor",
        "item": "n95",
        "warehouse": "wh",
        "quantity": units,
        "expected_on": "2020-02-01",
        **more,
    }
    code = str(office.post("/pledges", body, by="b", status=201)["code"])
    office.post(f"/pledges/{code}/confirm", {}, by="b")
    return code


def committed_fen(office: Office) -> int:
    return int(office.get("/funds/city")["committed_fen"])


def lot_id(office: Office, code: str) -> int:
    return int(office.get("/lots", code=code)["items"][0]["id"])


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


def test_purchases_become_orders_with_one_confirmation(office: Office) -> None:
    second = offer(office, 100, lead_days=2)
    plan = office.approved()
    assert committed_fen(office) == 300_000
    path = f"/plans/{plan}/purchase-orders"
    placed = office.post(path, {}, by="buyer", status=201)
    assert [(one["order"]["state"], one["order"]["expected_on"], one["order"]["total_fen"]) for one in placed] == [
        ("ORDERED", "2020-02-01", 200_000),
        ("ORDERED", "2020-02-02", 100_000),
    ]
    assert committed_fen(office) == 300_000, "the money is committed once, by the orders"
    assert open_commitments(office) == [("purchase_order", 200_000), ("purchase_order", 100_000)]
    assert office.get(f"/offers/{second}")["state"] == "ACCEPTED"
    assert faults_of(office.post(path, {}, by="buyer", status=409)) == [("", "nothing_to_order")]
    assert office.get(f"/plans/{plan}/decision")["purchase_orders"] == ["PO-2020-00001", "PO-2020-00002"]


def open_commitments(office: Office) -> list[tuple[str, int]]:
    rows = office.get("/fund-commitments", open_only=True)["items"]
    return [(row["reference_kind"], row["amount_fen"]) for row in rows]


def test_an_offer_without_a_fund_needs_one_named(office: Office) -> None:
    office.post("/offers/OF-2020-00001/withdraw", {"reason": "sold"}, by="b")
    offer(office, 100, fund=None)
    plan = office.approved()
    path = f"/plans/{plan}/purchase-orders"
    assert faults_of(office.post(path, {}, by="buyer", status=422)) == [("fund", "fund_missing")]
    assert committed_fen(office) == 0
    office.post(path, {"fund": "city"}, by="buyer", status=201)
    assert committed_fen(office) == 100_000


def test_what_is_promised_is_not_planned_twice(office: Office) -> None:
    """Stock, an arrival and an offer, all used up by the first plan: the next one must do without."""
    changed(office.client, "/api/v1/funds/city", {"amount_fen": 10**9})
    pledge(office, 100)
    office.approved()
    need(office.client, "second", "n95", 400)
    plan = office.propose()
    assert planned(office, plan) == {"second": 0}
    offer(office, 100)
    assert planned(office, office.propose()) == {"second": 100}


def test_what_an_order_brings_stays_promised(office: Office, database: Database) -> None:
    plan = office.approved()
    office.post(f"/plans/{plan}/purchase-orders", {}, by="buyer", status=201)
    need(office.client, "second", "n95", 400)
    assert planned(office, office.propose()) == {"designated": 0, "second": 0}, "the order's goods are promised"
    line = {"item": "n95", "lot_code": "P", "accepted_units": 200, "expiry_date": "2022-01-01"}
    goods = {"purchase_order": "PO-2020-00001", "received_on": "2020-01-31", "lines": [line]}
    office.post("/receipts", goods, by="keeper", status=201)
    assert planned(office, office.propose()) == {"designated": 0, "second": 0}, "and so they are once they have come"
    assert stock_of(database)["P"] == (200, 200)
    assert_balanced(database)


def planned(office: Office, plan: str) -> dict[str, Any]:
    return {row["facility"]: row["planned_units"] for row in office.get(f"/plans/{plan}/demands")["items"]}


def test_trucks_that_are_full_stay_full(office: Office) -> None:
    changed(office.client, "/api/v1/items/n95", {"volume_mm3_per_unit": 1_000_000})
    for day in range(31, 38):
        date = f"2020-01-{day}" if day <= 31 else f"2020-02-{day - 31:02d}"
        limited = office.client.put(f"/api/v1/warehouses/wh/dispatch-capacities/{date}", json={"volume_litres": 300})
        assert limited.status_code == 200
    office.approved()
    need(office.client, "second", "n95", 400, needed_by="2020-01-31")
    receive(office.client, "n95", 400, "C")
    plan = office.propose()
    sent = sum(
        line["quantity"] for line in office.get(f"/plans/{plan}/lines")["items"] if line["ship_on"] == "2020-01-31"
    )
    used = [
        line["quantity"]
        for line in office.get("/plans/PLAN-2020-00001/lines")["items"]
        if line["ship_on"] == "2020-01-31"
    ]
    assert sum(used) > 0
    assert sent + sum(used) <= 300
