"""What settling the bands of a component gives: shares, and the events (levels with duals) that prove them."""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays.limit_system import Flags, Floats, Integers

__all__ = ["Event", "Settlement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``demands`` of ``band`` stop at the outcome ``level``, because of ``limits``.

    ``duals[i]`` is the dual of ``limits[i]`` for one of its units. Events of a band come in ascending order
    of level; each has all of its duals, not only what changed.
    """

    band: int
    level: float
    demands: Integers
    limits: Integers
    duals: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """``shares[k, d]`` after each band, the events that prove them, and ``idle[a]``: arcs that carry nothing in any
    plan with the last shares."""

    shares: Floats
    events: tuple[Event, ...]
    idle: Flags
