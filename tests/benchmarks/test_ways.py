"""The ways that are measured mean the same, and the report tells what they did. Nothing here looks at a clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.figures import figures_of
from benchmarks.generate import make_problem
from benchmarks.many import tally
from benchmarks.measure import Measured, run_apart
from benchmarks.pieces import watching
from benchmarks.plain_pulp import plan_with_pulp
from benchmarks.report import markdown, write_report
from benchmarks.runs import Result, ways_for
from benchmarks.sizes import SIZES, Case, Kind
from benchmarks.ways import WAYS
from benchmarks.weighted import demand_weights, solve_once, weighted_program, whole_network
from solver import Options, solve

KINDS: tuple[Kind, ...] = ("uncoupled", "coupled")
DISTRICT = SIZES["district"]


def spec(way: str, kind: Kind = "uncoupled") -> dict[str, Any]:
    return {"way": way, "size": "district", "kind": kind, "seed": 7, "data": None}


def measured(way: str, cpu: float, **detail: Any) -> Measured:
    return Measured(way=way, wall_seconds=cpu, cpu_seconds=cpu, peak_bytes=2**20, detail=detail)


@pytest.mark.parametrize("kind", KINDS)
def test_plain_pulp_gives_the_shares_of_the_solver(kind: Kind) -> None:
    problem = make_problem(Case(size=DISTRICT, kind=kind, seed=7))
    plain = plan_with_pulp(problem, lambda _: None)
    plan = solve(problem, Options(gains_max=0))
    np.testing.assert_allclose(np.array(plain["shares"]), [row.shares[-1] for row in plan.demands], atol=5e-4)


def test_no_plan_serves_more_than_the_weighted_program() -> None:
    """It has the same limits and no fairness, so it is a bound on what any plan can serve by its weights."""
    problem = make_problem(Case(size=DISTRICT, kind="coupled", seed=7))
    network = whole_network(problem)
    weight = demand_weights(problem, network.demand_at)
    matrix = weighted_program(network.system, weight)
    best = solve_once(matrix, "choose")
    plan = solve(problem, Options(gains_max=0))
    share = np.array([row.shares[-1] for row in plan.demands])
    served = float(share @ (weight * network.system.demand_quantity))
    assert best["status"] == "Optimal"
    assert served <= -float(str(best["objective"])) + 1e-4 * plan.cost + 1e-6 * served


def test_a_child_measures_and_answers() -> None:
    found = run_apart(spec("read"), 60.0)
    assert not found.failed
    assert found.peak_bytes > 2**20
    assert found.detail["demands"] == DISTRICT.demands


def test_a_child_is_ended_at_its_cap_and_its_failure_is_told() -> None:
    assert run_apart(spec("pulp"), 0.05).failed.startswith("> 0.05 s")
    assert "no such way" in run_apart(spec("no such way"), 60.0).failed


def test_the_stopwatch_counts_and_leaves_no_trace() -> None:
    import solver.engine.solve

    before = dict(vars(solver.engine))
    with watching() as watch:
        solve(make_problem(Case(size=DISTRICT, kind="uncoupled", seed=7)))
    assert watch.counts["flow"] > 0
    assert {"settle", "packs", "check"} <= set(watch.seconds)
    assert dict(vars(solver.engine)) == before


@pytest.mark.parametrize("way", sorted(WAYS.keys() - {"pulp"}))
def test_every_way_runs(way: str) -> None:
    """`pulp` is run by the tests above."""
    found = WAYS[way](make_problem(Case(size=DISTRICT, kind="coupled", seed=7)), lambda _: None)()
    assert found


def test_every_way_is_known() -> None:
    for kind in KINDS:
        for size in SIZES.values():
            assert set(ways_for(Case(size=size, kind=kind))) <= set(WAYS)
    assert "pulp" not in ways_for(Case(size=SIZES["nation"], kind="uncoupled"))


def test_figures_are_ratios_of_what_was_measured() -> None:
    case = Case(size=SIZES["city"], kind="uncoupled")
    ways = {way: measured(way, cpu) for way, cpu in (("highs", 2.0), ("tongchou", 1.0), ("pulp", 90.0))}
    found = {figure.text: figure for figure in figures_of([Result(case=case, measured=ways)])}
    beside_highs = found["city, uncoupled: whole plan, in weighted solves by raw HiGHS"]
    assert (beside_highs.found, beside_highs.reached) == (0.5, True)
    beside_pulp = found["city, uncoupled: whole plan beside plain PuLP and CBC"]
    assert beside_pulp.found == pytest.approx(1 / 90)
    assert beside_pulp.reached


def test_what_was_stopped_or_failed_is_said_plainly(tmp_path: Path) -> None:
    case = Case(size=SIZES["city"], kind="uncoupled")
    stopped = Measured(way="pulp", wall_seconds=60, cpu_seconds=50, peak_bytes=0, failed="> 60 s (key points)")
    wrong = Measured(way="highs", wall_seconds=1, cpu_seconds=1, peak_bytes=0, failed="ValueError: no")
    result = Result(case=case, measured={"pulp": stopped, "highs": wrong, "tongchou": measured("tongchou", 3.0)})
    text = markdown([result], "python -m benchmarks")
    assert "> 60 s (key points)" in text
    assert "ValueError: no" in text
    figures = {figure.text: figure for figure in figures_of([result])}
    assert figures["city, uncoupled: whole plan, in weighted solves by raw HiGHS"].reached is None
    assert figures["city, uncoupled: whole plan beside plain PuLP and CBC"].found == pytest.approx(3 / 50)
    write_report(tmp_path, [result], "python -m benchmarks")
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["cases"][0]["ways"][0]["failed"] == "> 60 s (key points)"


def test_small_coupled_problems_are_solved_alike_by_both_ways() -> None:
    found = tally(range(1, 6))
    assert found.problems == 5
    assert found.failures == []
    assert found.difference < 1e-6
