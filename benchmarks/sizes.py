"""The sizes of problems that are measured, and what a case of a size is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["uncoupled", "coupled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a problem is: its places, items and days, and how many items each facility asks for.

    ``daily`` asks for them on every day of the horizon, else each has one day on which it is due.
    """

    name: str
    facilities: int
    items: int
    periods: int
    sites: int
    items_asked: float
    daily: bool = False

    @property
    def demands(self) -> int:
        """Demands in all, before what rounding to whole items changes."""
        return round(self.facilities * self.items_asked) * (self.periods if self.daily else 1)


SIZES: dict[str, Size] = {
    size.name: size
    for size in (
        Size(name="district", facilities=30, items=12, periods=7, sites=2, items_asked=6),
        Size(name="city", facilities=150, items=25, periods=7, sites=3, items_asked=12),
        Size(name="city-daily", facilities=150, items=25, periods=7, sites=3, items_asked=25, daily=True),
        Size(name="prefecture", facilities=900, items=30, periods=7, sites=9, items_asked=100 / 9),
        Size(name="province", facilities=3_000, items=40, periods=7, sites=30, items_asked=12),
        Size(name="nation", facilities=35_000, items=30, periods=7, sites=300, items_asked=60 / 7),
        Size(name="nation-daily", facilities=35_000, items=30, periods=7, sites=300, items_asked=30, daily=True),
    )
}
"""From 180 demands (``district``, for tests and a quick look) over 1,800 (``city``), 10,000 (``prefecture``) and 36,000
(``province``) to 300,000 (``nation``). The daily sizes ask for every item at every facility on every day: 26,250
demands in a city, 7,350,000 in a nation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One problem to measure: a size, whether trucks, funds and substitutes couple its items, and the seed."""

    size: Size
    kind: Kind
    seed: int = 20200123

    @property
    def name(self) -> str:
        return f"{self.size.name}, {self.kind}"
