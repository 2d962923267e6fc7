"""Whole packs of one item on a network: equal to brute force, tie by tie."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import DEFAULT, Band, Demand, Facility, Fund, Item, Lane, Offer, Problem, Reserve, Site, Supply
from solver.arrays.network import Network
from solver.model.errors import CancelledError
from solver.rounding.rounding import round_to_packs
from tests.solver.rounding.cases import (
    MIX,
    QUICK,
    WEIGHTS,
    assert_limits_hold,
    between,
    delivered,
    exact,
    network,
    shares_of,
)


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
    supplies = [Supply(id=f"l{i}", item="a", site=f"s{i}", quantity=draw(amounts)) for i in range(sites)]
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

    @cache
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
            band = next(
                (k for k in range(len(shares)) if count * pack <= shares[k][d] * quantity[d] + 1e-6), len(shares)
            )
            tokens.append((band, (count - 1) * pack / quantity[d], -count * pack / quantity[d], d, count))
    tokens.sort()
    candidates = [packs for packs in product(*(range(high + 1) for high in most)) if shippable(net, packs, pack)]
    return max(candidates, key=lambda packs: [packs[d] >= count for *_, d, count in tokens])


@settings(QUICK, max_examples=300)
@given(problem=one_item(), weights=WEIGHTS, mix=MIX)
def test_one_item_gets_the_packs_that_brute_force_gives(problem: Problem, weights: list[int], mix: float) -> None:
    net = network(problem)
    if not net.system.arcs:
        return
    pack = problem.items[0].pack
    relaxed = between(net, weights, mix)
    shares = shares_of(net, relaxed, [0.5])
    units = round_to_packs(net, relaxed, shares, DEFAULT.rounding)
    assert_limits_hold(net, units)
    got = tuple((delivered(net, units) / pack).astype(int).tolist())
    assert got == best_by_brute_force(net, shares, pack)


@settings(QUICK, max_examples=100)
@given(problem=one_item(), weights=WEIGHTS, mix=MIX)
def test_whole_packs_in_all_limits_keep_everyone_within_a_pack(
    problem: Problem, weights: list[int], mix: float
) -> None:
    pack = problem.items[0].pack
    whole = Problem.of(
        **{
            name: getattr(problem, name)
            for name in ("start", "periods", "items", "sites", "facilities", "lanes", "demands", "bands")
        },
        supplies=[
            Supply(id=s.id, item=s.item, site=s.site, quantity=s.quantity // pack * pack) for s in problem.supplies
        ],
    )
    net = network(whole)
    if not net.system.arcs:
        return
    relaxed = between(net, weights, mix)
    shares = shares_of(net, relaxed, [])
    moved = (
        delivered(net, round_to_packs(net, relaxed, shares, DEFAULT.rounding)) - shares[-1] * net.system.demand_quantity
    )
    assert (np.abs(moved) < pack).all()


def two_lots(*demands: Demand, quantity: int, pack: int, **more: object) -> Problem:
    """Two sites with a lot each; everyone can be reached from both unless ``lanes`` says otherwise."""
    facilities = [Facility(id=demand.facility) for demand in demands]
    facts: dict[str, object] = {
        "lanes": [Lane(site=site, facility=f.id) for site in ("s1", "s2") for f in facilities],
        "supplies": [Supply(id=f"lot-{s}", item="a", site=s, quantity=quantity) for s in ("s1", "s2")],
        "bands": [Band(name="all", caps=((1, 1.0),))],
    } | more
    return Problem.of(
        start=date(2020, 1, 31),
        periods=1,
        items=[Item(id="a", pack=pack)],
        sites=[Site(id="s1"), Site(id="s2")],
        facilities=facilities,
        demands=demands,
        **facts,  # type: ignore[arg-type]
    )


def need(name: str, quantity: int) -> Demand:
    return Demand(id=name, facility=f"f-{name}", item="a", quantity=quantity, due=0, tier=1)


def test_a_pack_put_down_too_early_makes_way_for_one_that_comes_first() -> None:
    # One pack and a half in each lot: only two of the three relaxed packs can be shipped. The small need comes
    # first (its next share is the largest), though rounding down gives nothing to it and a pack to the others.
    lanes = [Lane(site=site, facility=f"f-{d}") for site, d in (("s1", "c"), ("s2", "c"), ("s1", "a"), ("s2", "b"))]
    net = network(two_lots(need("a", 4), need("b", 4), need("c", 2), quantity=3, pack=2, lanes=lanes))
    relaxed = np.array([2.0, 2.0, 1.0, 1.0])
    assert net.system.arc_demand.tolist() == [0, 1, 2, 2]
    units = round_to_packs(net, relaxed, shares_of(net, relaxed, []), DEFAULT.rounding)
    assert delivered(net, units).tolist() == [2.0, 0.0, 2.0]


@pytest.mark.parametrize(
    ("quantities", "relaxed_shares", "packs"),
    [
        # 25/35/40 asked, 50 there, packs of 10: 10/10/20 whole; the fifth pack goes to the lowest share.
        ((25, 35, 40), (0.5, 0.5, 0.5), (1, 2, 2)),
        # Equal shares: the one whose next share is the largest.
        ((40, 20, 40), (0.25, 0.5, 0.25), (1, 1, 1)),
        # Equal in all: the id.
        ((40, 40, 40), (0.375, 0.375, 0.375), (2, 2, 1)),
        # A need below one pack takes the whole pack.
        ((5, 60, 60), (1.0, 0.375, 0.375), (1, 2, 2)),
    ],
)
def test_ties_for_the_last_pack(
    quantities: tuple[int, ...], relaxed_shares: tuple[float, ...], packs: tuple[int, ...]
) -> None:
    total = 10 * sum(packs)
    problem = two_lots(
        *(need(f"d{i}", quantity) for i, quantity in enumerate(quantities)),
        quantity=0,
        pack=10,
        supplies=[Supply(id="lot", item="a", site="s1", quantity=total)],
    )
    net = network(problem)
    relaxed = np.array(relaxed_shares) * quantities
    units = round_to_packs(net, relaxed, np.array([relaxed_shares]), DEFAULT.rounding)
    assert delivered(net, units).tolist() == [10.0 * count for count in packs]


def test_a_cancel_ends_it_between_packs() -> None:
    net = network(two_lots(need("a", 4), need("b", 4), need("c", 4), quantity=5, pack=1))
    relaxed = np.full(net.system.arcs, 5 / 3)
    shares = shares_of(net, relaxed, [])
    asked: list[int] = []

    def cancel() -> None:
        asked.append(len(asked))
        if len(asked) == 3:
            raise CancelledError("enough")

    each = replace(DEFAULT.rounding, packs_between_checks=1)
    with pytest.raises(CancelledError, match="enough"):
        round_to_packs(net, relaxed, shares, each, stop=cancel)
    assert delivered(net, round_to_packs(net, relaxed, shares, DEFAULT.rounding)).sum() == 10.0
