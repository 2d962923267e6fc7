"""Where a lot's units are, out of its events; no database."""

from datetime import date

from app.public.rules import Event, trace
from app.stock.types import StockEnd

DAY = date(2020, 1, 31)
OUT, STORE, ROAD, DOOR, LOST, BACK = (
    StockEnd.OUTSIDE, StockEnd.WAREHOUSE, StockEnd.TRANSIT, StockEnd.FACILITY, StockEnd.LOST, StockEnd.RETURNED,
)  # fmt: skip


def event(units: int, from_end: StockEnd, to_end: StockEnd, facility: str | None = None, day: date = DAY) -> Event:
    return Event(units=units, from_end=from_end, to_end=to_end, facility=facility, day=day)


def test_every_unit_is_in_one_place() -> None:
    found = trace(
        [
            event(1_000, OUT, STORE),
            event(300, STORE, ROAD, "h-1"),
            event(200, ROAD, DOOR, "h-1"),
            event(20, ROAD, LOST, "h-1"),
            event(50, STORE, ROAD, "h-2"),
            event(50, ROAD, DOOR, "h-2", date(2020, 2, 1)),
            event(10, STORE, STORE),
            event(5, DOOR, STORE, "h-1", date(2020, 2, 2)),
            event(7, STORE, BACK),
        ]
    )
    assert (found.received, found.in_warehouses, found.on_the_road, found.lost, found.returned) == (
        1_000,
        648,
        80,
        20,
        7,
    )
    assert found.delivered == {"h-1": 195, "h-2": 50}
    assert found.last_delivery == {"h-1": DAY, "h-2": date(2020, 2, 1)}
    assert found.unaccounted == 0


def test_a_delivery_that_was_reversed_reaches_nobody() -> None:
    found = trace([event(10, OUT, STORE), event(10, STORE, DOOR, "h"), event(10, DOOR, STORE, "h")])
    assert (found.delivered, found.in_warehouses, found.unaccounted) == ({}, 10, 0)
