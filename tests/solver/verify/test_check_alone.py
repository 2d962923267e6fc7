"""The check stands alone: a certified plan is proved without PuLP or any numerical package."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from solver import Band, Capacity, Fund, Lane, Offer, Problem, Shipment, Supply, check, solve
from solver.formats.plan_json import parse_plan, plan_to_json
from solver.formats.problem_json import problem_to_json
from solver.model.plan import DemandOutcome, Plan
from tests.solver.cases import FLOOR, KEY_POINTS, THE_REST, masks

SCRIPT = """
import json, sys
for name in ("pulp", "numpy", "scipy", "highspy", "ortools"):
    sys.modules[name] = None
from pathlib import Path
from solver import check
from solver.formats.plan_json import parse_plan
from solver.formats.problem_json import parse_problem
folder = Path(sys.argv[1])
problem = parse_problem(json.loads((folder / "problem.json").read_text()))
print([str(f) for f in check(problem, parse_plan(json.loads((folder / "plan.json").read_text())))])
"""


def shared_depots() -> Problem:
    return masks(
        None,
        [300, 500, 400],
        tiers=[1, 2, 3],
        bands=[FLOOR, KEY_POINTS, THE_REST],
        pack=10,
        supplies=[Supply(id="lot", item="mask", site="depot", quantity=600)],
        capacities=[Capacity(site="depot", period=0, volume=250.5)],
    )


def test_a_certified_plan_is_proved_without_numerical_packages(tmp_path: Path) -> None:
    problem = shared_depots()
    (tmp_path / "problem.json").write_text(json.dumps(problem_to_json(problem)))
    (tmp_path / "plan.json").write_text(json.dumps(plan_to_json(solve(problem))))
    root = Path(__file__).parents[3]
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=root, capture_output=True, text=True, check=False
    )
    assert (answer.stdout, answer.stderr, answer.returncode) == ("[]\n", "", 0)


def test_a_plan_keeps_its_proof_as_a_document() -> None:
    problem = shared_depots()
    plan = parse_plan(json.loads(json.dumps(plan_to_json(solve(problem)))))
    assert plan.certificates
    assert plan.relaxed
    assert check(problem, plan) == ()


def by_hand(problem: Problem, shares: list[float], shipped: list[tuple[str, str, int, int]]) -> Plan:
    """A plan of one band as somebody might write it down, with nothing to prove it."""
    made = solve(problem)
    quantity = {demand.id: 0 for demand in problem.demands}
    for _, demand, _, units in shipped:
        quantity[demand] += units
    outcomes = [
        DemandOutcome(demand=demand.id, shares=(share,), quantity=quantity[demand.id])
        for demand, share in zip(problem.demands, shares, strict=True)
    ]
    rows = [Shipment(source=s, demand=d, period=p, quantity=q) for s, d, p, q in shipped]
    band = replace(made.bands[0], levels=tuple(sorted(set(shares))))
    return replace(made, demands=tuple(outcomes), shipments=tuple(rows), bands=(band,), certificates=(), relaxed=())


def codes(problem: Problem, plan: Plan) -> set[str]:
    return {finding.code for finding in check(problem, plan)}


def test_equal_shares_are_fair_and_unequal_ones_are_not() -> None:
    problem = masks(60, [60, 60], pack=10)
    fair = by_hand(problem, [0.5, 0.5], [("lot", "d-0", 0, 30), ("lot", "d-1", 0, 30)])
    assert codes(problem, fair) == set()
    unequal = by_hand(problem, [0.75, 0.25], [("lot", "d-0", 0, 40), ("lot", "d-1", 0, 20)])
    assert codes(problem, unequal) == {"not_fair"}
    wasteful = by_hand(problem, [0.25, 0.25], [("lot", "d-0", 0, 20), ("lot", "d-1", 0, 20)])
    assert codes(problem, wasteful) == {"not_fair"}
    greedy = by_hand(problem, [0.75, 0.75], [("lot", "d-0", 0, 30), ("lot", "d-1", 0, 30)])
    assert codes(problem, greedy) >= {"share_not_attainable"}


def test_one_who_is_blocked_does_not_drag_the_others_down() -> None:
    lanes = [Lane(site="depot", facility="h-0"), Lane(site="depot", facility="h-1")]
    supplies = [
        Supply(id="gift", item="mask", site="depot", quantity=10, earmark=("h-0",)),
        Supply(id="lot", item="mask", site="depot", quantity=80, earmark=("h-1",)),
    ]
    problem = masks(None, [100, 100], lanes=lanes, supplies=supplies)
    fair = by_hand(problem, [0.1, 0.8], [("gift", "d-0", 0, 10), ("lot", "d-1", 0, 80)])
    assert codes(problem, fair) == set()
    dragged = by_hand(problem, [0.1, 0.1], [("gift", "d-0", 0, 10), ("lot", "d-1", 0, 10)])
    assert codes(problem, dragged) == {"not_fair"}


@pytest.mark.parametrize(
    ("shipped", "code"),
    [
        ([("lot", "d-0", 0, 30), ("lot", "d-1", 0, 20)], "pack_left_behind"),
        ([("lot", "d-0", 0, 50), ("lot", "d-1", 1, 10)], "far_from_relaxed"),
        ([("lot", "d-0", 0, 30), ("lot", "d-1", 0, 30)], "capacity_exceeded"),
        ([("lot", "d-0", 0, 30), ("lot", "d-1", 1, 30)], "ok"),
        ([("lot", "d-0", 0, 40), ("lot", "d-1", 1, 20)], "ok"),
    ],
)
def test_packs_near_the_relaxed_shares(shipped: list[tuple[str, str, int, int]], code: str) -> None:
    # 35 and 25 of 60 relaxed; the truck takes 50 in each of two periods.
    trucks = [Capacity(site="depot", period=period, volume=50.0) for period in range(2)]
    problem = masks(
        60, [70, 50], pack=10, due=1, periods=2, capacities=trucks, bands=[Band(name="all", caps=((1, 1.0),))]
    )
    found = codes(problem, by_hand(problem, [0.5, 0.5], shipped))
    assert found == set() if code == "ok" else code in found


def test_money_and_volume_count_as_the_decimals_written() -> None:
    offer = Offer(id="offer", item="mask", site="depot", quantity=9, unit_price=0.1, fund="city")
    problem = masks(None, [9], supplies=[], offers=[offer], funds=[Fund(id="city", amount=0.3)])
    plan = solve(problem)
    assert [row.quantity for row in plan.purchases] == [3]
    assert check(problem, plan) == ()
