"""The cheapest shipments for settled shares, and the tie-break among equally cheap ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose
from scipy.optimize import linprog
from scipy.sparse import coo_array

from solver import Item, Lane, Offer, Problem, Shipment, Site, Substitution, Supply
from solver.arrays.components import Component
from solver.arrays.limit_system import LimitSystem
from solver.arrays.network import groups_of, network_of
from solver.arrays.tables import tables_of
from solver.engine.component import ComponentAnswer, SolveStrategy, answer_component
from solver.lp.clock import Clock
from tests.solver.cases import masks, without
from tests.solver.leximin.test_sequential_lp import components
from tests.solver.problem_strategies import problems

PROGRAM = SolveStrategy(choice="highs", method="program")


def answered(component: Component, change_penalty: float = 0.0) -> ComponentAnswer:
    return answer_component(component, change_penalty, PROGRAM, Clock())


def sent(problem: Problem) -> dict[tuple[str, str, int], float]:
    """What leaves, by source, demand and period."""
    tables = tables_of(problem)
    found: dict[tuple[str, str, int], float] = {}
    for demands in groups_of(tables):
        network = network_of(tables, demands)
        for component in components(problem):
            shipped = answered(component, problem.change_penalty).shipped
            for arc in np.flatnonzero(shipped > 1e-6):
                at = component.arcs[arc]
                source = tables.source_ids[network.source_at[network.system.arc_source[at]]]
                demand = problem.demands[network.demand_at[network.system.arc_demand[at]]].id
                found[source, demand, int(network.system.arc_period[at])] = float(shipped[arc])
    return found


def least(system: LimitSystem, shares: np.ndarray) -> float:
    """The least cost by another solver call, written down anew."""
    arcs, demands, limits = len(system.arc_demand), len(system.demand_quantity), len(system.limit_bound)
    share = coo_array(
        (system.arc_ratio / system.demand_quantity[system.arc_demand], (system.arc_demand, np.arange(arcs))),
        shape=(demands, arcs),
    )
    rows = coo_array((system.entry_factor, (system.entry_limit, system.entry_arc)), shape=(limits, arcs))
    found = linprog(
        system.arc_cost,
        A_ub=rows.tocsr(),
        b_ub=system.limit_bound + 1e-7,
        A_eq=share.tocsr(),
        b_eq=shares,
        bounds=(0, None),
        method="highs",
    )
    assert found.status == 0
    return float(found.fun)


@settings(max_examples=120, deadline=None)
@given(problems(items=2))
def test_no_cheaper_way_gives_the_same_shares(problem: Problem) -> None:
    for component in components(problem):
        answer = answered(component)
        cost = float(component.system.arc_cost @ answer.shipped)
        assert cost <= least(component.system, answer.shares[-1]) + 1e-5


@settings(max_examples=120, deadline=None)
@given(problems(items=2))
def test_shipments_deliver_the_shares_within_the_limits(problem: Problem) -> None:
    for component in components(problem):
        system, answer = component.system, answered(component)
        assert (answer.shipped >= 0).all()
        taken = system.entry_factor * answer.shipped[system.entry_arc]
        used = np.bincount(system.entry_limit, taken, minlength=len(system.limit_bound))
        assert (used <= system.limit_bound + 1e-6).all()
        got = np.bincount(system.arc_demand, system.arc_ratio * answer.shipped, minlength=len(component.demands))
        assert_allclose(got / system.demand_quantity, answer.shares[-1], atol=1e-7)


TWO_SITES = masks(None, [10], lanes=[])


def two_sites(**costs: float) -> Problem:
    return without(
        TWO_SITES,
        sites=[Site(id=site) for site in costs],
        lanes=[Lane(site=site, facility="h-0", cost=cost) for site, cost in costs.items()],
        supplies=[Supply(id=f"lot-{site}", item="mask", site=site, quantity=8) for site in costs],
    )


def test_the_cheaper_lane_is_used_first() -> None:
    assert sent(two_sites(a=2.0, b=1.0)) == pytest.approx({("lot-b", "d-0", 0): 8.0, ("lot-a", "d-0", 0): 2.0})


def test_what_would_spoil_goes_first() -> None:
    """The dearer lane is worth it: each mask left behind would lose its value of 2 yuan."""
    problem = two_sites(a=1.0, b=2.0)
    spoils = without(
        problem,
        supplies=[problem.supplies[0], Supply(id="lot-b", item="mask", site="b", quantity=8, until_period=0)],
    )
    assert sent(problem) == pytest.approx({("lot-a", "d-0", 0): 8.0, ("lot-b", "d-0", 0): 2.0})
    assert sent(spoils) == pytest.approx({("lot-a", "d-0", 0): 2.0, ("lot-b", "d-0", 0): 8.0})


def test_of_equally_cheap_lots_the_first_to_expire_goes_first() -> None:
    """Beyond the horizon nothing is lost yet, but the older lot still goes first."""
    lots = [
        Supply(id="fresh", item="mask", site="depot", quantity=8, until_period=90),
        Supply(id="old", item="mask", site="depot", quantity=8, until_period=30),
    ]
    found = sent(masks(None, [10], supplies=lots))
    assert found == pytest.approx({("old", "d-0", 0): 8.0, ("fresh", "d-0", 0): 2.0})


def test_buying_is_the_last_resort() -> None:
    offer = Offer(id="offer", item="mask", site="depot", quantity=100, unit_price=3.0)
    assert sent(masks(7, [10], offers=[offer])) == pytest.approx({("lot", "d-0", 0): 7.0, ("offer", "d-0", 0): 3.0})


def test_a_penalty_keeps_substitutes_back() -> None:
    problem = masks(
        None,
        [10],
        items=[Item(id="n95")],
        substitutions=[Substitution(item="n95", serves="mask", penalty=2.0)],
        supplies=[
            Supply(id="lot", item="mask", site="depot", quantity=7),
            Supply(id="good", item="n95", site="depot", quantity=50),
        ],
    )
    assert sent(problem) == pytest.approx({("lot", "d-0", 0): 7.0, ("good", "d-0", 0): 3.0})


def test_a_penalty_on_changes_keeps_the_earlier_plan() -> None:
    """The cheaper lane saves 1 yuan a unit, which is not worth a change of 2 times 0.75."""
    problem = two_sites(a=2.0, b=1.0)
    earlier = [Shipment(source="lot-a", demand="d-0", period=0, quantity=8)]
    stays = without(problem, previous=earlier, change_penalty=0.75)
    moves = without(problem, previous=earlier, change_penalty=0.25)
    assert sent(stays) == pytest.approx({("lot-a", "d-0", 0): 8.0, ("lot-b", "d-0", 0): 2.0})
    assert sent(moves) == pytest.approx({("lot-b", "d-0", 0): 8.0, ("lot-a", "d-0", 0): 2.0})


def test_the_earlier_period_can_be_repeated() -> None:
    """Without trucks one period stands for all, but what was promised for Tuesday stays on Tuesday."""
    earlier = [Shipment(source="lot", demand="d-0", period=1, quantity=10)]
    problem = masks(10, [10], due=2, previous=earlier, change_penalty=1.0)
    assert sent(problem) == pytest.approx({("lot", "d-0", 1): 10.0})
    assert sent(without(problem, previous=[])) == pytest.approx({("lot", "d-0", 0): 10.0})


def test_the_same_component_is_answered_the_same() -> None:
    problem = masks(40, [25, 35, 40], offers=[Offer(id="offer", item="mask", site="depot", quantity=9)])
    [component] = components(problem)
    assert (answered(component).shipped == answered(component).shipped).all()
