"""How much of what is promised to a need goes back when its facility needs less."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Units of an item promised to a need by one allocation line that has not left yet, reserved or still to come."""

    line_id: int
    ship_on: date
    units: int
    pack_units: int
    ratio_permille: int
    """Units asked for that 1,000 units of the item serve."""


def units_to_give_back(promises: Sequence[Promise], kept_units: int) -> dict[int, int]:
    """What goes back of each promise, by line: what stays still covers `kept_units` of the item asked for.

    The latest day gives back first, and a pack is never broken; where nothing is kept, everything goes back.
    """
    excess_permille = sum(one.units * one.ratio_permille for one in promises) - kept_units * 1000
    back: dict[int, int] = {}
    for one in sorted(promises, key=lambda one: (one.ship_on, one.line_id), reverse=True):
        if excess_permille <= 0:
            break
        units = min(one.units, excess_permille // one.ratio_permille)
        if units < one.units:
            units -= units % one.pack_units
        if units > 0:
            back[one.line_id] = units
            excess_permille -= units * one.ratio_permille
    return back
