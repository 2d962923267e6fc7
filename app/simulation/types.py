"""What a simulation is asked for, and what its parts pass to each other."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Key = tuple[str, str]
"""A facility and an item, by their codes."""


class Method(StrEnum):
    """By which rule the plans of a simulation are made; all go through the same review, approval and dispatch."""

    TONGCHOU = "tongchou"
    FIRST_COME = "first-come"
    PRO_RATA = "pro-rata"
    LARGEST_CLAIM = "largest-claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One simulation. The same seed gives the same world whatever the method."""

    days: int = 14
    seed: int = 7
    method: Method = Method.TONGCHOU
    places_per_type: int | None = None
    """Keeps only so many facilities of each type, for a smaller city; None keeps all."""


@dataclass(slots=True)
class Parcel:
    """Units of a lot on a facility's shelf, counted in the item that they serve."""

    lot_id: int
    expiry: date | None
    units: int
