"""Shipments join earlier departures: fewer transfer orders, nothing later, nobody gets less, and it is proved."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings

from app.planning.solving.joining import join_departures
from solver import (
    Band,
    Capacity,
    Demand,
    Facility,
    Item,
    Lane,
    Plan,
    Problem,
    Shipment,
    Site,
    Supply,
    check,
    solve,
)
from tests.solver.problem_strategies import problems


def stops(problem: Problem, plan: Plan) -> set[tuple[str, str, int]]:
    """Where from, where to and when: what becomes transfer orders."""
    sites = {one.id: one.site for one in (*problem.supplies, *problem.offers)}
    facilities = {one.id: one.facility for one in problem.demands}
    return {(sites[one.source], facilities[one.demand], one.period) for one in plan.shipments}


def units(plan: Plan) -> Counter[tuple[str, str]]:
    """What each need gets of each source."""
    found = Counter[tuple[str, str]]()
    for one in plan.shipments:
        found[one.demand, one.source] += one.quantity
    return found


def problem_with(**changes: Any) -> Problem:
    """Masks are there at once, gowns from period 1 on; one clinic needs both by period 3."""
    facts: dict[str, Any] = {
        "start": date(2020, 1, 31),
        "periods": 4,
        "items": [Item(id="mask", volume=1.0), Item(id="gown", volume=1.0)],
        "sites": [Site(id="depot")],
        "facilities": [Facility(id="clinic")],
        "lanes": [Lane(site="depot", facility="clinic")],
        "supplies": [
            Supply(id="masks", item="mask", site="depot", quantity=10),
            Supply(id="gowns", item="gown", site="depot", quantity=10, start_period=1),
        ],
        "demands": [
            Demand(id="m", facility="clinic", item="mask", quantity=10, due=3, tier=1),
            Demand(id="g", facility="clinic", item="gown", quantity=10, due=3, tier=1),
        ],
        "bands": [Band(name="all", caps=((1, 1.0),))],
    }
    return Problem.of(**facts | changes)


def spread(problem: Problem, *periods: int) -> Plan:
    """The solver's plan with its shipments in these periods."""
    plan = solve(problem)
    rows = [
        Shipment(source=one.source, demand=one.demand, period=period, quantity=one.quantity)
        for one, period in zip(plan.shipments, periods, strict=True)
    ]
    moved = replace(plan, shipments=tuple(rows))
    assert check(problem, moved) == ()
    return moved


def test_what_can_leave_earlier_joins_what_leaves_anyway() -> None:
    problem = problem_with()
    plan = spread(problem, 1, 3)
    assert [one.demand for one in plan.shipments] == ["g", "m"]
    joined = join_departures(problem, plan)
    assert {one.period for one in joined.shipments} == {1}
    assert check(problem, joined) == ()


def test_nothing_leaves_before_it_is_there_and_nothing_comes_later_than_planned() -> None:
    problem = problem_with()
    plan = spread(problem, 3, 0)
    assert join_departures(problem, plan) is plan or join_departures(problem, plan).shipments == plan.shipments


def test_a_lane_that_is_not_driven_takes_nothing() -> None:
    problem = problem_with(lanes=[Lane(site="depot", facility="clinic", departures=(2, 3))])
    plan = spread(problem, 2, 3)
    assert {one.period for one in join_departures(problem, plan).shipments} == {2}


def test_no_truck_carries_more_than_it_may() -> None:
    problem = problem_with(capacities=[Capacity(site="depot", period=1, volume=15.0)])
    plan = spread(problem, 1, 3)
    assert join_departures(problem, plan).shipments == plan.shipments


@settings(max_examples=150, deadline=None)
@given(problems())
def test_whatever_is_joined_is_proved_and_nobody_gets_less_or_later(problem: Problem) -> None:
    plan = solve(problem)
    joined = join_departures(problem, plan)
    assert check(problem, joined) == ()
    assert units(joined) == units(plan)
    assert len(stops(problem, joined)) <= len(stops(problem, plan))
    assert stops(problem, joined) <= stops(problem, plan)
    assert sum(one.period * one.quantity for one in joined.shipments) <= sum(
        one.period * one.quantity for one in plan.shipments
    )
