"""All facts of one allocation: frozen, validated and sorted when they are made.

The rows are in ``facts``, what a field may hold in ``schema``, the faults of rows in ``validation``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .errors import InvalidProblemError
from .facts import (
    Band,
    Capacity,
    Demand,
    Facility,
    Fund,
    Item,
    Lane,
    Offer,
    Reserve,
    Shipment,
    Site,
    Substitution,
    Supply,
)
from .validation import faults_of_facts

__all__ = ["Problem", "assemble"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """All facts of one allocation. Make it with ``Problem.of`` or ``parse_problem``: every tuple is sorted.

    Bands keep their order, which is their meaning. ``previous`` are the shipments of an earlier plan; each
    unit that differs from them costs ``change_penalty`` yuan. What ``previous`` names may have gone since.
    """

    start: date
    periods: int
    items: tuple[Item, ...] = ()
    sites: tuple[Site, ...] = ()
    facilities: tuple[Facility, ...] = ()
    lanes: tuple[Lane, ...] = ()
    supplies: tuple[Supply, ...] = ()
    offers: tuple[Offer, ...] = ()
    funds: tuple[Fund, ...] = ()
    demands: tuple[Demand, ...] = ()
    substitutions: tuple[Substitution, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    reserves: tuple[Reserve, ...] = ()
    bands: tuple[Band, ...] = ()
    previous: tuple[Shipment, ...] = ()
    change_penalty: float = 0.0

    @classmethod
    def of(
        cls,
        *,
        start: date,
        periods: int,
        items: Iterable[Item] = (),
        sites: Iterable[Site] = (),
        facilities: Iterable[Facility] = (),
        lanes: Iterable[Lane] = (),
        supplies: Iterable[Supply] = (),
        offers: Iterable[Offer] = (),
        funds: Iterable[Fund] = (),
        demands: Iterable[Demand] = (),
        substitutions: Iterable[Substitution] = (),
        capacities: Iterable[Capacity] = (),
        reserves: Iterable[Reserve] = (),
        bands: Iterable[Band] = (),
        previous: Iterable[Shipment] = (),
        change_penalty: float = 0.0,
    ) -> Problem:
        """The problem of these facts, checked and sorted.

        Raises InvalidProblemError with every fault; paths count the facts in the order given.
        """
        tables: dict[str, tuple[Any, ...]] = {
            "items": tuple(items),
            "sites": tuple(sites),
            "facilities": tuple(facilities),
            "lanes": tuple(lanes),
            "supplies": tuple(supplies),
            "offers": tuple(offers),
            "funds": tuple(funds),
            "demands": tuple(demands),
            "substitutions": tuple(substitutions),
            "capacities": tuple(capacities),
            "reserves": tuple(reserves),
            "bands": tuple(bands),
            "previous": tuple(previous),
        }
        faults = faults_of_facts(start, periods, change_penalty, tables)
        if faults:
            raise InvalidProblemError(faults)
        tables["lanes"] = tuple(map(_with_sorted_departures, tables["lanes"]))
        tables["supplies"] = tuple(map(_with_sorted_earmark, tables["supplies"]))
        tables["demands"] = tuple(map(_without_empty_history, tables["demands"]))
        tables["substitutions"] = tuple(map(_with_sorted_facilities, tables["substitutions"]))
        return assemble(start, periods, float(change_penalty), tables)

    def band_caps(self) -> tuple[dict[int, float], ...]:
        """For each band, in order, the cap of each tier that it names."""
        return tuple(dict(band.caps) for band in self.bands)


def assemble(start: date, periods: int, change_penalty: float, tables: dict[str, tuple[Any, ...]]) -> Problem:
    """The problem of tables that were checked already; sorts them."""
    ordered = {name: tuple(sorted(tables[name], key=key)) for name, key in SORT_KEYS.items()}
    bands = tuple(Band(name=band.name, caps=tuple(sorted(band.caps))) for band in tables["bands"])
    return Problem(start=start, periods=periods, change_penalty=change_penalty, bands=bands, **ordered)


def _with_sorted_departures(lane: Lane) -> Lane:
    return lane if lane.departures is None else replace(lane, departures=tuple(sorted(lane.departures)))


def _with_sorted_earmark(supply: Supply) -> Supply:
    return supply if supply.earmark is None else replace(supply, earmark=tuple(sorted(supply.earmark)))


def _without_empty_history(demand: Demand) -> Demand:
    return replace(demand, before=None) if demand.before is not None and not demand.before.asked else demand


def _with_sorted_facilities(substitution: Substitution) -> Substitution:
    if substitution.facilities is None:
        return substitution
    return replace(substitution, facilities=tuple(sorted(substitution.facilities)))


def _by_id(row: Any) -> Any:
    return row.id


SORT_KEYS: dict[str, Any] = {
    "items": _by_id,
    "sites": _by_id,
    "facilities": _by_id,
    "lanes": lambda lane: (lane.site, lane.facility),
    "supplies": _by_id,
    "offers": _by_id,
    "funds": _by_id,
    "demands": _by_id,
    "substitutions": lambda substitution: (substitution.serves, substitution.item),
    "capacities": lambda capacity: (capacity.site, capacity.period),
    "reserves": lambda reserve: reserve.item,
    "previous": lambda shipment: (shipment.demand, shipment.source, shipment.period),
}
