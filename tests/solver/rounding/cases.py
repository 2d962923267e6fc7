"""What the tests of whole packs share: networks, relaxed plans that are mostly broken packs, exact limits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from solver import Problem
from solver.arrays.network import Network, network_of
from solver.arrays.tables import tables_of

QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def network(problem: Problem) -> Network:
    return network_of(tables_of(problem), np.arange(len(problem.demands)))


def some_relaxed(net: Network, weights: list[float]) -> np.ndarray:
    """A vertex of the relaxed plans: the best for these weights of the demands."""
    system = net.system
    rows = csr_array((system.entry_factor, (system.entry_limit, system.entry_arc)), shape=(system.limits, system.arcs))
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


WEIGHTS = st.lists(st.integers(1, 9), min_size=8, max_size=8)
MIX = st.sampled_from([0.0, 0.2, 1 / 3, 0.5])


def between(net: Network, weights: list[int], mix: float) -> np.ndarray:
    """A relaxed plan between two vertices: most of its parts are broken packs."""
    demands = net.system.demands
    one, other = (some_relaxed(net, [float(w) for w in part]) for part in (weights[:demands], weights[-demands:]))
    return one * (1 - mix) + other * mix


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
        used = sum((exact(system.entry_factor[e]) * int(units[system.entry_arc[e]]) for e in entries), Fraction(0))
        assert used <= exact(system.limit_bound[limit])
