"""Funds that are booked in whole fen: what plans buy of them, and what the proof lets pass."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.procurement.money import line_amount_fen
from solver import Fund, Offer, Options, Problem, check, solve
from solver.model.plan import Plan
from solver.verify.facts import booked_yuan
from tests.solver.cases import masks, without
from tests.solver.problem_strategies import problems

QUIET = Options(gains_max=0)


def twenty_offers(amount: float, *, rounding: str | None = "fen", price: float = 0.505, units: int = 1) -> Problem:
    offers = [
        Offer(id=f"o-{n:02d}", item="mask", site="depot", quantity=units, unit_price=price, fund="city")
        for n in range(20)
    ]
    return masks(None, [20 * units], offers=offers, funds=[Fund(id="city", amount=amount, rounding=rounding)])


def booked_fen(problem: Problem, plan: Plan) -> int:
    """What orders would book of the fund, by the service's own arithmetic."""
    prices = {offer.id: round(offer.unit_price * 1_000_000) for offer in problem.offers}
    return sum(line_amount_fen(prices[row.offer], row.quantity) for row in plan.purchases)


def test_twenty_offers_at_half_a_fen_more_than_the_fund_can_book() -> None:
    """Twenty times 0.505 yuan are 10.10, booked as twenty times 0.51: the fund of 10.10 pays for nineteen."""
    problem = twenty_offers(10.10)
    plan = solve(problem, QUIET)
    assert booked_fen(problem, plan) == 19 * 51
    assert len(plan.purchases) == 19
    assert [row.quantity for row in plan.demands] == [19]
    assert booked_fen(problem, solve(twenty_offers(10.10, rounding=None), QUIET)) == 1020
    assert booked_fen(problem, solve(twenty_offers(10.20), QUIET)) == 1020


def test_rounding_down_is_no_loss() -> None:
    """Twenty times 0.504 yuan are 10.08, booked as twenty times 0.50: the exact sum bounds the relaxed plan alone."""
    problem = twenty_offers(10.08, price=0.504)
    plan = solve(problem, QUIET)
    assert len(plan.purchases) == 20
    assert booked_fen(problem, plan) == 1000


def test_large_lines_lose_no_more_than_they_must() -> None:
    """A thousand packs at 0.505 are one line of 505 yuan, not a thousand of 0.51."""
    problem = twenty_offers(10_100, units=1_000)
    assert sum(row.quantity for row in solve(problem, QUIET).purchases) == 20_000


def test_a_plan_that_overdraws_the_fund_in_booked_fen_is_refused() -> None:
    problem, exactly = twenty_offers(10.10), twenty_offers(10.10, rounding=None)
    plan = solve(problem, QUIET)
    greedy = replace(solve(exactly, QUIET), problem_digest=plan.problem_digest)
    [found] = check(problem, greedy)
    assert found.code == "fund_exceeded"
    assert dict(found.params) == {"fund": "city", "used": 10.2, "bound": 10.1}


def test_a_plan_that_leaves_a_pack_which_the_fund_can_book_is_refused() -> None:
    problem = twenty_offers(10.10)
    plan = solve(problem, QUIET)
    dropped = plan.shipments[0].source
    poorer = replace(
        plan,
        shipments=plan.shipments[1:],
        purchases=tuple(row for row in plan.purchases if row.offer != dropped),
        demands=tuple(replace(row, quantity=18) for row in plan.demands),
    )
    assert "pack_left_behind" in {found.code for found in check(problem, poorer)}


@pytest.mark.parametrize("units", [1, 3, 999, 10**9])
@pytest.mark.parametrize("price", [1, 5_000, 504_999, 505_000, 999_999_999])
def test_the_proof_books_like_the_service(price: int, units: int) -> None:
    assert booked_yuan(Fraction(price * units, 1_000_000)) * 100 == line_amount_fen(price, units)


@settings(max_examples=150, deadline=None)
@given(problems(items=3), st.data())
def test_no_fund_is_overdrawn_and_shares_are_those_without_rounding(problem: Problem, data: st.DataObject) -> None:
    price = st.sampled_from((0.004, 0.005, 0.505, 1.115, 4.0))
    packs = st.sampled_from((1, 2, 5))
    exactly = without(
        problem,
        items=[replace(item, pack=data.draw(packs)) for item in problem.items],
        offers=[replace(offer, unit_price=data.draw(price), fund="city") for offer in problem.offers],
        funds=[Fund(id="city", amount=data.draw(st.integers(0, 3_000)) / 100)],
    )
    booked = without(exactly, funds=[replace(fund, rounding="fen") for fund in exactly.funds])
    plan = solve(booked, QUIET)
    assert booked_fen(booked, plan) <= round(booked.funds[0].amount * 100)
    assert check(booked, plan) == ()
    assert [row.shares for row in plan.demands] == [row.shares for row in solve(exactly, QUIET).demands]
