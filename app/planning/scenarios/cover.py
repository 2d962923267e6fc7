"""For how long what a tier gets lasts at the rate of its needs, and which item runs short first; without I/O."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.catalog.models import Item
from app.planning.plans.comparison import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How long a tier holds with what it gets; at most the plan's horizon."""

    days: float
    """Of the item that lasts the shortest."""
    first_short_on: date | None
    """The first day that it does not reach; None where every need is met."""
    item: Item | None
    """The item that runs short first."""


def tier_covers(outcomes: Iterable[Outcome], start: date, horizon_days: int) -> Mapping[int, Cover]:
    """By tier: days = horizon x given / wanted of each item, used evenly over the horizon; the shortest counts.

    What one need gets beyond its wish (whole packs) helps no other. Of items that last equally long the one with
    the smaller id is named.
    """
    given: dict[tuple[int, int], int] = defaultdict(int)
    wanted: dict[tuple[int, int], int] = defaultdict(int)
    items: dict[int, Item] = {}
    for one in outcomes:
        key = one.tier, one.item.id
        items[one.item.id] = one.item
        given[key] += min(one.given_units, one.wanted_units)
        wanted[key] += one.wanted_units
    worst: dict[int, tuple[int, int]] = {}
    for key in sorted(wanted):
        tier, _ = key
        if tier not in worst or given[key] * wanted[worst[tier]] < given[worst[tier]] * wanted[key]:
            worst[tier] = key
    return {tier: _cover(given[key], wanted[key], items[key[1]], start, horizon_days) for tier, key in worst.items()}


def _cover(given: int, wanted: int, item: Item, start: date, horizon_days: int) -> Cover:
    if given >= wanted:
        return Cover(days=float(horizon_days), first_short_on=None, item=None)
    whole_days = given * horizon_days // wanted
    return Cover(days=given * horizon_days / wanted, first_short_on=start + timedelta(days=whole_days), item=item)
