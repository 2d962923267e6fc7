"""Whole packs where trucks, funds and substitutes couple items: the laws hold, and no pack stays behind."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import (
    DEFAULT,
    Band,
    Capacity,
    Demand,
    Facility,
    Fund,
    Item,
    Lane,
    Offer,
    Problem,
    Reserve,
    Site,
    Substitution,
    Supply,
)
from solver.arrays.network import Network
from solver.rounding.integer_limits import pack_facts
from solver.rounding.limit_tree import limit_tree_of
from solver.rounding.rounding import round_to_packs
from tests.solver.cases import masks
from tests.solver.rounding.cases import MIX, QUICK, assert_limits_hold, between, delivered, network, shares_of


@st.composite
def coupled(draw: st.DrawFn) -> Problem:
    """Several items that share trucks, a fund with unequal prices, and substitutes."""
    items = [
        Item(id=f"i{i}", pack=draw(st.sampled_from([1, 3, 10])), volume=draw(st.sampled_from([0.0, 0.1, 0.3])))
        for i in range(3)
    ]
    places = range(draw(st.integers(1, 4)))
    periods = draw(st.integers(1, 2))
    amounts = st.integers(0, 60)
    return Problem.of(
        start=date(2020, 1, 31),
        periods=periods,
        items=items,
        sites=[Site(id="s0"), Site(id="s1")],
        facilities=[Facility(id=f"f{j}") for j in places],
        lanes=[
            Lane(site=f"s{i}", facility=f"f{j}", cost=0.1 * i)
            for i in range(2)
            for j in places
            if i == 0 or draw(st.booleans())
        ],
        supplies=[
            Supply(id=f"l{i}{k}", item=item.id, site=f"s{k}", quantity=draw(amounts))
            for i, item in enumerate(items)
            for k in range(2)
        ],
        offers=[
            Offer(id=f"o{i}", item=f"i{i}", site="s0", quantity=draw(amounts), unit_price=0.3 + 0.1 * i, fund="fund")
            for i in range(2)
        ],
        funds=[Fund(id="fund", amount=draw(st.sampled_from([0.0, 3.3, 10.0])))],
        demands=[
            Demand(
                id=f"d{i}{j}",
                facility=f"f{j}",
                item=item.id,
                quantity=draw(st.integers(1, 60)),
                due=periods - 1,
                tier=1,
            )
            for i, item in enumerate(items)
            for j in places
        ],
        substitutions=[Substitution(item="i0", serves="i1", ratio=draw(st.sampled_from([1.0, 0.5, 1.5])), penalty=1.0)]
        if draw(st.booleans())
        else [],
        capacities=[
            Capacity(site="s0", period=t, volume=draw(st.sampled_from([0.0, 1.7, 5.0, 20.0]))) for t in range(periods)
        ],
        reserves=[Reserve(item="i2", quantity=draw(amounts))],
        bands=[Band(name="all", caps=((1, 1.0),))],
    )


@settings(QUICK, max_examples=200)
@given(problem=coupled(), weights=st.lists(st.integers(1, 9), min_size=24, max_size=24), mix=MIX)
def test_coupled_items_keep_the_laws(problem: Problem, weights: list[int], mix: float) -> None:
    net = network(problem)
    if not net.system.arcs:
        return
    relaxed = between(net, weights, mix)
    shares = shares_of(net, relaxed, [0.5])
    units = round_to_packs(net, relaxed, shares, DEFAULT.rounding)
    assert_limits_hold(net, units)
    system = net.system
    pack = net.source_pack[system.arc_source]
    cell = system.arc_demand * len(problem.items) + net.source_item[system.arc_source]
    moved = np.bincount(cell, units / pack) - np.bincount(cell, relaxed / pack)
    assert (moved < 1 - 1e-7).all()
    after = delivered(net, units)
    for demand in range(system.demands):
        mine = np.flatnonzero(system.arc_demand == demand)
        used = mine[units[mine] > 0]
        if len(used):
            smallest = (system.arc_ratio[used] * pack[used]).min()
            assert after[demand] - smallest < system.demand_quantity[demand]
    assert not packs_left(net, units, relaxed, shares)


def packs_left(net: Network, units: np.ndarray, relaxed: np.ndarray, shares: np.ndarray) -> list[int]:
    """Arcs on which one more pack would keep every limit and serve a demand below its relaxed quantity."""
    system = net.system
    pack = net.source_pack[system.arc_source]
    cell = system.arc_demand * (net.source_item.max() + 1) + net.source_item[system.arc_source]
    missing = np.bincount(cell, relaxed / pack) - np.bincount(cell, units / pack)
    after = delivered(net, units)
    left = []
    for arc in range(system.arcs):
        demand, gain = system.arc_demand[arc], system.arc_ratio[arc] * pack[arc]
        mine = np.flatnonzero((system.arc_demand == demand) & (units > 0))
        smallest = min([gain, *(system.arc_ratio[mine] * pack[mine])])
        if (
            missing[cell[arc]] > 1e-5
            and after[demand] < shares[-1][demand] * system.demand_quantity[demand] - 1e-4
            and after[demand] + gain - smallest < system.demand_quantity[demand]
        ):
            more = units.copy()
            more[arc] += pack[arc]
            if all_limits_hold(net, more):
                left.append(arc)
    return left


def all_limits_hold(net: Network, units: np.ndarray) -> bool:
    try:
        assert_limits_hold(net, units)
    except AssertionError:
        return False
    return True


def in_tree(problem: Problem, most: int) -> bool:
    net = network(problem)
    cells = net.system.demands
    sole = np.ones(cells, dtype=bool)
    facts = pack_facts(net)
    return bool(limit_tree_of(facts, net.system.arc_demand, np.full(cells, most), sole, DEFAULT.rounding).in_tree.all())


def test_a_truck_that_several_periods_and_lots_cross_is_not_nested() -> None:
    trucks = [Capacity(site="depot", period=period, volume=3.0) for period in (0, 1)]
    lots = [Supply(id=f"lot-{i}", item="mask", site="depot", quantity=4) for i in range(2)]
    one_lot = masks(None, [4, 4], due=1, supplies=lots[:1], capacities=trucks)
    two_lots = masks(None, [4, 4], due=1, supplies=lots, capacities=trucks)
    assert in_tree(one_lot, 4)
    assert not in_tree(two_lots, 4)
    # Trucks that cannot bind couple nothing.
    assert in_tree(two_lots, 1)


def test_decimals_of_a_fund_and_a_truck_count_as_written() -> None:
    # 0.1 is not a tenth in binary: 3 x 0.1 > 0.3 in floats. The whole money and the whole truck can be used.
    offer = Offer(id="offer", item="mask", site="depot", quantity=9, unit_price=0.1, fund="city")
    problem = masks(None, [9], supplies=[], offers=[offer], funds=[Fund(id="city", amount=0.3)])
    net = network(problem)
    units = round_to_packs(net, np.array([3.0]), np.array([[3 / 9]]), DEFAULT.rounding)
    assert units.tolist() == [3]


def test_a_shift_in_a_coupled_network_makes_room() -> None:
    """Both depots could serve a, only the first can serve b: a moves over to let b in."""
    problem = masks(
        None,
        [2, 2],
        pack=2,
        supplies=[
            Supply(id="x", item="mask", site="depot", quantity=3),
            Supply(id="y", item="mask", site="depot", quantity=3, earmark=("h-0",)),
            Supply(id="z", item="other", site="depot", quantity=0, earmark=("h-0",)),
        ],
        items=[Item(id="other", pack=1)],
        substitutions=[Substitution(item="other", serves="mask")],
        bands=[Band(name="all", caps=((1, 1.0),))],
    )
    net = network(problem)
    assert net.system.arcs == 4
    units = round_to_packs(net, np.array([2.0, 0.0, 0.0, 1.0]), np.array([[1.0, 1.0]]), DEFAULT.rounding)
    assert delivered(net, units).tolist() == [2.0, 2.0]
