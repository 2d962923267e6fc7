"""From problem to problem: each kind of change, and what is refused; and how long a tier holds."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import InvalidInputError
from app.partners.types import SupplyChannel
from app.planning.plans.comparison import Outcome
from app.planning.scenarios.changes import changed_problem
from app.planning.scenarios.cover import tier_covers
from app.planning.scenarios.schemas import NewScenario, ScenarioChange
from solver import (
    Band,
    Capacity,
    Demand,
    Facility,
    Item,
    Lane,
    Offer,
    Problem,
    Site,
    Supply,
    parse_problem,
    problem_to_json,
)

START = date(2020, 1, 31)
PROBLEM = Problem.of(
    start=START,
    periods=7,
    items=[Item(id="mask"), Item(id="suit")],
    sites=[Site(id="east"), Site(id="west")],
    facilities=[Facility(id="a"), Facility(id="b")],
    lanes=[Lane(site=site, facility=facility) for site in ("east", "west") for facility in ("a", "b")],
    supplies=[
        Supply(id="mask/L1@east", item="mask", site="east", quantity=100),
        Supply(id="PO-1/mask", item="mask", site="east", quantity=200, start_period=2),
        Supply(id="PL-1/suit", item="suit", site="west", quantity=50, start_period=5, until_period=6),
    ],
    offers=[Offer(id="OF-1", item="suit", site="west", quantity=30, start_period=1)],
    demands=[
        Demand(id="R1/mask/2020-02-02", facility="a", item="mask", quantity=101, due=2, tier=1),
        Demand(id="R2/mask/2020-02-03", facility="b", item="mask", quantity=7, due=3, tier=2),
        Demand(id="R2/suit/2020-02-05", facility="b", item="suit", quantity=40, due=6, tier=2),
    ],
    capacities=[Capacity(site="west", period=0, volume=10.0)],
    bands=[Band(name="floor", caps=((1, 0.5), (2, 0.3))), Band(name="rest", caps=((1, 1.0), (2, 1.0)))],
)
CHANNELS = {
    "PO-1/mask": SupplyChannel.MARKET_PURCHASE, "PL-1/suit": SupplyChannel.DONATION, "OF-1": SupplyChannel.DONATION,
}  # fmt: skip


def read(*changes: dict[str, Any]) -> list[ScenarioChange]:
    return NewScenario.model_validate({"title": "t", "base_plan": "P", "changes": list(changes)}).changes


def after(*changes: dict[str, Any]) -> Problem:
    problem = changed_problem(PROBLEM, read(*changes), CHANNELS)
    # Whatever changes make is a proper problem, in the order of one.
    assert parse_problem(problem_to_json(problem)) == problem
    return problem


def quantities(problem: Problem) -> dict[str, int]:
    return {one.id.rpartition("/")[0]: one.quantity for one in problem.demands}


def sources(problem: Problem) -> dict[str, tuple[int, int]]:
    return {one.id: (one.start_period, one.quantity) for one in (*problem.supplies, *problem.offers)}


BASE = quantities(PROBLEM)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"percent": 30}, {"R1/mask": 132, "R2/mask": 10, "R2/suit": 52}),  # rounded up
        ({"percent": 30, "tier": 1}, BASE | {"R1/mask": 132}),
        ({"percent": -50, "item": "mask"}, BASE | {"R1/mask": 51, "R2/mask": 4}),
        ({"percent": 100, "tier": 2, "item": "mask"}, BASE | {"R2/mask": 14}),
        ({"percent": -100, "tier": 2}, {"R1/mask": 101}),
    ],
)
def test_needs_rise_and_fall(change: dict[str, Any], expected: dict[str, int]) -> None:
    changed = after({"kind": "need", **change})
    assert quantities(changed) == expected
    assert changed.supplies == PROBLEM.supplies


def test_changes_follow_each_other() -> None:
    assert quantities(after(*[{"kind": "need", "percent": 100, "tier": 1}] * 2))["R1/mask"] == 404


def test_late_arrivals_move_and_what_comes_too_late_is_gone() -> None:
    base = sources(PROBLEM)
    assert sources(after({"kind": "arrivals_late", "days": 1})) == base | {
        "PO-1/mask": (3, 200),
        "PL-1/suit": (6, 50),
    }
    later = sources(after({"kind": "arrivals_late", "days": 2}))
    assert later == {key: found for key, found in (base | {"PO-1/mask": (4, 200)}).items() if key != "PL-1/suit"}
    only = sources(after({"kind": "arrivals_late", "days": 1, "channel": "DONATION"}))
    assert only == base | {"PL-1/suit": (6, 50)}


def test_stock_is_in_no_channel_any_more() -> None:
    lost = after({"kind": "channel_lost", "channel": "DONATION"})
    assert set(sources(lost)) == {"mask/L1@east", "PO-1/mask"}
    both = after(
        {"kind": "channel_lost", "channel": "DONATION"}, {"kind": "channel_lost", "channel": "MARKET_PURCHASE"}
    )
    assert set(sources(both)) == {"mask/L1@east"}


def test_a_lost_warehouse_takes_everything_with_it() -> None:
    lost = after({"kind": "warehouse_lost", "warehouse": "west"})
    assert set(sources(lost)) == {"mask/L1@east", "PO-1/mask"}
    assert [site.id for site in lost.sites] == ["east"]
    assert {lane.site for lane in lost.lanes} == {"east"}
    assert lost.capacities == ()
    assert lost.demands == PROBLEM.demands


def test_a_purchase_is_one_supply_more() -> None:
    bought = after(
        {"kind": "purchase", "item": "suit", "warehouse": "east", "quantity": 500, "arrives_on": "2020-02-02"}
    )
    assert sources(bought) == sources(PROBLEM) | {"scenario-1/suit": (2, 500)}


def test_a_cap_is_edited_or_added() -> None:
    edited = after({"kind": "cap", "band": 0, "tier": 2, "cap_permille": 400})
    assert [band.caps for band in edited.bands] == [((1, 0.5), (2, 0.4)), PROBLEM.bands[1].caps]
    added = after({"kind": "cap", "band": 0, "tier": 3, "cap_permille": 100})
    assert added.bands[0].caps == ((1, 0.5), (2, 0.3), (3, 0.1))


def test_every_fault_is_told_with_its_place() -> None:
    changes = read(
        {"kind": "need", "percent": 0},
        {"kind": "need", "percent": 10, "tier": 1, "item": "suit"},
        {"kind": "channel_lost", "channel": "PROVINCIAL_ALLOCATION"},
        {"kind": "warehouse_lost", "warehouse": "north"},
        {"kind": "purchase", "item": "x", "warehouse": "y", "quantity": 1, "arrives_on": "2020-03-01"},
        {"kind": "cap", "band": 0, "tier": 1, "cap_permille": 500},
        {"kind": "cap", "band": 2, "tier": 1, "cap_permille": 1},
        {"kind": "arrivals_late", "days": 1, "channel": "LOCAL_PRODUCTION"},
    )
    with pytest.raises(InvalidInputError) as refusal:
        changed_problem(PROBLEM, changes, CHANNELS)
    assert [one.where for one in refusal.value.faults] == [
        "changes.0.percent",
        "changes.1",
        "changes.2.channel",
        "changes.3.warehouse",
        "changes.4.item",
        "changes.4.warehouse",
        "changes.4.arrives_on",
        "changes.5.cap_permille",
        "changes.6.band",
        "changes.7.channel",
    ]


def outcome(tier: int, item: int, wanted: int, given: int) -> Outcome:
    thing: Any = SimpleNamespace(id=item)
    return Outcome(facility=thing, item=thing, needed_by=START, tier=tier, wanted_units=wanted, given_units=given)


def test_a_tier_holds_as_long_as_its_scarcest_item() -> None:
    covers = tier_covers(
        [
            outcome(1, 1, 70, 70),
            outcome(1, 2, 70, 30),  # 7 and 3 days
            outcome(2, 1, 70, 0),
            outcome(2, 1, 70, 90),  # what one gets too much helps no other: 3.5 days
            outcome(3, 1, 10, 12),
        ],
        START,
        7,
    )
    first, second, third = covers[1], covers[2], covers[3]
    assert (first.days, first.first_short_on, first.item and first.item.id) == (3.0, date(2020, 2, 3), 2)
    assert (second.days, second.first_short_on) == (3.5, date(2020, 2, 3))
    assert (third.days, third.first_short_on, third.item) == (7.0, None, None)


def test_a_tier_with_nothing_is_short_from_the_first_day() -> None:
    (cover,) = tier_covers([outcome(1, 1, 10, 0)], START, 7).values()
    assert (cover.days, cover.first_short_on) == (0.0, START)
