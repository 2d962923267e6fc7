"""Two answers side by side: needs are matched, sums and winners are right, and nothing is lost."""

from datetime import date

import pytest

from app.catalog.models import Item
from app.facilities.models import Facility
from app.planning.plans.comparison import Outcome, compare

DAY = date(2020, 2, 1)
HOSPITAL, CLINIC = Facility(id=1, code="hospital"), Facility(id=2, code="clinic")
MASK, SUIT = Item(id=1, code="mask"), Item(id=2, code="suit")


def outcome(facility: Facility, item: Item, wanted: int, given: int, *, tier: int = 1, day: date = DAY) -> Outcome:
    return Outcome(facility=facility, item=item, needed_by=day, tier=tier, wanted_units=wanted, given_units=given)


def test_needs_are_matched_by_facility_item_and_day() -> None:
    base = [
        outcome(HOSPITAL, MASK, 100, 50),
        outcome(CLINIC, MASK, 40, 40, tier=2),
        outcome(CLINIC, SUIT, 10, 5, tier=2),
    ]
    other = [outcome(HOSPITAL, MASK, 100, 80), outcome(CLINIC, MASK, 40, 10, tier=2), outcome(HOSPITAL, SUIT, 5, 5)]
    result = compare(base, other)
    assert [(need.known.facility.code, need.known.item.code, need.difference_units) for need in result.needs] == [
        ("hospital", "mask", 30),
        ("clinic", "mask", -30),
        ("clinic", "suit", -5),
        ("hospital", "suit", 5),
    ]
    assert [need.difference_share for need in result.needs] == [pytest.approx(0.3), pytest.approx(-0.75), None, None]
    assert (result.gain, result.lose) == (1, 1)


def test_groups_add_up() -> None:
    base = [outcome(HOSPITAL, MASK, 100, 50), outcome(HOSPITAL, SUIT, 10, 10), outcome(CLINIC, MASK, 40, 0, tier=2)]
    other = [outcome(HOSPITAL, MASK, 100, 100), outcome(HOSPITAL, SUIT, 10, 5), outcome(CLINIC, MASK, 40, 0, tier=2)]
    result = compare(base, other)
    first, second = result.by_tier().values()
    assert list(result.by_tier()) == [1, 2]
    assert (first.base_share, first.other_share, first.base_lowest, first.other_lowest) == (0.75, 0.75, 0.5, 0.5)
    assert (first.gain, first.lose, first.base_units, first.other_units) == (1, 1, 60, 105)
    assert (second.difference_share, second.gain, second.lose) == (0.0, 0, 0)
    assert {item.code: group.other_units for item, group in result.by_item().items()} == {"mask": 100, "suit": 5}
    assert sum(group.needs for group in result.by_facility().values()) == len(result.needs)


def test_more_than_the_need_is_a_full_share_and_dust_is_no_gain() -> None:
    base = [outcome(HOSPITAL, MASK, 1_000_000_000, 999_999_999), outcome(CLINIC, MASK, 10, 10)]
    other = [outcome(HOSPITAL, MASK, 1_000_000_000, 1_000_000_000), outcome(CLINIC, MASK, 10, 50)]
    result = compare(base, other)
    assert (result.gain, result.lose) == (0, 0)
    assert result.needs[1].known.share == 1.0


def test_several_needs_of_a_facility_for_a_day_are_taken_together() -> None:
    base = [outcome(HOSPITAL, MASK, 100, 50, tier=2), outcome(HOSPITAL, MASK, 100, 0)]
    result = compare(base, [outcome(HOSPITAL, MASK, 200, 60)])
    (need,) = result.needs
    assert need.base is not None
    assert (need.base.wanted_units, need.base.given_units, need.base.tier) == (200, 50, 1)
    assert need.difference_share == pytest.approx(0.05)


def test_nothing_beside_something() -> None:
    result = compare([], [outcome(HOSPITAL, MASK, 10, 5)])
    (group,) = result.by_facility().values()
    assert (group.base_share, group.other_share, group.difference_share, group.base_units) == (None, 0.5, None, 0)
