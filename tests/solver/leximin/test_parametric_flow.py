"""Components that are a flow: shares against the plain definition, and the cuts that prove them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.testing import assert_allclose
from scipy.optimize import linprog
from scipy.sparse import coo_array

from solver import DEFAULT
from solver.arrays.limit_system import LimitSystem
from solver.arrays.network import Network
from solver.leximin.flow_settlement import settle_as_flow
from solver.leximin.parametric_flow import FlowNet, settle_bands_by_flow
from solver.leximin.settlement import Settlement
from solver.model.errors import CancelledError
from tests.solver.plain_leximin import plain_shares
from tests.solver.problem_strategies import networks, problems

slowly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slowly
@given(problems())
def test_shares_are_those_of_the_plain_sequence(problem):
    for network in networks(problem):
        settlement = settle_as_flow(network.system, DEFAULT.flow)
        if settlement is not None:
            assert_allclose(settlement.shares, plain_shares(network.system), atol=1e-6)


@slowly
@given(problems(substitutes=False, funds=False, trucks=False))
def test_what_only_supplies_and_reserves_bind_is_always_a_flow(problem):
    for network in networks(problem):
        assert settle_as_flow(network.system, DEFAULT.flow) is not None


@slowly
@given(problems())
def test_every_level_is_proved_by_its_cut(problem):
    for network in networks(problem):
        settlement = settle_as_flow(network.system, DEFAULT.flow)
        if settlement is not None:
            assert_proved(network, settlement)


@slowly
@given(problems())
def test_idle_arcs_carry_nothing_in_any_plan_with_the_last_shares(problem):
    for network in networks(problem):
        system = network.system
        settlement = settle_as_flow(system, DEFAULT.flow)
        if settlement is not None and settlement.idle.any():
            most = _most_over(system, settlement.shares[-1], settlement.idle)
            assert most == pytest.approx(0.0, abs=1e-5)


def assert_proved(network: Network, settlement: Settlement) -> None:
    """Weak duality: limits x duals == what is held x what it is worth, so nobody in the event can rise."""
    system = network.system
    proved = np.zeros(system.caps.shape, bool)
    held_before = np.zeros(system.demands)
    for band in range(len(system.caps)):
        held = held_before.copy()
        for event in (event for event in settlement.events if event.band == band):
            held[event.demands] = settlement.shares[band, event.demands]
            dual = np.zeros(system.limits)
            dual[event.limits] = event.duals
            price = np.bincount(system.entry_arc, system.entry_factor * dual[system.entry_limit], minlength=system.arcs)
            worth = np.full(system.demands, np.inf)
            np.minimum.at(worth, system.arc_demand, price / system.arc_ratio)
            worth[np.isinf(worth)] = 0.0
            gap = dual @ system.limit_bound - worth @ (system.demand_quantity * held)
            rise = worth[event.demands] * system.demand_quantity[event.demands] * system.caps[band, event.demands]
            assert (rise > 0.0).all()
            assert gap <= 1e-9 * rise.min()
            proved[band, event.demands] = True
        outcome = settlement.shares[band] / np.maximum(system.caps[band], 1e-300)
        has_arc = np.bincount(system.arc_demand, minlength=system.demands) > 0
        assert proved[band][(system.caps[band] > 0.0) & has_arc & (outcome < 1.0 - 1e-9)].all()
        held_before = settlement.shares[band]


def _most_over(system: LimitSystem, shares: np.ndarray, arcs: np.ndarray) -> float:
    """The most that can go over some arcs while everybody holds its share."""
    limit_rows = coo_array(
        (system.entry_factor, (system.entry_limit, system.entry_arc)), shape=(system.limits, system.arcs)
    )
    share_rows = coo_array(
        (system.arc_ratio, (system.arc_demand, np.arange(system.arcs))), shape=(system.demands, system.arcs)
    )
    held = shares * system.demand_quantity
    result = linprog(
        -arcs.astype(float),
        A_ub=coo_array(np.concatenate((limit_rows.toarray(), -share_rows.toarray(), share_rows.toarray()))),
        b_ub=np.concatenate((system.limit_bound, 1e-9 - held, system.demand_quantity)),
    )
    assert result.status == 0
    return -float(result.fun)


def test_levels_are_exact_fractions_of_their_tight_sets():
    # Two lots: 7 for demands of 10 and 11, which also share 1000 with a demand of 3000.
    net = FlowNet(
        inflow=np.array([7.0, 1000.0, 0.0, 0.0, 0.0]),
        tail=np.array([0, 0, 1]),
        head=np.array([2, 3, 4]),
        capacity=np.full(3, np.inf),
        demand_node=np.array([2, 3, 4]),
        quantity=np.array([10.0, 11.0, 3000.0]),
    )
    outcome = settle_bands_by_flow(net, np.ones((1, 3)), DEFAULT.flow)
    assert outcome.shares.tolist() == [[7 / 21, 7 / 21, 1000 / 3000]]


def test_a_full_edge_inside_the_network_parts_the_levels():
    # Root -> 0 (100) -> 1 (10) -> demand of 100; node 0 feeds another demand of 60 directly.
    net = FlowNet(
        inflow=np.array([100.0, 0.0, 0.0]),
        tail=np.array([0, 0]),
        head=np.array([1, 2]),
        capacity=np.array([10.0, np.inf]),
        demand_node=np.array([1, 2]),
        quantity=np.array([100.0, 60.0]),
    )
    outcome = settle_bands_by_flow(net, np.array([[0.5, 0.5], [1.0, 1.0]]), DEFAULT.flow)
    assert_allclose(outcome.shares, [[0.1, 0.5], [0.1, 1.0]], rtol=0, atol=1e-15)
    assert [(closing.band, closing.level) for closing in outcome.closings] == [(0, 0.2)]


def test_amounts_of_a_million_million_and_of_one_in_one_network():
    net = FlowNet(
        inflow=np.array([1e12, 1.0, 0.0, 0.0]),
        tail=np.array([0, 1]),
        head=np.array([2, 3]),
        capacity=np.full(2, np.inf),
        demand_node=np.array([2, 3, 3]),
        quantity=np.array([1e12, 1.0, 2.0]),
    )
    outcome = settle_bands_by_flow(net, np.ones((1, 3)), DEFAULT.flow)
    assert_allclose(outcome.shares, [[1.0, 1 / 3, 1 / 3]], rtol=0, atol=1e-12)


def test_the_work_can_be_stopped_between_flows():
    net = FlowNet(
        inflow=np.array([1.0]),
        tail=np.zeros(0, np.int64),
        head=np.zeros(0, np.int64),
        capacity=np.zeros(0),
        demand_node=np.array([0]),
        quantity=np.array([2.0]),
    )

    def stop() -> None:
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        settle_bands_by_flow(net, np.ones((1, 1)), DEFAULT.flow, stop=stop)
