"""The rules of procurement on funds, states, offers and orders; no database."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Fault
from app.partners.types import SupplyChannel
from app.procurement.money import (
    AMOUNT_FEN_MAX,
    is_overpriced,
    line_amount_fen,
    price_ratio_permille,
    total_amount_fen,
)
from app.procurement.order_schemas import NewPurchaseOrder
from app.procurement.rules import (
    OFFER_CHANNELS,
    ORDER_CHANNELS,
    ORDER_STEPS,
    PLEDGE_CHANNELS,
    PLEDGE_STEPS,
    OfferDraw,
    OfferFacts,
    Step,
    WrongStateError,
    check_step,
    draw_faults,
    offer_match_faults,
    order_faults,
    overspend_fault,
    price_warning,
    review_refusal,
    total_faults,
)
from app.procurement.types import OverspendRule, PledgeState, PurchaseOrderState

TODAY = date(2020, 1, 31)
YUAN = 1_000_000


def codes(faults: list[Fault]) -> list[tuple[str, str]]:
    return sorted((fault.where, fault.code) for fault in faults)


@pytest.mark.parametrize(
    ("unit_price_microyuan", "units", "fen"),
    [
        (0, 1000, 0),
        (4_999, 1, 0),
        (5_000, 1, 1),  # half a fen is rounded up
        (14_999, 1, 1),
        (15_000, 1, 2),
        (1, 5_000, 1),
        (333_333, 3, 100),  # 0.999999 yuan
        (14 * YUAN, 2_000, 2_800_000),
        (5_480, 1_000, 548),  # 5.48 yuan a kilogram, by the gram
        (10**12, 10**12, 10**20),
    ],
)
def test_a_line_is_rounded_half_up_to_fen(unit_price_microyuan: int, units: int, fen: int) -> None:
    assert line_amount_fen(unit_price_microyuan, units) == fen


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_line_is_exact_to_half_a_fen(unit_price_microyuan: int, units: int) -> None:
    exact = Fraction(unit_price_microyuan * units, 10_000)
    assert exact - Fraction(1, 2) < line_amount_fen(unit_price_microyuan, units) <= exact + Fraction(1, 2)


def test_a_total_is_the_sum_of_rounded_lines() -> None:
    assert total_amount_fen([(5_000, 1), (5_000, 1)]) == 2  # not 1, as the rounded sum would be
    assert total_amount_fen([]) == 0


@pytest.mark.parametrize(
    ("price", "reference", "ratio", "flagged"),
    [
        (0, 100, 0, False),
        (100, 100, 1000, False),
        (130, 100, 1300, False),
        (1_300_001, 1_000_000, 1300, True),  # decided on the exact price, not on the rounded ratio
        (131, 100, 1310, True),
        (100, 0, None, False),
        (1, 3, 333, False),
        (2, 3, 667, False),
        (1, 2000, 1, False),
    ],
)
def test_prices_are_compared_exactly(price: int, reference: int, ratio: int | None, flagged: bool) -> None:
    assert price_ratio_permille(price, reference) == ratio
    assert is_overpriced(price, reference) is flagged
    assert (price_warning("suit", price, reference, "lines.0") is not None) is flagged


@pytest.mark.parametrize(
    ("rule", "committed_fen", "code"),
    [
        (OverspendRule.STOP, 100, None),
        (OverspendRule.STOP, 101, "fund_overspent"),
        (OverspendRule.WARN, 100, None),
        (OverspendRule.WARN, 250, "fund_overspent_warning"),
    ],
)
def test_a_fund_speaks_up_past_its_amount(rule: OverspendRule, committed_fen: int, code: str | None) -> None:
    fault = overspend_fault("city", rule, 100, committed_fen)
    assert (fault.code if fault else None) == code
    if fault is not None:
        assert fault.params["missing_fen"] == committed_fen - 100


@pytest.mark.parametrize("state", PurchaseOrderState)
@pytest.mark.parametrize("step", sorted(ORDER_STEPS))
def test_an_order_takes_only_the_steps_of_its_state(state: PurchaseOrderState, step: Step) -> None:
    possible = {
        "DRAFT": {"approve", "reschedule", "cancel"},
        "APPROVED": {"place", "reschedule", "cancel"},
        "ORDERED": {"receive", "reschedule", "cancel", "review"},
        "PARTLY_RECEIVED": {"receive", "reschedule", "close_short", "review"},
        "RECEIVED": {"review"},
        "CANCELLED": set[str](),
    }[state.value]
    if step.value in possible:
        check_step("PO-1", state, step, ORDER_STEPS[step])
        return
    with pytest.raises(WrongStateError) as caught:
        check_step("PO-1", state, step, ORDER_STEPS[step])
    assert caught.value.faults[0].params["state"] == state.value


def test_what_has_ended_takes_no_step() -> None:
    for step, allowed in PLEDGE_STEPS.items():
        for state in (PledgeState.RECEIVED, PledgeState.CANCELLED):
            with pytest.raises(WrongStateError):
                check_step("PL-1", state, step, allowed)


def test_every_channel_has_a_way_in() -> None:
    assert set(SupplyChannel) == ORDER_CHANNELS | PLEDGE_CHANNELS
    assert SupplyChannel.DONATION not in ORDER_CHANNELS | OFFER_CHANNELS
    assert not PLEDGE_CHANNELS & {SupplyChannel.MARKET_PURCHASE, SupplyChannel.SPECIAL_HANDLING}


def order(**more: Any) -> NewPurchaseOrder:
    body: dict[str, Any] = {
        "partner": "trader",
        "supply_channel": "MARKET_PURCHASE",
        "warehouse": "wh",
        "fund": "city",
        "expected_on": "2020-02-02",
        "lines": [{"item": "suit", "quantity": 10, "unit_price_microyuan": YUAN}],
    }
    return NewPurchaseOrder.model_validate(body | more)


def test_a_plain_order_has_no_fault() -> None:
    assert order_faults(order(), today=TODAY) == []


def test_all_that_is_wrong_with_an_order_is_told_at_once() -> None:
    wrong = order(
        supply_channel="DONATION",
        expected_on="2020-01-30",
        lines=[{"item": "suit", "quantity": 1}, {"item": "suit", "quantity": 1, "offer": "OF-1"}],
        special_handling={"legal_basis": "x", "reason": "y", "review_by": "2020-01-01"},
    )
    assert codes(order_faults(wrong, today=TODAY)) == [
        ("expected_on", "day_in_the_past"),
        ("lines.0.unit_price_microyuan", "price_missing"),
        ("lines.1.item", "repeated"),
        ("special_handling", "special_handling_not_fitting"),
        ("special_handling.review_by", "day_in_the_past"),
        ("supply_channel", "channel_not_fitting"),
    ]


def test_special_handling_must_give_its_grounds() -> None:
    faults = order_faults(order(supply_channel="SPECIAL_HANDLING"), today=TODAY)
    assert codes(faults) == [("special_handling", "special_handling_missing")]


def offer(**more: Any) -> OfferFacts:
    facts: dict[str, Any] = {
        "code": "OF-1",
        "partner": "trader",
        "item": "suit",
        "warehouse": "wh",
        "unit_price_microyuan": YUAN,
        "supply_channel": SupplyChannel.MARKET_PURCHASE,
    }
    return OfferFacts(**facts | more)


def test_an_order_must_agree_with_the_offer_it_takes() -> None:
    assert offer_match_faults(offer(), order(), 0) == []
    other = offer(
        partner="p",
        item="i",
        warehouse="w",
        unit_price_microyuan=YUAN - 1,
        supply_channel=SupplyChannel.LOCAL_PRODUCTION,
    )
    assert codes(offer_match_faults(other, order(), 0)) == [
        ("lines.0.item", "offer_differs"),
        ("lines.0.unit_price_microyuan", "price_above_offer"),
        ("partner", "offer_differs"),
        ("supply_channel", "offer_differs"),
        ("warehouse", "offer_differs"),
    ]


def test_special_handling_may_take_an_offer_of_another_channel() -> None:
    assert offer_match_faults(offer(), order(supply_channel="SPECIAL_HANDLING"), 0) == []


@pytest.mark.parametrize(
    ("wanted", "withdrawn", "valid_until", "expected"),
    [
        (10, False, None, []),
        (10, False, TODAY, []),
        (11, False, None, ["offer_too_small"]),
        (11, True, date(2020, 1, 30), ["offer_lapsed", "offer_too_small", "offer_withdrawn"]),
    ],
)
def test_an_offer_gives_what_it_has_while_it_stands(
    wanted: int, withdrawn: bool, valid_until: date | None, expected: list[str]
) -> None:
    draw = OfferDraw(offer="OF-1", wanted_units=wanted, open_units=10, withdrawn=withdrawn, valid_until=valid_until)
    assert sorted(fault.code for fault in draw_faults(draw, today=TODAY)) == expected


def test_an_order_must_be_payable() -> None:
    assert total_faults([(YUAN, 1)], has_fund=True) == []
    assert total_faults([(0, 10)], has_fund=False) == []
    assert codes(total_faults([(YUAN, 1)], has_fund=False)) == [("fund", "fund_missing")]
    assert total_faults([(10_000, AMOUNT_FEN_MAX)], has_fund=True) == []
    assert codes(total_faults([(10_000, AMOUNT_FEN_MAX + 1)], has_fund=True)) == [("lines", "amount_too_large")]


def test_only_special_handling_is_reviewed_and_once() -> None:
    assert review_refusal("PO-1", is_special=True, reviewed_by=None) is None
    twice = review_refusal("PO-1", is_special=True, reviewed_by="reviewer")
    plain = review_refusal("PO-1", is_special=False, reviewed_by=None)
    assert twice is not None
    assert plain is not None
    assert (twice.code, plain.code) == ("already_reviewed", "not_special")
