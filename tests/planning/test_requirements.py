"""What a plan takes, held against the facts of the moment: each thing that is gone is named, and nothing else."""

from dataclasses import replace
from datetime import date

import pytest

from app.planning.approval.requirements import FirmShipment, NeedNow, Taken, missing_requirements
from solver import Band, Capacity, Demand, Facility, Fund, Item, Lane, Offer, Problem, Site, Substitution, Supply

SHIPMENT = FirmShipment(
    source="n95/A@wh",
    need=7,
    item="n95",
    wanted_item="n95",
    site="wh",
    facility="hospital",
    period=0,
    due=2,
    units=100,
    counts_for=100,
)
TAKEN = Taken(
    shipments=(SHIPMENT,), purchases={"OF-1": 20}, booked_fen={"city": 1010}, left_fen={"city": 1010}, received={}
)
NEED = NeedNow(label="RQ-1/n95", item="n95", facility="hospital", units=100)
SUPPLY = Supply(id="n95/A@wh", item="n95", site="wh", quantity=100)
OFFER = Offer(id="OF-1", item="n95", site="wh", quantity=20, unit_price=0.505, fund="city", start_period=1)


def problem(**changed: object) -> Problem:
    """A hospital, a lot that is enough, an offer, a lane, a truck with room for exactly what leaves."""
    facts: dict[str, object] = {
        "start": date(2020, 1, 31),
        "periods": 7,
        "items": [Item(id="n95", pack=10, volume=0.5), Item(id="kn95", pack=10, volume=0.5)],
        "sites": [Site(id="wh")],
        "facilities": [Facility(id="hospital"), Facility(id="other")],
        "lanes": [Lane(site="wh", facility="hospital", days=1)],
        "supplies": [SUPPLY],
        "offers": [OFFER],
        "funds": [Fund(id="city", amount=10.0)],
        "demands": [Demand(id="RQ-1/n95", facility="hospital", item="n95", quantity=100, due=2, tier=1)],
        "capacities": [Capacity(site="wh", period=0, volume=50)],
        "substitutions": [],
        "bands": [Band(name="all", caps=((1, 1.0),))],
        **changed,
    }
    return Problem.of(**facts)  # type: ignore[arg-type]


def missing(taken: Taken = TAKEN, needs: dict[int, NeedNow] | None = None, **changed: object) -> list[str]:
    found = missing_requirements(taken, problem(), problem(**changed), {7: NEED} if needs is None else needs)
    return [fault.code for fault in found]


def test_where_everything_is_there_nothing_is_missing() -> None:
    assert missing() == []


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("source_gone", {"supplies": []}),
        ("source_gone", {"supplies": [replace(SUPPLY, quantity=0)]}),
        ("source_short", {"supplies": [replace(SUPPLY, quantity=99)]}),
        ("source_earmarked", {"supplies": [replace(SUPPLY, earmark=("other",))]}),
        ("source_late", {"supplies": [replace(SUPPLY, start_period=1)]}),
        ("source_expires", {"supplies": [replace(SUPPLY, until_period=1)]}),
        ("offer_gone", {"offers": []}),
        ("offer_short", {"offers": [replace(OFFER, quantity=19)]}),
        ("offer_changed", {"offers": [replace(OFFER, unit_price=0.506)]}),
        ("offer_changed", {"offers": [replace(OFFER, start_period=2)]}),
        ("lane_changed", {"lanes": []}),
        ("lane_changed", {"lanes": [Lane(site="wh", facility="hospital", days=3)]}),
        ("trucks_full", {"capacities": [Capacity(site="wh", period=0, volume=49)]}),
        ("pack_changed", {"items": [Item(id="n95", pack=30, volume=0.5), Item(id="kn95", pack=10)]}),
    ],
)
def test_what_is_gone_is_named(code: str, changed: dict[str, object]) -> None:
    assert missing(**changed) == [code]


@pytest.mark.parametrize(
    "more",
    [
        {"supplies": [SUPPLY, Supply(id="n95/B@wh", item="n95", site="wh", quantity=5)]},
        {"supplies": [replace(SUPPLY, quantity=1_000)]},
        {"capacities": []},
        {"funds": [Fund(id="city", amount=0.0)]},  # what is left is compared in fen, beside the problem
        {"offers": [OFFER, replace(OFFER, id="OF-2")]},
    ],
)
def test_more_is_never_in_the_way(more: dict[str, object]) -> None:
    assert missing(**more) == []


def test_a_need_may_grow_and_not_shrink_below_what_it_gets() -> None:
    assert missing(needs={7: replace(NEED, units=101)}) == []
    assert missing(needs={7: replace(NEED, units=99)}) == ["need_lowered"]
    assert missing(needs={}) == ["need_gone"]


def test_money_is_compared_in_the_fen_in_which_it_is_booked() -> None:
    assert missing(replace(TAKEN, left_fen={"city": 1009})) == ["fund_short"]
    assert missing(replace(TAKEN, left_fen={})) == ["fund_short"]


def test_an_arrival_that_has_come_in_is_still_there() -> None:
    assert missing(replace(TAKEN, received={"n95/A@wh": 100}), supplies=[]) == []
    assert missing(replace(TAKEN, received={"n95/A@wh": 99}), supplies=[]) == ["source_short"]


def test_a_substitute_must_still_be_allowed() -> None:
    swapped = replace(TAKEN, shipments=(replace(SHIPMENT, item="kn95", source="kn95/K@wh"),))
    supplies = [Supply(id="kn95/K@wh", item="kn95", site="wh", quantity=100)]
    allowed = Substitution(item="kn95", serves="n95", ratio=1.0, facilities=("hospital",))
    before = problem(supplies=supplies, substitutions=[allowed])
    now = problem(supplies=supplies)
    assert missing_requirements(swapped, before, before, {7: NEED}) == []
    assert [fault.code for fault in missing_requirements(swapped, before, now, {7: NEED})] == ["substitute_forbidden"]


def test_a_tier_that_leaders_changed_is_named() -> None:
    raised = Demand(id="RQ-1/n95", facility="hospital", item="n95", quantity=100, due=2, tier=2)
    assert missing(demands=[raised], bands=[Band(name="all", caps=((1, 1.0), (2, 1.0)))]) == ["tier_changed"]
