"""Pledges and offers through the API, and what a plan may count on."""

import pytest
from fastapi.testclient import TestClient

from app.catalog.types import Program
from app.core.database import Database
from app.procurement.service import confirmed_arrivals, open_offers
from tests.conftest import TODAY
from tests.procurement.city import YUAN, Desk, build_market, faults_of, on_hand, suits
from tests.seeding import seeding

REASON = {"reason": "The lorry turned back"}


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    with seeding(database) as session:
        build_market(session)
    desk = Desk(client)
    desk.fund()
    return desk


def masks(accepted_units: int, lot_code: str = "M1", **more: object) -> dict[str, object]:
    return {"item": "n95", "lot_code": lot_code, "accepted_units": accepted_units, **more}


def test_a_pledge_is_promised_confirmed_and_comes_in_parts(desk: Desk) -> None:
    code = desk.pledge(earmark=["h-2", "h-1"])
    promised = desk.get(f"pledges/{code}")
    assert (promised["state"], promised["earmark"], promised["base_unit"]) == ("PROMISED", ["h-1", "h-2"], "piece")
    confirmed = desk.post(f"pledges/{code}/confirm", {"quantity": 200, "expected_on": "2020-02-01"})
    assert (confirmed["state"], confirmed["quantity"], confirmed["expected_on"]) == ("CONFIRMED", 200, "2020-02-01")
    desk.post(f"pledges/{code}/confirm", {}, 409)
    desk.receive(masks(150), pledge=code)
    assert desk.get(f"pledges/{code}")["state"] == "PARTLY_RECEIVED"
    desk.post(f"pledges/{code}/cancel", REASON, 409)
    desk.receive(masks(50, "M2"), pledge=code)
    done = desk.get(f"pledges/{code}")
    assert (done["state"], done["received_units"]) == ("RECEIVED", 200)


def test_the_rest_of_a_pledge_can_lapse(desk: Desk) -> None:
    code = desk.pledge()
    desk.post(f"pledges/{code}/close-short", REASON, 409)
    desk.receive(masks(100), pledge=code)  # came before it was confirmed
    closed = desk.post(f"pledges/{code}/close-short", REASON)
    assert (closed["state"], closed["received_units"], closed["closing_reason"]) == ("RECEIVED", 100, REASON["reason"])
    never = desk.pledge()
    assert desk.post(f"pledges/{never}/cancel", REASON)["state"] == "CANCELLED"
    assert faults_of(desk.receive(masks(1, "M9"), pledge=never, status=409)) == [("state", "wrong_state")]


def test_all_that_is_wrong_with_a_pledge_is_told_at_once(desk: Desk) -> None:
    body = {
        "partner": "nobody",
        "supply_channel": "MARKET_PURCHASE",
        "item": "old-mask",
        "warehouse": "h-1",
        "quantity": 1,
        "expected_on": "2020-01-30",
        "expiry_date": "2020-01-29",
        "earmark": ["h-1", "h-9", "h-1"],
    }
    assert faults_of(desk.post("pledges", body, 422)) == [
        ("earmark.1", "unknown_id"),
        ("earmark.2", "repeated"),
        ("expected_on", "day_in_the_past"),
        ("expiry_date", "expired_on_arrival"),
        ("item", "retired"),
        ("partner", "unknown_id"),
        ("supply_channel", "channel_not_fitting"),
        ("warehouse", "unknown_id"),
    ]


def test_a_confirmation_is_checked_like_a_promise(desk: Desk) -> None:
    code = desk.pledge(expiry_date="2020-03-01")
    wrong = desk.post(f"pledges/{code}/confirm", {"expected_on": "2020-03-02"}, 422)
    assert faults_of(wrong) == [("expiry_date", "expired_on_arrival")]
    assert (
        desk.post(f"pledges/{code}/confirm", {"expected_on": "2020-03-02", "expiry_date": None})["expiry_date"] is None
    )
    moved = desk.post(f"pledges/{code}/reschedule", {"expected_on": "2020-02-09", "reason": "Snow"})
    assert moved["expected_on"] == "2020-02-09"
    desk.post(f"pledges/{code}/reschedule", {"expected_on": "2020-01-01", "reason": "Snow"}, 422)
    desk.post("pledges/PL-2020-00099/confirm", {}, 404)


def test_the_earmarks_of_a_pledge_go_with_its_lots(desk: Desk, database: Database) -> None:
    """The 1,000 masks of 3 February: one gift, each part bound to its own place."""
    code = desk.pledge(quantity=1000, earmark=["h-1", "h-2"])
    desk.receive(masks(300, "M1", earmark=["h-1"]), masks(400, "M2", earmark=["h-2"]), masks(300, "M3"), pledge=code)
    shown = desk.get("receipts", pledge=code)["items"][0]["lines"]
    assert [(line["lot_code"], line["earmark"]) for line in shown] == [
        ("M1", ["h-1"]),
        ("M2", ["h-2"]),
        ("M3", ["h-1", "h-2"]),
    ]
    with database.read() as session:
        assert sum(on_hand(session).values()) == 1000


def test_a_bound_pledge_cannot_be_received_for_others(desk: Desk, database: Database) -> None:
    code = desk.pledge(earmark=["h-1"])
    problem = desk.receive(masks(10, earmark=["h-2"]), pledge=code, status=422)
    assert faults_of(problem) == [("lines.0.earmark", "earmark_widened")]
    with database.read() as session:
        assert on_hand(session) == {}


def test_a_plan_counts_on_placed_orders_and_confirmed_pledges(desk: Desk, database: Database) -> None:
    desk.draft()
    placed = desk.placed()
    desk.receive(suits(4), purchase_order=placed)
    promised, confirmed, done = (
        desk.pledge(),
        desk.pledge(earmark=["h-2", "h-1"], expiry_date="2021-01-01"),
        desk.pledge(),
    )
    food = desk.pledge(item="rice")
    for code in (confirmed, done, food):
        desk.post(f"pledges/{code}/confirm", {})
    desk.receive(masks(300), pledge=done)
    with database.read() as session:
        medical = confirmed_arrivals(session, Program.MEDICAL)
        living = confirmed_arrivals(session, Program.LIVING)
    assert [(one.document, one.item, one.units, one.warehouse) for one in medical] == [
        (placed, "suit", 6, "wh-1"),
        (confirmed, "n95", 300, "wh-1"),
    ]
    assert [one.expected_on.isoformat() for one in medical] == ["2020-02-02", "2020-02-03"]
    assert medical[0].earmark == ()
    assert medical[1].earmark == ("h-1", "h-2")
    assert str(medical[1].expiry_date) == "2021-01-01"
    assert [one.document for one in living] == [food]
    assert promised not in {one.document for one in medical}


def test_a_plan_may_buy_what_is_left_of_valid_offers(desk: Desk, database: Database) -> None:
    whole, partly = desk.offer(quantity=10), desk.offer(quantity=10, fund="city-fund", valid_until="2020-01-31")
    withdrawn = desk.offer()
    food = desk.offer(item="rice", unit_price_microyuan=5_000)
    desk.placed({"item": "suit", "quantity": 10, "offer": whole})
    desk.placed({"item": "suit", "quantity": 4, "offer": partly})
    desk.post(f"offers/{withdrawn}/withdraw", REASON)
    with database.read() as session:
        today = open_offers(session, Program.MEDICAL, TODAY)
        tomorrow = open_offers(session, Program.MEDICAL, TODAY.replace(month=2, day=1))
        living = open_offers(session, Program.LIVING, TODAY)
    assert [(one.offer, one.units, one.fund, one.unit_price_microyuan) for one in today] == [
        (partly, 6, "city-fund", 90 * YUAN)
    ]
    assert tomorrow == ()
    assert [one.offer for one in living] == [food]


def test_all_that_is_wrong_with_an_offer_is_told_at_once(desk: Desk) -> None:
    body = {
        "partner": "gone",
        "supply_channel": "DONATION",
        "item": "nothing",
        "warehouse": "h-1",
        "fund": "none",
        "quantity": 1,
        "unit_price_microyuan": 1,
        "lead_days": 0,
        "valid_until": "2020-01-30",
    }
    assert faults_of(desk.post("offers", body, 422)) == [
        ("fund", "unknown_id"),
        ("item", "unknown_id"),
        ("partner", "retired"),
        ("supply_channel", "channel_not_fitting"),
        ("valid_until", "day_in_the_past"),
        ("warehouse", "unknown_id"),
    ]


def test_offers_and_pledges_can_be_filtered(desk: Desk) -> None:
    suit, rice = desk.offer(valid_until="2020-02-01"), desk.offer(item="rice", warehouse="wh-2", partner="province")
    for filters, codes in (
        ({"item": "suit"}, [suit]),
        ({"program": "living"}, [rice]),
        ({"warehouse": "wh-2"}, [rice]),
        ({"partner": "province"}, [rice]),
        ({"state": "OPEN"}, [suit, rice]),
        ({"valid_on": "2020-02-02"}, [rice]),
    ):
        assert [one["code"] for one in desk.get("offers", **filters)["items"]] == codes
    gift, allocation = (
        desk.pledge(),
        desk.pledge(partner="province", supply_channel="PROVINCIAL_ALLOCATION", item="suit"),
    )
    for filters, codes in (
        ({"supply_channel": "DONATION"}, [gift]),
        ({"partner": "province"}, [allocation]),
        ({"item": "suit"}, [allocation]),
        ({"state": "PROMISED", "warehouse": "wh-1"}, [gift, allocation]),
        ({"state": "CONFIRMED"}, []),
    ):
        assert [one["code"] for one in desk.get("pledges", **filters)["items"]] == codes
    page = desk.get("pledges", limit=1)
    assert [one["code"] for one in desk.get("pledges", after=page["next"])["items"]] == [allocation]
