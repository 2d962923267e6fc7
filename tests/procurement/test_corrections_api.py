"""What is done to receipts afterwards: undone with all that they counted, and rejected goods that go somewhere."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.database import Database
from app.core.trail.models import AuditRecord
from app.stock.cards import conservation_of
from app.stock.models import Lot, StockEvent
from tests.procurement.city import Desk, build_market, faults_of, on_hand, suits
from tests.seeding import seeding

WHY = {"reason": "typed in twice"}


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    with seeding(database) as session:
        build_market(session)
    desk = Desk(client)
    desk.fund()
    return desk


def order_of(desk: Desk, code: str) -> tuple[str, int, int]:
    order = desk.get(f"purchase-orders/{code}")
    return order["state"], order["lines"][0]["accepted_units"], order["lines"][0]["rejected_units"]


def test_a_receipt_undone_gives_back_what_it_counted(desk: Desk, database: Database) -> None:
    code = desk.placed()
    rejected = {"rejected_units": 2, "rejection_reason": "Torn"}
    first = desk.receive(suits(4, "S1"), purchase_order=code)
    second = desk.receive(suits(3, "S2"), suits(3, "S3", **rejected), purchase_order=code)
    assert order_of(desk, code) == ("RECEIVED", 10, 2)
    undone = desk.post(f"receipts/{second['code']}/reverse", WHY)
    assert (undone["reversed_by"], undone["reversal_reason"]) == ("operator", "typed in twice")
    assert order_of(desk, code) == ("PARTLY_RECEIVED", 4, 0)
    desk.post(f"receipts/{first['code']}/reverse", WHY)
    assert order_of(desk, code) == ("ORDERED", 0, 0)
    with database.read() as session:
        assert set(on_hand(session).values()) == {0}
        lots = list(session.scalars(select(Lot.id)))
        assert {one.difference for one in conservation_of(session, lots).values()} == {0}
        assert {one.received for one in conservation_of(session, lots).values()} == {0}
        actions = list(session.scalars(select(AuditRecord.action).order_by(AuditRecord.seq)))
    assert actions[-2:] == ["STOCK_REVERSAL", "RECEIPT_REVERSED"]
    # The same goods again are no duplicate of what was undone, and their lots are known.
    again = desk.receive(suits(4, "S1"), suits(6, "S2"), purchase_order=code)
    assert (again["reversed_at"], order_of(desk, code)) == (None, ("RECEIVED", 10, 0))
    assert desk.committed_fen() == 90_000


def test_a_receipt_is_undone_once_and_never_line_by_line(desk: Desk, database: Database) -> None:
    receipt = desk.receive(suits(4, "S1"), purchase_order=desk.placed())["code"]
    with database.read() as session:
        event = session.scalars(select(StockEvent.id)).one()
    refused = desk.post(f"stock-events/{event}/reverse", WHY, 409)
    assert faults_of(refused) == [("", "belongs_to_document")]
    assert receipt in refused["detail"]
    desk.post(f"receipts/{receipt}/reverse", WHY)
    assert faults_of(desk.post(f"receipts/{receipt}/reverse", WHY, 409)) == [("", "already_reversed")]
    assert faults_of(desk.post(f"receipts/{receipt}/reverse", {"reason": ""}, 422)) == [("reason", "string_too_short")]
    desk.post("receipts/RC-2020-00099/reverse", WHY, 404)


def test_a_receipt_whose_goods_are_gone_is_not_undone(desk: Desk, database: Database) -> None:
    code = desk.placed()
    receipt = desk.receive(suits(4, "S1"), suits(2, "S2"), suits(1, "S3"), purchase_order=code)
    lost = [
        {
            "kind": "LOSS",
            "lot_id": line["lot_id"],
            "quantity": 1,
            "from_warehouse": "wh-1",
            "reason": "wet",
            "occurred_on": "2020-01-31",
        }
        for line in receipt["lines"][:2]
    ]
    desk.post("stock-movements", {"movements": lost}, 201)
    refused = desk.post(f"receipts/{receipt['code']}/reverse", WHY, 409)
    assert faults_of(refused) == [("quantity", "insufficient_stock")] * 2, "both lots are named"
    assert order_of(desk, code) == ("PARTLY_RECEIVED", 7, 0)
    with database.read() as session:
        assert sorted(on_hand(session).values()) == [1, 1, 3]


def test_an_order_closed_short_stays_closed_and_gives_the_rest_back(desk: Desk) -> None:
    offer = desk.offer(quantity=10)
    code = desk.placed({"item": "suit", "quantity": 10, "offer": offer})
    kept = desk.receive(suits(4, "S1"), purchase_order=code)
    wrong = desk.receive(suits(3, "S2"), purchase_order=code)
    desk.post(f"purchase-orders/{code}/close-short", {"reason": "no more cloth"})
    assert (desk.committed_fen(), desk.get(f"offers/{offer}")["ordered_units"]) == (7 * 9_000, 7)
    desk.post(f"receipts/{wrong['code']}/reverse", WHY)
    assert order_of(desk, code) == ("RECEIVED", 4, 0)
    assert (desk.committed_fen(), desk.get(f"offers/{offer}")["ordered_units"]) == (4 * 9_000, 4)
    desk.post(f"receipts/{kept['code']}/reverse", WHY)
    assert (desk.committed_fen(), desk.get(f"offers/{offer}")["ordered_units"]) == (0, 0)


def test_a_pledge_waits_again(desk: Desk) -> None:
    pledge = desk.pledge()
    mask = {"item": "n95", "lot_code": "P", "expiry_date": "2022-12-31"}
    first = desk.receive({**mask, "accepted_units": 100}, pledge=pledge)
    second = desk.receive({**mask, "accepted_units": 200}, pledge=pledge)
    for receipt, state, units in ((second, "PARTLY_RECEIVED", 100), (first, "CONFIRMED", 0)):
        desk.post(f"receipts/{receipt['code']}/reverse", WHY)
        shown = desk.get(f"pledges/{pledge}")
        assert (shown["state"], shown["received_units"]) == (state, units)


def rejected(desk: Desk) -> dict[str, Any]:
    return desk.receive(
        suits(3, "S1", rejected_units=20, rejection_reason="Torn"), suits(1, "S2"), partner="giver", warehouse="wh-2"
    )


def test_rejected_goods_go_back_or_are_destroyed_and_no_stock_moves(desk: Desk, database: Database) -> None:
    code = rejected(desk)["code"]
    assert [one["code"] for one in desk.get("receipts", waiting_rejected="true")["items"]] == [code]
    lines = [{"line": 1, "disposal": "RETURNED", "units": 12}, {"line": 1, "disposal": "DESTROYED", "units": 5}]
    shown = desk.post(f"receipts/{code}/dispose", {"note": "slip 7", "lines": lines})
    line = shown["lines"][0]
    assert (line["rejected_units"], line["waiting_units"]) == (20, 3)
    assert [(one["disposal"], one["units"], one["note"], one["recorded_by"]) for one in line["disposals"]] == [
        ("RETURNED", 12, "slip 7", "operator"),
        ("DESTROYED", 5, "slip 7", "operator"),
    ]
    with database.read() as session:
        assert on_hand(session) == {("suit", "S1", "wh-2"): 3, ("suit", "S2", "wh-2"): 1}
    desk.post(f"receipts/{code}/dispose", {"note": "slip 8", "lines": [{**lines[0], "units": 3}]})
    assert desk.get("receipts", waiting_rejected="true")["items"] == []
    assert [one["code"] for one in desk.get("receipts", waiting_rejected="false")["items"]] == [code]


def test_no_more_goes_than_was_rejected_and_all_faults_are_told(desk: Desk) -> None:
    code = rejected(desk)["code"]
    lines = [
        {"line": 1, "disposal": "RETURNED", "units": 15},
        {"line": 1, "disposal": "DESTROYED", "units": 6},
        {"line": 2, "disposal": "RETURNED", "units": 1},
        {"line": 3, "disposal": "RETURNED", "units": 1},
    ]
    refused = desk.post(f"receipts/{code}/dispose", {"note": "n", "lines": lines, "occurred_on": "2020-01-30"}, 422)
    assert faults_of(refused) == [
        ("lines.1.units", "more_than_rejected"),
        ("lines.2.units", "more_than_rejected"),
        ("lines.3.line", "unknown_line"),
        ("occurred_on", "day_not_fitting"),
    ]
    desk.post(f"receipts/{code}/reverse", WHY)
    assert desk.get("receipts", waiting_rejected="true")["items"] == [], "what was undone waits for nothing"
    gone = desk.post(f"receipts/{code}/dispose", {"note": "n", "lines": lines[:1]}, 409)
    assert faults_of(gone) == [("", "already_reversed")]
