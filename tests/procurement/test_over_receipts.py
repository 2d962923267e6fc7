"""More than was ordered or pledged comes in with a word about it; the money is never exceeded silently."""

import pytest
from fastapi.testclient import TestClient

from app.core.database import Database
from app.procurement.extra import extra_by_line, extra_units
from app.procurement.order_schemas import NewReceiptLine
from tests.procurement.city import Desk, build_market, faults_of, on_hand, suits
from tests.seeding import seeding

WHY = "The supplier sent whole cartons."


@pytest.mark.parametrize(
    ("open_units", "accepted", "extra"),
    [
        ({"a": 5}, {"a": 5}, {}),
        ({"a": 5}, {"a": 7}, {"a": 2}),
        ({"a": 0, "b": 3}, {"a": 1, "b": 2}, {"a": 1}),
        ({"a": 5}, {"c": 9}, {}),
    ],
)
def test_what_is_more_than_open(open_units: dict[str, int], accepted: dict[str, int], extra: dict[str, int]) -> None:
    assert extra_units(open_units, accepted) == extra


def test_the_last_lines_of_an_item_hold_what_is_more() -> None:
    lines = [NewReceiptLine(item="a", accepted_units=units) for units in (4, 3, 2)]
    assert extra_by_line(lines, {"a": 4}) == [0, 2, 2]
    assert extra_by_line(lines, {}) == [0, 0, 0]


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    with seeding(database) as session:
        build_market(session)
    desk = Desk(client)
    desk.fund()
    return desk


def test_more_than_ordered_comes_in_free_with_a_reason(desk: Desk, database: Database) -> None:
    code = desk.placed()
    refused = desk.receive(suits(12), purchase_order=code, status=409)
    assert faults_of(refused) == [("lines", "over_delivery")]
    receipt = desk.receive(suits(8, "S1"), suits(4, "S2"), purchase_order=code, over_receipt_reason=WHY)
    assert [line["extra_units"] for line in receipt["lines"]] == [0, 2]
    assert (receipt["over_receipt_reason"], receipt["extra_charged"]) == (WHY, False)
    order = desk.get(f"purchase-orders/{code}")
    assert (order["state"], order["lines"][0]["ordered_units"], order["total_fen"]) == ("RECEIVED", 12, 90_000)
    assert desk.committed_fen() == 90_000
    with database.read() as session:
        assert sum(on_hand(session).values()) == 12
    [notice] = desk.get("notices", kind="more_than_ordered")["items"]
    assert (notice["role"], notice["params"]["units"]) == ("procurement", 2)


def test_what_is_charged_is_taken_from_the_fund_or_refused(desk: Desk) -> None:
    code = desk.placed()
    paid = {"purchase_order": code, "over_receipt_reason": WHY, "extra_charged": True}
    desk.receive(suits(12), **paid)
    assert desk.get(f"purchase-orders/{code}")["total_fen"] == 108_000
    assert desk.committed_fen() == 108_000
    other = desk.placed()
    refused = desk.receive(suits(200, "S9"), status=409, **{**paid, "purchase_order": other})
    assert faults_of(refused) == [("fund", "fund_overspent")]
    assert desk.get(f"purchase-orders/{other}")["lines"][0]["ordered_units"] == 10
    assert desk.committed_fen() == 198_000


@pytest.mark.parametrize(("charged", "committed"), [(False, 90_000), (True, 108_000)])
def test_a_receipt_that_is_undone_takes_its_extra_with_it(desk: Desk, charged: bool, committed: int) -> None:
    code = desk.placed()
    more = {"over_receipt_reason": WHY, "extra_charged": charged}
    receipt = desk.receive(suits(12), purchase_order=code, **more)
    assert desk.committed_fen() == committed
    desk.post(f"receipts/{receipt['code']}/reverse", {"reason": "another order"})
    order = desk.get(f"purchase-orders/{code}")
    assert (order["state"], order["lines"][0]["ordered_units"], order["total_fen"]) == ("ORDERED", 10, 90_000)
    assert desk.committed_fen() == 90_000
    desk.receive(suits(10), purchase_order=code)
    assert desk.get(f"purchase-orders/{code}")["state"] == "RECEIVED"


def test_a_reason_without_more_than_ordered_is_not_kept(desk: Desk) -> None:
    receipt = desk.receive(suits(10), purchase_order=desk.placed(), over_receipt_reason=WHY, extra_charged=True)
    assert (receipt["over_receipt_reason"], receipt["extra_charged"]) == ("", False)


def test_an_offer_grows_with_what_came_of_it(desk: Desk) -> None:
    offer = desk.offer(quantity=10, unit_price_microyuan=90_000)
    before = desk.get(f"offers/{offer}")
    line = {"item": "suit", "quantity": before["quantity"], "unit_price_microyuan": 90_000, "offer": offer}
    code = desk.placed(line)
    receipt = desk.receive(suits(before["quantity"] + 5), purchase_order=code, over_receipt_reason=WHY)
    after = desk.get(f"offers/{offer}")
    assert (after["quantity"], after["ordered_units"]) == (before["quantity"] + 5, before["quantity"] + 5)
    desk.post(f"receipts/{receipt['code']}/reverse", {"reason": "mistake"})
    records = desk.get("audit-records", subject_kind="offer", subject_key=offer)["items"]
    changes = [(one["action"], one["before"], one["after"]) for one in records[1:]]
    less, more = ({"quantity": units, "ordered_units": units} for units in (10, 15))
    assert changes == [("OFFER_EXTENDED", less, more), ("OFFER_SHRUNK", more, less)]


def test_more_than_pledged_comes_in_with_a_reason(desk: Desk) -> None:
    code = desk.pledge()
    quantity = desk.get(f"pledges/{code}")["quantity"]
    line = {"item": "n95", "accepted_units": quantity + 3, "expiry_date": "2021-01-01"}
    assert faults_of(desk.receive(line, pledge=code, status=409)) == [("lines", "over_delivery")]
    receipt = desk.receive(line, pledge=code, over_receipt_reason=WHY)
    pledge = desk.get(f"pledges/{code}")
    assert (pledge["state"], pledge["quantity"], pledge["received_units"]) == ("RECEIVED", quantity + 3, quantity + 3)
    desk.post(f"receipts/{receipt['code']}/reverse", {"reason": "mistake"})
    assert desk.get(f"pledges/{code}")["quantity"] == quantity
