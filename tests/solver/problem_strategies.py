"""Hypothesis strategies for small whole problems, and their components as arrays."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

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
from solver.arrays.network import Network, groups_of, network_of
from solver.arrays.tables import tables_of

TIERS = (1, 2, 3)
WHOLE = st.integers(0, 40)
BANDS = (
    (Band(name="a floor for everyone", caps=((1, 0.5), (2, 0.3), (3, 0.1))),),
    (Band(name="key points", caps=((1, 1.0),)), Band(name="everyone else", caps=((2, 1.0), (3, 1.0)))),
)


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    items: int = 2,
    periods: int = 3,
    trucks: bool = True,
    funds: bool = True,
    substitutes: bool = True,
) -> Problem:
    """A problem of at most 3 sites, 4 facilities and 7 demands, with the features asked for."""
    names = [f"i{n}" for n in range(draw(st.integers(1, items)))]
    sites = [f"s{n}" for n in range(draw(st.integers(1, 3)))]
    places = [f"f{n}" for n in range(draw(st.integers(1, 4)))]
    due = st.integers(0, periods - 1)
    # Lanes that are driven every day are the ordinary case.
    driven = st.one_of(st.none(), st.none(), st.sets(due).map(lambda days: tuple(sorted(days))))
    supplies = _supplies(draw, names, sites, places, due)
    money = [Fund(id="city", amount=draw(st.integers(0, 300)))] if funds and draw(st.booleans()) else []
    offers = _offers(draw, names, sites, due, with_fund=bool(money))
    pairs = [(site, place) for site in sites for place in places]
    return Problem.of(
        start=date(2020, 1, 31),
        periods=periods,
        items=[Item(id=name, volume=draw(st.sampled_from((0.0, 1.0, 2.5))), value=3.0) for name in names],
        sites=[Site(id=site) for site in sites],
        facilities=[Facility(id=place) for place in places],
        lanes=[
            Lane(
                site=site,
                facility=place,
                days=draw(st.integers(0, 1)),
                cost=draw(st.sampled_from((0.1, 0.25, 1.0))),
                departures=draw(driven),
            )
            for site, place in pairs
            if draw(st.integers(0, 3))
        ],
        supplies=supplies,
        offers=offers,
        funds=money,
        demands=[
            Demand(
                id=f"d{n}",
                facility=draw(st.sampled_from(places)),
                item=draw(st.sampled_from(names)),
                quantity=draw(st.integers(1, 40)),
                due=draw(due),
                tier=draw(st.sampled_from(TIERS)),
            )
            for n in range(draw(st.integers(1, 7)))
        ],
        substitutions=_substitutions(draw, names) if substitutes else [],
        capacities=_capacities(draw, sites, periods) if trucks else [],
        reserves=[Reserve(item=name, quantity=draw(WHOLE)) for name in names if draw(st.booleans())],
        bands=draw(st.sampled_from((BANDS[0] + BANDS[1], BANDS[1], BANDS[0]))),
    )


def _supplies(
    draw: st.DrawFn, names: list[str], sites: list[str], places: list[str], due: st.SearchStrategy[int]
) -> list[Supply]:
    marked = st.one_of(st.none(), st.sets(st.sampled_from(places), min_size=1).map(lambda names: tuple(sorted(names))))
    supplies = [
        Supply(
            id=f"lot{n}",
            item=draw(st.sampled_from(names)),
            site=draw(st.sampled_from(sites)),
            quantity=draw(WHOLE),
            start_period=draw(due),
            until_period=draw(st.one_of(st.none(), due)),
            earmark=draw(marked),
        )
        for n in range(draw(st.integers(0, 5)))
    ]
    return [row for row in supplies if row.until_period is None or row.until_period >= row.start_period]


def _offers(
    draw: st.DrawFn, names: list[str], sites: list[str], due: st.SearchStrategy[int], *, with_fund: bool
) -> list[Offer]:
    offers = [
        Offer(
            id=f"offer{n}",
            item=draw(st.sampled_from(names)),
            site=draw(st.sampled_from(sites)),
            quantity=draw(WHOLE),
            start_period=draw(due),
            unit_price=draw(st.sampled_from((4.0, 4.0, 10.0))),
            fund="city" if with_fund and draw(st.booleans()) else None,
            until_period=draw(st.one_of(st.none(), due)),
        )
        for n in range(draw(st.integers(0, 3)))
    ]
    return [row for row in offers if row.until_period is None or row.until_period >= row.start_period]


def _substitutions(draw: st.DrawFn, names: list[str]) -> list[Substitution]:
    pairs = [(one, other) for one in names for other in names if one != other]
    ratio = st.sampled_from((1.0, 1.0, 0.5))
    return [
        Substitution(item=one, serves=other, ratio=draw(ratio), penalty=1.0)
        for one, other in pairs
        if draw(st.booleans())
    ]


def _capacities(draw: st.DrawFn, sites: list[str], periods: int) -> list[Capacity]:
    chosen = [(site, period) for site in sites if draw(st.booleans()) for period in range(periods)]
    return [
        Capacity(site=site, period=period, volume=draw(st.integers(0, 60)))
        for site, period in chosen
        if draw(st.integers(0, 4))
    ]


def networks(problem: Problem) -> list[Network]:
    """The components of a problem that have arcs."""
    tables = tables_of(problem)
    found = [network_of(tables, demands) for demands in groups_of(tables)]
    return [network for network in found if network.system.arcs]


def kinds(network: Network) -> dict[str, Any]:
    """What a component is made of, for messages of failing tests."""
    return {"limits": network.limit_ids(), "arcs": network.system.arcs}
