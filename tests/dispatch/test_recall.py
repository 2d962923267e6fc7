"""A lot is recalled, or expires, while it is on the road: the door refuses it unless somebody says why not."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.auth import Actor
from app.core.clock import Clock
from app.core.rights import ALL_RIGHTS
from app.core.settings import Settings
from app.main import create_app
from app.planning import worker
from tests.conftest import NOON
from tests.dispatch.city import Office, faults_of
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    return Office(client, app)


@pytest.fixture
def sent(office: Office) -> dict[str, Any]:
    """An order on the road with 300 of lot A, which keeps until 20 February."""
    receive(office.client, "n95", 300, "A", expiry="2020-02-20")
    need(office.client, "designated", "n95", 300)
    [order] = office.dispatch(office.approved())
    shipped: dict[str, Any] = office.ship(order["code"])
    return shipped


def lot_of(order: dict[str, Any]) -> dict[str, Any]:
    line = order["lines"][0]
    return {"line": line["position"], "lot_id": line["lots"][0]["lot_id"]}


def test_a_lot_that_is_recalled_on_the_road_is_not_accepted_in_full(office: Office, sent: dict[str, Any]) -> None:
    lot = lot_of(sent)
    office.post(f"/lots/{lot['lot_id']}/block", {"reason": "recall 7"}, by="keeper")
    refused = office.deliver(sent["code"], status=422)
    assert faults_of(refused) == [("accepted_in_full", "unusable_at_the_door")]
    assert "recall 7" in refused["detail"]
    accepted = office.deliver(sent["code"], {**lot, "accepted_units": 300}, status=422)
    assert faults_of(accepted) == [("lots.0.acceptance_reason", "unusable_at_the_door")]
    back = {**lot, "accepted_units": 0, "rejected_units": 300, "rejection_reason": "recalled"}
    done = office.deliver(sent["code"], back)
    assert (done["state"], done["lines"][0]["rejected_units"]) == ("DELIVERED_WITH_DISCREPANCY", 300)


def test_a_reason_lets_a_recalled_lot_in_and_is_kept(office: Office, sent: dict[str, Any]) -> None:
    lot = lot_of(sent)
    office.post(f"/lots/{lot['lot_id']}/block", {"reason": "recall 7"}, by="keeper")
    why = "The recall names other boxes."
    office.deliver(sent["code"], {**lot, "accepted_units": 300, "acceptance_reason": why})
    records = office.get("/audit-records", action="TRANSFER_ORDER_DELIVERED")["items"]
    assert list(records[0]["after"]["accepted_anyway"].values()) == [why]


def test_a_lot_that_expires_on_the_road_is_refused_by_default(
    office: Office, sent: dict[str, Any], settings: Settings, clock: Clock
) -> None:
    app = create_app(settings, Clock(clock.city_zone, partial(NOON.__add__, timedelta(days=21))))
    with TestClient(app) as client:
        refused = Office(client, app).deliver(sent["code"], status=422)
    assert faults_of(refused) == [("accepted_in_full", "unusable_at_the_door")]


def test_the_page_at_the_door_marks_it_and_refuses_by_default(office: Office, sent: dict[str, Any]) -> None:
    lot = lot_of(sent)
    office.post(f"/lots/{lot['lot_id']}/block", {"reason": "recall 7"}, by="keeper")
    act_as(office.app, Actor.system("hospital", ALL_RIGHTS))
    page = office.client.get(f"/deliveries/{sent['code']}?lang=zh-CN").text
    assert "该批次已召回：recall 7" in page
    assert 'name="lots.0.rejected_units"' in page
    assert 'value="已召回：recall 7"' in page
