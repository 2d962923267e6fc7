"""Why a demand gets no more, who shares its fate, and what would help: each told only where it is so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from solver import (
    DEFAULT,
    Band,
    Capacity,
    Fund,
    Item,
    Lane,
    Offer,
    Options,
    Problem,
    Reserve,
    Site,
    Substitution,
    Supply,
    solve,
)
from solver.arrays.components import components_of
from solver.arrays.limit_system import LimitSystem
from solver.engine.component import SolveStrategy, answer_component, settle
from solver.explain.answers import AnsweredComponent
from solver.explain.sensitivity import candidates_of, quote_gains, round_number
from solver.explain.shortfalls import shortfalls
from solver.leximin.settlement import Settlement
from solver.lp.clock import Clock
from solver.model.plan import DemandOutcome, Plan
from tests.solver.cases import EVERYONE, FLOOR, KEY_POINTS, THE_REST, masks, without
from tests.solver.problem_strategies import networks, problems


def outcome(plan: Plan, demand: str) -> DemandOutcome:
    return next(row for row in plan.demands if row.demand == demand)


def told(plan: Plan, demand: str) -> list[tuple[str, dict[str, Any]]]:
    return [(reason.code, dict(reason.params)) for reason in outcome(plan, demand).reasons]


# With whom, and after whom.


def test_who_is_held_with_it_and_who_was_served_before() -> None:
    """Tier 1 is filled up after the floor; two of tier 2 then share what is left."""
    plan = solve(masks(60, [30, 50, 50], tiers=[1, 2, 2], bands=[FLOOR, KEY_POINTS, THE_REST]))
    assert told(plan, "d-0") == []
    assert told(plan, "d-1") == [
        ("supply_used_up", {"limits": ("supply:lot",)}),
        ("shared_with", {"band": "everyone else", "count": 1, "demands": ("d-2",)}),
        ("served_before", {"band": "a floor for everyone", "count": 1, "demands": ("d-0",)}),
        ("served_before", {"band": "key points", "count": 1, "demands": ("d-0",)}),
    ]


def test_one_alone_shares_with_nobody() -> None:
    assert told(solve(masks(10, [30])), "d-0") == [("supply_used_up", {"limits": ("supply:lot",)})]


def test_many_are_counted_and_the_first_named() -> None:
    plan = solve(masks(50, [10] * 12))
    codes = dict(told(plan, "d-2"))
    assert codes["shared_with"]["count"] == 11
    assert codes["shared_with"]["demands"] == ("d-0", "d-1", "d-10")
    assert dict(told(plan, "d-0"))["shared_with"]["demands"] == ("d-1", "d-10", "d-11")


def test_those_of_another_lot_are_not_with_it() -> None:
    """Equally short, at the same level, and of two lots earmarked apart: neither holds the other."""
    lots = [Supply(id=f"lot-{n}", item="mask", site="depot", quantity=10, earmark=(f"h-{n}",)) for n in range(2)]
    plan = solve(masks(None, [20, 20], supplies=lots))
    assert [code for code, _ in told(plan, "d-0")] == ["supply_used_up"]


def test_what_is_left_elsewhere_is_told_with_its_obstacle() -> None:
    """d-0 has arcs and falls short; other lots keep units that cannot reach it, each for a reason of its own."""
    lots = [
        Supply(id="open", item="mask", site="depot", quantity=10),
        Supply(id="given", item="mask", site="depot", quantity=10, earmark=("h-1",)),
        Supply(id="stale", item="mask", site="depot", quantity=10, until_period=0),
        Supply(id="late", item="mask", site="depot", quantity=10, start_period=2),
        Supply(id="far", item="mask", site="away", quantity=10),
        Supply(id="other", item="kn95", site="depot", quantity=10),
    ]
    problem = masks(
        None,
        [30, 1],
        due=1,
        items=[Item(id="kn95")],
        substitutions=[Substitution(item="kn95", serves="mask", facilities=("h-1",))],
    )
    plan = solve(without(problem, sites=[*problem.sites, Site(id="away")], supplies=lots))
    assert told(plan, "d-0") == [
        ("supply_used_up", {"limits": ("supply:open",)}),
        ("no_lane", {"sites": ("away",)}),
        ("too_late", {"sources": ("late",)}),
        ("expired", {"sources": ("stale",)}),
        ("earmarked", {"sources": ("given",)}),
        ("substitute_not_allowed", {"items": ("kn95",)}),
    ]


def test_what_is_used_up_or_kept_is_no_obstacle() -> None:
    """A lot earmarked for others and used up by them could not have helped; nor one that the reserve keeps."""
    lots = [
        Supply(id="open", item="mask", site="depot", quantity=10),
        Supply(id="given", item="mask", site="depot", quantity=10, earmark=("h-1",)),
    ]
    plan = solve(masks(None, [30, 30], supplies=lots))
    assert "earmarked" not in dict(told(plan, "d-0"))
    kept = solve(masks(None, [30, 30], supplies=lots, reserves=[Reserve(item="mask", quantity=15)]))
    assert "earmarked" not in dict(told(kept, "d-0"))


# What would help.


def test_units_are_round_and_never_small() -> None:
    assert [round_number(x) for x in (0.0, 1.0, 3.0, 9042.0, 9.7e6, 0.04)] == [0.0, 1.0, 2.0, 10_000.0, 1e7, 0.05]
    plan = solve(masks(500_000, [1_000_000, 2_000_000]))
    assert plan.helps[0].unit == 20_000.0  # 1 % of three million is 30,000, by ratio nearer to 20,000 than to 50,000
    assert solve(masks(10, [30])).helps[0].unit == 1000.0


def test_a_reserve_gives_no_more_than_it_keeps() -> None:
    plan = solve(masks(100, [300], reserves=[Reserve(item="mask", quantity=40)]))
    [reserve] = [row for row in plan.helps if row.limit == "reserve:mask"]
    assert (reserve.unit, reserve.quantity) == (40.0, 40.0)


def test_a_truck_load_is_a_part_of_what_the_site_sends() -> None:
    capacities = [Capacity(site="depot", period=period, volume=9000 if period else 100) for period in range(3)]
    plan = solve(masks(50_000, [30_000], due=2, capacities=capacities))
    [trucks] = plan.helps
    assert (trucks.unit, trucks.quantity) == (1000.0, 1000.0)


def test_lots_of_one_item_are_tried_once() -> None:
    lots = [Supply(id=f"lot-{n}", item="mask", site="depot", quantity=10) for n in range(5)]
    plan = solve(masks(None, [30, 40], supplies=lots))
    assert len(plan.limits) == 5
    assert len([row for row in plan.limits if row.gain]) == len(plan.helps) == 1


def test_helps_are_ranked_by_band_and_by_needs_met() -> None:
    """Grams by the million and a few machines: the needs that they meet compare, the units do not."""
    bands = [Band(name="key points", caps=((1, 1.0),)), Band(name="everyone else", caps=((2, 1.0),))]
    problem = masks(
        None,
        [],
        bands=bands,
        items=[Item(id="rice"), Item(id="machine")],
        supplies=[
            Supply(id="sacks", item="rice", site="depot", quantity=50_000_000),
            Supply(id="machines", item="machine", site="depot", quantity=4),
        ],
    )
    base = masks(0, [1, 1])
    demands = [
        replace(base.demands[0], id="d-rice", item="rice", quantity=100_000_000),
        replace(base.demands[1], id="d-machine", item="machine", quantity=10),
        replace(base.demands[1], id="d-late-machine", item="machine", quantity=10, tier=2),
    ]
    plan = solve(without(problem, facilities=base.facilities, lanes=base.lanes, demands=demands))
    assert [(row.limit, row.unit, row.quantity) for row in plan.helps] == [
        ("supply:machines", 1000.0, 16.0),
        ("supply:sacks", 1_000_000.0, 1_000_000.0),
    ]
    assert plan.helps[0].needs == pytest.approx(1.6)


def test_what_helps_nobody_is_left_out() -> None:
    """More money buys nothing where the offer is exhausted, and more of the offer nothing without money."""
    plan = solve(
        masks(
            0,
            [25],
            offers=[Offer(id="offer", item="mask", site="depot", quantity=5, unit_price=2.0, fund="city")],
            funds=[Fund(id="city", amount=10)],
        )
    )
    assert {row.limit for row in plan.helps} <= {"supply:lot"}
    assert all(row.quantity >= 1 and row.raised for row in plan.helps)


def _parts(problem: Problem) -> list[AnsweredComponent]:
    parts = []
    for network in networks(problem):
        for component in components_of(network):
            answer = answer_component(component, 0.0, SolveStrategy(), Clock())
            short = tuple(shortfalls(component.system, answer.events))
            parts.append(AnsweredComponent(network=network, component=component, answer=answer, short=short))
    return parts


def settled_again(system: LimitSystem) -> Settlement:
    return settle(system, SolveStrategy(), Clock())


@settings(max_examples=60, deadline=None)
@given(problems(items=3))
def test_every_gain_is_that_of_settling_the_whole_again(problem: Problem) -> None:
    """What is settled again is only the part that the limit can reach: the gain must be that of everything."""
    candidates = {row.id: row for row in candidates_of(_parts(problem), 6, DEFAULT.explain)}
    for name, gain in quote_gains(candidates.values(), 0, settled_again, 6, DEFAULT.explain).items():
        (_, _, limit), system = candidates[name].place, candidates[name].system
        before = candidates[name].answer.shares
        bound = system.limit_bound.copy()
        bound[limit] += gain.unit
        after = settle(replace(system, limit_bound=bound), SolveStrategy(method="program"), Clock()).shares
        rise = after[-1] - before[-1]
        assert gain.quantity == pytest.approx(max(0.0, float(rise @ system.demand_quantity)), abs=1e-4)
        assert gain.raised == int((rise > DEFAULT.explain.gain_share_rose).sum())
        bands, _ = np.nonzero(after - before > DEFAULT.explain.gain_share_rose)
        if len(bands):
            assert gain.band == bands.min()


def test_gains_cost_no_more_than_is_allowed() -> None:
    problem = masks(50, [30, 40], lanes=[Lane(site="depot", facility=f"h-{n}") for n in range(2)])
    assert solve(problem, Options(gains_max=0)).helps == ()
    candidates = candidates_of(_parts(problem), 6, DEFAULT.explain)
    assert candidates
    assert quote_gains(candidates, 0, settled_again, 0, DEFAULT.explain) == {}


def test_everyone_below_the_cap_has_a_limit_that_holds_it() -> None:
    plan = solve(masks(50, [25, 35, 40], tiers=[1, 2, 3], bands=[FLOOR, EVERYONE]))
    for row in plan.demands:
        assert row.limits == ("supply:lot",)
