"""Demands with a history: who got less so far comes first; worked cases, and whole plans against the plain sequence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from solver import Band, Before, InvalidProblemError, Options, Problem, check, parse_problem, problem_to_json, solve
from solver.formats.problem_json import problem_digest
from solver.model.plan import Plan
from tests.solver.cases import masks, without
from tests.solver.naive_system import naive_system
from tests.solver.plain_leximin import plain_shares
from tests.solver.problem_strategies import problems

QUIET = Options(gains_max=0)


def asking(stock: int, *rows: tuple[int, Before | None], caps: tuple[float, ...] = (1.0,)) -> Problem:
    """One lot of masks for demands of one tier, each with what it asks now and its history."""
    problem = masks(stock, [quantity for quantity, _ in rows])
    tier = problem.demands[0].tier
    return without(
        problem,
        demands=[replace(row, before=before) for row, (_, before) in zip(problem.demands, rows, strict=True)],
        bands=[Band(name=f"to {cap}", caps=((tier, cap),)) for cap in caps],
    )


def got(plan: Plan) -> list[int]:
    return [int(row.quantity) for row in plan.demands]


def test_what_came_before_is_made_up_for() -> None:
    """90 of 100 and 10 of 100 before, 100 asked by each now, 50 come: all of it goes to whom lacks most."""
    problem = asking(50, (100, Before(100, 90)), (100, Before(100, 10)))
    plan = solve(problem, QUIET)
    assert got(plan) == [0, 50]
    assert plan.bands[0].levels == (0.3, 0.45)
    assert check(problem, plan) == ()
    # 100 come: the second rises to the first's 0.45, and both share what is left.
    assert got(solve(asking(100, (100, Before(100, 90)), (100, Before(100, 10))), QUIET)) == [10, 90]


def test_nobody_is_sent_more_than_it_asks_now() -> None:
    problem = asking(500, (100, Before(1_000, 0)), (300, None))
    plan = solve(problem, QUIET)
    assert got(plan) == [100, 300]
    assert check(problem, plan) == ()
    # Short: 86.4 of 1,100 are as much as 23.6 of 300.
    assert got(solve(asking(110, (100, Before(1_000, 0)), (300, None)), QUIET)) == [86, 24]


def test_a_cap_counts_what_was_received_before() -> None:
    """Up to a half for all, then up to the whole: the first has its half already."""
    rows = ((100, Before(100, 100)), (100, None))
    assert got(solve(asking(50, *rows, caps=(0.5,)), QUIET)) == [0, 50]
    plan = solve(asking(120, *rows, caps=(0.5, 1.0)), QUIET)
    assert plan.demands[0].shares[0] == 0.0
    assert got(plan) == [46, 74]
    assert check(asking(120, *rows, caps=(0.5, 1.0)), plan) == ()


def test_the_reasons_say_that_something_came_before() -> None:
    plan = solve(asking(50, (100, Before(100, 90)), (100, Before(100, 10))), QUIET)
    told = {reason.code: dict(reason.params) for reason in plan.demands[0].reasons}
    assert told["received_before"] == {"asked": 100, "received": 90}


def test_leftover_packs_go_to_whom_got_less_so_far() -> None:
    """Packs of ten, three for four equal demands: the one that got most so far waits."""
    problem = asking(30, *((10, Before(1_000, received)) for received in (501, 500, 502, 500)))
    problem = without(problem, items=[replace(item, pack=10) for item in problem.items])
    plan = solve(problem, QUIET)
    assert got(plan) == [10, 10, 0, 10]
    assert check(problem, plan) == ()


@pytest.mark.parametrize("proof", [True, False], ids=["certificates", "probe"])
def test_a_plan_that_forgets_what_came_before_is_refused(proof: bool) -> None:
    problem = asking(50, (100, Before(100, 90)), (100, Before(100, 10)))
    even = asking(50, (100, None), (100, None))
    plan = replace(solve(even, QUIET), problem_digest=problem_digest(problem))
    if not proof:
        plan = replace(plan, certificates=(), relaxed=())
    wanted = {"level_mismatch"} if proof else {"not_fair"}
    assert {each.code for each in check(problem, plan)} >= wanted


def test_no_history_is_no_key_and_leaves_the_digest() -> None:
    plain, empty = asking(50, (100, None)), asking(50, (100, Before(0, 0)))
    assert problem_digest(plain) == problem_digest(empty)
    assert "before" not in problem_to_json(empty)["demands"][0]
    told = asking(50, (100, Before(7, 3)))
    assert problem_to_json(told)["demands"][0]["before"] == {"asked": 7, "received": 3}
    assert parse_problem(problem_to_json(told)) == told
    assert problem_digest(told) != problem_digest(plain)


@pytest.mark.parametrize(
    ("before", "path"),
    [
        ({"asked": 1, "received": 2}, ".received"),
        ({"asked": -1, "received": 0}, ".asked"),
        ({"asked": 1.5, "received": True}, ".asked"),
        ({"asked": 1}, ""),
        ({"asked": 1, "received": 1, "lost": 0}, ""),
        ([2, 1], ""),
        (None, ""),
    ],
)
def test_a_history_that_cannot_be_is_named(before: object, path: str) -> None:
    document = problem_to_json(asking(50, (100, None)))
    document["demands"][0]["before"] = before
    with pytest.raises(InvalidProblemError) as error:
        parse_problem(document)
    assert f"$.demands[0].before{path}" in {fault.path for fault in error.value.faults}


def with_history(problem: Problem, data: st.DataObject) -> Problem:
    asked = st.integers(0, 60)
    history = st.one_of(
        st.none(),
        st.tuples(asked, st.integers(0, 4)).map(lambda pair: Before(pair[0], pair[0] * pair[1] // 4)),
    )
    return without(problem, demands=[replace(row, before=data.draw(history)) for row in problem.demands])


@settings(max_examples=150, deadline=None)
@given(problems(items=3), st.data())
def test_shares_are_those_of_the_plain_sequence(problem: Problem, data: st.DataObject) -> None:
    """By closed forms, flows and cuts, and by the sequence of programs; proved with and without certificates."""
    problem = with_history(problem, data)
    wanted = plain_shares(naive_system(problem))
    for options in (QUIET, Options(gains_max=0, method="program")):
        plan = solve(problem, options)
        assert_allclose(np.array([row.shares for row in plan.demands]).T, wanted, atol=1e-6)
        assert check(problem, plan) == ()
    assert check(problem, replace(plan, certificates=(), relaxed=())) == ()


@settings(max_examples=60, deadline=None)
@given(problems(items=3), st.data())
def test_a_plan_with_gains_prices_and_bands_in_step_is_proved(problem: Problem, data: st.DataObject) -> None:
    problem = with_history(problem, data)
    plan = solve(problem, Options(gains_max=10, price_of_fairness=True, partial=True))
    assert check(problem, plan) == ()
