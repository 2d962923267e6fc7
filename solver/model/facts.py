"""The rows of a problem, in the words of the ``tongchou.problem/1`` format.

Quantities are whole base units (pieces, grams), periods are counted from ``Problem.start``, money is in yuan.
JSON keys that Python reserves have longer names here: ``from`` is ``start_period``, ``until`` is
``until_period`` and ``for`` is ``serves``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "Band",
    "Before",
    "Capacity",
    "Demand",
    "Facility",
    "Fund",
    "Item",
    "Lane",
    "Offer",
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
    """A way from a site to a facility: periods on the road and yuan for each unit.

    Shipments leave only in a period of ``departures``, sorted (None: in any).
    """

    site: str
    facility: str
    days: int = 0
    cost: float = 0.0
    departures: tuple[int, ...] | None = None


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
    """A purchase that could be made, paid by ``fund`` (None: no fund bounds it).

    What is bought may serve what is due up to ``until_period`` (None: it does not spoil).
    """

    id: str
    item: str
    site: str
    quantity: int
    start_period: int = 0
    unit_price: float = 0.0
    fund: str | None = None
    until_period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """Money, in yuan, that may be spent on offers.

    ``rounding`` is None, or ``fen``: what is bought of an offer is booked as one line in whole fen, half up.
    """

    id: str
    amount: float
    rounding: str | None = None


class Before(NamedTuple):
    """Units that were asked for before, and what of them was received."""

    asked: int
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a facility needs of an item, there at the latest in period ``due``; tiers are the policy's.

    With ``before``, its outcome in a band counts what came before: see ``overall``.
    """

    id: str
    facility: str
    item: str
    quantity: int
    due: int
    tier: int
    before: Before | None = None

    @property
    def asked_in_all(self) -> int:
        """Units asked before and now."""
        return self.quantity + (self.before.asked if self.before is not None else 0)

    def overall(self, share: float) -> float:
        """What has been received of all that was asked, once ``share`` of the quantity has come too."""
        if self.before is None:
            return share
        return (self.before.received + share * self.quantity) / self.asked_in_all


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
