"""The facts of one allocation: frozen, sorted, in the words of the ``tongchou.problem/1`` format.

Quantities are whole base units (pieces, grams), periods are counted from ``Problem.start``, money is in yuan.
JSON keys that Python reserves have longer names here: ``from`` is ``start_period``, ``until`` is
``until_period`` and ``for`` is ``serves``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .errors import Fault, InvalidProblemError

__all__ = [
    "Band",
    "Capacity",
    "Demand",
    "Facility",
    "Fault",
    "Fund",
    "InvalidProblemError",
    "Item",
    "Lane",
    "Offer",
    "Problem",
    "Reserve",
    "Shipment",
    "Site",
    "Substitution",
    "Supply",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A thing that can be asked for: smallest issue in units, volume of a unit, value of a unit in yuan."""

    id: str
    pack: int = 1
    volume: float = 0.0
    value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place that ships."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A place that asks."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A way from a site to a facility: periods on the road and yuan for each unit."""

    site: str
    facility: str
    days: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Stock, or a confirmed arrival from ``start_period`` on.

    It may serve what is due up to ``until_period`` (None: it does not spoil), and only the facilities of its
    earmark (None: anyone).
    """

    id: str
    item: str
    site: str
    quantity: int
    start_period: int = 0
    until_period: int | None = None
    earmark: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A purchase that could be made, paid by ``fund`` (None: no fund bounds it)."""

    id: str
    item: str
    site: str
    quantity: int
    start_period: int = 0
    unit_price: float = 0.0
    fund: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """Money, in yuan, that may be spent on offers."""

    id: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a facility needs of an item, there at the latest in period ``due``; tiers are the policy's."""

    id: str
    facility: str
    item: str
    quantity: int
    due: int
    tier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """``item`` may serve a demand for ``serves``; one unit of it counts as ``ratio`` units.

    ``penalty`` is yuan for each unit shipped instead; it is allowed at ``facilities`` (None: everywhere).
    """

    item: str
    serves: str
    ratio: float = 1.0
    penalty: float = 0.0
    facilities: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The volume that may leave a site in a period."""

    site: str
    period: int
    volume: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """What the supplies of an item must keep, in units."""

    item: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One step of the policy: the share up to which it serves each tier, ``(tier, cap)`` sorted by tier."""

    name: str
    caps: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """Units that leave the source's site in ``period`` for a demand."""

    source: str
    demand: str
    period: int
    quantity: int


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
        from .validation import faults_of_facts

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
        tables["supplies"] = tuple(map(_with_sorted_earmark, tables["supplies"]))
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


def _with_sorted_earmark(supply: Supply) -> Supply:
    return supply if supply.earmark is None else replace(supply, earmark=tuple(sorted(supply.earmark)))


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
