"""Which orders go together into which vehicle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.packing import MM3_PER_LITRE, Load, VehicleSize, litres_of, pack, trip_faults

VAN, TRUCK = VehicleSize(code="van", litres=100), VehicleSize(code="truck", litres=300)


def load(order: str, litres: int, zone: str = "east", vehicle_class: str | None = None) -> Load:
    return Load(order=order, zone=zone, mm3=litres * MM3_PER_LITRE, vehicle_class=vehicle_class)


@pytest.mark.parametrize(
    ("loads", "trips"),
    [
        ([], []),
        ([load("a", 60), load("b", 50), load("c", 40)], [("van", {"a", "c"}), ("van", {"b"})]),
        ([load("a", 10), load("b", 10, zone="west")], [("van", {"a"}), ("van", {"b"})]),
        ([load("a", 150)], [("truck", {"a"})]),
        ([load("a", 0), load("b", 0)], [("van", {"a", "b"})]),
    ],
)
def test_the_largest_first_into_the_first_that_holds_it(loads: list[Load], trips: list[tuple[str, set[str]]]) -> None:
    vans = [Load(order=one.order, zone=one.zone, mm3=one.mm3, vehicle_class="van") for one in loads]
    packing = pack(vans, [TRUCK, VAN])
    assert [(trip.vehicle_class, {one.order for one in trip.loads}) for trip in packing.trips] == trips


def test_a_lane_without_a_class_takes_the_largest_and_ends_with_the_smallest_that_holds_it() -> None:
    packing = pack([load("a", 90), load("b", 110), load("c", 100), load("d", 60)], [VAN, TRUCK])
    assert [(trip.vehicle_class, [one.order for one in trip.loads]) for trip in packing.trips] == [
        ("truck", ["b", "c", "a"]),
        ("van", ["d"]),
    ]


def test_what_no_vehicle_holds_is_told() -> None:
    packing = pack([load("a", 301), load("b", 300)], [VAN, TRUCK])
    assert [one.order for one in packing.too_large] == ["a"]
    assert [one.order for trip in packing.trips for one in trip.loads] == ["b"]
    assert len(pack([load("a", 1)], []).too_large) == 1


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["e", "w"]), st.sampled_from([None, "van", "gone"]))),
)
def test_nothing_is_lost_doubled_or_beyond_its_vehicle(rows: list[tuple[int, str, str | None]]) -> None:
    loads = [load(str(n), litres, zone, kind) for n, (litres, zone, kind) in enumerate(rows)]
    packing = pack(loads, [VAN, TRUCK])
    placed = [one for trip in packing.trips for one in trip.loads]
    assert sorted(one.order for one in (*placed, *packing.too_large)) == sorted(one.order for one in loads)
    sizes = {"van": VAN, "truck": TRUCK}
    for trip in packing.trips:
        assert {one.zone for one in trip.loads} == {trip.zone}
        assert trip_faults(trip.loads, sizes[trip.vehicle_class]) == []


def test_a_trip_larger_than_its_vehicle_is_refused_by_name() -> None:
    [fault] = trip_faults([load("a", 60), load("b", 41)], VAN)
    assert (fault.code, fault.where, dict(fault.params)) == (
        "trip_too_large",
        "vehicle_class",
        {"litres": 101, "vehicle_class": "van", "carried": 100},
    )


def test_litres_are_rounded_up() -> None:
    assert [litres_of([1]), litres_of([MM3_PER_LITRE, 1]), litres_of([])] == [1, 2, 0]
