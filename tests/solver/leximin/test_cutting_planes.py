"""Relax and check: fair shares of coupled components by cuts, against the plain sequence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from benchmarks.generate import make_problem
from benchmarks.sizes import SIZES, Case
from solver import DEFAULT
from solver.arrays.limit_system import LimitSystem
from solver.arrays.network import groups_of, network_of
from solver.arrays.tables import tables_of
from solver.leximin.cut_pool import CutPool, _doubles
from solver.leximin.cutting_planes import settle_by_cuts
from solver.leximin.separation import SeparationLP
from solver.leximin.sequential_lp import settle_bands_by_lps
from solver.leximin.strategy import settle_fast
from solver.lp.backends import Backend
from solver.lp.formulation import AllocationLP
from solver.model.errors import CancelledError
from tests.solver.leximin.test_parametric_flow import assert_proved
from tests.solver.plain_leximin import plain_shares
from tests.solver.problem_strategies import networks, problems

slowly = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slowly
@given(problems(items=3))
def test_shares_by_cuts_are_those_of_the_plain_sequence_and_proved(problem):
    for network in networks(problem):
        settlement = settle_by_cuts(network.system, Backend())
        if settlement is not None:
            assert_allclose(settlement.shares, plain_shares(network.system), atol=1e-6)
            assert_proved(network, settlement)


@slowly
@given(problems(items=3))
def test_the_fastest_way_gives_the_shares_of_the_plain_sequence(problem):
    for network in networks(problem):
        settlement = settle_fast(network.system, Backend())
        if settlement is not None:
            assert_allclose(settlement.shares, plain_shares(network.system), atol=1e-6)
            assert_proved(network, settlement)


@slowly
@given(problems(items=3))
def test_every_cut_is_obeyed_by_what_can_be_shipped(problem):
    for network in networks(problem):
        system = network.system
        pool = CutPool(system, DEFAULT.leximin)
        for limit in range(system.limits):
            pool.add(np.eye(system.limits)[limit])
        pool.add(np.arange(1.0, system.limits + 1.0))
        row, demand, weight, bound = pool.entries(range(len(pool)))
        share = plain_shares(system)[-1]
        assert (np.bincount(row, (weight * share[demand]).astype(float), minlength=len(bound)) <= bound + 1e-6).all()


@slowly
@given(problems(items=3))
def test_idle_arcs_carry_nothing_in_any_plan_with_the_shares(problem):
    for network in networks(problem):
        system = network.system
        settlement = settle_fast(system, Backend())
        if settlement is None or not settlement.idle.any():
            continue
        arcs = np.arange(system.arcs)
        limits = coo_array((system.entry_factor, (system.entry_limit, system.entry_arc)), (system.limits, system.arcs))
        serves = coo_array((system.arc_ratio, (system.arc_demand, arcs)), (system.demands, system.arcs))
        wanted = settlement.shares[-1] * system.demand_quantity
        most = linprog(
            -settlement.idle.astype(float),
            A_ub=vstack([limits, -serves]),
            b_ub=np.concatenate((system.limit_bound, 1e-9 - wanted)),
        )
        assert most.status == 0
        assert -most.fun < 1e-5


def _coupled(truck: float) -> LimitSystem:
    """Two items at one site, a lot each of 10 and 100 for demands of 20 and 40, one truck for both (volumes 1, 2)."""
    return LimitSystem(
        arc_source=np.array([0, 1]),
        arc_demand=np.array([0, 1]),
        arc_period=np.zeros(2, np.int64),
        arc_ratio=np.ones(2),
        arc_cost=np.zeros(2),
        entry_limit=np.array([0, 1, 2, 2]),
        entry_arc=np.array([0, 1, 0, 1]),
        entry_factor=np.array([1.0, 1.0, 1.0, 2.0]),
        limit_bound=np.array([10.0, 100.0, truck]),
        demand_quantity=np.array([20.0, 40.0]),
        caps=np.array([[0.2, 0.2], [1.0, 1.0]]),
    )


def test_where_coupling_does_not_bind_one_program_is_enough():
    backend = Backend()
    settlement = settle_by_cuts(_coupled(truck=90.0), backend)
    assert settlement.shares.tolist() == [[0.2, 0.2], [0.5, 1.0]]
    assert backend.solves == 1
    assert [(event.band, event.level, event.limits.tolist()) for event in settlement.events] == [(1, 0.5, [0])]


def test_where_a_truck_binds_the_missing_cut_is_found():
    settlement = settle_by_cuts(_coupled(truck=60.0), Backend())
    # 10 of the first, and what the truck has left, 50 of volume or 25 units, of the second.
    assert_allclose(settlement.shares, [[0.2, 0.2], [0.5, 0.625]], atol=1e-12)
    settlement = settle_by_cuts(_coupled(truck=40.0), Backend())
    assert_allclose(settlement.shares, [[0.2, 0.2], [0.4, 0.4]], atol=1e-12)


def test_a_cut_does_not_stop_those_who_hardly_weigh_in_it():
    system = _coupled(truck=60.0)
    pool = CutPool(system, DEFAULT.leximin)
    # The first lot, and a trace of the second: 1e-12 of rounding, which must not stop the second demand.
    pool.add(np.array([1.0, 1e-12, 0.0]))
    assert_allclose(pool.fill().shares[-1], [0.5, 1.0], atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_district_is_settled_as_by_the_sequence_of_programs(seed):
    tables = tables_of(make_problem(Case(size=SIZES["district"], kind="coupled", seed=seed)))
    for demands in groups_of(tables):
        system = network_of(tables, demands).system
        settlement = settle_fast(system, Backend())
        if settlement is not None:
            assert_allclose(settlement.shares, settle_bands_by_lps(AllocationLP(system), Backend()).shares, atol=1e-7)


def test_after_the_first_question_all_have_one_gap_in_common():
    separation = SeparationLP(_coupled(truck=40.0), Backend())
    separation.separate(
        np.array([0.5, 1.0])
    )  # 10 and 40 units: 90 of volume, 50 too many; the second alone can give them up
    assert separation.gap == pytest.approx(0.625)
    for wanted in ([0.5, 0.5], [0.45, 0.45], [0.4, 0.4], [0.1, 0.2]):
        separation.separate(np.array(wanted))
        # A whole share takes 20 of the truck for the first and 80 for the second.
        assert separation.gap == pytest.approx(max(0.0, (np.array([20.0, 80.0]) @ wanted - 40.0) / 100.0), abs=1e-9)
        if separation.gap > 1e-9:
            assert separation.duals / separation.duals.max() == pytest.approx([0.0, 0.0, 1.0])
            assert separation.separate_exactly()
            assert separation.gap == pytest.approx(np.mean(wanted) - 0.4, abs=1e-15)


@given(st.lists(st.tuples(st.floats(1e-3, 1.0), st.integers(1, 10**6)), min_size=1, max_size=40))
def test_shares_of_a_full_cut_are_rounded_so_that_none_more_could_be_rounded_up(members: list[tuple[float, int]]):
    value = np.array([share for share, _ in members], np.longdouble) / 3
    weight = np.array([float(units) for _, units in members], np.longdouble)
    rounded = _doubles(value, weight)
    left = weight @ (value - rounded)
    dust = 1e-18 * weight.sum()
    assert left >= -dust
    assert (weight * np.spacing(rounded) > left - dust)[rounded <= value].all()
    assert (np.abs(rounded - value) <= np.spacing(rounded)).all()


def test_it_gives_up_where_no_new_cut_comes(monkeypatch):
    def separate(self: SeparationLP, _wanted: np.ndarray) -> None:
        self.gap = 1.0

    monkeypatch.setattr(SeparationLP, "separate", separate)
    assert settle_by_cuts(_coupled(truck=40.0), Backend()) is None


def test_it_can_be_stopped():
    def stop() -> None:
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        settle_by_cuts(_coupled(truck=40.0), Backend(), stop=stop)
