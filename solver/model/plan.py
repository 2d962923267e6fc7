"""The answer: who gets what from where, how fair each band is, what bounds it (``tongchou.plan/1``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from .certificate import Certificate, RelaxedShipment
from .errors import InvalidPlanError
from .facts import Shipment

__all__ = [
    "BandOutcome",
    "DemandOutcome",
    "FairnessPrice",
    "Gain",
    "Help",
    "InvalidPlanError",
    "Limit",
    "Plan",
    "Purchase",
    "Reason",
    "Shipment",
    "limit_id",
]

LIMIT_KINDS = ("supply", "offer", "fund", "capacity", "reserve")
STATUSES = ("optimal", "partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a demand is below its cap: a code, and parameters as ``(name, value)`` sorted by name."""

    code: str
    params: tuple[tuple[str, str | int | float | tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandOutcome:
    """What one demand gets.

    ``shares`` are the relaxed shares after each band, ``quantity`` is what the whole packs deliver, in units
    of the demanded item, ``limits`` are the ids of those that bound it when it was settled below its cap.
    """

    demand: str
    shares: tuple[float, ...]
    quantity: int | float
    limits: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Whole units to buy of an offer."""

    offer: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BandOutcome:
    """The distinct outcome levels that a band settled, ascending, and the seconds it took."""

    name: str
    levels: tuple[float, ...]
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """From a re-solve: ``unit`` more of a limit raises the lowest outcome bound by it to ``level``."""

    unit: float
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit that binds, and the demands it holds below their caps."""

    id: str
    kind: str
    demands: tuple[str, ...]
    gain: Gain | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """One line of "what would help most": ``unit`` more of a limit serves ``quantity`` more units asked.

    ``raised`` demands rise, by ``needs`` whole demands together (the sum of what their shares rise); in ``band``,
    the first that changes, the lowest of those who rise there goes from level ``before`` to ``after``.
    """

    limit: str
    unit: float
    quantity: float
    raised: int
    band: str
    before: float
    after: float
    needs: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessPrice:
    """Units of an item that are ``asked`` in all, ``met`` by the relaxed plan, and met by the one that meets most."""

    item: str
    asked: int
    met: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The answer to the problem with ``problem_digest``; ``cost`` is that of the relaxed plan, in yuan.

    A ``partial`` plan has shares and outcomes of the first bands only. ``helps`` is ranked, the most helpful first.
    ``certificates`` and ``relaxed`` let anyone prove the shares.
    """

    problem_digest: str
    status: str
    demands: tuple[DemandOutcome, ...]
    shipments: tuple[Shipment, ...]
    purchases: tuple[Purchase, ...]
    cost: float
    bands: tuple[BandOutcome, ...]
    limits: tuple[Limit, ...] = ()
    helps: tuple[Help, ...] = ()
    price_of_fairness: tuple[FairnessPrice, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    relaxed: tuple[RelaxedShipment, ...] = ()


def limit_id(kind: str, *keys: str | int) -> str:
    """Its id: ``supply:lot-1``, ``offer:o-1``, ``fund:city``, ``capacity:depot:0``, ``reserve:n95``."""
    return ":".join((kind, *map(str, keys)))
