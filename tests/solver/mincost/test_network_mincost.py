"""The least cost of a flow component against a plain linear program, and its ways of breaking ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import block_array, coo_array, eye_array

from solver import DEFAULT
from solver.arrays.limit_system import LimitSystem
from solver.leximin.flow_settlement import settle_as_flow
from solver.mincost.network_mincost import least_cost_flow
from tests.solver.problem_strategies import networks, problems

slowly = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slowly
@given(problems(), st.data())
def test_cost_is_that_of_the_plain_program(problem, data):
    for network in networks(problem):
        system = network.system
        settlement = settle_as_flow(system, DEFAULT.flow)
        if settlement is None:
            continue
        shares = settlement.shares[-1]
        penalty = data.draw(st.sampled_from((0.0, 0.5)))
        previous = np.array(data.draw(st.lists(st.integers(0, 9), min_size=system.arcs, max_size=system.arcs)), float)
        preference = system.arc_source / (1 + system.arc_source.max())
        shipped = least_cost_flow(system, shares, settlement.idle, preference, previous, penalty, parameters=DEFAULT)
        if shipped is None:
            continue
        _assert_proper(system, shares, shipped)
        yuan = system.arc_cost @ shipped + penalty * np.abs(shipped - previous).sum()
        assert yuan == pytest.approx(_plain_cost(system, shares, previous, penalty), rel=1e-6, abs=1e-4)


@slowly
@given(problems(funds=False, trucks=False, substitutes=False))
def test_supplies_offers_and_reserves_are_always_a_flow(problem):
    for network in networks(problem):
        settlement = settle_as_flow(network.system, DEFAULT.flow)
        preference = np.zeros(network.system.arcs)
        assert (
            least_cost_flow(network.system, settlement.shares[-1], settlement.idle, preference, parameters=DEFAULT)
            is not None
        )


def _assert_proper(system: LimitSystem, shares: np.ndarray, shipped: np.ndarray) -> None:
    assert (shipped >= 0.0).all()
    taken = np.bincount(system.entry_limit, system.entry_factor * shipped[system.entry_arc], minlength=system.limits)
    assert (taken <= system.limit_bound * (1 + 1e-9) + 1e-6).all()
    reached = np.bincount(system.arc_demand, system.arc_ratio * shipped, minlength=system.demands)
    np.testing.assert_allclose(reached / system.demand_quantity, shares, atol=1e-7)


def _plain_cost(system: LimitSystem, shares: np.ndarray, previous: np.ndarray, penalty: float) -> float:
    """Minimise cost x + penalty sum(change), change >= |x - previous|."""
    arcs = np.arange(system.arcs)
    one = eye_array(system.arcs)
    limit_rows = coo_array(
        (system.entry_factor, (system.entry_limit, system.entry_arc)), shape=(system.limits, system.arcs)
    )
    share_rows = coo_array((system.arc_ratio, (system.arc_demand, arcs)), shape=(system.demands, system.arcs))
    served = shares * system.demand_quantity
    result = linprog(
        np.concatenate((system.arc_cost, np.full(system.arcs, penalty))),
        A_ub=block_array([[limit_rows, None], [share_rows, None], [-share_rows, None], [one, -one], [-one, -one]]),
        b_ub=np.concatenate((system.limit_bound, served + 1e-7, 1e-7 - served, previous, -previous)),
    )
    assert result.status == 0
    return float(result.fun)


def _two_lots(costs: list[float], quantities: list[float], asked: list[float]) -> LimitSystem:
    """Two lots, each with an arc to each of two demands; arcs sorted by demand."""
    return LimitSystem(
        arc_source=np.array([0, 1, 0, 1]),
        arc_demand=np.array([0, 0, 1, 1]),
        arc_period=np.zeros(4, np.int64),
        arc_ratio=np.ones(4),
        arc_cost=np.array(costs),
        entry_limit=np.array([0, 1, 0, 1]),
        entry_arc=np.arange(4),
        entry_factor=np.ones(4),
        limit_bound=np.array(quantities),
        demand_quantity=np.array(asked),
        caps=np.ones((1, 2)),
    )


def test_what_costs_the_same_goes_by_preference():
    system = _two_lots([1.0, 1.0, 1.0, 1.0], [10.0, 10.0], [4.0, 8.0])
    second_first = np.array([1.0, 0.0, 1.0, 0.0])
    shipped = least_cost_flow(system, np.ones(2), np.zeros(4, bool), second_first, parameters=DEFAULT)
    assert shipped.tolist() == [0.0, 4.0, 2.0, 6.0]


def test_a_cheaper_lane_beats_any_preference():
    system = _two_lots([1.0, 1.001, 1.0, 1.0], [10.0, 10.0], [4.0, 10.0])
    shipped = least_cost_flow(system, np.ones(2), np.zeros(4, bool), np.array([1.0, 0.0, 1.0, 0.0]), parameters=DEFAULT)
    assert shipped.tolist() == [4.0, 0.0, 0.0, 10.0]


def test_twins_are_served_one_after_the_other():
    system = _two_lots([1.0, 2.0, 1.0, 2.0], [10.0, 10.0], [8.0, 8.0])
    shipped = least_cost_flow(system, np.ones(2), np.zeros(4, bool), np.zeros(4), parameters=DEFAULT)
    assert shipped.tolist() == [8.0, 0.0, 2.0, 6.0]


def test_an_earlier_plan_is_kept_when_change_costs_more_than_it_saves():
    system = _two_lots([1.0, 2.0, 1.0, 2.0], [10.0, 10.0], [8.0, 0.5])
    previous = np.array([0.0, 8.0, 0.0, 0.0])
    stays = least_cost_flow(system, np.ones(2), np.zeros(4, bool), np.zeros(4), previous, 0.6, parameters=DEFAULT)
    assert stays.tolist() == [0.0, 8.0, 0.5, 0.0]
    moves = least_cost_flow(system, np.ones(2), np.zeros(4, bool), np.zeros(4), previous, 0.4, parameters=DEFAULT)
    assert moves.tolist() == [8.0, 0.0, 0.5, 0.0]
