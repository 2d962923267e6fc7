"""Makes realistic sparse problems from a seed: arrays first, then the solver's own facts.

What makes them hard on purpose: goods are scarce (items from 30 to 110 % of what is asked), so that floors, key
points and the rest each bind somewhere; stock is not where the need is; a quarter of the lots spoils inside the
horizon; gifts are earmarked; deliveries come late; offers cost money that funds limit; reserves stay; everything
moves in packs. A coupled case adds trucks at two sites of five, one fund over all offers, and substitutes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from benchmarks.geography import Floats, Places, places_of
from benchmarks.sizes import Case, Size
from solver import (
    Band,
    Capacity,
    Demand,
    Facility,
    Fund,
    Item,
    Lane,
    Offer,
    Problem,
    Reserve,
    Site,
    Substitution,
    Supply,
)

Integers = NDArray[np.int64]

LANES_A_FACILITY = 4
TIER_PARTS = (0.15, 0.25, 0.60)
PACKS = (1, 5, 10, 20, 50, 100)
BANDS = (
    Band(name="a floor for everyone", caps=((1, 0.5), (2, 0.3), (3, 0.1))),
    Band(name="key points", caps=((1, 1.0),)),
    Band(name="everyone else", caps=((2, 1.0), (3, 1.0))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goods:
    pack: Integers
    volume: Floats
    value: Floats
    a_bed: Floats
    """Units that a bed needs in all."""
    scarcity: Floats
    """What there is of the item beside what is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    facility: Integers
    item: Integers
    quantity: Integers
    due: Integers
    tier: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lanes:
    """``site[f, j]``: the j-th nearest site of a facility, with days and yuan a unit."""

    site: Integers
    days: Integers
    cost: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lots:
    site: Integers
    item: Integers
    start: Integers
    quantity: Integers


def make_problem(case: Case, data: Path | None = None) -> Problem:
    """The problem of a case: the same for the same case and data."""
    size, coupled = case.size, case.kind == "coupled"
    rng = np.random.default_rng([case.seed, size.facilities, size.items, coupled])
    places = places_of(size.facilities, size.sites, rng, data)
    goods = _goods(size, rng)
    needs = _needs(size, places, goods, rng)
    lanes = _lanes(size, places)
    pull = _pull(size, needs, lanes)
    was_on = gc.isenabled()
    gc.disable()  # it would look through millions of rows again and again, and find nothing
    try:
        return _facts(size, coupled, goods, needs, lanes, pull, rng)
    finally:
        if was_on:
            gc.enable()


def _goods(size: Size, rng: np.random.Generator) -> _Goods:
    pack = rng.choice(PACKS, size=size.items)
    value = np.round(np.exp(rng.normal(2.0, 1.2, size.items)), 2)
    volume = np.maximum(0.001, np.exp(rng.normal(-3.0, 0.8, size.items)).round(4))
    return _Goods(
        pack=pack,
        volume=volume,
        value=np.maximum(0.05, value),
        a_bed=pack * np.exp(rng.normal(0.0, 0.7, size.items)),
        scarcity=rng.uniform(0.3, 1.1, size.items),
    )


def _needs(size: Size, places: Places, goods: _Goods, rng: np.random.Generator) -> _Needs:
    """Each facility asks for some items, each on one day or on all of them; a facility is of one tier."""
    pairs = round(size.facilities * size.items_asked)
    cell = np.sort(rng.permutation(size.facilities * size.items)[:pairs])
    facility, item = cell // size.items, cell % size.items
    tier = rng.choice(len(TIER_PARTS), size=size.facilities, p=TIER_PARTS) + 1
    if size.daily:
        facility, item = np.repeat(facility, size.periods), np.repeat(item, size.periods)
        due = np.tile(np.arange(size.periods), pairs)
    else:
        due = rng.integers(1, size.periods, pairs)
    amount = places.beds[facility] * goods.a_bed[item] * np.exp(rng.normal(0.0, 0.5, len(facility)))
    quantity = np.maximum(1, np.round(amount / (size.periods if size.daily else 1))).astype(np.int64)
    return _Needs(facility=facility, item=item, quantity=quantity, due=due, tier=tier[facility])


def _lanes(size: Size, places: Places) -> _Lanes:
    count = min(LANES_A_FACILITY, size.sites)
    distance, site = cKDTree(places.site_xy).query(places.facility_xy, k=count)
    return _Lanes(
        site=site.astype(np.int64).reshape(size.facilities, count),
        days=np.minimum(3, distance // 120.0).astype(np.int64).reshape(size.facilities, count),
        cost=np.round(0.02 + 0.001 * distance, 3).reshape(size.facilities, count),
    )


def _pull(size: Size, needs: _Needs, lanes: _Lanes) -> Floats:
    """``pull[site, item]``: what is asked in the reach of a site, each need dealt to its sites in equal parts."""
    reach = lanes.site.shape[1]
    shelf = lanes.site[needs.facility] * size.items + needs.item[:, None]
    pull = np.zeros(size.sites * size.items)
    np.add.at(pull, shelf, (needs.quantity / reach)[:, None])
    return pull.reshape(size.sites, size.items)


def _lots(size: Size, goods: _Goods, pull: Floats, rng: np.random.Generator) -> _Lots:
    """A lot of each item at each site, up to two more that come later."""
    later = rng.choice(3, size=pull.shape, p=(0.5, 0.35, 0.15))
    shelf = np.repeat(np.arange(pull.size), 1 + later.ravel())
    order = np.arange(len(shelf)) - np.searchsorted(shelf, shelf)
    start = np.where(order == 0, 0, rng.integers(1, max(2, size.periods - 2), len(shelf)))
    part = (pull / (1 + later)).ravel()[shelf] * goods.scarcity[shelf % size.items]
    quantity = np.floor(part * np.exp(rng.normal(-0.18, 0.6, len(shelf)))).astype(np.int64)
    return _Lots(site=shelf // size.items, item=shelf % size.items, start=start, quantity=quantity)


def _facts(
    size: Size,
    coupled: bool,
    goods: _Goods,
    needs: _Needs,
    lanes: _Lanes,
    pull: Floats,
    rng: np.random.Generator,
) -> Problem:
    names = _Names(size)
    lots = _lots(size, goods, pull, rng)
    offers, funds = _offers(size, coupled, goods, pull, rng, names)
    stock = np.bincount(lots.item, lots.quantity, minlength=size.items)
    reserved = rng.permutation(size.items)[: size.items // 5]
    return Problem.of(
        start=date(2020, 1, 31),
        periods=size.periods,
        items=[
            Item(id=name, pack=pack, volume=volume, value=value)
            for name, pack, volume, value in _rows(names.items, goods.pack, goods.volume, goods.value)
        ],
        sites=[Site(id=name) for name in names.sites],
        facilities=[Facility(id=name) for name in names.facilities],
        lanes=_lane_facts(lanes, names),
        supplies=_supplies(size, lots, lanes, rng, names),
        offers=offers,
        funds=funds,
        demands=_demands(needs, names),
        substitutions=_substitutions(size, rng, names) if coupled else (),
        capacities=_capacities(size, goods, pull, rng, names) if coupled else (),
        reserves=[Reserve(item=names.items[i], quantity=int(0.08 * stock[i])) for i in sorted(reserved.tolist())],
        bands=BANDS,
    )


class _Names:
    """Ids whose order is that of their numbers."""

    def __init__(self, size: Size) -> None:
        self.items = [f"item-{i:03}" for i in range(size.items)]
        self.sites = [f"site-{i:04}" for i in range(size.sites)]
        self.facilities = [f"facility-{i:05}" for i in range(size.facilities)]


def _rows(*columns: Iterable[Any]) -> Iterable[tuple[Any, ...]]:
    """The columns as rows of Python's own numbers."""
    return zip(*(c.tolist() if isinstance(c, np.ndarray) else c for c in columns), strict=True)


def _lane_facts(lanes: _Lanes, names: _Names) -> list[Lane]:
    facility = np.repeat(np.arange(len(lanes.site)), lanes.site.shape[1])
    return [
        Lane(site=names.sites[s], facility=names.facilities[f], days=days, cost=cost)
        for s, f, days, cost in _rows(lanes.site.ravel(), facility, lanes.days.ravel(), lanes.cost.ravel())
    ]


def _demands(needs: _Needs, names: _Names) -> list[Demand]:
    rows = _rows(np.arange(len(needs.item)), needs.facility, needs.item, needs.quantity, needs.due, needs.tier)
    return [
        Demand(id=f"d-{n:07}", facility=names.facilities[f], item=names.items[i], quantity=q, due=due, tier=tier)
        for n, f, i, q, due, tier in rows
    ]


def _supplies(size: Size, lots: _Lots, lanes: _Lanes, rng: np.random.Generator, names: _Names) -> list[Supply]:
    """One lot in four spoils inside the horizon, one in twenty is earmarked to a few facilities in reach."""
    count = len(lots.site)
    spoils = rng.random(count) < 0.25
    until = np.minimum(size.periods - 1, lots.start + rng.integers(1, size.periods, count))
    nearest = lanes.site[:, 0]
    by_site = np.argsort(nearest, kind="stable")
    first = np.searchsorted(nearest[by_site], np.arange(size.sites + 1))
    earmark: dict[int, tuple[str, ...]] = {}
    for lot in np.flatnonzero(rng.random(count) < 0.05).tolist():
        near = by_site[first[lots.site[lot]] : first[lots.site[lot] + 1]]
        if len(near):
            chosen = rng.choice(near, size=min(len(near), int(rng.integers(3, 12))), replace=False)
            earmark[lot] = tuple(names.facilities[f] for f in sorted(chosen.tolist()))
    rows = _rows(np.arange(count), lots.item, lots.site, lots.quantity, lots.start, until, spoils)
    return [
        Supply(
            id=f"lot-{n:06}",
            item=names.items[item],
            site=names.sites[site],
            quantity=quantity,
            start_period=start,
            until_period=until if spoiling else None,
            earmark=earmark.get(n),
        )
        for n, item, site, quantity, start, until, spoiling in rows
    ]


def _offers(
    size: Size, coupled: bool, goods: _Goods, pull: Floats, rng: np.random.Generator, names: _Names
) -> tuple[list[Offer], list[Fund]]:
    """Offers at one shelf in four, at the item's price. Coupled, one fund pays for all; else some items have a
    fund of their own. A fund pays for half of what is offered."""
    shelf = np.flatnonzero(rng.random(pull.size) < 0.25)
    item, site = shelf % size.items, shelf // size.items
    quantity = np.ceil(pull.ravel()[shelf] * rng.uniform(0.1, 0.6, len(shelf))).astype(np.int64)
    price = np.round(goods.value * rng.uniform(1.0, 1.6, size.items), 2)
    funded = np.ones(size.items, bool) if coupled else rng.random(size.items) < 0.4
    worth = np.bincount(item, quantity * price[item], minlength=size.items)
    if coupled:
        fund_of: list[str | None] = ["central"] * size.items
        funds = [Fund(id="central", amount=round(0.5 * float(worth.sum()), 2))]
    else:
        fund_of = [f"fund-{name}" if paid else None for name, paid in zip(names.items, funded.tolist(), strict=True)]
        funds = [
            Fund(id=f"fund-{names.items[i]}", amount=round(0.5 * float(worth[i]), 2)) for i in np.flatnonzero(funded)
        ]
    offers = [
        Offer(
            id=f"offer-{n:06}",
            item=names.items[i],
            site=names.sites[s],
            quantity=q,
            start_period=start,
            unit_price=float(price[i]),
            fund=fund_of[i],
        )
        for n, i, s, q, start in _rows(np.arange(len(shelf)), item, site, quantity, rng.integers(0, 4, len(shelf)))
    ]
    return offers, funds


def _substitutions(size: Size, rng: np.random.Generator, names: _Names) -> list[Substitution]:
    """Three items of ten may be served by their neighbour, at 80 to 100 % and a penalty."""
    served = np.sort(rng.permutation(size.items - 1)[: max(1, 3 * size.items // 10)])
    return [
        Substitution(
            item=names.items[i + 1],
            serves=names.items[i],
            ratio=round(float(rng.choice((0.8, 0.9, 1.0))), 2),
            penalty=round(float(rng.uniform(0.2, 3.0)), 2),
        )
        for i in served.tolist()
    ]


def _capacities(size: Size, goods: _Goods, pull: Floats, rng: np.random.Generator, names: _Names) -> list[Capacity]:
    """Trucks at two sites of five, each day: together 60 to 130 % of what the site's stock would fill."""
    sites = np.sort(rng.permutation(size.sites)[: max(1, 2 * size.sites // 5)])
    volume = pull @ (goods.volume * goods.scarcity)
    a_day = volume[sites] / size.periods * rng.uniform(0.6, 1.3, len(sites))
    return [
        Capacity(site=names.sites[site], period=period, volume=round(max(1.0, per_day), 3))
        for site, per_day in zip(sites.tolist(), a_day.tolist(), strict=True)
        for period in range(size.periods)
    ]
