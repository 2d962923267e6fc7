"""The work list of each role while a need becomes a delivery, on both databases, as REST and on first pages."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.auth import Actor
from app.core.actor import ActorKind
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ROLE_RIGHTS, Role
from app.worklist.service import Task, work_list
from app.worklist.types import TaskKind
from tests.conftest import NOON, OPERATOR
from tests.dispatch.city import Office
from tests.planning.city import need, post, receive
from tests.procurement.city import act_as

Kind = TaskKind


def person(role: Role, **reach: frozenset[str]) -> Actor:
    return Actor(name=role.value, kind=ActorKind.PERSON, role=role, rights=ROLE_RIGHTS[role], **reach)


LEADER, SUPPLIES, BUYER = person(Role.LEADER), person(Role.SUPPLIES_GROUP), person(Role.PROCUREMENT)
KEEPER = person(Role.WAREHOUSE, warehouses=frozenset({"wh"}))
HOSPITAL = person(Role.FACILITY, facilities=frozenset({"designated"}))
OTHERS = person(Role.FACILITY, facilities=frozenset({"third"}))


@pytest.fixture
def office(client: TestClient, app: FastAPI, planning_city: None) -> Iterator[Office]:
    yield Office(client, app)
    act_as(app, OPERATOR)


def waiting(database: Database, actor: Actor, clock: Clock, *, hours: float = 0) -> dict[Kind, Task]:
    later = Clock(clock.city_zone, lambda: NOON + timedelta(hours=hours))
    with database.read() as session:
        return {task.kind: task for task in work_list(session, actor, later)}


def test_each_step_waits_for_the_one_whose_turn_it_is(office: Office, database: Database, clock: Clock) -> None:
    receive(office.client, "n95", 100, "L1")
    line = {"item": "n95", "requested_units": 50, "needed_by": "2020-02-02", "reason": "use"}
    new = {"facility": "designated", "program": "medical", "reported_on": "2020-01-31", "lines": [line]}
    code = post(office.client, "/requisitions", new)["code"]
    assert Kind.REVIEW_REQUISITION not in waiting(database, SUPPLIES, clock)

    post(office.client, f"/requisitions/{code}/submit", {})
    task = waiting(database, SUPPLIES, clock)[Kind.REVIEW_REQUISITION]
    assert (task.count, task.overdue, task.is_own, task.due_at) == (1, 0, True, NOON + timedelta(hours=12))
    assert Kind.REVIEW_REQUISITION not in waiting(database, LEADER, clock, hours=12)
    late = waiting(database, LEADER, clock, hours=12.1)[Kind.REVIEW_REQUISITION]
    assert (late.count, late.overdue, late.is_own, late.owner) == (1, 1, False, Role.SUPPLIES_GROUP)

    post(office.client, f"/requisitions/{code}/review", {"basis": "requested"})
    plan = office.propose()
    assert waiting(database, LEADER, clock)[Kind.APPROVE_PLAN].count == 1
    assert Kind.REVIEW_REQUISITION not in waiting(database, SUPPLIES, clock)

    office.approve(plan)
    [order] = office.get("/transfer-orders")["items"]
    assert Kind.APPROVE_PLAN not in waiting(database, LEADER, clock)
    assert waiting(database, KEEPER, clock)[Kind.SHIP_ORDER].count == 1
    elsewhere = person(Role.WAREHOUSE, warehouses=frozenset({"designated"}))
    assert Kind.SHIP_ORDER not in waiting(database, elsewhere, clock)
    assert waiting(database, SUPPLIES, clock, hours=24)[Kind.SHIP_ORDER].overdue == 1

    office.ship(order["code"])
    assert Kind.SHIP_ORDER not in waiting(database, KEEPER, clock)
    assert waiting(database, HOSPITAL, clock)[Kind.CONFIRM_DELIVERY].count == 1
    assert Kind.CONFIRM_DELIVERY not in waiting(database, OTHERS, clock)

    [shipped] = office.get(f"/transfer-orders/{order['code']}")["lines"]
    [lot] = shipped["lots"]
    office.deliver(
        order["code"],
        {
            "line": shipped["position"],
            "lot_id": lot["lot_id"],
            "accepted_units": lot["quantity"] - 10,
            "rejected_units": 0,
            "missing_reason": "not on the truck",
        },
    )
    assert Kind.CONFIRM_DELIVERY not in waiting(database, HOSPITAL, clock)
    assert waiting(database, HOSPITAL, clock)[Kind.STATE_CASE].count == 1
    assert waiting(database, SUPPLIES, clock)[Kind.SETTLE_CASE].count == 1


def test_a_blocked_lot_waits_for_the_answer_of_who_has_it(office: Office, database: Database, clock: Clock) -> None:
    receive(office.client, "n95", 100, "L1")
    need(office.client, "designated", "n95", 50)
    office.approved()
    [order] = office.get("/transfer-orders")["items"]
    office.ship(order["code"])
    [lot] = office.get("/lots")["items"]
    office.post(f"/lots/{lot['id']}/block", {"reason": "leaking"}, by="supplies")
    assert waiting(database, HOSPITAL, clock)[Kind.ANSWER_RECALL].count == 1
    assert Kind.ANSWER_RECALL not in waiting(database, OTHERS, clock)
    assert waiting(database, SUPPLIES, clock)[Kind.CLOSE_RECALL].count == 1


def test_goods_are_expected_on_their_day(office: Office, database: Database, clock: Clock) -> None:
    pledge = {
        "partner": "donor",
        "item": "n95",
        "quantity": 30,
        "warehouse": "wh",
        "expected_on": "2020-02-01",
        "supply_channel": "DONATION",
    }
    post(office.client, "/pledges", pledge)
    assert waiting(database, BUYER, clock)[Kind.CONFIRM_DONATION].count == 1
    assert Kind.RECEIVE_DONATION not in waiting(database, KEEPER, clock)


@pytest.mark.parametrize("actor", [LEADER, SUPPLIES, BUYER, KEEPER, HOSPITAL, person(Role.AUDITOR), OPERATOR])
def test_everybody_has_a_list_and_most_urgent_comes_first(
    office: Office, database: Database, clock: Clock, actor: Actor
) -> None:
    receive(office.client, "n95", 100, "L1")
    need(office.client, "designated", "n95", 50)
    office.propose()
    with database.read() as session:
        tasks = work_list(session, actor, clock)
    assert [task.is_own for task in tasks] == sorted((task.is_own for task in tasks), reverse=True)
    assert tasks or actor.role not in {Role.LEADER, None}
    told = office.get("/work-list", by=actor)
    assert [(one["kind"], one["count"]) for one in told] == [(task.kind, task.count) for task in tasks]


@pytest.mark.parametrize(
    ("actor", "path", "told"),
    [
        (LEADER, "/", "Plans to approve"),
        (KEEPER, "/transfer-orders", "Transfer orders to ship"),
        (HOSPITAL, "/our-facility", "Deliveries to confirm"),
    ],
)
def test_it_stands_on_top_of_first_pages(office: Office, actor: Actor, path: str, told: str) -> None:
    receive(office.client, "n95", 100, "L1")
    need(office.client, "designated", "n95", 50)
    need(office.client, "third", "n95", 40)
    office.approved()
    first = office.get("/transfer-orders")["items"]
    office.ship(next(one["code"] for one in first if one["facility"] == "designated"))
    office.propose()
    act_as(office.app, actor)
    page = office.client.get(path, params={"lang": "en"}).text
    assert page.index("What to do now") < page.index(told)
