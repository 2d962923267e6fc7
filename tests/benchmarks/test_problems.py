"""The benchmarks' problems are proper, repeatable and of the sizes they say. Nothing here looks at a clock."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.generate import BANDS, make_problem
from benchmarks.geography import CLINICS, HOSPITALS, PROVINCE, places_of
from benchmarks.sizes import SIZES, Case, Kind, Size
from solver import parse_problem, problem_digest, problem_to_json
from solver.arrays.components import components_of
from solver.arrays.network import groups_of, network_of
from solver.arrays.tables import tables_of

KINDS: tuple[Kind, ...] = ("uncoupled", "coupled")
DISTRICT = SIZES["district"]


def small(kind: Kind, seed: int = 7) -> Case:
    return Case(size=DISTRICT, kind=kind, seed=seed)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_problem(kind: Kind) -> None:
    assert problem_digest(make_problem(small(kind))) == problem_digest(make_problem(small(kind)))
    assert problem_digest(make_problem(small(kind))) != problem_digest(make_problem(small(kind, seed=8)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["district", "city", "prefecture"])
def test_problems_have_the_sizes_they_say(name: str, kind: Kind) -> None:
    size = SIZES[name]
    problem = make_problem(Case(size=size, kind=kind))
    assert len(problem.facilities) == size.facilities
    assert len(problem.items) == size.items
    assert len(problem.sites) == size.sites
    assert problem.periods == size.periods
    assert len(problem.demands) == size.demands


def test_the_large_sizes_are_those_to_be_reached() -> None:
    sizes = {name: (s.facilities, s.items, s.periods, s.sites) for name, s in SIZES.items()}
    assert sizes["city"] == (150, 25, 7, 3)
    assert SIZES["prefecture"].demands == 10_000
    assert sizes["province"] == (3_000, 40, 7, 30)
    assert sizes["nation"] == (35_000, 30, 7, 300)
    assert SIZES["nation"].demands == 300_000
    assert SIZES["nation-daily"].demands == 35_000 * 30 * 7


def test_a_daily_size_asks_on_every_day() -> None:
    size = replace(DISTRICT, daily=True)
    problem = make_problem(Case(size=size, kind="uncoupled"))
    days = Counter((demand.facility, demand.item) for demand in problem.demands)
    assert len(problem.demands) == size.demands == 30 * 6 * 7
    assert set(days.values()) == {7}


@pytest.mark.parametrize("kind", KINDS)
def test_problems_are_proper_documents(kind: Kind) -> None:
    problem = make_problem(small(kind))
    assert parse_problem(problem_to_json(problem)) == problem


def test_uncoupled_items_share_nothing_and_coupled_ones_hang_together() -> None:
    loose = tables_of(make_problem(Case(size=SIZES["city"], kind="uncoupled")))
    assert len(groups_of(loose)) == SIZES["city"].items
    tied = tables_of(make_problem(Case(size=SIZES["city"], kind="coupled")))
    (group,) = groups_of(tied)
    (component,) = components_of(network_of(tied, group))
    assert len(component.demands) > 0.9 * SIZES["city"].demands


def test_a_city_has_all_that_makes_it_hard() -> None:
    problem = make_problem(Case(size=SIZES["city"], kind="coupled"))
    assert problem.bands == BANDS
    assert {demand.tier for demand in problem.demands} == {1, 2, 3}
    assert any(item.pack > 1 for item in problem.items)
    assert any(supply.earmark for supply in problem.supplies)
    assert any(supply.until_period is not None and supply.until_period < 6 for supply in problem.supplies)
    assert any(supply.start_period > 0 for supply in problem.supplies)
    assert problem.offers
    assert problem.reserves
    assert problem.substitutions
    assert [fund.id for fund in problem.funds] == ["central"]
    assert len({capacity.site for capacity in problem.capacities}) == 1
    asked = sum(demand.quantity for demand in problem.demands)
    assert sum(supply.quantity for supply in problem.supplies) < asked


def test_real_lists_are_used_where_they_are_given(tmp_path: Path) -> None:
    with gzip.open(tmp_path / CLINICS, "wt", encoding="utf-8") as file:
        file.write("province,city,county,name\n")
        file.write(f"{PROVINCE},甲市,一县,a\n{PROVINCE},甲市,一县,b\n{PROVINCE},乙市,二县,c\n别省,丙市,三县,d\n")
    with gzip.open(tmp_path / HOSPITALS, "wt", encoding="utf-8") as file:
        file.write("Name,Latitude,Longitude,Licensed All Beds\na,40.0,-100.0,120\nb,41.0,-90.0,\nc,,,50\n")
    places = places_of(200, 4, np.random.default_rng(1), tmp_path)
    assert places.origin == f"fever clinics of {PROVINCE}"
    assert places.facility_xy.shape == (200, 2)
    nation = places_of(10_000, 5, np.random.default_rng(1), tmp_path)
    assert nation.origin == "US hospitals"
    assert nation.beds[:2].tolist() == [120.0, 25.0]
    assert nation.facility_xy.shape == (10_000, 2)


def test_missing_lists_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make_problem(small("uncoupled"), tmp_path)


def test_facilities_are_served_by_their_nearest_sites() -> None:
    size = Size(name="few", facilities=20, items=3, periods=3, sites=6, items_asked=2)
    problem = make_problem(Case(size=size, kind="uncoupled"))
    lanes = Counter(lane.facility for lane in problem.lanes)
    assert set(lanes.values()) == {4}
    assert len(lanes) == 20
