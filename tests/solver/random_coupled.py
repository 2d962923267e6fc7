"""Random coupled problems by number: trucks, a fund and substitutes tie all items together; scales as bad as wished."""

from __future__ import annotations

from datetime import date
from random import Random

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

BANDS = (
    Band(name="a floor for everyone", caps=((1, 0.5), (2, 0.3), (3, 0.1))),
    Band(name="key points", caps=((1, 1.0),)),
    Band(name="everyone else", caps=((2, 1.0), (3, 1.0))),
)
PERIODS = 4


class _Chance(Random):
    """Draws quantities over ``decades`` powers of ten."""

    def __init__(self, number: int, decades: float) -> None:
        super().__init__(number)
        self.decades = decades

    def units(self) -> int:
        return int(10.0 ** self.uniform(0.0, self.decades))

    def price(self) -> float:
        spread = self.decades / 3.0
        return round(10.0 ** self.uniform(-spread, 2.0 * spread), 3)


def coupled_problem(number: int, *, decades: float = 2.0) -> Problem:
    """Problem ``number``: quantities from 1 to 10^decades, prices from 10^(-decades/3) to 10^(2 decades/3)."""
    chance = _Chance(number, decades)
    items = [f"i{n}" for n in range(chance.randint(1, 4))]
    sites = [f"s{n}" for n in range(chance.randint(1, 3))]
    places = [f"f{n}" for n in range(chance.randint(1, 6))]
    item = {name: Item(id=name, volume=_volume(chance), value=chance.price()) for name in items}
    largest = 10.0**decades
    return Problem.of(
        start=date(2020, 1, 31),
        periods=PERIODS,
        items=item.values(),
        sites=[Site(id=name) for name in sites],
        facilities=[Facility(id=name) for name in places],
        lanes=[
            Lane(site=site, facility=place, days=chance.randint(0, 1), cost=chance.price())
            for site in sites
            for place in places
            if chance.random() < 0.8
        ],
        supplies=[_supply(chance, n, items, sites, places) for n in range(chance.randint(1, 8))],
        offers=[
            Offer(
                id=f"offer{n}",
                item=chance.choice(items),
                site=chance.choice(sites),
                quantity=chance.units(),
                start_period=chance.randrange(PERIODS),
                unit_price=chance.price(),
                fund="city",
            )
            for n in range(chance.randint(0, 3))
        ],
        funds=[Fund(id="city", amount=round(chance.units() * chance.price(), 2) % 1e12)],
        demands=[
            Demand(
                id=f"d{n:02d}",
                facility=chance.choice(places),
                item=chance.choice(items),
                quantity=chance.units(),
                due=chance.randrange(PERIODS),
                tier=chance.randint(1, 3),
            )
            for n in range(chance.randint(2, 14))
        ],
        substitutions=[
            Substitution(item=one, serves=other, ratio=chance.choice((1.0, 0.5, 1 / 3)), penalty=chance.price())
            for one in items
            for other in items
            if one != other and chance.random() < 0.3
        ],
        capacities=[
            Capacity(site=site, period=period, volume=round(largest ** chance.uniform(0.3, 1.0), 3))
            for site in sites
            if chance.random() < 0.7
            for period in range(PERIODS)
        ],
        reserves=[Reserve(item=name, quantity=chance.units()) for name in items if chance.random() < 0.3],
        bands=BANDS,
    )


def _volume(chance: _Chance) -> float:
    """Where scales are moderate, volumes are too: the slow reference holds what is settled to 1e-9 of the largest."""
    return chance.choice((0.0, 0.001, 0.02, 1.0, 2.5, 40.0) if chance.decades > 2.0 else (0.0, 0.5, 1.0, 2.5, 4.0))


def _supply(chance: _Chance, number: int, items: list[str], sites: list[str], places: list[str]) -> Supply:
    start = chance.randrange(PERIODS)
    marked = tuple(sorted(chance.sample(places, chance.randint(1, len(places))))) if chance.random() < 0.2 else None
    return Supply(
        id=f"lot{number}",
        item=chance.choice(items),
        site=chance.choice(sites),
        quantity=chance.units(),
        start_period=start,
        until_period=chance.randint(start, PERIODS - 1) if chance.random() < 0.3 else None,
        earmark=marked,
    )
