"""Whole packs against brute force, and their laws on problems where items are coupled."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from solver.network import Network, network_of
from solver.packs import round_to_packs
from solver.packs_shape import shape_of
from solver.problem import (
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
from solver.tables import tables_of

QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def network(problem: Problem) -> Network:
    return network_of(tables_of(problem), np.arange(len(problem.demands)))


def some_relaxed(net: Network, weights: list[float]) -> np.ndarray:
    """A vertex of the relaxed plans: the best for these weights of the demands."""
    system = net.system
    rows = csr_array(
        (system.entry_factor, (system.entry_limit, system.entry_arc)), shape=(system.limits, system.arcs)
    )
    per_demand = csr_array(
        (system.arc_ratio, (system.arc_demand, np.arange(system.arcs))), shape=(system.demands, system.arcs)
    )
    answer = linprog(
        -(np.array(weights)[system.arc_demand] * system.arc_ratio) + 1e-3 * system.arc_cost,
        A_ub=csr_array(np.vstack([rows.toarray(), per_demand.toarray()])),
        b_ub=np.concatenate((system.limit_bound, system.demand_quantity)),
        method="highs",
    )
    assert answer.status == 0
    return np.maximum(answer.x, 0.0)


def shares_of(net: Network, relaxed: np.ndarray, caps: list[float]) -> np.ndarray:
    """Shares after bands with these caps, the last of which takes what the relaxed shipments deliver."""
    system = net.system
    last = np.bincount(system.arc_demand, relaxed * system.arc_ratio, minlength=system.demands)
    last = np.minimum(last / system.demand_quantity, 1.0)
    return np.array([*(np.minimum(last, cap) for cap in caps), last])


def exact(number: float) -> Fraction:
    return Fraction(repr(float(number)))


def delivered(net: Network, units: np.ndarray) -> np.ndarray:
    return np.bincount(net.system.arc_demand, units * net.system.arc_ratio, minlength=net.system.demands)


def assert_limits_hold(net: Network, units: np.ndarray) -> None:
    system = net.system
    assert (units >= 0).all()
    assert (units % net.source_pack[system.arc_source] == 0).all()
    for limit in range(system.limits):
        entries = np.flatnonzero(system.entry_limit == limit)
        used = sum(
            (exact(system.entry_factor[e]) * int(units[system.entry_arc[e]]) for e in entries), Fraction(0)
        )
        assert used <= exact(system.limit_bound[limit])


# ---------------------------------------------------------------- one item on a network: equal to brute force


@st.composite
def one_item(draw: st.DrawFn) -> Problem:
    """A small problem of one item whose limits are nested."""
    pack = draw(st.integers(1, 4))
    sites = draw(st.integers(1, 3))
    needs = draw(st.integers(1, 4))
    amounts = st.integers(0, 4 * pack)
    lanes = [
        Lane(site=f"s{i}", facility=f"f{j}", cost=draw(st.sampled_from([0.0, 0.1, 0.5])))
        for i in range(sites)
        for j in range(needs)
        if draw(st.booleans()) or (i == 0 and j == 0)
    ]
    supplies = [
        Supply(id=f"l{i}", item="a", site=f"s{i}", quantity=draw(amounts))
        for i in range(sites)
    ]
    offers, funds = [], []
    if draw(st.booleans()):
        funds = [Fund(id="fund", amount=draw(st.sampled_from([0.0, 0.7, 1.1, 2.0])))]
        offers = [
            Offer(id=f"o{i}", item="a", site=f"s{i}", quantity=draw(amounts), unit_price=0.1, fund="fund")
            for i in range(draw(st.integers(1, sites)))
        ]
    reserves = [Reserve(item="a", quantity=draw(amounts))] if draw(st.booleans()) else []
    return Problem.of(
        start=date(2020, 1, 31),
        periods=1,
        items=[Item(id="a", pack=pack)],
        sites=[Site(id=f"s{i}") for i in range(sites)],
        facilities=[Facility(id=f"f{j}") for j in range(needs)],
        lanes=lanes,
        supplies=supplies,
        offers=offers,
        funds=funds,
        demands=[
            Demand(id=f"d{j}", facility=f"f{j}", item="a", quantity=draw(st.integers(1, 4 * pack)), due=0, tier=1)
            for j in range(needs)
        ],
        reserves=reserves,
        bands=[Band(name="floor", caps=((1, 0.5),)), Band(name="all", caps=((1, 1.0),))],
    )


def shippable(net: Network, wanted: tuple[int, ...], pack: int) -> bool:
    """Whether these packs can be shipped together, by trying every way."""
    system = net.system
    rows: list[list[tuple[int, Fraction]]] = [[] for _ in range(system.arcs)]
    for limit, arc, factor in zip(system.entry_limit, system.entry_arc, system.entry_factor, strict=True):
        rows[int(arc)].append((int(limit), exact(factor) * pack))
    arcs_of = [np.flatnonzero(system.arc_demand == d).tolist() for d in range(system.demands)]

    @lru_cache(maxsize=None)
    def possible(demand: int, missing: int, room: tuple[Fraction, ...]) -> bool:
        if demand == system.demands:
            return True
        if missing == 0:
            following = demand + 1
            return possible(following, wanted[following] if following < system.demands else 0, room)
        for arc in arcs_of[demand]:
            left = list(room)
            for limit, weight in rows[arc]:
                left[limit] -= weight
            if min(left, default=Fraction(0)) >= 0 and possible(demand, missing - 1, tuple(left)):
                return True
        return False

    return possible(0, wanted[0], tuple(exact(bound) for bound in system.limit_bound))


def best_by_brute_force(net: Network, shares: np.ndarray, pack: int) -> tuple[int, ...]:
    """Of all packs that can be shipped together, those that come first in the order of the design."""
    quantity = net.system.demand_quantity
    relaxed = shares[-1] * quantity / pack
    most = [int(np.ceil(packs - 1e-6)) for packs in relaxed]
    tokens = []
    for d, high in enumerate(most):
        for count in range(1, high + 1):
            band = next((k for k in range(len(shares)) if count * pack <= shares[k][d] * quantity[d] + 1e-6), len(shares))
            tokens.append((band, (count - 1) * pack / quantity[d], -count * pack / quantity[d], d, count))
    tokens.sort()
    candidates = [
        packs for packs in product(*(range(high + 1) for high in most)) if shippable(net, packs, pack)
    ]
    return max(candidates, key=lambda packs: [packs[d] >= count for *_, d, count in tokens])


@settings(QUICK, max_examples=300)
@given(problem=one_item(), weights=st.lists(st.integers(1, 9), min_size=4, max_size=4))
def test_one_item_gets_the_packs_that_brute_force_gives(problem: Problem, weights: list[int]) -> None:
    net = network(problem)
    if not net.system.arcs:
        return
    pack = problem.items[0].pack
    relaxed = some_relaxed(net, [float(w) for w in weights[: len(problem.demands)]])
    shares = shares_of(net, relaxed, [0.5])
    units = round_to_packs(net, relaxed, shares)
    assert_limits_hold(net, units)
    got = tuple((delivered(net, units) / pack).astype(int).tolist())
    assert got == best_by_brute_force(net, shares, pack)


@settings(QUICK, max_examples=100)
@given(problem=one_item(), weights=st.lists(st.integers(1, 9), min_size=4, max_size=4))
def test_whole_packs_in_all_limits_keep_everyone_within_a_pack(problem: Problem, weights: list[int]) -> None:
    pack = problem.items[0].pack
    whole = Problem.of(
        **{name: getattr(problem, name) for name in ("start", "periods", "items", "sites", "facilities", "lanes", "demands", "bands")},
        supplies=[
            Supply(id=s.id, item=s.item, site=s.site, quantity=s.quantity // pack * pack) for s in problem.supplies
        ],
    )
    net = network(whole)
    if not net.system.arcs:
        return
    relaxed = some_relaxed(net, [float(w) for w in weights[: len(problem.demands)]])
    shares = shares_of(net, relaxed, [])
    moved = delivered(net, round_to_packs(net, relaxed, shares)) - shares[-1] * net.system.demand_quantity
    assert (np.abs(moved) < pack).all()
