"""The tree of zones, and what facilities and lanes may be."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.facilities.rules import (
    EVERY_DAY,
    bed_faults,
    bits_of,
    departure_faults,
    is_driven_on,
    kind_faults,
    lane_faults,
    parent_faults,
    position_faults,
    weekdays_of,
    zones_below,
)
from app.facilities.types import Weekday

# city 1 with districts 2 and 3, village 4 below 2, and another root 5
PARENTS = {1: None, 2: 1, 3: 1, 4: 2, 5: None}


@pytest.mark.parametrize(("zone", "below"), [(1, {1, 2, 3, 4}), (2, {2, 4}), (4, {4}), (5, {5})])
def test_zones_below(zone: int, below: set[int]) -> None:
    assert zones_below(PARENTS, zone) == below


def test_a_circle_in_the_data_does_not_hang_the_search() -> None:
    assert zones_below({1: 2, 2: 1}, 1) == {1, 2}


@pytest.mark.parametrize(("zone", "parent", "allowed"), [(4, 3, True), (2, 5, True), (2, 2, False), (1, 4, False)])
def test_a_zone_is_not_put_below_itself(zone: int, parent: int, allowed: bool) -> None:
    assert (parent_faults(PARENTS, zone, parent, parent="x") == []) is allowed


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_moves_that_the_rule_allows_never_make_a_circle(moves: list[tuple[int, int]]) -> None:
    parents: dict[int, int | None] = dict.fromkeys(range(10))
    for zone, parent in moves:
        if not parent_faults(parents, zone, parent, parent="x"):
            parents[zone] = parent
    for zone in parents:
        steps, above = 0, parents[zone]
        while above is not None:
            above, steps = parents[above], steps + 1
            assert steps < len(parents)


@pytest.mark.parametrize(
    ("longitude", "latitude", "where"),
    [
        (113_000_000, 27_800_000, []),
        (None, None, []),
        (0, 0, []),
        (None, 0, ["longitude_e6"]),
        (0, None, ["latitude_e6"]),
    ],
)
def test_one_coordinate_alone_is_no_place(longitude: int | None, latitude: int | None, where: list[str]) -> None:
    assert [fault.where for fault in position_faults(longitude, latitude)] == where


@pytest.mark.parametrize(("beds", "isolation_beds", "count"), [(10, 10, 0), (0, 0, 0), (10, 11, 1)])
def test_isolation_beds_are_part_of_the_beds(beds: int, isolation_beds: int, count: int) -> None:
    assert len(bed_faults(beds, isolation_beds)) == count


def test_a_warehouse_stays_a_warehouse() -> None:
    assert kind_faults(keeps_stock=True, will_keep_stock=True) == []
    assert kind_faults(keeps_stock=False, will_keep_stock=False) == []
    assert len(kind_faults(keeps_stock=True, will_keep_stock=False)) == 1
    assert len(kind_faults(keeps_stock=False, will_keep_stock=True)) == 1


def test_a_lane_leads_elsewhere() -> None:
    assert lane_faults("w1", "h1") == []
    assert [fault.where for fault in lane_faults("w1", "w1")] == ["facility"]


@given(st.sets(st.sampled_from(Weekday)))
def test_weekdays_as_bits_and_back(days: set[Weekday]) -> None:
    assert set(weekdays_of(bits_of(days))) == days
    assert weekdays_of(bits_of(days)) == [day for day in Weekday if day in days]


def test_a_lane_is_driven_on_its_weekdays() -> None:
    friday, saturday = date(2020, 1, 31), date(2020, 2, 1)
    assert is_driven_on(bits_of([Weekday.FRIDAY]), friday)
    assert not is_driven_on(bits_of([Weekday.FRIDAY]), saturday)
    assert is_driven_on(EVERY_DAY, saturday)


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (list(Weekday), []),
        ([Weekday.SUNDAY], []),
        ([], [("departs_on", "no_departure")]),
        ([Weekday.MONDAY, Weekday.MONDAY], [("departs_on.1", "named_twice")]),
    ],
)
def test_the_days_of_a_lane(days: list[Weekday], found: list[tuple[str, str]]) -> None:
    assert [(fault.where, fault.code) for fault in departure_faults(days)] == found
