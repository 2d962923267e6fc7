"""Receipts through the API: against orders, pledges and unannounced, and what reaches the stock."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.database import Database
from app.procurement.models import PurchaseOrderLine
from app.stock.models import StockEvent
from tests.procurement.city import API, Desk, build_market, faults_of, on_hand, suits
from tests.seeding import seeding

GIFT: dict[str, Any] = {"partner": "giver", "warehouse": "wh-2"}


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    with seeding(database) as session:
        build_market(session)
    desk = Desk(client)
    desk.fund()
    return desk


def stock(database: Database) -> dict[tuple[str, str, str], int]:
    with database.read() as session:
        return on_hand(session)


def test_accepted_units_go_into_stock_and_rejected_ones_do_not(desk: Desk, database: Database) -> None:
    code = desk.placed()
    receipt = desk.receive(
        suits(3, "S1", rejected_units=2, rejection_reason="Torn"),
        suits(0, "S2", rejected_units=1, rejection_reason="Wrong grade"),
        suits(1, "S3"),
        purchase_order=code,
    )
    assert receipt["code"] == "RC-2020-00001"
    assert (receipt["partner"], receipt["supply_channel"], receipt["warehouse"]) == (
        "trader",
        "MARKET_PURCHASE",
        "wh-1",
    )
    assert [(line["accepted_units"], line["rejected_units"]) for line in receipt["lines"]] == [(3, 2), (0, 1), (1, 0)]
    assert stock(database) == {("suit", "S1", "wh-1"): 3, ("suit", "S3", "wh-1"): 1}
    order = desk.get(f"purchase-orders/{code}")
    line = order["lines"][0]
    assert (order["state"], line["accepted_units"], line["rejected_units"]) == ("PARTLY_RECEIVED", 4, 3)
    with database.read() as session:
        events = session.scalars(select(StockEvent).order_by(StockEvent.id)).unique().all()
        assert [(event.reference_kind, event.reference_key, event.quantity) for event in events] == [
            ("receipt", "RC-2020-00001", 3),
            ("receipt", "RC-2020-00001", 1),
        ]


def test_the_last_part_completes_the_order(desk: Desk, database: Database) -> None:
    code = desk.placed()
    desk.receive(suits(4), purchase_order=code)
    desk.receive(suits(6), purchase_order=code)
    assert desk.get(f"purchase-orders/{code}")["state"] == "RECEIVED"
    assert stock(database) == {("suit", "S1", "wh-1"): 10}
    assert desk.committed_fen() == 90_000
    assert faults_of(desk.receive(suits(1), purchase_order=code, status=409)) == [("state", "wrong_state")]


def test_every_part_that_comes_gives_the_order_a_new_version(desk: Desk) -> None:
    """Only a line changes from the first part to the second: the order stays PARTLY_RECEIVED."""
    code = desk.placed()
    tags = {desk.client.get(f"{API}/purchase-orders/{code}").headers["ETag"]}
    for units in (3, 4):
        desk.receive(suits(units), purchase_order=code)
        tags.add(desk.client.get(f"{API}/purchase-orders/{code}").headers["ETag"])
    assert len(tags) == 3


def test_over_delivery_is_refused_by_name_and_nothing_is_kept(desk: Desk, database: Database) -> None:
    code = desk.placed()
    desk.receive(suits(4), purchase_order=code)
    problem = desk.receive(suits(5, "S2"), suits(2, "S3"), purchase_order=code, status=409)
    assert problem["code"] == "over_delivery"
    assert problem["faults"][0]["params"] == {"document": code, "item": "suit", "open": 6, "accepted": 7}
    assert stock(database) == {("suit", "S1", "wh-1"): 4}
    assert len(desk.get("receipts")["items"]) == 1
    desk.receive(suits(6, "S2", rejected_units=1, rejection_reason="One too many"), purchase_order=code)
    pledge = desk.pledge(quantity=10)
    problem = desk.receive({"item": "n95", "accepted_units": 11}, pledge=pledge, status=409)
    assert problem["code"] == "over_delivery"


def test_the_database_itself_refuses_an_over_delivery(desk: Desk, database: Database) -> None:
    desk.placed()
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(update(PurchaseOrderLine).values(accepted_units=11))


def test_receipts_at_once_never_accept_more_than_was_ordered(
    desk: Desk, client: TestClient, database: Database
) -> None:
    code = desk.placed()

    def take(n: int) -> int:
        line = suits(3, f"S{n}")
        body = {"purchase_order": code, "received_on": "2020-01-31", "lines": [line], "confirmed_not_duplicate": True}
        return int(client.post("/api/v1/receipts", json=body).status_code)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(8))) == [201] * 3 + [409] * 5
    assert sum(stock(database).values()) == 9
    assert desk.get(f"purchase-orders/{code}")["lines"][0]["accepted_units"] == 9


def test_expired_goods_can_only_be_rejected(desk: Desk, database: Database) -> None:
    code = desk.placed()
    old = suits(5, "OLD", expiry_date="2020-01-30")
    assert faults_of(desk.receive(old, purchase_order=code, status=422)) == [("lines.0.expiry_date", "expired_goods")]
    rejected = {**old, "accepted_units": 0, "rejected_units": 5, "rejection_reason": "Expired"}
    desk.receive(rejected, purchase_order=code)
    assert stock(database) == {}
    assert desk.get(f"purchase-orders/{code}")["state"] == "ORDERED"


def test_a_day_gone_by_decides_what_was_fit_then(desk: Desk, database: Database) -> None:
    line = suits(5, expiry_date="2020-01-30")
    desk.receive(line, **GIFT, received_on="2020-01-30")
    assert stock(database) == {("suit", "S1", "wh-2"): 5}
    problem = desk.receive(suits(5, "S2"), **GIFT, received_on="2020-02-01", status=422)
    assert faults_of(problem) == [("received_on", "day_in_the_future")]


def test_an_unannounced_gift_comes_in_with_its_earmark(desk: Desk, database: Database) -> None:
    receipt = desk.receive(suits(5, None, earmark=["h-2"]), **GIFT)
    assert (receipt["supply_channel"], receipt["purchase_order"], receipt["pledge"]) == ("DONATION", None, None)
    assert (receipt["lines"][0]["lot_code"], receipt["lines"][0]["earmark"]) == ("RC-2020-00001-1", ["h-2"])
    assert stock(database) == {("suit", "RC-2020-00001-1", "wh-2"): 5}


def test_all_that_is_wrong_with_a_receipt_is_told_at_once(desk: Desk, database: Database) -> None:
    problem = desk.receive(
        {"item": "suit", "lot_code": "A", "accepted_units": 5},
        {"item": "nothing", "accepted_units": 0},
        suits(1, "A", earmark=["h-9", "h-1", "h-1"], rejected_units=1),
        partner="nobody",
        warehouse="h-1",
        supply_channel="MARKET_PURCHASE",
        received_on="2020-02-01",
        status=422,
    )
    assert faults_of(problem) == [
        ("lines.0.expiry_date", "expiry_missing"),
        ("lines.1.accepted_units", "nothing_received"),
        ("lines.1.item", "unknown_id"),
        ("lines.2.earmark.0", "unknown_id"),
        ("lines.2.earmark.2", "repeated"),
        ("lines.2.lot_code", "repeated"),
        ("lines.2.rejection_reason", "reason_missing"),
        ("partner", "unknown_id"),
        ("received_on", "day_in_the_future"),
        ("supply_channel", "channel_not_fitting"),
        ("warehouse", "unknown_id"),
    ]
    assert stock(database) == {}


def test_a_receipt_must_fit_its_document(desk: Desk) -> None:
    code = desk.placed()
    problem = desk.receive({"item": "n95", "accepted_units": 1}, purchase_order=code, partner="giver", status=422)
    assert faults_of(problem) == [("lines.0.item", "not_ordered"), ("partner", "known_from_origin")]
    assert faults_of(desk.receive(suits(1), purchase_order="PO-2020-00099", status=422)) == [
        ("purchase_order", "unknown_id")
    ]
    assert faults_of(desk.receive(suits(1), pledge="PL-2020-00099", status=422)) == [("pledge", "unknown_id")]
    draft = desk.draft()
    assert faults_of(desk.receive(suits(1), purchase_order=draft, status=409)) == [("state", "wrong_state")]


def test_the_same_again_is_asked_about(desk: Desk, database: Database) -> None:
    desk.receive(suits(3, "S1"), suits(2, "S2"), **GIFT)
    problem = desk.receive(suits(5, "S3"), **GIFT, status=409)
    assert problem["code"] == "possible_duplicate"
    assert problem["faults"][0]["params"]["receipt"] == "RC-2020-00001"
    desk.receive(suits(5, "S3"), **GIFT, received_on="2020-01-30")  # another day
    desk.receive(suits(4, "S4"), **GIFT)  # another quantity
    desk.receive(suits(5, "S5"), partner="trader", warehouse="wh-2", supply_channel="LOCAL_PRODUCTION")
    desk.receive(suits(5, "S6"), **GIFT, confirmed_not_duplicate=True)
    assert sum(stock(database).values()) == 5 + 5 + 4 + 5 + 5


def test_the_same_gift_entered_by_two_at_once_is_taken_once(desk: Desk, client: TestClient, database: Database) -> None:
    def enter(n: int) -> int:
        body = {**GIFT, "received_on": "2020-01-31", "lines": [suits(5, f"S{n}")]}
        return int(client.post("/api/v1/receipts", json=body).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(enter, range(4))) == [201, 409, 409, 409]
    assert sum(stock(database).values()) == 5


def test_more_of_a_lot_joins_it_if_it_is_the_same(desk: Desk, database: Database) -> None:
    desk.receive(suits(5), **GIFT)
    desk.receive(suits(6), partner="giver", warehouse="wh-1")
    assert stock(database) == {("suit", "S1", "wh-2"): 5, ("suit", "S1", "wh-1"): 6}
    other = desk.receive(suits(7, expiry_date="2022-11-30", earmark=["h-1"]), **GIFT, status=409)
    assert other["code"] == "lot_differs"
    assert [fault["params"]["field"] for fault in other["faults"]] == ["expiry_date", "earmark"]
    code = desk.placed()
    assert desk.receive(suits(1), purchase_order=code, status=409)["code"] == "lot_differs"
    assert desk.get(f"purchase-orders/{code}")["state"] == "ORDERED"


def test_receipts_can_be_filtered_and_paged(desk: Desk) -> None:
    order, pledge = desk.placed(), desk.pledge()
    bought = desk.receive(suits(1), purchase_order=order)["code"]
    given = desk.receive({"item": "n95", "accepted_units": 1}, pledge=pledge, warehouse="wh-2")["code"]
    early = desk.receive(suits(2, "S2"), **GIFT, received_on="2020-01-29")["code"]
    for filters, codes in (
        ({"purchase_order": order}, [bought]),
        ({"pledge": pledge}, [given]),
        ({"item": "suit"}, [bought, early]),
        ({"partner": "giver"}, [given, early]),
        ({"warehouse": "wh-2"}, [given, early]),
        ({"supply_channel": "MARKET_PURCHASE"}, [bought]),
        ({"received_until": "2020-01-30"}, [early]),
        ({"received_from": "2020-01-30"}, [bought, given]),
    ):
        assert [one["code"] for one in desk.get("receipts", **filters)["items"]] == codes
    shown = desk.get(f"receipts/{bought}")
    assert (shown["purchase_order"], shown["pledge"]) == (order, None)
    page = desk.get("receipts", limit=2)
    assert [one["code"] for one in desk.get("receipts", after=page["next"])["items"]] == [early]
    desk.get("receipts/RC-1", status=404)
