"""Whole plans: edge cases that must be proper plans, promises that hold for every problem, named errors."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver import (
    Band,
    Capacity,
    Fund,
    Item,
    Lane,
    Offer,
    Options,
    Problem,
    Substitution,
    Supply,
    check,
    solve,
)
from solver.model.plan import DemandOutcome, Plan
from tests.solver.cases import (
    EVERYONE,
    FLOOR,
    KEY_POINTS,
    THE_REST,
    fields_of,
    masks,
    plain_bytes,
    with_more_stock,
    without,
)
from tests.solver.problem_strategies import problems

QUIET = Options(gains_max=0)


@st.composite
def packed_problems(draw: st.DrawFn) -> Problem:
    """Problems whose items come in packs of different sizes."""
    problem = draw(problems(items=3))
    packs = st.sampled_from((1, 1, 2, 5, 12))
    return without(problem, items=[replace(item, pack=draw(packs)) for item in problem.items])


def outcome(plan: Plan, demand: str = "d-0") -> DemandOutcome:
    return next(row for row in plan.demands if row.demand == demand)


def codes(plan: Plan) -> list[str]:
    return [reason.code for reason in outcome(plan).reasons]


def params(plan: Plan, code: str, demand: str = "d-0") -> dict[str, Any]:
    return next(dict(reason.params) for reason in outcome(plan, demand).reasons if reason.code == code)


# Each of these gives a proper plan with reasons.


def test_zero_stock() -> None:
    plan = solve(masks(0, [25, 35]))
    assert outcome(plan).shares == (0.0,)
    assert outcome(plan).limits == ("supply:lot",)
    assert codes(plan) == ["supply_used_up", "shared_with"]
    assert plan.shipments == ()
    assert plan.helps[0].limit == "supply:lot"
    assert plan.helps[0].after == 1.0


def test_nothing_asked() -> None:
    plan = solve(masks(50, []))
    assert (plan.demands, plan.shipments, plan.purchases) == ((), (), ())


def test_nothing_at_all() -> None:
    plan = solve(masks(None, [], bands=[]))
    assert (plan.demands, plan.bands, plan.cost) == ((), (), 0.0)


def test_no_bands() -> None:
    plan = solve(masks(50, [25], bands=[]))
    assert outcome(plan).shares == ()
    assert codes(plan) == ["no_band"]


def test_more_stock_than_need() -> None:
    plan = solve(masks(1000, [25, 35], tiers=[1, 2], bands=[FLOOR, KEY_POINTS, THE_REST]))
    assert [row.shares[-1] for row in plan.demands] == [1.0, 1.0]
    assert [row.quantity for row in plan.demands] == [25, 35]
    assert plan.limits == ()
    assert not any(row.limits or row.reasons for row in plan.demands)


def test_a_need_below_one_pack() -> None:
    plan = solve(masks(40, [3], pack=20))
    assert outcome(plan).shares == (1.0,)
    assert outcome(plan).quantity == 20


def test_less_stock_than_one_pack() -> None:
    plan = solve(masks(19, [30], pack=20))
    assert outcome(plan).shares[0] == pytest.approx(19 / 30)
    assert outcome(plan).quantity == 0


def test_no_lane() -> None:
    plan = solve(masks(50, [25, 35], lanes=[Lane(site="depot", facility="h-1")]))
    assert outcome(plan, "d-0").shares == (0.0,)
    assert params(plan, "no_lane") == {"sites": ("depot",)}
    assert outcome(plan, "d-1").shares == (1.0,)


def test_no_source_of_the_item() -> None:
    assert params(solve(masks(None, [25])), "no_source") == {"item": "mask"}


def test_all_lots_expired() -> None:
    lots = [Supply(id=f"lot-{n}", item="mask", site="depot", quantity=9, until_period=0) for n in range(2)]
    plan = solve(masks(None, [25], due=2, supplies=lots))
    assert params(plan, "expired") == {"sources": ("lot-0", "lot-1")}
    assert plan.cost == pytest.approx(2 * 9 * 2.0)  # all of it spoils


def test_all_lots_earmarked_for_others() -> None:
    lot = Supply(id="lot", item="mask", site="depot", quantity=90, earmark=("h-1",))
    plan = solve(masks(None, [25, 35], supplies=[lot]))
    assert params(plan, "earmarked", "d-0") == {"sources": ("lot",)}
    assert outcome(plan, "d-1").shares == (1.0,)


def test_everything_comes_too_late() -> None:
    lot = Supply(id="lot", item="mask", site="depot", quantity=90, start_period=1)
    assert params(solve(masks(None, [25], supplies=[lot])), "too_late") == {"sources": ("lot",)}


def test_two_bands_naming_the_same_tier() -> None:
    bands = [Band(name="half", caps=((1, 0.5),)), Band(name="again half", caps=((1, 0.5),)), EVERYONE]
    assert outcome(solve(masks(15, [25], bands=bands))).shares == (0.5, 0.5, 0.6)


def test_a_fund_of_zero() -> None:
    plan = solve(
        masks(
            0,
            [25],
            offers=[Offer(id="offer", item="mask", site="depot", quantity=50, unit_price=2.0, fund="city")],
            funds=[Fund(id="city", amount=0)],
        )
    )
    assert outcome(plan).quantity == 0
    assert codes(plan) == ["supply_used_up", "fund_spent"]
    assert plan.purchases == ()


def test_trucks_without_room() -> None:
    plan = solve(masks(50, [25], capacities=[Capacity(site="depot", period=0, volume=0)]))
    assert codes(plan) == ["trucks_full"]
    assert outcome(plan).limits == ("capacity:depot:0",)


def test_a_tier_that_no_band_names() -> None:
    plan = solve(masks(50, [25, 25], tiers=[1, 7]))
    assert outcome(plan, "d-1").shares == (0.0,)
    assert params(plan, "no_band", "d-1") == {"tier": 7}


def test_a_policy_that_stops_below_the_whole() -> None:
    plan = solve(masks(50, [25], bands=[FLOOR]))
    assert outcome(plan).shares == (0.5,)
    assert params(plan, "policy_cap") == {"cap": 0.5}


# Worked cases.


def test_equal_shares() -> None:
    plan = solve(masks(50, [25, 35, 40]))
    relaxed = {row.demand: row.quantity for row in plan.relaxed}
    assert relaxed == pytest.approx({"d-0": 12.5, "d-1": 17.5, "d-2": 20.0})
    assert [row.quantity for row in plan.demands] in ([13, 17, 20], [12, 18, 20])


def test_kn95_never_reaches_a_designated_hospital_that_may_not_use_it() -> None:
    problem = masks(
        None,
        [100, 100],
        items=[Item(id="kn95")],
        supplies=[
            Supply(id="masks", item="mask", site="depot", quantity=60),
            Supply(id="kn95s", item="kn95", site="depot", quantity=500),
        ],
        substitutions=[Substitution(item="kn95", serves="mask", facilities=("h-1",))],
    )
    plan = solve(problem)
    assert {row.demand for row in plan.shipments if row.source == "kn95s"} == {"d-1"}
    assert [row.shares[0] for row in plan.demands] == pytest.approx([0.6, 1.0])
    bare = solve(without(problem, supplies=problem.supplies[:1]))
    assert params(bare, "substitute_not_allowed") == {"items": ("kn95",)}


def test_an_earmark_is_kept() -> None:
    """1,000 units given for three hospitals reach 300, 300 and 400, and nobody else."""
    given_for = [
        Supply(id=f"gift-{n}", item="mask", site="depot", quantity=units, earmark=(f"h-{n}",))
        for n, units in enumerate((300, 300, 400))
    ]
    plan = solve(masks(None, [500, 500, 500, 500], supplies=given_for))
    got: dict[str, int] = defaultdict(int)
    for row in plan.shipments:
        got[row.demand] += row.quantity
    assert got == {"d-0": 300, "d-1": 300, "d-2": 400}


def test_purchases_stay_within_the_fund() -> None:
    plan = solve(
        masks(
            10,
            [25, 35],
            offers=[Offer(id="offer", item="mask", site="depot", quantity=50, unit_price=2.5, fund="city")],
            funds=[Fund(id="city", amount=64)],
        )
    )
    [purchase] = plan.purchases
    assert purchase.quantity == 25
    assert plan.helps[0].limit == "fund:city"


# What holds for every problem.


@settings(max_examples=100, deadline=None)
@given(packed_problems())
def test_whole_plans_conserve_and_keep_caps(problem: Problem) -> None:
    plan = solve(problem, QUIET)  # solve proves the plan with check_plan before it returns
    sent: dict[str, int] = defaultdict(int)
    for row in plan.shipments:
        sent[row.source] += row.quantity
    bought = {row.offer: row.quantity for row in plan.purchases}
    assert all(sent[row.id] <= row.quantity for row in problem.supplies)
    assert all(sent[row.id] == bought.get(row.id, 0) <= row.quantity for row in problem.offers)
    asked = {row.id: row for row in problem.demands}
    for row in plan.demands:
        highest = 0.0
        for share, caps in zip(row.shares, problem.band_caps(), strict=True):
            highest = max(highest, caps.get(asked[row.demand].tier, 0.0))
            assert -1e-12 <= share <= highest + 1e-9
        assert list(row.shares) == sorted(row.shares)
        if row.shares and row.shares[-1] < 1 - 1e-6:
            assert row.reasons


@settings(max_examples=60, deadline=None)
@given(problems(items=2), st.data())
def test_more_stock_never_lowers_the_sorted_shares(problem: Problem, data: st.DataObject) -> None:
    """In the first band, compared as leximin does: the first sorted outcome that differs is higher."""
    assume(problem.supplies)
    supply = data.draw(st.sampled_from([row.id for row in problem.supplies]))
    more = with_more_stock(problem, supply, data.draw(st.integers(1, 30)))
    caps = problem.band_caps()[0]

    def outcomes(of: Problem) -> list[float]:
        tiers = {row.id: row.tier for row in of.demands}
        rows = [(row.shares[0], caps.get(tiers[row.demand], 0.0)) for row in solve(of, QUIET).demands]
        return sorted(round(min(1.0, share / cap), 6) for share, cap in rows if cap > 0)

    assert outcomes(more) >= outcomes(problem)


@settings(max_examples=60, deadline=None)
@given(packed_problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_does_not_matter(problem: Problem, chance: Any) -> None:
    shuffled = fields_of(problem)
    for name, value in shuffled.items():
        if isinstance(value, tuple) and name != "bands":
            rows = list(value)
            chance.shuffle(rows)
            shuffled[name] = rows
    assert plain_bytes(solve(Problem.of(**shuffled))) == plain_bytes(solve(problem))


@settings(max_examples=60, deadline=None)
@given(problems(items=2))
def test_the_fast_ways_and_the_program_agree(problem: Problem) -> None:
    fast, slow = solve(problem, QUIET), solve(problem, replace(QUIET, method="program"))
    for one, other in zip(fast.demands, slow.demands, strict=True):
        assert one.shares == pytest.approx(other.shares, abs=1e-6)
    assert fast.cost == pytest.approx(slow.cost, rel=1e-6, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(packed_problems(), st.data())
def test_check_rejects_a_damaged_plan(problem: Problem, data: st.DataObject) -> None:
    plan = solve(problem, QUIET)
    assume(plan.shipments)
    at = data.draw(st.integers(0, len(plan.shipments) - 1))
    row = plan.shipments[at]
    more = data.draw(st.sampled_from((-row.quantity, -1, 1, 10**6)))
    shipments = (*plan.shipments[:at], replace(row, quantity=row.quantity + more), *plan.shipments[at + 1 :])
    assert check(problem, replace(plan, shipments=shipments))
    asked = next(place for place, each in enumerate(plan.demands) if each.demand == row.demand)
    told = plan.demands[asked]
    raised = replace(told, shares=(*told.shares[:-1], min(1.0, told.shares[-1]) + 0.01))
    assert check(problem, replace(plan, demands=(*plan.demands[:asked], raised, *plan.demands[asked + 1 :])))
