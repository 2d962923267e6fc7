"""The rules of receiving; no database."""

from datetime import date
from typing import Any

import pytest

from app.core.errors import Fault
from app.partners.types import SupplyChannel
from app.procurement.order_schemas import NewReceipt, NewReceiptLine
from app.procurement.receiving import (
    LotFacts,
    duplicate_faults,
    earmark_faults,
    line_faults,
    lot_difference_faults,
    lot_repeat_faults,
    not_ordered_faults,
    order_state_after,
    origin_faults,
    over_delivery_faults,
    pledge_state_after,
    units_by_item,
)
from app.procurement.types import PledgeState, PurchaseOrderState

TODAY = date(2020, 1, 31)


def codes(faults: list[Fault]) -> list[tuple[str, str]]:
    return sorted((fault.where, fault.code) for fault in faults)


def line(**more: Any) -> NewReceiptLine:
    return NewReceiptLine.model_validate({"item": "suit", "lot_code": "L1", "accepted_units": 10} | more)


def receipt(**more: Any) -> NewReceipt:
    body = {"received_on": "2020-01-31", "lines": [{"item": "suit", "accepted_units": 10}]}
    return NewReceipt.model_validate(body | more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"purchase_order": "PO-1"}, []),
        ({"pledge": "PL-1", "warehouse": "wh"}, []),
        ({"partner": "giver", "warehouse": "wh"}, []),
        ({"partner": "province", "warehouse": "wh", "supply_channel": "PROVINCIAL_ALLOCATION"}, []),
        ({}, [("partner", "needed_when_unannounced"), ("warehouse", "needed_when_unannounced")]),
        ({"purchase_order": "PO-1", "pledge": "PL-1"}, [("pledge", "two_origins")]),
        (
            {"pledge": "PL-1", "partner": "p", "supply_channel": "DONATION"},
            [("partner", "known_from_origin"), ("supply_channel", "known_from_origin")],
        ),
        (
            {"partner": "trader", "warehouse": "wh", "supply_channel": "MARKET_PURCHASE"},
            [("supply_channel", "channel_not_fitting")],
        ),
    ],
)
def test_a_receipt_says_once_where_it_comes_from(more: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert codes(origin_faults(receipt(**more))) == expected


@pytest.mark.parametrize(
    ("more", "shelf_life_days", "expected"),
    [
        ({}, None, []),
        ({}, 30, [("lines.2.expiry_date", "expiry_missing")]),
        ({"expiry_date": "2020-01-31"}, 30, []),  # the last day of use is still one
        ({"expiry_date": "2020-01-30"}, 30, [("lines.2.expiry_date", "expired_goods")]),
        ({"expiry_date": "2020-01-30"}, None, [("lines.2.expiry_date", "expired_goods")]),
        (
            {"accepted_units": 0, "rejected_units": 5, "rejection_reason": "spoilt", "expiry_date": "2020-01-30"},
            30,
            [],
        ),
        ({"accepted_units": 0}, None, [("lines.2.accepted_units", "nothing_received")]),
        ({"rejected_units": 5}, None, [("lines.2.rejection_reason", "reason_missing")]),
        ({"rejected_units": 5, "rejection_reason": "   "}, None, [("lines.2.rejection_reason", "reason_missing")]),
    ],
)
def test_what_is_accepted_is_fit_for_use(
    more: dict[str, Any], shelf_life_days: int | None, expected: list[tuple[str, str]]
) -> None:
    faults = line_faults(line(**more), 2, shelf_life_days=shelf_life_days, received_on=TODAY)
    assert codes(faults) == expected


def test_a_lot_stands_on_one_line() -> None:
    lines = [line(), line(lot_code="L2"), line(item="mask"), line(), line(lot_code=None), line(lot_code=None)]
    assert codes(lot_repeat_faults(lines)) == [("lines.3.lot_code", "repeated")]


def test_units_are_added_up_over_lots() -> None:
    lines = [line(rejected_units=3), line(lot_code="L2"), line(item="mask", accepted_units=1)]
    assert units_by_item(lines, with_rejected=False) == {"mask": 1, "suit": 20}
    assert units_by_item(lines, with_rejected=True) == {"mask": 1, "suit": 23}


def test_over_delivery_is_named_for_every_item() -> None:
    faults = over_delivery_faults("PO-1", {"suit": 10, "mask": 5, "n95": 0}, {"suit": 10, "mask": 6, "n95": 1})
    assert [fault.params["item"] for fault in faults] == ["mask", "n95"]
    assert faults[0].params == {"document": "PO-1", "item": "mask", "open": 5, "accepted": 6}


def test_what_was_not_ordered_is_named() -> None:
    assert codes(not_ordered_faults("PO-1", {"suit": 1}, [line(), line(item="mask")])) == [
        ("lines.1.item", "not_ordered")
    ]


def test_an_earmark_may_be_narrowed_and_never_widened() -> None:
    lines = [line(), line(earmark=["h-1"]), line(earmark=["h-1", "h-3"])]
    assert codes(earmark_faults("PL-1", frozenset({"h-1", "h-2"}), lines)) == [("lines.2.earmark", "earmark_widened")]
    assert earmark_faults("PL-1", frozenset(), lines) == []


def test_the_same_quantity_again_is_suspicious() -> None:
    earlier = [("RC-2", "suit", 10), ("RC-1", "suit", 11), ("RC-1", "mask", 5)]
    faults = duplicate_faults({"suit": 10, "mask": 6}, earlier, partner="giver", day=TODAY)
    assert [fault.params["receipt"] for fault in faults] == ["RC-2"]


def test_more_of_a_lot_must_be_the_same_lot() -> None:
    known = LotFacts(
        supply_channel=SupplyChannel.DONATION, partner="giver", expiry_date=TODAY, earmark=frozenset({"h-1"})
    )
    other = LotFacts(
        supply_channel=SupplyChannel.LOCAL_PRODUCTION, partner="works", expiry_date=None, earmark=frozenset()
    )
    assert lot_difference_faults(known, known, "L1", 0) == []
    fields = [fault.params["field"] for fault in lot_difference_faults(known, other, "L1", 0)]
    assert fields == ["supply_channel", "partner", "expiry_date", "earmark"]


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([(10, 0), (5, 0)], PurchaseOrderState.ORDERED),
        ([(10, 1), (5, 0)], PurchaseOrderState.PARTLY_RECEIVED),
        ([(10, 10), (5, 4)], PurchaseOrderState.PARTLY_RECEIVED),
        ([(10, 10), (5, 5)], PurchaseOrderState.RECEIVED),
    ],
)
def test_an_order_is_received_when_every_line_is(lines: list[tuple[int, int]], state: PurchaseOrderState) -> None:
    assert order_state_after(lines) is state


def test_a_pledge_of_which_nothing_was_accepted_stays_as_it_was() -> None:
    assert pledge_state_after(10, 0, PledgeState.PROMISED) is PledgeState.PROMISED
    assert pledge_state_after(10, 9, PledgeState.CONFIRMED) is PledgeState.PARTLY_RECEIVED
    assert pledge_state_after(10, 10, PledgeState.CONFIRMED) is PledgeState.RECEIVED
