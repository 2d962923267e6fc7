"""What the explanations are made from: components, and what was found out about them."""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays.components import Component
from ..arrays.limit_system import Floats
from ..arrays.network import Network
from ..leximin.settlement import Event
from .shortfalls import Shortfall

__all__ = ["AnsweredComponent", "ComponentAnswer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentAnswer:
    """What solving a component gives: shares after each band, the events that prove them, units shipped on each arc,
    and the seconds that settling each band took."""

    shares: Floats
    events: tuple[Event, ...]
    shipped: Floats
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredComponent:
    """One component with all that is known of it."""

    network: Network
    component: Component
    answer: ComponentAnswer
    short: tuple[Shortfall, ...]
