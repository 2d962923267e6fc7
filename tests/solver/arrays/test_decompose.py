"""Subproblems: what is divided, that the plan is the same, and that damage in any subproblem is found."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from math import nextafter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import DEFAULT, Capacity, Fund, Offer, Options, Problem, Reserve, Step, Substitution, check, solve
from solver.arrays.decompose import Decomposition, Subproblem
from solver.engine.merge import Merger
from solver.formats.plan_json import plan_to_json
from solver.model.errors import CancelledError, SolverFailedError
from solver.model.plan import Plan
from solver.probe.check import LazyProbe
from solver.verify.check import check_subproblem
from solver.verify.facts import LaneIndex
from solver.verify.merged import division_findings, merged_findings
from tests.solver.cases import EACH_GROUP, crowd, plain_bytes
from tests.solver.problem_strategies import problems


def cut(problem: Problem, demands_min: int = 1) -> list[Subproblem]:
    dealer = Decomposition(problem, demands_min)
    return [dealer.cut(number) for number in range(dealer.count)]


def changed(problem: Problem, **tables: Any) -> Problem:
    fields = {name: getattr(problem, name) for name in problem.__slots__}
    return Problem.of(**fields | tables)


def offer(item: str, fund: str | None) -> Offer:
    return Offer(id=f"o-{item}", item=item, site="depot", quantity=1, unit_price=2.0, fund=fund)


def plain(plan: Plan) -> dict[str, Any]:
    """The document without seconds, and without the cost: sums of other parts may end in another bit."""
    document = plan_to_json(plan)
    for band in document["bands"]:
        del band["seconds"]
    del document["cost"]
    return document


# What is divided.


def test_items_that_share_nothing_are_subproblems() -> None:
    problem = crowd()  # 12 items, three of which another may stand in for
    subproblems = cut(problem)
    assert len(subproblems) == 9
    assert list(division_findings(problem, [subproblem.problem for subproblem in subproblems])) == []
    assert sorted(at for subproblem in subproblems for at in subproblem.demands.tolist()) == list(
        range(len(problem.demands))
    )
    assert [subproblem.groups[0] for subproblem in subproblems] == list(range(9))


@pytest.mark.parametrize(
    ("shared", "count"),
    [
        ({"substitutions": [Substitution(item="i-02", serves="i-03")]}, 11),
        ({"funds": [Fund(id="city", amount=9.0)], "offers": [offer("i-02", "city"), offer("i-03", "city")]}, 11),
        ({"capacities": [Capacity(site="depot", period=0, volume=9.0)]}, 1),
        ({"reserves": [Reserve(item="i-02", quantity=3)], "offers": [offer("i-02", None)]}, 12),
    ],
)
def test_what_shares_a_limit_is_not_divided(shared: dict[str, Any], count: int) -> None:
    problem = changed(crowd(), **{"substitutions": ()} | shared)
    subproblems = cut(problem)
    assert len(subproblems) == count
    assert count == 1 or list(division_findings(problem, [subproblem.problem for subproblem in subproblems])) == []


def test_small_groups_are_put_together() -> None:
    assert [len(subproblem.demands) for subproblem in cut(crowd(), 5)] == [6, 6, 8, 4]
    (whole,) = cut(crowd(), DEFAULT.engine.subproblem_demands)
    assert len(whole.demands) == 24


def test_a_wrong_division_is_found() -> None:
    problem = crowd()
    facts = [subproblem.problem for subproblem in cut(problem)]
    lost = [replace(facts[0], supplies=facts[0].supplies[1:]), *facts[1:]]
    assert {row.code for row in division_findings(problem, lost)} == {"subproblem_differs"}
    twice = [*facts[:-1], replace(facts[-1], demands=(*facts[-1].demands, facts[0].demands[0]))]
    assert {row.code for row in division_findings(problem, twice)} == {"subproblem_differs", "subproblem_shared"}
    other = [replace(facts[0], lanes=facts[0].lanes[1:]), *facts[1:]]
    assert [dict(row.params) for row in division_findings(problem, other)] == [{"table": "lanes"}]
    later = [replace(facts[0], periods=99), *facts[1:]]
    assert [row.code for row in division_findings(problem, later)] == ["subproblem_differs"]


@pytest.mark.parametrize(
    ("shared", "kind"),
    [
        ({"substitutions": [Substitution(item="i-02", serves="i-03")]}, "item"),
        ({"funds": [Fund(id="city", amount=9.0)], "offers": [offer("i-02", "city"), offer("i-03", "city")]}, "fund"),
        ({"capacities": [Capacity(site="depot", period=0, volume=9.0)]}, "truck"),
    ],
)
def test_a_limit_that_two_subproblems_share_is_found(shared: dict[str, Any], kind: str) -> None:
    """Divided by what hangs together without the limit, which then is dealt to one of them."""
    problem = changed(crowd(), **{"substitutions": ()} | shared)
    offers = tuple(replace(row, fund=None) for row in problem.offers)
    loose = replace(problem, substitutions=(), capacities=(), funds=(), offers=offers)
    facts = [
        replace(
            subproblem.problem,
            offers=tuple(
                row for row in problem.offers if row.item in {each.item for each in subproblem.problem.demands}
            ),
        )
        for subproblem in cut(loose)
    ]
    tables = {name: getattr(problem, name) for name in ("substitutions", "capacities", "funds")}
    facts[0] = replace(facts[0], **tables)
    findings = [row for row in division_findings(problem, facts) if row.code == "subproblem_shared"]
    assert {dict(row.params)["kind"] for row in findings} == {kind}


# The plan is the same.


def test_processes_give_the_same_bytes() -> None:
    plan = plain_bytes(solve(crowd(), Options(parameters=EACH_GROUP)))
    assert plain_bytes(solve(crowd(), Options(processes=2, parameters=EACH_GROUP))) == plan
    assert plain_bytes(solve(crowd(), Options(processes=3, parameters=EACH_GROUP))) == plan


@settings(max_examples=60, deadline=None)
@given(problems(items=3))
def test_subproblems_make_the_plan_of_the_whole(problem: Problem) -> None:
    options = Options(price_of_fairness=True)
    whole = solve(problem, options)
    plan = solve(problem, replace(options, parameters=EACH_GROUP))
    assert plain(plan) == plain(whole)
    assert plan.cost == pytest.approx(whole.cost, rel=1e-12, abs=1e-9)
    assert check(problem, plan) == ()


def test_an_earlier_plan_is_dealt_out_too() -> None:
    earlier = solve(crowd(), Options(parameters=EACH_GROUP))
    gone = replace(earlier.shipments[0], demand="d-that-has-gone")
    problem = changed(crowd(), previous=[*earlier.shipments[::2], gone], change_penalty=3.0)
    plan = solve(problem, Options(parameters=EACH_GROUP))
    whole = solve(problem, Options(partial=True))  # in one subproblem
    assert plain(plan) == plain(whole)
    assert plan.cost == pytest.approx(whole.cost)


# What is damaged is found.


def planned(problem: Problem) -> tuple[list[Subproblem], list[Plan], Plan]:
    """The subproblems, their plans, and the whole that these make."""
    taken: list[Merger] = []
    with pytest.MonkeyPatch.context() as patch:
        real = Merger.plan

        def listening(self: Merger, digest: str, gains: Any) -> Plan:
            taken.append(self)
            return real(self, digest, gains)

        patch.setattr(Merger, "plan", listening)
        whole = solve(problem, Options(parameters=EACH_GROUP))
    return cut(problem), taken[0].plans, whole


def test_a_damage_in_any_subproblem_is_found() -> None:
    subproblems, plans, _ = planned(crowd())
    for subproblem, plan in zip(subproblems, plans, strict=True):
        ways = LaneIndex(subproblem.problem)
        assert check_subproblem(subproblem.problem, plan, ways, DEFAULT.proof, probe=LazyProbe) == ()
        row = plan.shipments[0]
        more = replace(plan, shipments=(replace(row, quantity=row.quantity + 1), *plan.shipments[1:]))
        assert check_subproblem(subproblem.problem, more, ways, DEFAULT.proof, probe=LazyProbe)
        told = plan.demands[0]
        raised = replace(told, shares=(*told.shares[:-1], told.shares[-1] + 0.01))
        assert check_subproblem(
            subproblem.problem, replace(plan, demands=(raised, *plan.demands[1:])), ways, DEFAULT.proof, probe=LazyProbe
        )


@pytest.mark.parametrize(("processes", "at"), [*((1, at) for at in range(9)), (2, 0), (2, 8)])
def test_no_plan_with_a_damaged_subproblem_is_returned(
    monkeypatch: pytest.MonkeyPatch, processes: int, at: int
) -> None:
    real = Merger.add

    def damaging(self: Merger, subproblem: Subproblem, planned: Any) -> None:
        real(self, subproblem, planned)
        if subproblem.number == at:
            plan = self._plans[at]
            assert plan is not None
            self._plans[at] = replace(plan, demands=plan.demands[::-1])

    monkeypatch.setattr(Merger, "add", damaging)
    with pytest.raises(SolverFailedError, match="failed its own check"):
        solve(crowd(), Options(processes=processes, parameters=EACH_GROUP))


def test_what_joining_loses_or_adds_is_found() -> None:
    problem = crowd()
    _, plans, whole = planned(problem)
    assert list(merged_findings(problem, whole, plans, DEFAULT.proof)) == []
    for table in ("demands", "shipments", "certificates", "relaxed"):
        rows = getattr(whole, table)
        for wrong in (rows[1:], (*rows, rows[0]), (replace(rows[0]), *rows[1:])):
            assert list(merged_findings(problem, replace(whole, **{table: wrong}), plans, DEFAULT.proof)), table
    band = whole.bands[0]
    other = replace(band, levels=(nextafter(band.levels[0], 0.0), *band.levels[1:]))
    assert list(merged_findings(problem, replace(whole, bands=(other, *whole.bands[1:])), plans, DEFAULT.proof))
    assert list(merged_findings(problem, replace(whole, cost=whole.cost + 0.01), plans, DEFAULT.proof))


# Processes.


def test_what_a_killed_process_leaves_is_planned_here() -> None:
    wanted = plain_bytes(solve(crowd(), Options(parameters=EACH_GROUP)))
    killed: list[int | None] = []

    def tell(_: Step) -> None:
        for child in multiprocessing.active_children():
            killed.append(child.pid)
            child.kill()

    assert plain_bytes(solve(crowd(), Options(processes=2, progress=tell, parameters=EACH_GROUP))) == wanted
    assert killed


ORPHAN = """
import os, pathlib, signal, sys, time
from solver.engine import subproblem_pool as pool
from solver import Options, solve
from tests.solver.cases import EACH_GROUP
from tests.solver.cases import crowd

told = pathlib.Path(sys.argv[1])


def long(*_):
    told.with_suffix(".part").write_text(str(os.getpid()))
    told.with_suffix(".part").rename(told)
    time.sleep(120)


def end(_):
    while not told.exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)


pool._Worker.planned = long
if __name__ == "__main__":
    solve(crowd(), Options(processes=2, progress=end, parameters=EACH_GROUP))
"""


def test_a_process_ends_with_the_first_one(tmp_path: Path) -> None:
    script, told = tmp_path / "orphan.py", tmp_path / "pid"
    script.write_text(ORPHAN)
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, filter(None, sys.path)))}
    ended = subprocess.run([sys.executable, str(script), str(told)], env=here, timeout=100, check=False)
    assert ended.returncode == -signal.SIGKILL
    other = Path("/proc") / told.read_text() / "stat"
    deadline = time.monotonic() + 20.0
    while other.exists() and other.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline, "it goes on"
        time.sleep(0.05)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 60))
def test_a_cancel_at_any_moment_leaves_no_process(after: int) -> None:
    left = [after]

    def cancelled() -> bool:
        left[0] -= 1
        return left[0] < 0

    try:
        plan = solve(crowd(), Options(processes=2, cancelled=cancelled, parameters=EACH_GROUP))
    except CancelledError:
        assert left[0] < 0
    else:
        assert check(crowd(), plan) == ()
    assert not multiprocessing.active_children()
