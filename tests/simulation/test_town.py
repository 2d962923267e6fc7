"""The world of a simulation: drawn by the seed alone, and what lies on shelves."""

from datetime import date

from app.catalog.types import Program
from app.simulation.draws import Draws
from app.simulation.shelves import Shelves
from app.simulation.town import build_town
from app.simulation.types import Options, Parcel

FIRST, SECOND, THIRD = date(2020, 2, 1), date(2020, 2, 2), date(2020, 2, 3)
KEY = ("hospital", "mask")


def test_a_draw_hangs_on_the_seed_and_on_what_is_drawn() -> None:
    # These numbers are the same on every machine: a published figure can be computed again.
    assert Draws(7).whole(0, 10**6, "use", "a", 1) == Draws(7).whole(0, 10**6, "use", "a", 1)
    assert len({Draws(seed).whole(0, 10**9, "use") for seed in range(50)}) == 50
    assert sum(Draws(7).chance(0.3, "rain", day) for day in range(2_000)) in range(500, 700)
    assert sum(Draws(7).rounded(2.3, day) for day in range(2_000)) in range(4_450, 4_750)
    assert {Draws(7).whole(1, 3, "side", n) for n in range(50)} == {1, 2, 3}


def test_use_comes_and_goes_with_the_wave_and_ends_where_it_began() -> None:
    town = build_town(Options(days=14, places_per_type=2))
    medical = [key for key in town.norm_milliunits if town.program(key[1]) is Program.MEDICAL]
    value = {key: town.items[key[1]].value_microyuan_per_unit for key in medical}
    use = [sum(town.true_use(key, day) * value[key] for key in medical) for day in range(1, 15)]
    assert 0.93 < use[13] / use[0] < 1.07
    assert max(use[5:9]) > 1.1 * use[0]


def test_another_seed_is_another_world() -> None:
    towns = [build_town(Options(seed=seed, places_per_type=1)) for seed in (7, 8)]
    uses = [[town.true_use(key, 3) for key in town.norm_milliunits] for town in towns]
    assert uses[0] != uses[1]
    assert 0.7 < sum(uses[0]) / sum(uses[1]) < 1.4


def test_a_third_of_the_facilities_exaggerate() -> None:
    town = build_town(Options())
    factors = [town.inflation(code) for code in town.facilities]
    inflating = [one for one in factors if one > 1]
    assert 0.23 < len(inflating) / len(factors) < 0.43
    assert all(1.3 <= one <= 3 for one in inflating)


def test_a_smaller_city_keeps_its_proportions() -> None:
    town, whole = build_town(Options(places_per_type=1)), build_town(Options())
    assert {one.facility_type for one in town.facilities.values()} == {
        one.facility_type for one in whole.facilities.values()
    }
    reserve = {row.item: row.quantity for policy in town.policies for row in policy.reserves}
    large = {row.item: row.quantity for policy in whole.policies for row in policy.reserves}
    assert all(reserve[item] < large[item] for item in large)
    assert {lane.facility for lane in town.city.lanes} <= set(town.facilities)


def test_what_expires_first_is_used_first_and_nothing_past_its_day() -> None:
    shelves = Shelves()
    shelves.add(KEY, Parcel(lot_id=1, expiry=THIRD, units=5))
    shelves.add(KEY, Parcel(lot_id=2, expiry=FIRST, units=5))
    shelves.add(KEY, Parcel(lot_id=3, expiry=None, units=5))
    assert shelves.use(KEY, 7, FIRST) == 7
    assert shelves.on_hand(KEY) == 8  # three of the first lot, five that keep
    shelves.add(KEY, Parcel(lot_id=4, expiry=FIRST, units=2))
    assert shelves.lasting(KEY, 4.0, FIRST) == 10  # two that expire today, three in two days, five that keep
    assert shelves.lasting(KEY, 1.0, FIRST) == 8  # of the two only one will be used in time
    assert list(shelves.throw_away(SECOND)) == [(KEY, 2)]
    assert shelves.take_out(1) == 3
    assert shelves.use(KEY, 9, SECOND) == 5
