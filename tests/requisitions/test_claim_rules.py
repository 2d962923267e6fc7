"""A claim beside norms over all open lines, peers, the last claim, and plain sense."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.types import BaseUnit
from app.requisitions.claim_rules import (
    OpenClaim,
    Span,
    days_covered,
    is_absurd,
    is_repeated,
    peer_bound,
    support,
)

FIRST = date(2020, 2, 1)


def span(first: int, last: int) -> Span:
    return Span(first=FIRST + timedelta(days=first), last=FIRST + timedelta(days=last))


def use(days: int) -> int:
    return 10 * days


@pytest.mark.parametrize(
    ("spans", "days"),
    [
        ([], 0),
        ([span(0, 0)], 1),
        ([span(0, 1), span(0, 5)], 6),
        ([span(3, 5), span(0, 1)], 5),
        ([span(0, 9), span(2, 3), span(9, 10)], 11),
        ([span(3, 2)], 0),
    ],
)
def test_each_day_counts_once(spans: list[Span], days: int) -> None:
    assert days_covered(spans) == days


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: span(min(pair), max(pair))))


@given(SPANS)
def test_days_covered_are_those_of_the_sets_of_days(spans: list[Span]) -> None:
    days = {one.first + timedelta(days=n) for one in spans for n in range((one.last - one.first).days + 1)}
    assert days_covered(spans) == len(days)


def test_two_lines_of_one_item_share_the_norm_and_what_is_on_hand() -> None:
    found = support([span(0, 1), span(0, 5)], 25, [], use)
    assert [(one.days, one.gross_units, one.assessed_units) for one in found] == [(2, 20, 0), (4, 40, 35)]


@pytest.mark.parametrize(
    ("others", "claimed", "assessed"),
    [
        ([], 0, 60),
        ([OpenClaim(span=span(0, 5), units=40)], 40, 20),
        ([OpenClaim(span=span(0, 5), units=40), OpenClaim(span=span(2, 5), units=40)], 60, 0),
        # Of 70 for ten days, 40 are for the four days that are theirs alone.
        ([OpenClaim(span=span(0, 9), units=70)], 30, 30),
        ([OpenClaim(span=span(7, 9), units=20)], 0, 60),
    ],
)
def test_what_other_lines_claim_of_the_same_days_is_taken_off(
    others: list[OpenClaim], claimed: int, assessed: int
) -> None:
    (found,) = support([span(0, 5)], 0, others, use)
    assert (found.claimed_units, found.assessed_units) == (claimed, assessed)


@given(
    SPANS.filter(bool), st.integers(0, 500), st.lists(st.tuples(SPANS.filter(bool), st.integers(0, 300)), max_size=3)
)
def test_all_claims_together_are_never_supported_beyond_the_norm(
    spans: list[Span], on_hand: int, others: list[tuple[list[Span], int]]
) -> None:
    claims = [OpenClaim(span=one[0], units=units) for one, units in others]
    found = support(spans, on_hand, claims, use)
    gross = sum(one.gross_units for one in found)
    assert gross == use(days_covered(spans))
    assert sum(one.assessed_units for one in found) <= max(0, gross - on_hand)
    assert all(0 <= one.assessed_units <= one.gross_units for one in found)


@pytest.mark.parametrize(
    ("size", "peers", "bound"),
    [
        (100, [(2, 100), (2, 100)], None),
        (100, [(2, 100), (2, 100), (2, 100)], 6),
        (1000, [(2, 100), (2, 100), (2, 100)], 60),
        (1, [(200, 100), (200, 100), (200, 100)], 200),
        (0, [(2, 0), (4, 0), (900, 0)], 12),
    ],
)
def test_peers_bound_a_claim_by_size(size: int, peers: list[tuple[int, int]], bound: int | None) -> None:
    assert peer_bound(size, peers) == bound


@pytest.mark.parametrize(
    ("units", "unit", "supported", "peers", "absurd"),
    [
        (13_800_138_000, BaseUnit.PIECE, None, None, True),
        (13_800_138_000_000, BaseUnit.GRAM, None, None, True),
        (12_000, BaseUnit.PIECE, None, None, False),
        (100_000_001, BaseUnit.PIECE, None, None, True),
        (100_000_001, BaseUnit.GRAM, None, None, False),
        (10_001, BaseUnit.PIECE, 100, None, True),
        (10_000, BaseUnit.PIECE, 1, None, False),
        (10_001, BaseUnit.PIECE, None, 2, True),
        (500_000, BaseUnit.PIECE, 5_000, 2, False),
    ],
)
def test_figures_that_nobody_can_mean(
    units: int, unit: BaseUnit, supported: int | None, peers: int | None, absurd: bool
) -> None:
    assert is_absurd(units, unit, supported, peers) is absurd


@dataclass(frozen=True)
class Earlier:
    reported_on: date
    needed_by: date
    requested_units: int
    delivered_units: int


@pytest.mark.parametrize(
    ("earlier", "repeated"),
    [
        (Earlier(FIRST, date(2020, 2, 8), 5, 0), True),
        (Earlier(date(2020, 1, 28), date(2020, 2, 8), 5, 0), False),
        (Earlier(FIRST, date(2020, 2, 9), 5, 0), False),
        (Earlier(FIRST, date(2020, 2, 8), 6, 0), False),
        (Earlier(FIRST, date(2020, 2, 8), 5, 1), False),
    ],
)
def test_the_same_need_handed_in_twice(earlier: Earlier, repeated: bool) -> None:
    assert is_repeated(5, date(2020, 2, 1), date(2020, 2, 8), [earlier]) is repeated
