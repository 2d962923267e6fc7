"""The check accepts every plan that is made, and no damaged one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from solver import Fund, Offer, Options, Problem, Reserve, Shipment, Supply, check, solve
from solver.formats.problem_json import problem_digest
from solver.model.plan import Plan
from tests.solver.cases import FLOOR, KEY_POINTS, THE_REST, masks, tuned, without
from tests.solver.problem_strategies import problems

MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
PACKS = st.lists(st.sampled_from([1, 2, 5, 12]), min_size=2, max_size=2)


def unchecked(problem: Problem) -> Plan:
    return solve(problem, Options(check=False, gains_max=0))


def in_packs(problem: Problem, packs: list[int]) -> Problem:
    items = [replace(item, pack=pack) for item, pack in zip(problem.items, packs, strict=False)]
    return without(problem, items=items)


def codes(problem: Problem, plan: Plan) -> set[str]:
    return {finding.code for finding in check(problem, plan)}


def uncertified(plan: Plan) -> Plan:
    return replace(plan, certificates=(), relaxed=())


@settings(MANY, max_examples=100)
@given(problem=problems(), packs=PACKS)
def test_every_plan_is_proved_by_its_certificates(problem: Problem, packs: list[int]) -> None:
    problem = in_packs(problem, packs)
    assert check(problem, unchecked(problem)) == ()


@settings(MANY, max_examples=40)
@given(problem=problems())
def test_every_plan_is_proved_by_probing(problem: Problem) -> None:
    assert check(problem, uncertified(unchecked(problem))) == ()


def test_a_probe_that_takes_too_long_proves_nothing() -> None:
    problem = masks(70, [100, 40])
    plan = replace(unchecked(problem), certificates=())
    assert codes(problem, plan) == set()
    found = check(problem, plan, tuned(proof={"probe_seconds": 0.0}))
    assert {finding.code for finding in found} == {"probe_failed"}


# -------------------------------------------------------------------------------------------------- damaged plans


def one_shipment_more(plan: Plan, problem: Problem, at: int) -> Plan:
    pack_of = {item.id: item.pack for item in problem.items}
    source = {row.id: pack_of[row.item] for row in (*problem.supplies, *problem.offers)}
    rows = list(plan.shipments)
    rows[at] = replace(rows[at], quantity=rows[at].quantity + source[rows[at].source])
    return replace(plan, shipments=tuple(rows))


def with_outcome(plan: Plan, at: int, **changes: object) -> Plan:
    rows = list(plan.demands)
    rows[at] = replace(rows[at], **changes)  # type: ignore[arg-type]
    return replace(plan, demands=tuple(rows))


@settings(MANY, max_examples=100)
@given(problem=problems(), packs=PACKS, data=st.data())
def test_a_changed_shipment_is_found(problem: Problem, packs: list[int], data: st.DataObject) -> None:
    problem = in_packs(problem, packs)
    plan = unchecked(problem)
    assume(plan.shipments)
    at = data.draw(st.integers(0, len(plan.shipments) - 1))
    assert check(problem, one_shipment_more(plan, problem, at))
    assert check(problem, replace(plan, shipments=plan.shipments[:at] + plan.shipments[at + 1 :]))
    late = replace(plan.shipments[at], period=problem.periods)
    assert check(problem, replace(plan, shipments=(*plan.shipments[:at], late, *plan.shipments[at + 1 :])))


@settings(MANY, max_examples=100)
@given(problem=problems(), data=st.data(), certified=st.booleans())
def test_a_raised_or_lowered_share_is_found(problem: Problem, data: st.DataObject, certified: bool) -> None:
    plan = unchecked(problem)
    at = data.draw(st.integers(0, len(plan.demands) - 1))
    shares = plan.demands[at].shares
    step = data.draw(st.sampled_from([0.01, -0.01, 1e-4, -1e-4]))
    assume(0 <= shares[-1] + step <= 1)
    damaged = with_outcome(plan, at, shares=(*shares[:-1], shares[-1] + step))
    if not certified:
        # Levels told to fit: only a program can show what is wrong.
        damaged = replace(uncertified(damaged), bands=told_levels(problem, damaged))
    assert check(problem, damaged)


def told_levels(problem: Problem, plan: Plan) -> tuple[object, ...]:
    shares = {row.demand: row.shares for row in plan.demands}
    bands = []
    for number, band in enumerate(plan.bands):
        caps = problem.band_caps()[number]
        served = [(d, caps[d.tier]) for d in problem.demands if caps.get(d.tier, 0.0) > 0]
        levels = {min(1.0, shares[demand.id][number] / cap) for demand, cap in served}
        bands.append(replace(band, levels=tuple(sorted(levels))))
    return tuple(bands)


@settings(MANY, max_examples=60)
@given(problem=problems(), certified=st.booleans())
def test_a_fair_plan_of_half_the_stock_is_not_fair(problem: Problem, certified: bool) -> None:
    halved = [replace(row, quantity=row.quantity // 2) for row in problem.supplies]
    less = unchecked(without(problem, supplies=halved))
    most = unchecked(problem)
    last = [row.shares[-1] for row in less.demands]
    assume(any(row.shares[-1] > share + 1e-4 for row, share in zip(most.demands, last, strict=True)))
    plan = replace(less, problem_digest=problem_digest(problem))
    found = codes(problem, plan if certified else uncertified(plan))
    assert found & {"not_fair", "not_proved"}


@settings(MANY, max_examples=60)
@given(problem=problems(), data=st.data())
def test_a_tampered_certificate_is_found(problem: Problem, data: st.DataObject) -> None:
    plan = unchecked(problem)
    assume(plan.certificates)
    at = data.draw(st.integers(0, len(plan.certificates) - 1))
    event = plan.certificates[at]
    assume(event.duals)
    tampered = {
        "level": replace(event, level=event.level + 0.01),
        "negative": replace(event, duals=tuple((limit, -value - 1) for limit, value in event.duals)),
        "stranger": replace(event, demands=("nobody",)),
        "limit": replace(event, duals=(("supply:nothing", event.duals[0][1] + 1),)),
        "band": replace(event, band=len(problem.bands)),
    }
    for how, changed in tampered.items():
        damaged = replace(plan, certificates=(*plan.certificates[:at], changed, *plan.certificates[at + 1 :]))
        assert check(problem, damaged), how


def proved_case() -> tuple[Problem, Plan]:
    """A plan with everything in it: a purchase, a reserve, a lot that nobody else may have, three bands."""
    problem = masks(
        None,
        [300, 500, 400],
        tiers=[1, 2, 3],
        bands=[FLOOR, KEY_POINTS, THE_REST],
        pack=10,
        supplies=[
            Supply(id="lot", item="mask", site="depot", quantity=400, until_period=1),
            Supply(id="gift", item="mask", site="depot", quantity=100, earmark=("h-2",)),
        ],
        offers=[Offer(id="offer", item="mask", site="depot", quantity=200, unit_price=1.5, fund="city")],
        funds=[Fund(id="city", amount=150.0)],
        reserves=[Reserve(item="mask", quantity=50)],
    )
    plan = solve(problem)
    assert plan.purchases
    assert len(plan.certificates) > 1
    return problem, plan


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda plan: replace(plan, problem_digest="sha256:0"), "digest_mismatch"),
        (lambda plan: replace(plan, demands=plan.demands[1:]), "missing_demand"),
        (lambda plan: replace(plan, demands=(*plan.demands, plan.demands[0])), "duplicate_demand"),
        (lambda plan: with_outcome(plan, 0, demand="nobody"), "unknown_demand"),
        (lambda plan: with_outcome(plan, 0, shares=()), "shares_incomplete"),
        (lambda plan: replace(plan, status="fine"), "unknown_status"),
        (lambda plan: with_outcome(plan, 0, quantity=plan.demands[0].quantity + 10), "quantity_mismatch"),
        (lambda plan: with_outcome(plan, 1, shares=(0.3, 0.2, 0.3)), "share_falls"),
        (lambda plan: with_outcome(plan, 1, shares=(0.4, 0.4, 0.4)), "share_above_cap"),
        (lambda plan: replace(plan, purchases=()), "purchase_short"),
        (lambda plan: replace(plan, purchases=(replace(plan.purchases[0], quantity=110),)), "fund_exceeded"),
        (lambda plan: replace(plan, purchases=(replace(plan.purchases[0], quantity=201),)), "offer_exceeded"),
        (lambda plan: replace(plan, purchases=(replace(plan.purchases[0], quantity=101),)), "purchase_unneeded"),
        (lambda plan: replace(plan, purchases=plan.purchases * 2), "duplicate_purchase"),
        (lambda plan: replace(plan, purchases=(replace(plan.purchases[0], offer="lot"),)), "unknown_purchase"),
        (lambda plan: replace(plan, purchases=(replace(plan.purchases[0], quantity=-1),)), "purchase_not_whole"),
        (lambda plan: replace(plan, shipments=plan.shipments * 2), "duplicate_shipment"),
        (lambda plan: ship(plan, "gift", "d-0", 10), "shipment_not_allowed"),
        (lambda plan: ship(plan, "lot", "d-9", 10), "unknown_shipment"),
        (lambda plan: ship(plan, "lot", "d-0", 5), "not_whole_packs"),
        (lambda plan: ship(plan, "lot", "d-0", -10), "not_whole_packs"),
        (lambda plan: ship(plan, "lot", "d-1", 400), "supply_exceeded"),
        (lambda plan: ship(plan, "lot", "d-1", 400), "reserve_broken"),
        (lambda plan: ship(plan, "lot", "d-0", 400), "demand_overserved"),
        (lambda plan: ship(plan, "offer", "d-1", 300), "offer_exceeded"),
        (lambda plan: replace(plan, cost=plan.cost + 1), "cost_mismatch"),
        (lambda plan: replace(plan, bands=plan.bands[1:]), "bands_mismatch"),
        (lambda plan: with_levels(plan, 2, (0.01,)), "level_unknown"),
        (lambda plan: with_levels(plan, 2, ()), "level_missing"),
        (lambda plan: with_levels(plan, 2, (0.9, 0.1)), "levels_descend"),
        (lambda plan: replace(plan, relaxed=plan.relaxed[1:]), "share_not_attained"),
        (lambda plan: replace(plan, relaxed=(*plan.relaxed, *plan.relaxed)), "relaxed_over_limit"),
        (lambda plan: replace(plan, relaxed=(replace(plan.relaxed[0], period=9),)), "relaxed_not_allowed"),
        (lambda plan: replace(plan, certificates=plan.certificates * 2), "settled_twice"),
    ],
)
def test_each_damage_has_its_name(damage: object, code: str) -> None:
    problem, plan = proved_case()
    assert check(problem, plan) == ()
    assert code in codes(problem, damage(plan))  # type: ignore[operator]


def ship(plan: Plan, source: str, demand: str, quantity: int) -> Plan:
    row = Shipment(source=source, demand=demand, period=1, quantity=quantity)
    return replace(plan, shipments=(*plan.shipments, row))


def with_levels(plan: Plan, band: int, levels: tuple[float, ...]) -> Plan:
    bands = list(plan.bands)
    bands[band] = replace(bands[band], levels=levels)
    return replace(plan, bands=tuple(bands))
