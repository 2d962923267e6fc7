"""Where the units of a lot are, out of its events. Pure; every unit received is in exactly one place."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from app.stock.types import StockEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A movement of a lot between two ends; `facility` is whom it is bound for."""

    units: int
    from_end: StockEnd
    to_end: StockEnd
    facility: str | None
    day: date


@dataclass(slots=True, kw_only=True)
class Trace:
    """Units of a lot by where they are."""

    received: int = 0
    in_warehouses: int = 0
    on_the_road: int = 0
    lost: int = 0
    returned: int = 0
    delivered: Counter[str] = field(default_factory=Counter)
    """By the code of the facility."""
    last_delivery: dict[str, date] = field(default_factory=dict)

    @property
    def unaccounted(self) -> int:
        """Units received that are nowhere; 0 where the ledger adds up."""
        known = self.in_warehouses + self.on_the_road + self.lost + self.returned + sum(self.delivered.values())
        return self.received - known


def trace(events: Iterable[Event]) -> Trace:
    """Where the units of one lot are after all its events; reversed ones cancel what they reverse."""
    at: Counter[StockEnd] = Counter()
    found = Trace()
    for event in events:
        at[event.to_end] += event.units
        at[event.from_end] -= event.units
        for end, sign in ((event.to_end, 1), (event.from_end, -1)):
            if end is StockEnd.FACILITY and event.facility is not None:
                found.delivered[event.facility] += sign * event.units
        if event.to_end is StockEnd.FACILITY and event.facility is not None:
            last = found.last_delivery.get(event.facility, event.day)
            found.last_delivery[event.facility] = max(last, event.day)
    found.received, found.in_warehouses = -at[StockEnd.OUTSIDE], at[StockEnd.WAREHOUSE]
    found.on_the_road, found.lost, found.returned = at[StockEnd.TRANSIT], at[StockEnd.LOST], at[StockEnd.RETURNED]
    found.delivered = Counter({code: units for code, units in found.delivered.items() if units})
    return found
