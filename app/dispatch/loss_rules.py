"""From which orders a loss of promised goods is taken. Pure: no tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPromise:
    """Units of a lot that are reserved for a line of a plan, with what decides who loses them first."""

    line_id: int
    tier: int
    """1 comes first in the policy, and loses last."""
    ship_on: date
    units: int


def taken_from(promises: Sequence[StandingPromise], short_units: int) -> dict[int, int]:
    """Units that each line loses, by line: of the lowest tier first, there of the latest day, there of the last line.

    Together at most `short_units`; lines that lose nothing are left out.
    """
    found: dict[int, int] = {}
    for one in sorted(promises, key=lambda one: (-one.tier, -one.ship_on.toordinal(), -one.line_id)):
        units = min(one.units, short_units)
        if units > 0:
            found[one.line_id] = found.get(one.line_id, 0) + units
            short_units -= units
    return found


def short_units(*, on_hand: int, reserved: int, lost: int) -> int:
    """How many promised units a loss takes; none where more is lost than is there, which the ledger refuses."""
    return 0 if lost > on_hand else max(0, reserved + lost - on_hand)
