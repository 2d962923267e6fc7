"""The rest of a need: what approved plans owe is not planned again, what they do not owe is, at every step."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.planning import worker
from tests.core.etags import changed
from tests.dispatch.city import Office
from tests.planning.city import need, post, receive
from tests.planning.working import SolvedHere


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    return Office(client, app)


def wanted(office: Office, **more: object) -> dict[tuple[str, str], int]:
    """What a plan proposed now would be asked for, by facility and item."""
    rows = office.get(f"/plans/{office.propose(**more)}/demands")["items"]
    return {(row["facility"], row["item"]): row["wanted_units"] for row in rows}


def delivered(order: dict[str, Any], accepted: int, missing: int) -> dict[str, object]:
    line = order["lines"][0]
    return {
        "line": line["position"],
        "lot_id": line["lots"][0]["lot_id"],
        "accepted_units": accepted,
        "missing_reason": "lost" if missing else "",
    }


def test_the_rest_is_open_from_the_approval_to_the_door(office: Office) -> None:
    receive(office.client, "n95", 600, "A")
    need(office.client, "designated", "n95", 1000)
    key = ("designated", "n95")
    plan = office.approved()
    assert wanted(office) == {key: 400}
    [order] = office.dispatch(plan)
    assert wanted(office) == {key: 400}
    [lot] = office.get(f"/transfer-orders/{order['code']}/pick-list")["picks"]
    sent = office.ship(order["code"], lots=[{"line": 1, "lot_id": lot["lot_id"], "quantity": 450}])
    assert wanted(office) == {key: 550}, "what was not sent is open again at once"
    office.deliver(order["code"], delivered(sent, 400, 50))
    assert wanted(office) == {key: 600}, "and what was lost on the road"


def test_a_line_that_no_plan_serves_is_planned_while_another_of_its_requisition_is_promised(office: Office) -> None:
    receive(office.client, "n95", 100, "A")
    lines = [
        {"item": item, "requested_units": 100, "needed_by": "2020-02-02", "reason": "use"} for item in ("n95", "kn95")
    ]
    new = {"facility": "designated", "program": "medical", "reported_on": "2020-01-31", "lines": lines}
    asked = str(post(office.client, "/requisitions", new)["code"])
    post(office.client, f"/requisitions/{asked}/submit", {})
    post(office.client, f"/requisitions/{asked}/review", {"basis": "requested"})
    first = office.approved()
    receive(office.client, "kn95", 100, "K")
    assert wanted(office) == {("designated", "kn95"): 100}
    second = office.approved()
    office.post(f"/plans/{first}/cancel", {"reason": "snow"}, by="leader")
    assert office.requisition_state(asked) == ("PLANNED", 0), "the second plan still owes it something"
    assert wanted(office) == {("designated", "n95"): 100}
    refused = office.post(f"/requisitions/{asked}/withdraw", {"reason": "enough"}, by="hospital", status=409)
    assert refused["faults"][0]["code"] == "wrong_state"
    office.post(f"/plans/{second}/cancel", {"reason": "snow"}, by="leader")
    assert office.requisition_state(asked) == ("REVIEWED", 0)


def test_a_plan_ends_also_where_a_need_was_withdrawn_after_another_gave_it_back(office: Office) -> None:
    """The second plan has brought what it owed to this need, and still has something on the road to another."""
    receive(office.client, "n95", 400, "A")
    asked = need(office.client, "designated", "n95", 1000)
    first = office.approved()
    receive(office.client, "n95", 300, "B")
    need(office.client, "second", "n95", 50)
    second = office.approved()
    orders = office.dispatch(second)
    for order in orders:
        office.ship(order["code"])
    near, far = sorted(orders, key=lambda order: str(order["facility"]))
    office.deliver(near["code"])
    office.post(f"/plans/{first}/cancel", {"reason": "snow"}, by="leader")
    state, units = office.requisition_state(asked)
    assert (state, units > 0) == ("REVIEWED", True)
    office.post(f"/requisitions/{asked}/withdraw", {"reason": "enough"}, by="hospital")
    office.deliver(far["code"])
    assert office.state_of(second) == "CLOSED"
    assert office.requisition_state(asked) == ("WITHDRAWN", units)


def test_substitutes_are_owed_by_their_ratio(office: Office) -> None:
    changed(office.client, "/api/v1/substitutions/kn95/n95", {"ratio_permille": 500})
    receive(office.client, "kn95", 100, "K")
    asked = need(office.client, "second", "n95", 80)
    plan = office.approved()
    assert wanted(office) == {("second", "n95"): 30}
    [order] = office.dispatch(plan)
    office.ship(order["code"])
    assert wanted(office) == {("second", "n95"): 30}
    office.deliver(order["code"])
    assert wanted(office) == {("second", "n95"): 30}
    assert office.requisition_state(asked) == ("REVIEWED", 50)
