"""Counters of a simulation: use and what of it was met, plans, deliveries, and what went wrong."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from app.catalog.types import Program
from app.simulation.types import Key


@dataclass(slots=True)
class Use:
    """Units of an item at a facility over all days."""

    wanted: int = 0
    met: int = 0
    delivered: int = 0
    dry_days: int = 0
    """Days on which something was missing."""


@dataclass(slots=True)
class DayFigures:
    """One program on one day, values in microyuan at the items' reference values."""

    need: int = 0
    """What the plan is asked for, with what is promised and what lies on the facilities' shelves."""
    asked: int = 0
    """What the plan is asked for alone."""
    true_need: int = 0
    """What the facilities will truly use over the plan's horizon, by the use of this day."""
    use: int = 0
    unmet: int = 0
    dry: Counter[int] = field(default_factory=Counter)
    """Items missing at facilities, by tier."""
    orders: int = 0
    kilometres: int = 0


@dataclass(slots=True)
class Tally:
    """All counts of one simulation."""

    use: dict[Key, Use] = field(default_factory=lambda: defaultdict(Use))
    days: dict[tuple[date, Program], DayFigures] = field(default_factory=lambda: defaultdict(DayFigures))
    plans: int = 0
    approved: int = 0
    approved_first_try: int = 0
    refusals: list[str] = field(default_factory=list)
    """Why approvals were refused, as told."""
    oversold_units: int = 0
    used_past_expiry_units: int = 0
    used_after_recall_units: int = 0
    recalled_on_shelves_units: int = 0
    spoiled_in_stores: Counter[str] = field(default_factory=Counter)
    """Units by item."""
    spoiled_on_shelves: Counter[str] = field(default_factory=Counter)
    transfer_orders: int = 0
    orders_cancelled: int = 0
    orders_turned_back: int = 0
    trips: int = 0
    kilometres: int = 0
    events_between: list[int] = field(default_factory=list)
    """How much happened between each morning's plans and their approval."""
    reports: int = 0
    directives: int = 0
