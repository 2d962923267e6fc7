"""Lanes that are driven in some periods only: worked cases, and whole plans against the plain sequence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose

from solver import Capacity, Lane, Options, Problem, Supply, check, solve
from solver.model.plan import Plan
from tests.solver.cases import masks
from tests.solver.naive_system import naive_system
from tests.solver.plain_leximin import plain_shares
from tests.solver.problem_strategies import problems

QUIET = Options(gains_max=0)
WEEK = 7


def lanes(*departures: tuple[int, ...] | None, days: int = 0) -> list[Lane]:
    return [
        Lane(site="depot", facility=f"h-{number}", days=days, departures=periods)
        for number, periods in enumerate(departures)
    ]


def sent(plan: Plan) -> list[tuple[str, int, int]]:
    return [(row.demand, row.period, row.quantity) for row in plan.shipments]


def test_shipments_leave_on_the_first_departure_after_the_goods_have_come() -> None:
    lots = [Supply(id="lot", item="mask", site="depot", quantity=50, start_period=1)]
    problem = masks(None, [30, 20], supplies=lots, periods=WEEK, due=6, lanes=lanes((0, 3, 5), None))
    assert sent(solve(problem, QUIET)) == [("d-0", 3, 30), ("d-1", 1, 20)]


def test_a_lane_that_is_not_driven_in_time_brings_nothing_and_says_so() -> None:
    """Goods from period 1 on, a day on the road, due in period 4: only departures 1 to 3 would do."""
    lots = [Supply(id="lot", item="mask", site="depot", quantity=50, start_period=1)]
    for departures in ((0, 4), ()):
        problem = masks(None, [30, 20], supplies=lots, periods=WEEK, due=4, lanes=lanes(departures, (3,), days=1))
        plan = solve(problem, QUIET)
        assert sent(plan) == [("d-1", 3, 20)]
        [reason] = plan.demands[0].reasons
        assert (reason.code, dict(reason.params)) == ("no_departure", {"sources": ("lot",)})


def test_trucks_are_full_on_the_days_that_are_driven() -> None:
    """Trucks take 10 a day up to period 5; the lane to h-0 is driven on three days, of which one has no limit."""
    trucks = [Capacity(site="depot", period=period, volume=10) for period in range(WEEK - 1)]
    problem = masks(90, [60, 30], periods=WEEK, due=5, lanes=lanes((1, 4), None), capacities=trucks)
    plan = solve(problem, QUIET)
    assert {row.period for row in plan.shipments if row.demand == "d-0"} == {1, 4}
    assert [row.quantity for row in plan.demands] == [20, 30]
    on_the_last_day = masks(90, [60, 30], periods=WEEK, due=6, lanes=lanes((1, 6), None), capacities=trucks)
    assert [row.quantity for row in solve(on_the_last_day, QUIET).demands] == [60, 30]


def test_a_shipment_on_a_day_that_is_not_driven_is_refused() -> None:
    problem = masks(50, [30, 20], periods=WEEK, due=6, lanes=lanes((2, 4), None))
    plan = solve(problem, QUIET)
    assert check(problem, plan) == ()
    moved = tuple(replace(row, period=3) if row.demand == "d-0" else row for row in plan.shipments)
    [found] = check(problem, replace(plan, shipments=moved))
    assert (found.code, dict(found.params)["law"]) == ("shipment_not_allowed", "departures")
    relaxed = tuple(replace(row, period=3) if row.demand == "d-0" else row for row in plan.relaxed)
    assert "relaxed_not_allowed" in {each.code for each in check(problem, replace(plan, relaxed=relaxed))}


@pytest.mark.parametrize("proof", [True, False], ids=["certificates", "probe"])
def test_who_could_have_had_more_on_another_day_is_found(proof: bool) -> None:
    """A plan made as if the lane was not driven leaves a hospital without: its proof does not hold."""
    problem = masks(40, [30, 20], periods=WEEK, due=6, lanes=lanes((2,), None))
    closed = masks(40, [30, 20], periods=WEEK, due=6, lanes=lanes((), None))
    plan = replace(solve(closed, QUIET), problem_digest=solve(problem, QUIET).problem_digest)
    if not proof:
        plan = replace(plan, certificates=(), relaxed=())
    assert {each.code for each in check(problem, plan)} & {"not_fair", "not_proved"}


@settings(max_examples=150, deadline=None)
@given(problems(items=3))
def test_shares_are_those_of_the_plain_sequence_over_the_bare_facts(problem: Problem) -> None:
    plan = solve(problem, QUIET)
    shares = np.array([row.shares for row in plan.demands]).T
    assert_allclose(shares, plain_shares(naive_system(problem)), atol=1e-6)
    assert check(problem, replace(plan, certificates=(), relaxed=())) == ()
