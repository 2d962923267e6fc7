"""What a directive may say, what there is for it, which lots serve it, and the band before all others."""

from datetime import date

import pytest

import solver
from app.planning.directives.rules import (
    FreeUnits,
    Stock,
    Wish,
    bands_before_policy,
    costs_of,
    directives_first,
    pick_lots,
    stock_faults,
    wish_faults,
    without_directives,
)

TODAY = date(2020, 1, 31)


def wish(quantity: int = 100, *, day: date = TODAY, at_once: bool = True, reserve: bool = False) -> Wish:
    return Wish(
        item="n95",
        facility="third",
        quantity=quantity,
        pack_units=10,
        needed_by=day,
        at_once=at_once,
        may_use_reserve=reserve,
    )


def lot(key: int, units: int, *, expiry: date | None = None, lead: int = 0, mine: bool = False) -> FreeUnits:
    return FreeUnits(
        lot_id=key,
        warehouse_id=1,
        source_key=f"n95/{key}@wh",
        units=units,
        expiry_date=expiry,
        lead_days=lead,
        is_earmarked=mine,
    )


def stock(*units: int, elsewhere: int = 0, reserve: int = 0, coming: int = 0) -> Stock:
    lots = tuple(lot(n, one) for n, one in enumerate(units, 1))
    return Stock(lots=lots, elsewhere_units=elsewhere, reserve_units=reserve, coming_units=coming)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (wish(), []),
        (wish(day=date(2020, 1, 30)), ["day_gone"]),
        (wish(105), ["not_whole_packs"]),
        (wish(at_once=False, reserve=True), ["reserve_needs_at_once"]),
        (
            wish(5, day=date(2019, 1, 1), at_once=False, reserve=True),
            ["day_gone", "not_whole_packs", "reserve_needs_at_once"],
        ),
    ],
)
def test_what_a_directive_may_say(said: Wish, codes: list[str]) -> None:
    assert [fault.code for fault in wish_faults(said, TODAY)] == codes


@pytest.mark.parametrize(
    ("said", "there", "told"),
    [
        (wish(100), stock(60, 40), []),
        (wish(110), stock(60, 40), [("directive_beyond_stock", 100)]),
        (wish(100), stock(60, 40, reserve=30), [("directive_needs_reserve", 70)]),
        (wish(100, reserve=True), stock(60, 40, reserve=30), []),
        (wish(100), stock(60, 40, elsewhere=30, reserve=30), []),  # the reserve is kept elsewhere
        (wish(110, reserve=True), stock(60, 40, reserve=30), [("directive_beyond_stock", 100)]),
        (wish(100, at_once=False), stock(60, coming=40), []),
        (wish(110, at_once=False), stock(60, coming=40), [("directive_beyond_supply", 60)]),
    ],
)
def test_a_directive_beyond_stock_is_told_what_there_is(said: Wish, there: Stock, told: list[tuple[str, int]]) -> None:
    assert [(fault.code, fault.params["available"]) for fault in stock_faults(said, there)] == told


def test_lots_given_for_it_go_first_then_those_that_expire_first() -> None:
    lots = [
        lot(1, 50),
        lot(2, 50, expiry=date(2020, 3, 1)),
        lot(3, 50, expiry=date(2020, 2, 1), lead=1),
        lot(4, 20, mine=True),
    ]
    assert [(one.lot_id, units) for one, units in pick_lots(lots, 140, 10)] == [(4, 20), (3, 50), (2, 50), (1, 20)]


def test_packs_are_broken_only_where_there_is_nothing_else() -> None:
    lots = [lot(1, 15), lot(2, 25)]
    assert [(one.lot_id, units) for one, units in pick_lots(lots, 30, 10)] == [(1, 10), (2, 20)]
    assert [(one.lot_id, units) for one, units in pick_lots(lots, 40, 10)] == [(1, 15), (2, 25)]


def problem() -> solver.Problem:
    """Two alike ask for 100 of the 100 that there are."""
    return solver.Problem.of(
        start=TODAY,
        periods=1,
        items=[solver.Item(id="n95", pack=10)],
        sites=[solver.Site(id="wh")],
        facilities=[solver.Facility(id="a"), solver.Facility(id="b")],
        lanes=[solver.Lane(site="wh", facility="a"), solver.Lane(site="wh", facility="b")],
        supplies=[solver.Supply(id="lot", item="n95", site="wh", quantity=100)],
        demands=[solver.Demand(id=one, facility=one, item="n95", quantity=100, due=0, tier=1) for one in ("a", "b")],
        bands=[solver.Band(name="all", caps=((1, 1.0),))],
    )


def given(asked: solver.Problem) -> dict[str, float]:
    return {one.demand: one.quantity for one in solver.solve(asked).demands}


def test_a_directive_is_served_before_all_bands() -> None:
    plain = problem()
    first = directives_first(plain, {"b"})
    assert bands_before_policy(plain) == 0
    assert bands_before_policy(first) == 1
    assert given(plain) == {"a": 50, "b": 50}
    assert given(first) == {"a": 0, "b": 100}
    without = without_directives(first)
    assert without.bands == plain.bands
    assert given(without) == {"a": 100}
    assert directives_first(plain, ()) is plain


def test_what_it_costs_the_others_is_the_difference() -> None:
    assert costs_of({"a": 0, "c": 5}, {"a": 100, "c": 5, "gone": 1}) == {"a": 100}
