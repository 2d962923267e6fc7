"""What a lot may be used for, the named refusals, conservation, and when a count may be posted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.stock.rules import (
    Conservation,
    CountedCard,
    InsufficientStockError,
    LotFacts,
    StockShortage,
    UnusableLotError,
    conserve,
    named_twice,
    posting_faults,
    refuse_if_unfit,
    unusable_faults,
)
from app.stock.types import StockEnd

DAY = date(2020, 1, 31)
LOT = LotFacts(lot="A", item="n95")
SHORTAGE = StockShortage(lot="A", item="n95", place="wh-1", wanted_units=5, available_units=2, where="lines.0")


@pytest.mark.parametrize(
    ("lot", "codes"),
    [
        (LOT, []),
        (replace(LOT, expiry_date=DAY), []),  # the last day of use
        (replace(LOT, expiry_date=DAY - timedelta(days=1)), ["lot_expired"]),
        (replace(LOT, blocked_reason="recall"), ["lot_blocked"]),
        (replace(LOT, earmark=frozenset({9, 8})), []),
        (replace(LOT, earmark=frozenset({8})), ["lot_earmarked"]),
        (
            LotFacts(
                lot="A", item="n95", expiry_date=date(2019, 1, 1), blocked_reason="recall", earmark=frozenset({1})
            ),
            ["lot_expired", "lot_blocked", "lot_earmarked"],
        ),
    ],
)
def test_why_a_lot_may_not_be_used_for_facility_9(lot: LotFacts, codes: list[str]) -> None:
    faults = unusable_faults(lot, day=DAY, facility_id=9, where="lines.0.lot_id")
    assert [fault.code for fault in faults] == codes
    assert {fault.where for fault in faults} <= {"lines.0.lot_id"}


def test_an_earmark_says_nothing_while_nobody_is_named() -> None:
    assert unusable_faults(replace(LOT, earmark=frozenset({8})), day=DAY) == []


def test_everything_that_stands_in_the_way_is_told_at_once() -> None:
    refuse_if_unfit([], [])
    with pytest.raises(InsufficientStockError, match="Lot A of n95 at wh-1: 5 asked for, 2 available") as refusal:
        refuse_if_unfit([], [SHORTAGE, replace(SHORTAGE, place="wh-2")])
    assert [shortage.place for shortage in refusal.value.shortages] == ["wh-1", "wh-2"]
    blocked = unusable_faults(replace(LOT, blocked_reason="recall"), day=DAY)
    with pytest.raises(UnusableLotError) as both:
        refuse_if_unfit(blocked, [SHORTAGE])
    assert [fault.code for fault in both.value.faults] == ["lot_blocked", "insufficient_stock"]


def test_received_is_everything_that_became_of_it() -> None:
    flows = {
        (StockEnd.OUTSIDE, StockEnd.WAREHOUSE): 100,
        (StockEnd.WAREHOUSE, StockEnd.OUTSIDE): 5,  # a receipt reversed
        (StockEnd.WAREHOUSE, StockEnd.WAREHOUSE): 40,
        (StockEnd.WAREHOUSE, StockEnd.TRANSIT): 60,
        (StockEnd.TRANSIT, StockEnd.FACILITY): 50,
        (StockEnd.TRANSIT, StockEnd.LOST): 3,
        (StockEnd.FACILITY, StockEnd.WAREHOUSE): 2,
        (StockEnd.WAREHOUSE, StockEnd.RETURNED): 10,
    }
    expected = Conservation(received=95, on_hand=27, in_transit=7, delivered=48, lost=3, returned=10)
    assert conserve(flows, on_hand=27) == expected
    assert expected.difference == 0
    assert conserve(flows, on_hand=26).difference == 1
    assert conserve({}, on_hand=0).difference == 0


CARD = CountedCard(lot="A", item="n95", expected_units=10, counted_units=10, reason="", counted_seq=3, last_seq=3)


@pytest.mark.parametrize(
    ("card", "codes"),
    [
        (CARD, []),
        (replace(CARD, counted_units=9), ["reason_missing"]),
        (replace(CARD, counted_units=11, reason=" \n"), ["reason_missing"]),
        (replace(CARD, counted_units=9, reason="torn"), []),
        (replace(CARD, last_seq=4), ["card_moved"]),  # even where it is back to what it was
        (replace(CARD, last_seq=5, counted_units=0), ["card_moved", "reason_missing"]),
    ],
)
def test_when_a_line_of_a_count_may_be_posted(card: CountedCard, codes: list[str]) -> None:
    assert [fault.code for fault in posting_faults(card, where="lines.4")] == codes


def test_every_repetition_is_named() -> None:
    assert [fault.where for fault in named_twice([1, 2, 1, 1, 3], where="lines.{n}.lot_id")] == [
        "lines.2.lot_id",
        "lines.3.lot_id",
    ]
