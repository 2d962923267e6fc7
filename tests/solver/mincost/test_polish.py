"""Polished shipments deliver the shares and keep the limits to the last digits, and duals are as sharp."""

from __future__ import annotations

from math import fsum

import numpy as np
import pytest

from solver import DEFAULT
from solver.arrays.components import Component, components_of
from solver.arrays.limit_system import Floats, LimitSystem
from solver.engine.component import SolveStrategy, answer_component
from solver.leximin.duals import least_of, prices_of, refined_duals
from solver.lp.clock import Clock
from solver.mincost.polish import polished
from tests.solver.problem_strategies import networks
from tests.solver.random_coupled import coupled_problem


def missing(system: LimitSystem, shares: Floats, shipped: Floats) -> float:
    """The largest part of a demand that is not delivered, or of a limit that is exceeded."""
    served = np.bincount(system.arc_demand, shipped * system.arc_ratio, minlength=system.demands)
    used = np.bincount(system.entry_limit, system.entry_factor * shipped[system.entry_arc], minlength=system.limits)
    short = shares - served / system.demand_quantity
    over = (used - system.limit_bound) / np.maximum(system.limit_bound, 1.0)
    return float(max(short.max(initial=0.0), over.max(initial=0.0)))


@pytest.mark.parametrize("number", range(30))
def test_every_component_attains_its_shares(number: int) -> None:
    for network in networks(coupled_problem(number, decades=4.0)):
        for component in components_of(network):
            answer = answer_component(component, 0.0, SolveStrategy(method="program"), Clock())
            assert missing(component.system, answer.shares[-1], answer.shipped) < 2e-13


@pytest.mark.parametrize("number", range(30))
def test_dust_goes_and_what_is_missing_comes_back(number: int) -> None:
    chance = np.random.default_rng(number)
    for network in networks(coupled_problem(number)):
        for component in components_of(network):
            system = component.system
            answer = answer_component(component, 0.0, SolveStrategy(), Clock())
            shaken = np.where(answer.shipped > 0.0, answer.shipped * (1 + 1e-8 * chance.normal(size=system.arcs)), 0.0)
            shaken += np.where(answer.shipped > 0.0, 0.0, 1e-12 * chance.random(system.arcs))
            mended = polished(system, answer.shares[-1], shaken, DEFAULT.mincost)
            assert missing(system, answer.shares[-1], mended) < 1e-11
            assert not mended[answer.shipped == 0.0].any()
            assert mended == pytest.approx(answer.shipped, abs=1e-5)


def crowded(demands: int, sources: int) -> Component:
    """Needs from 1 to 100,000 units that four of the sources each may serve; there is half of what they ask."""
    chance = np.random.default_rng(sources)
    quantity = np.floor(10.0 ** (5.0 * chance.random(demands)))
    source = np.concatenate([chance.choice(sources, 4, replace=False) for _ in range(demands)])
    bound = np.floor(quantity.sum() / sources * chance.random(sources))
    return Component(
        demands=np.arange(demands),
        arcs=np.arange(4 * demands),
        limits=np.arange(sources),
        previous=np.zeros(4 * demands),
        preference=np.zeros(4 * demands),
        system=LimitSystem(
            arc_source=source,
            arc_demand=np.repeat(np.arange(demands), 4),
            arc_period=np.zeros(4 * demands, dtype=np.int64),
            arc_ratio=np.ones(4 * demands),
            arc_cost=chance.random(4 * demands),
            entry_limit=source,
            entry_arc=np.arange(4 * demands),
            entry_factor=np.ones(4 * demands),
            limit_bound=bound,
            demand_quantity=quantity,
            caps=np.ones((1, demands)),
        ),
    )


def test_many_large_needs_leave_nothing_that_a_small_one_would_notice() -> None:
    """What full limits have left, and what demands lack, is together far below a millionth of the need of one unit."""
    component = crowded(20_000, 400)
    system = component.system
    answer = answer_component(component, 0.0, SolveStrategy(), Clock())
    full = np.unique(np.concatenate([event.limits for event in answer.events]))
    assert len(full) > 300
    served = np.bincount(system.arc_demand, answer.shipped, minlength=system.demands)
    lacking = float(np.maximum(0.0, answer.shares[-1] * system.demand_quantity - served).sum())
    of_limit = np.argsort(system.entry_limit, kind="stable")
    used = [fsum(part) for part in np.split(answer.shipped[of_limit], np.cumsum(np.bincount(system.entry_limit))[:-1])]
    left = np.maximum(0.0, system.limit_bound - used)[full]
    assert lacking + float(left.sum()) < 1e-7


def test_prices_of_what_ships_become_equal() -> None:
    """Two lots of 50 for two demands of 100 that both of them serve: each dual is off by a little."""
    system = LimitSystem(
        arc_source=np.array([0, 1, 0, 1]),
        arc_demand=np.array([0, 0, 1, 1]),
        arc_period=np.zeros(4, dtype=np.int64),
        arc_ratio=np.ones(4),
        arc_cost=np.zeros(4),
        entry_limit=np.array([0, 1, 0, 1]),
        entry_arc=np.arange(4),
        entry_factor=np.ones(4),
        limit_bound=np.array([50.0, 50.0]),
        demand_quantity=np.array([100.0, 100.0]),
        caps=np.ones((1, 2)),
    )
    duals = np.array([1.0, 1.0 - 1e-9])
    sharp = refined_duals(system, duals, least_of(system, prices_of(system, duals)), np.full(4, 25.0), DEFAULT.leximin)
    assert abs(sharp[0] - sharp[1]) < 1e-15
    assert sharp == pytest.approx(duals, rel=1e-8)
