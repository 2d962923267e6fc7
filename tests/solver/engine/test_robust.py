"""Tools that fail, lie or are missing, and numbers far apart: a proved plan or a named error, never a wrong plan.

The many random problems are few here; TONGCHOU_RANDOM_PROBLEMS=1000 runs so many.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import Options, Problem, check, solve
from solver.engine.component import SolveStrategy, settle
from solver.lp.cbc import WatchedCBC
from solver.lp.clock import Clock
from solver.lp.highs import LiveHiGHS, NoAnswerError
from solver.model.errors import SolverFailedError
from tests.solver.cases import EVERYONE, FLOOR, KEY_POINTS, masks
from tests.solver.plain_leximin import plain_shares
from tests.solver.problem_strategies import networks, problems
from tests.solver.random_coupled import coupled_problem

COUNT = int(os.environ.get("TONGCHOU_RANDOM_PROBLEMS", "24"))
CASE = masks(60, [25, 35, 40], tiers=[1, 2, 1], bands=[FLOOR, KEY_POINTS, EVERYONE])
QUIET = Options(method="program", gains_max=0)
WANTED = solve(CASE)


# HiGHS and CBC fail.


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


FAILURES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "it crashes": lambda patch: patch.setattr(LiveHiGHS, "callSolver", raising(RuntimeError("segment"))),
    "it runs out of memory": lambda patch: patch.setattr(LiveHiGHS, "buildSolverModel", raising(MemoryError())),
    "its module is broken": lambda patch: patch.setattr(
        "solver.lp.highs._quiet_class", raising(ImportError("no file"))
    ),
    "it says Unknown": lambda patch: patch.setattr(
        LiveHiGHS, "findSolutionValues", raising(NoAnswerError("HiGHS answered Unknown"))
    ),
    "it answers what is no number": lambda patch: patch.setattr(LiveHiGHS, "findSolutionValues", no_number),
    "it answers too little": lambda patch: patch.setattr(LiveHiGHS, "findSolutionValues", too_little),
}


def no_number(self: LiveHiGHS, lp: Any) -> tuple[int, int]:
    for name, count in (("values", len(lp.low)), ("column_duals", len(lp.low)), ("row_duals", len(lp.row_low))):
        setattr(lp, name, np.full(count, np.nan))
    return pulp.LpStatusOptimal, pulp.LpSolutionOptimal


def too_little(self: LiveHiGHS, lp: Any) -> tuple[int, int]:
    lp.values = lp.column_duals = lp.row_duals = np.zeros(0)
    return pulp.LpStatusOptimal, pulp.LpSolutionOptimal


@pytest.mark.parametrize("failure", FAILURES)
def test_where_highs_fails_cbc_answers(failure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAILURES[failure](monkeypatch)
    plan = solve(CASE, QUIET)
    assert check(CASE, plan) == ()
    assert [row.shares for row in plan.demands] == [pytest.approx(row.shares, abs=1e-6) for row in WANTED.demands]


@pytest.mark.parametrize("failure", FAILURES)
def test_where_both_fail_the_failure_is_named(failure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAILURES[failure](monkeypatch)
    monkeypatch.setattr(WatchedCBC, "path", "/nowhere/cbc", raising=False)
    monkeypatch.setattr(WatchedCBC, "available", lambda _: True)
    monkeypatch.setattr(WatchedCBC, "_run", raising(OSError("no such program")))
    with pytest.raises(SolverFailedError, match="CBC"):
        solve(CASE, QUIET)


@pytest.mark.parametrize("error", [OSError("gone"), pulp.PulpSolverError("gone"), ValueError("torn file")])
def test_cbc_that_fails_is_named(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WatchedCBC, "_run", raising(error))
    with pytest.raises(SolverFailedError, match="CBC failed: "):
        solve(CASE, Options(choice="cbc", method="program"))


# Solvers that lie: what they call optimal is not.


@settings(max_examples=40, deadline=None)
@given(problems(items=2), st.integers(0, 10_000), st.sampled_from(("values", "row_duals", "column_duals")))
def test_a_wrong_answer_never_becomes_a_plan(problem: Problem, seed: int, which: str) -> None:
    """Some of the numbers of each answer are off by up to a fifth. CBC is not there to help."""
    chance = np.random.default_rng(seed)
    real = LiveHiGHS.findSolutionValues

    def lie(self: LiveHiGHS, lp: Any) -> Any:
        found = real(self, lp)
        told = getattr(lp, which)
        twisted = chance.random(len(told)) < 0.3
        setattr(lp, which, np.where(twisted, told * chance.uniform(0.8, 1.2, len(told)), told))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveHiGHS, "findSolutionValues", lie)
        try:
            plan = solve(problem, Options(choice="highs", method="program", gains_max=0))
        except SolverFailedError:
            return
    assert check(problem, plan) == ()
    honest = solve(problem, QUIET)
    for one, other in zip(plan.demands, honest.demands, strict=True):
        assert one.shares == pytest.approx(other.shares, abs=3e-6)


def test_a_fast_way_that_fails_is_answered_by_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "solver.leximin.strategy.settle_as_flow", raising(SolverFailedError("the flow code does not answer"))
    )
    assert check(CASE, solve(CASE)) == ()
    monkeypatch.undo()
    monkeypatch.setattr("solver.engine.component.least_cost_flow", raising(SolverFailedError("no flow")))
    assert check(CASE, solve(CASE)) == ()


# Many random problems, all coupled.


@pytest.mark.parametrize("number", range(COUNT))
def test_random_coupled_problems_are_solved_as_the_plain_sequence_does(number: int) -> None:
    problem = coupled_problem(number)
    plan = solve(problem, Options(gains_max=0))
    told = {row.demand: row.shares for row in plan.demands}
    for network in networks(problem):
        wanted = plain_shares(network.system)
        ids = [problem.demands[at].id for at in network.demand_at.tolist()]
        assert pytest.approx(wanted, abs=1e-6) == np.array([told[name] for name in ids]).T


@pytest.mark.parametrize("number", range(COUNT))
def test_quantities_up_to_1e9_and_prices_to_1e6_give_proved_plans(number: int) -> None:
    """No plain sequence holds at such scales: the plan's own proof, in exact fractions, is what there is."""
    problem = coupled_problem(number, decades=9.0)
    assert check(problem, solve(problem, Options(gains_max=0))) == ()


@pytest.mark.parametrize("number", range(0, COUNT, 4))
def test_the_ways_agree_where_the_scale_is_bad(number: int) -> None:
    for network in networks(coupled_problem(number, decades=5.0)):
        fast = settle(network.system, SolveStrategy(), Clock()).shares
        slow = settle(network.system, SolveStrategy(method="program"), Clock()).shares
        assert fast == pytest.approx(slow, abs=1e-6)
