"""A re-run after a small change stays near the earlier plan, and never at the cost of a band."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver import Lane, Options, Problem, Shipment, Site, Supply, solve
from solver.model.plan import Plan
from tests.solver.cases import masks, with_more_stock, without
from tests.solver.problem_strategies import problems

QUIET = Options(gains_max=0)
NO_MOVE = 1000.0
"""Yuan for a unit that differs: more than any lane, price or lost value in these problems."""


def after(problem: Problem, previous: tuple[Shipment, ...], penalty: float = NO_MOVE) -> Problem:
    return without(problem, previous=previous, change_penalty=penalty)


def differing(plan: Plan, previous: tuple[Shipment, ...]) -> float:
    """Units, in the relaxed plan, that differ from the earlier one."""
    units = {(row.source, row.demand, row.period): float(row.quantity) for row in previous}
    now = {(row.source, row.demand, row.period): row.quantity for row in plan.relaxed}
    return sum(abs(now.get(key, 0.0) - units.get(key, 0.0)) for key in units.keys() | now.keys())


def two_depots() -> Problem:
    """Eight hospitals that either of two depots can serve at nearly the same cost."""
    count = 8
    base = masks(
        None,
        [10 + n for n in range(count)],
        lanes=[Lane(site="depot", facility=f"h-{n}", cost=1.0) for n in range(count)],
    )
    return without(
        base,
        sites=[*base.sites, Site(id="other")],
        lanes=[*base.lanes, *(Lane(site="other", facility=f"h-{n}", cost=1.0 + n / 100) for n in range(count))],
        supplies=[Supply(id=f"lot-{site}", item="mask", site=site, quantity=80) for site in ("depot", "other")],
    )


def test_a_small_change_moves_few_shipments() -> None:
    """The lanes' prices turn round a little. Free to change, nearly everything would move; so only little does."""
    problem = two_depots()
    first = solve(problem, QUIET)
    turned = [replace(lane, cost=2.2 - lane.cost) if lane.site == "other" else lane for lane in problem.lanes]
    demands = [replace(row, quantity=row.quantity + (row.id == "d-0")) for row in problem.demands]
    changed = without(problem, lanes=turned, demands=demands)
    free = solve(after(changed, first.shipments, 0.0), QUIET)
    near = solve(after(changed, first.shipments), QUIET)
    assert differing(near, first.shipments) <= 1.0 + 1e-6  # the one unit more
    assert differing(free, first.shipments) > 20.0
    before = {(row.source, row.demand, row.period, row.quantity) for row in first.shipments}
    assert len({(row.source, row.demand, row.period, row.quantity) for row in near.shipments} - before) == 1


def test_staying_never_costs_a_band() -> None:
    """All went to d-0; now d-1 asks as well: it gets its equal share, whatever a change costs."""
    previous = (Shipment(source="lot", demand="d-0", period=0, quantity=30),)
    plan = solve(after(masks(30, [30, 30]), previous, 1e6))
    assert [row.shares for row in plan.demands] == [(0.5,), (0.5,)]


@settings(max_examples=40, deadline=None)
@given(problems(items=2), st.data())
def test_the_nearest_plan_has_the_same_shares(problem: Problem, data: st.DataObject) -> None:
    assume(problem.supplies)
    first = solve(problem, QUIET)
    supply = data.draw(st.sampled_from([row.id for row in problem.supplies]))
    changed = with_more_stock(problem, supply, data.draw(st.integers(1, 5)))
    free = solve(after(changed, first.shipments, 0.0), QUIET)
    near = solve(after(changed, first.shipments), QUIET)
    for one, other in zip(near.demands, free.demands, strict=True):
        assert one.shares == pytest.approx(other.shares, abs=1e-6)
    assert differing(near, first.shipments) <= differing(free, first.shipments) + 1e-4
