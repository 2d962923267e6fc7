"""What settling the bands of one component found, whichever way it was computed."""

from __future__ import annotations

from dataclasses import dataclass

from solver.system import Floats, Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Demands that a band settled together at an outcome below 1, and what held them there.

    ``duals[i]`` is the multiplier of limit ``limits[i]``, in the units of the limit system; all others are 0.
    They are those of the whole tight set: of these demands and of those the band settled before.
    """

    band: int
    level: float
    demands: Integers
    limits: Integers
    duals: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """``shares[k, d]``, the share of demand d after band k, and the events in the order in which they came."""

    shares: Floats
    events: tuple[Event, ...]
