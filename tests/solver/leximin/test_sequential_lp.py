"""The bands, settled by the linear program: against a slow reference, and in worked cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose

from solver import Band, Capacity, Demand, Fund, Item, Lane, Offer, Problem, Reserve, Substitution, Supply
from solver.arrays.components import Component, components_of
from solver.arrays.limit_system import LimitSystem
from solver.arrays.network import groups_of, network_of
from solver.arrays.tables import tables_of
from solver.leximin.duals import least_of, prices_of
from solver.leximin.sequential_lp import Progress, settle_bands_by_lps
from solver.leximin.settlement import Settlement
from solver.lp.backends import Backend, Choice
from solver.lp.clock import Clock
from solver.lp.formulation import AllocationLP
from solver.model.errors import CancelledError, SolverTimeLimitError
from tests.solver.cases import EVERYONE, FLOOR, KEY_POINTS, THE_REST, masks, without
from tests.solver.plain_leximin import plain_shares
from tests.solver.problem_strategies import problems


def components(problem: Problem) -> list[Component]:
    tables = tables_of(problem)
    return [part for demands in groups_of(tables) for part in components_of(network_of(tables, demands))]


def only(problem: Problem) -> LimitSystem:
    [component] = components(problem)
    return component.system


def settled(problem: Problem, choice: Choice = "highs") -> Settlement:
    return settle_bands_by_lps(AllocationLP(only(problem)), Backend(choice))


@pytest.mark.parametrize("choice", ["highs", "cbc"])
def test_a_scarce_good_is_shared_at_equal_shares(choice: Choice) -> None:
    """25, 35 and 40 asked with 50 in stock: half for each."""
    found = settled(masks(50, [25, 35, 40]), choice)
    assert_allclose(found.shares * [25, 35, 40], [[12.5, 17.5, 20.0]], atol=1e-9)
    [event] = found.events
    assert (event.band, event.demands.tolist(), event.limits.tolist()) == (0, [0, 1, 2], [0])
    assert event.level == pytest.approx(0.5, abs=1e-12)


def test_bands_come_in_order_and_keep_what_was_settled() -> None:
    """Of 60: floors 12.5 + 10.5 + 20 first, then what is left goes to the key points."""
    problem = masks(60, [25, 35, 40], tiers=[1, 2, 1], bands=[FLOOR, KEY_POINTS, THE_REST])
    shares = settled(problem).shares
    assert_allclose(shares[0], [0.5, 0.3, 0.5], atol=1e-9)
    level = (60 - 0.3 * 35) / 65
    assert_allclose(shares[1], [level, 0.3, level], atol=1e-9)
    assert_allclose(shares[2], shares[1], atol=1e-9)


def test_two_bands_with_the_same_tier_follow_each_other() -> None:
    bands = [Band(name="half", caps=((1, 0.5),)), Band(name="all", caps=((1, 1.0), (2, 1.0)))]
    shares = settled(masks(60, [50, 50], tiers=[1, 2], bands=bands)).shares
    assert_allclose(shares, [[0.5, 0.0], [0.6, 0.6]], atol=1e-9)


def test_a_lower_cap_later_takes_nothing_back() -> None:
    bands = [Band(name="first", caps=((1, 0.8),)), Band(name="second", caps=((1, 0.5), (2, 1.0)))]
    shares = settled(masks(100, [100, 40], tiers=[1, 2], bands=bands)).shares
    assert_allclose(shares, [[0.8, 0.0], [0.8, 0.5]], atol=1e-9)


def test_a_cap_of_zero_asks_nothing() -> None:
    bands = [Band(name="none", caps=((1, 0.0),)), EVERYONE]
    shares = settled(masks(30, [40], bands=bands)).shares
    assert_allclose(shares, [[0.0], [0.75]], atol=1e-9)


def test_a_blocked_facility_does_not_drag_the_others_down() -> None:
    """One hospital is served by a small depot of its own alone; the others share the rest."""
    lots = [
        Supply(id="big", item="mask", site="depot", quantity=90, earmark=("h-0", "h-1")),
        Supply(id="small", item="mask", site="depot", quantity=5, earmark=("h-1", "h-2")),
    ]
    shares = settled(masks(None, [100, 50, 50], supplies=lots)).shares
    assert_allclose(shares, [[0.6, 0.6, 0.1]], atol=1e-9)


def test_trucks_and_funds_and_reserves_bind() -> None:
    problem = masks(
        100,
        [50, 50],
        due=0,
        offers=[Offer(id="offer", item="mask", site="depot", quantity=50, unit_price=2.0, fund="city")],
        funds=[Fund(id="city", amount=20)],
        reserves=[Reserve(item="mask", quantity=70)],
    )
    assert_allclose(settled(problem).shares, [[0.4, 0.4]], atol=1e-9)
    trucks = without(problem, capacities=[Capacity(site="depot", period=0, volume=25)])
    found = settled(trucks)
    assert_allclose(found.shares, [[0.25, 0.25]], atol=1e-9)
    assert found.events[0].limits.tolist() == [len(only(trucks).limit_bound) - 2]


def test_a_ratio_makes_a_substitute_count_for_less() -> None:
    problem = masks(
        0,
        [50],
        items=[Item(id="cloth")],
        substitutions=[Substitution(item="cloth", serves="mask", ratio=0.5)],
        supplies=[Supply(id="cloths", item="cloth", site="depot", quantity=40)],
    )
    assert_allclose(settled(problem).shares, [[0.4]], atol=1e-9)


@settings(max_examples=150, deadline=None)
@given(problems(items=3))
def test_shares_are_those_of_the_slow_reference(problem: Problem) -> None:
    for component in components(problem):
        found = settle_bands_by_lps(AllocationLP(component.system), Backend("highs"))
        assert_allclose(found.shares, plain_shares(component.system), atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(problems(items=2))
def test_cbc_finds_the_same_shares(problem: Problem) -> None:
    for component in components(problem):
        found = settle_bands_by_lps(AllocationLP(component.system), Backend("cbc"))
        assert_allclose(found.shares, plain_shares(component.system), atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(problems(items=2))
def test_every_event_proves_its_level(problem: Problem) -> None:
    """Weak duality with the duals of an event leaves its demands no room to rise."""
    for component in components(problem):
        system = component.system
        found = settle_bands_by_lps(AllocationLP(system), Backend("highs"))
        before = np.vstack((np.zeros(len(component.demands)), found.shares))
        done: dict[int, set[int]] = {}
        for event in found.events:
            duals = np.zeros(len(system.limit_bound))
            duals[event.limits] = event.duals
            pull = least_of(system, prices_of(system, duals)) * system.demand_quantity
            held = before[event.band].copy()
            now = done.setdefault(event.band, set())
            now.update(event.demands.tolist())
            held[sorted(now)] = found.shares[event.band, sorted(now)]
            room = duals @ system.limit_bound - pull @ held
            caps = system.caps[event.band, event.demands]
            assert (pull[event.demands] > 0).all()
            assert (room <= 1e-6 * pull[event.demands] * caps).all()


def test_quantities_and_prices_of_very_different_size() -> None:
    """A packet beside a billion grams, a price of a tenth of a fen beside a million yuan."""
    problem = masks(
        None,
        [1, 1_000, 1_000_000_000],
        supplies=[Supply(id="lot", item="mask", site="depot", quantity=250_000_250)],
        offers=[
            Offer(id="cheap", item="mask", site="depot", quantity=10**9, unit_price=0.001, fund="city"),
            Offer(id="dear", item="mask", site="depot", quantity=10**9, unit_price=1e6, fund="city"),
        ],
        funds=[Fund(id="city", amount=250_000.25)],
    )
    level = (250_000_250 + 250_000_250) / 1_000_001_001
    assert_allclose(settled(problem).shares, [[level] * 3], rtol=0, atol=1e-6)


def test_a_level_costs_few_programs() -> None:
    """All that one dual holds are settled at once."""
    backend = Backend("highs")
    settle_bands_by_lps(AllocationLP(only(masks(1000, [10 + number for number in range(200)]))), backend)
    assert backend.solves == 1


def test_progress_is_told() -> None:
    told: list[Progress] = []
    problem = masks(60, [25, 35, 40], tiers=[1, 2, 1], bands=[FLOOR, KEY_POINTS])
    settle_bands_by_lps(AllocationLP(only(problem)), Backend("highs"), told.append)
    assert [(step.band, step.settled, step.served) for step in told] == [(0, 3, 3), (1, 2, 2)]
    assert told[0].levels == (1.0,)


def test_cancel_and_time_limit_are_named() -> None:
    system = only(masks(50, [25, 35]))
    with pytest.raises(CancelledError):
        settle_bands_by_lps(AllocationLP(system), Backend("highs", Clock(cancelled=lambda: True)))
    with pytest.raises(SolverTimeLimitError):
        settle_bands_by_lps(AllocationLP(system), Backend("highs", Clock(seconds=0.0)))


def test_lanes_decide_who_competes() -> None:
    """Two depots that share no hospital are two components."""
    problem = masks(None, [10, 10], lanes=[Lane(site="depot", facility="h-0")])
    parted = without(problem, supplies=[Supply(id="lot", item="mask", site="depot", quantity=4)])
    [component] = components(parted)
    assert component.demands.tolist() == [0]


def test_demands_for_different_items_decouple() -> None:
    problem = masks(10, [10, 10], items=[Item(id="soap")])
    apart = without(
        problem,
        supplies=[*problem.supplies, Supply(id="bar", item="soap", site="depot", quantity=1)],
        demands=[*problem.demands, Demand(id="d-2", facility="h-0", item="soap", quantity=4, due=0, tier=1)],
    )
    assert [part.demands.tolist() for part in components(apart)] == [[0, 1], [0]]
