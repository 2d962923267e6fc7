"""Own and other: what is marked with a small letter in the matrix, with a case for each."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.core.work import Work
from app.procurement.order_schemas import NewReceipt, NewReceiptLine
from app.procurement.service import receive_goods
from app.requisitions.schemas import NewRequisition, Review, ReviewBasis
from app.requisitions.service import create_requisition, review, submit
from app.stock.counts import draft_inventory
from app.stock.models import StockEvent
from app.stock.schemas import NewPhysicalInventory
from tests.auth.doors import API, codes, try_login
from tests.auth.matrix import MATRIX
from tests.stock.city import stocked_lot

OPERATOR = Actor.system("operator", ALL_RIGHTS)
Case = tuple[str, object]
"""An address, and a body where one is sent."""

IN_OTHER_TESTS = (
    "/api/v1/transfer-orders",
    "/api/v1/delivery-cases",
    "/api/v1/recalls",
    "/api/v1/facility-returns",
    "/api/v1/trips",
    "/api/v1/notices",
    "/api/v1/plans/{code}/transfer-orders",
    "/api/v1/plans/{code}/give-back",
)
"""These need an approved plan: tests/dispatch tries them as facilities and warehouses of their own."""


def wanted(facility: str) -> dict[str, Any]:
    """A requisition of a facility."""
    line = {"item": "n95", "requested_units": 10, "needed_by": "2020-02-03"}
    return {"facility": facility, "program": "medical", "reported_on": "2020-01-31", "lines": [line]}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of needs, sent for a facility."""

    facility: str
    content: bytes = b"item,quantity,needed_by\nn95,10,2020-02-03\n"


class Things:
    """What there is of a facility and of a warehouse."""

    def __init__(self, database: Database, clock: Clock, *, facility: str, warehouse: str) -> None:
        self.facility, self.warehouse = facility, warehouse
        with database.write() as session:
            new = NewRequisition.model_validate(wanted(facility))
            self.drafts = [create_requisition(Work(session, OPERATOR, clock), new).code for _ in range(5)]
            submit(Work(session, OPERATOR, clock), self.drafts[4])
            review(Work(session, OPERATOR, clock), self.drafts[4], Review(basis=ReviewBasis.REQUESTED))
            self.lot_id = stocked_lot(session, clock, f"L-{warehouse}", 100, warehouse=warehouse)
            self.event_id = session.scalars(select(StockEvent.id).where(StockEvent.lot_id == self.lot_id)).one()
            counts = []
            for _ in range(3):
                counted = {"lot_id": self.lot_id, "counted_units": 100}
                count = {"warehouse": warehouse, "counted_on": "2020-01-31", "lines": [counted]}
                counts.append(
                    draft_inventory(Work(session, OPERATOR, clock), NewPhysicalInventory.model_validate(count)).code
                )
            self.counts = counts
            line = NewReceiptLine(item="n95", accepted_units=5, rejected_units=5, rejection_reason="wet")
            receipt = NewReceipt(
                partner="giver",
                warehouse=warehouse,
                received_on=clock.today(),
                lines=[line],
                confirmed_not_duplicate=True,
            )
            self.receipts = [receive_goods(Work(session, OPERATOR, clock), receipt).code for _ in range(2)]

    def case(self, method: str, path: str) -> Case:
        """A proper call of the route for these things."""
        cases = self._cases_of_facilities() | self._cases_of_warehouses()
        return cases[method, path.removeprefix(API)]

    def _cases_of_facilities(self) -> dict[tuple[str, str], Case]:
        why = {"reason": "because"}
        return {
            ("POST", "/requisitions"): ("/requisitions", wanted(self.facility)),
            ("GET", "/requisitions/{code}"): (f"/requisitions/{self.drafts[0]}", None),
            ("GET", "/requisitions/{code}/assessment"): (f"/requisitions/{self.drafts[0]}/assessment", None),
            ("PUT", "/requisitions/{code}"): (f"/requisitions/{self.drafts[1]}", wanted(self.facility)),
            ("POST", "/requisitions/{code}/submit"): (f"/requisitions/{self.drafts[2]}/submit", None),
            ("POST", "/requisitions/{code}/withdraw"): (f"/requisitions/{self.drafts[3]}/withdraw", why),
            ("POST", "/requisitions/{code}/lower"): (
                f"/requisitions/{self.drafts[4]}/lower",
                {**why, "item": "n95", "needed_by": wanted(self.facility)["lines"][0]["needed_by"], "units": 0},
            ),
            ("GET", "/facilities/{code}/outlook"): (f"/facilities/{self.facility}/outlook", None),
            ("POST", "/requisitions/import"): ("/requisitions/import", Sheet(self.facility)),
            ("GET", "/facilities/{code}/requisition-template"): (
                f"/facilities/{self.facility}/requisition-template",
                None,
            ),
        }

    def _cases_of_warehouses(self) -> dict[tuple[str, str], Case]:
        lot_line = {"lot_id": self.lot_id, "counted_units": 100}
        receipt_line = {"item": "n95", "lot_code": f"N-{self.warehouse}", "accepted_units": 5}
        movement = {
            "kind": "LOSS",
            "lot_id": self.lot_id,
            "quantity": 1,
            "from_warehouse": self.warehouse,
            "occurred_on": "2020-01-31",
            "reason": "wet",
        }
        why = {"reason": "because"}
        return {
            ("PUT", "/warehouses/{code}/dispatch-capacities/{day}"): (
                f"/warehouses/{self.warehouse}/dispatch-capacities/2020-02-01",
                {"volume_litres": 5},
            ),
            ("DELETE", "/warehouses/{code}/dispatch-capacities/{day}"): (
                f"/warehouses/{self.warehouse}/dispatch-capacities/2020-02-01",
                None,
            ),
            ("POST", "/lots/{lot_id}/block"): (f"/lots/{self.lot_id}/block", why),
            ("POST", "/lots/{lot_id}/unblock"): (f"/lots/{self.lot_id}/unblock", why),
            ("POST", "/stock-movements"): ("/stock-movements", {"movements": [movement]}),
            ("POST", "/physical-inventories"): (
                "/physical-inventories",
                {"warehouse": self.warehouse, "counted_on": "2020-01-31", "lines": [lot_line]},
            ),
            ("POST", "/physical-inventories/{code}/recount"): (
                f"/physical-inventories/{self.counts[0]}/recount",
                {"lines": [lot_line]},
            ),
            ("POST", "/physical-inventories/{code}/post"): (f"/physical-inventories/{self.counts[1]}/post", None),
            ("POST", "/physical-inventories/{code}/cancel"): (f"/physical-inventories/{self.counts[2]}/cancel", why),
            ("POST", "/receipts"): (
                "/receipts",
                {
                    "partner": "giver",
                    "warehouse": self.warehouse,
                    "received_on": "2020-01-31",
                    "lines": [receipt_line],
                },
            ),
            ("POST", "/receipts/{code}/reverse"): (f"/receipts/{self.receipts[0]}/reverse", why),
            ("POST", "/receipts/{code}/dispose"): (
                f"/receipts/{self.receipts[1]}/dispose",
                {"note": "slip 7", "lines": [{"line": 1, "disposal": "RETURNED", "units": 5}]},
            ),
            ("POST", "/stock-events/{event_id}/reverse"): (f"/stock-events/{self.event_id}/reverse", why),
        }


@pytest.fixture
def own(database: Database, clock: Clock, people: None) -> Things:
    """What the facility's and the warehouse's accounts are bound to."""
    return Things(database, clock, facility="h-1", warehouse="wh-1")


@pytest.fixture
def other(database: Database, clock: Clock, people: None) -> Things:
    """What is another's."""
    return Things(database, clock, facility="h-2", warehouse="wh-2")


def _marked(letter: str) -> list[tuple[str, str]]:
    """The API's routes with this letter; the pages call the same services, and their own tests try them."""
    return [
        (method, path)
        for (method, path), letters in MATRIX.items()
        if letter in letters
        and path.startswith(API)
        and not path.startswith(IN_OTHER_TESTS)
        and (method, path) != ("GET", f"{API}/requisitions")
    ]


def _sent(client: TestClient, method: str, case: Case) -> Any:
    address, body = case
    if isinstance(body, Sheet):
        return client.request(method, f"{API}{address}", data={"facility": body.facility}, files={"file": body.content})
    # Nothing is there yet where a PUT sets the first limit of a day.
    headers = {} if method == "PUT" and "capacities" in address else {"If-Match": "*"}
    return client.request(method, f"{API}{address}", json=body, headers=headers)


def _tried(client: TestClient, things: Things, letter: str) -> dict[tuple[str, str], Any]:
    return {route: _sent(client, route[0], things.case(*route)) for route in _marked(letter)}


@pytest.mark.parametrize(("role", "letter"), [("facility", "f"), ("warehouse", "w")])
def test_ones_own_can_be_done(role: str, letter: str, visitor: TestClient, own: Things) -> None:
    assert try_login(visitor, role).status_code == 204
    for route, answer in _tried(visitor, own, letter).items():
        # The cases follow each other: after a loss a count does not fit any more, and a receipt cannot be undone.
        is_done = answer.status_code < 300 or codes(answer)[0] in ("insufficient_stock", "card_moved")
        assert is_done, (route, answer.text)


def test_what_is_of_another_facility_does_not_exist(visitor: TestClient, other: Things) -> None:
    assert try_login(visitor, "facility").status_code == 204
    for method, path in _marked("f"):
        address, body = other.case(method, path)
        answer = _sent(visitor, method, (address, body))
        if "{code}" not in path:  # nothing to hide: everybody knows which hospitals there are
            assert (answer.status_code, codes(answer)) == (403, ["outside_reach"]), path
            continue
        unknown = _sent(visitor, method, (re.sub(r"RQ-2020-\d+", "RQ-2020-99999", address), body))
        told = [(one.status_code, one.json()["title"], codes(one)) for one in (answer, unknown)]
        assert told[0] == told[1], (method, path)
        assert answer.status_code in (404, 412), (method, path, answer.text)  # 412: it had to be read for If-Match


def test_a_draft_cannot_be_handed_to_another_facility(visitor: TestClient, own: Things) -> None:
    assert try_login(visitor, "facility").status_code == 204
    answer = _sent(visitor, "PUT", (f"/requisitions/{own.drafts[0]}", wanted("h-2")))
    assert (answer.status_code, codes(answer)) == (403, ["outside_reach"])
    assert visitor.get(f"{API}/requisitions/{own.drafts[0]}").json()["facility"] == "h-1"


def test_a_facility_lists_its_own_alone_whatever_it_asks_for(visitor: TestClient, own: Things, other: Things) -> None:
    assert try_login(visitor, "facility").status_code == 204
    listed = visitor.get(f"{API}/requisitions").json()["items"]
    assert [one["code"] for one in listed] == own.drafts
    assert visitor.get(f"{API}/requisitions?facility=h-2").json()["items"] == []
    assert visitor.get(f"{API}/requisitions?zone=east").json()["items"] == listed
    assert try_login(visitor, "supplies_group").status_code == 204
    assert len(visitor.get(f"{API}/requisitions").json()["items"]) == 10


def test_what_lies_in_another_warehouse_is_read_but_not_touched(
    visitor: TestClient, own: Things, other: Things, database: Database
) -> None:
    assert try_login(visitor, "warehouse").status_code == 204
    with database.read() as session:
        events = len(session.scalars(select(StockEvent.id)).all())
    for route, answer in _tried(visitor, other, "w").items():
        assert (answer.status_code, codes(answer)) == (403, ["outside_reach"]), (route, answer.text)
    with database.read() as session:
        assert len(session.scalars(select(StockEvent.id)).all()) == events
    assert visitor.get(f"{API}/stock?warehouse=wh-2").json()["items"][0]["on_hand"] == 100


def test_all_foreign_warehouses_of_a_list_are_named_and_goods_may_go_to_any(
    visitor: TestClient, own: Things, other: Things
) -> None:
    assert try_login(visitor, "warehouse").status_code == 204

    def transfer(lot_id: int, way: tuple[str, str]) -> dict[str, object]:
        return {
            "kind": "TRANSFER",
            "lot_id": lot_id,
            "quantity": 1,
            "from_warehouse": way[0],
            "to_warehouse": way[1],
            "occurred_on": "2020-01-31",
        }

    back = transfer(other.lot_id, ("wh-2", "wh-1"))
    there = transfer(own.lot_id, ("wh-1", "wh-2"))
    answer = visitor.post(f"{API}/stock-movements", json={"movements": [back, there, back]})
    assert answer.status_code == 403
    assert [fault["where"] for fault in answer.json()["faults"]] == [
        "movements.0.from_warehouse",
        "movements.2.from_warehouse",
    ]
    answer = visitor.post(f"{API}/stock-movements", json={"movements": [there]})
    assert answer.status_code == 201
    event = answer.json()["events"][0]["id"]
    answer = visitor.post(f"{API}/stock-events/{event}/reverse", json={"reason": "wrong truck"})
    assert (answer.status_code, codes(answer)) == (403, ["outside_reach"])  # it would take from wh-2


def test_reach_is_decided_anew_at_every_request(visitor: TestClient, app: Any, own: Things, other: Things) -> None:
    assert try_login(visitor, "administrator").status_code == 204
    admin_cookie = dict(visitor.cookies)
    assert try_login(visitor, "facility").status_code == 204
    facility_cookie = dict(visitor.cookies)
    assert visitor.get(f"{API}/requisitions/{other.drafts[0]}").status_code == 404
    visitor.cookies = admin_cookie  # type: ignore[assignment]
    answer = _sent(visitor, "PATCH", ("/accounts/facility", {"places": ["h-2"]}))
    assert answer.status_code == 200, answer.text
    visitor.cookies = facility_cookie  # type: ignore[assignment]
    assert visitor.get(f"{API}/requisitions/{other.drafts[0]}").status_code == 200
    assert visitor.get(f"{API}/requisitions/{own.drafts[0]}").status_code == 404
