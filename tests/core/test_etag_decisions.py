"""Decisions on plans and steps of transfer orders rest on what was seen: 428 without a tag, 412 with another."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.auth import Actor
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.planning import worker
from tests.core.etags import seen
from tests.dispatch.city import API, TRUCK, Office, stock_of
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as

WHY = {"reason": "new figures"}
FULL = {"received_by": "李主任", "accepted_in_full": True}


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    receive(client, "n95", 300, "A")
    need(client, "designated", "n95", 200)
    return Office(client, app)


def sent(office: Office, path: str, body: object, tag: dict[str, str]) -> Response:
    act_as(office.app, Actor.system("leader", ALL_RIGHTS))
    return office.client.post(f"{API}{path}", json=body, headers=tag)


def refusals(office: Office, path: str, body: object, stale: dict[str, str]) -> list[tuple[int, str]]:
    """How it is answered without a tag, and with a stale one."""
    answers: list[Any] = [sent(office, path, body, {}), sent(office, path, body, stale)]
    return [(answer.status_code, answer.json()["code"]) for answer in answers]


REFUSED = [(428, "if_match_missing"), (412, "changed_meanwhile")]


def test_a_plan_is_decided_as_it_was_seen(office: Office, database: Database) -> None:
    plan = office.propose()
    proposed = seen(office.client, f"{API}/plans/{plan}")
    assert proposed, "the plan is shown with its tag"
    other = {"If-Match": '"other"'}
    for step, body in (("approve", None), ("reject", WHY), ("cancel", WHY)):
        assert refusals(office, f"/plans/{plan}/{step}", body, other) == REFUSED
    assert stock_of(database) == {"A": (300, 0)}
    assert sent(office, f"/plans/{plan}/approve", None, proposed).status_code == 200
    assert refusals(office, f"/plans/{plan}/cancel", WHY, proposed) == REFUSED
    assert sent(office, f"/plans/{plan}/transfer-orders", None, proposed).status_code == 412
    assert stock_of(database) == {"A": (300, 200)}
    assert sent(office, f"/plans/{plan}/cancel", WHY, {"If-Match": "*"}).status_code == 200


def test_a_transfer_order_moves_on_as_it_was_seen(office: Office, database: Database) -> None:
    [order] = office.dispatch(office.approved())
    path = f"/transfer-orders/{order['code']}"
    fresh = seen(office.client, API + path)
    for step, body in (("ship", TRUCK), ("cancel", WHY), ("deliver", FULL)):
        assert refusals(office, f"{path}/{step}", body, {"If-Match": '"other"'}) == REFUSED
    shipped = sent(office, f"{path}/ship", TRUCK, fresh)
    assert shipped.status_code == 200
    assert refusals(office, f"{path}/deliver", FULL, fresh) == REFUSED
    assert stock_of(database) == {"A": (100, 0)}
    delivered = sent(office, f"{path}/deliver", FULL, {"If-Match": shipped.headers["ETag"]})
    assert delivered.json()["state"] == "DELIVERED"


def test_what_does_not_exist_is_404_without_a_tag(office: Office) -> None:
    for path, body in (("/plans/PLAN-9/approve", None), ("/transfer-orders/TO-9/ship", TRUCK)):
        assert sent(office, path, body, {}).status_code == 404
