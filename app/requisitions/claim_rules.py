"""Plausibility of a claim: norms over all open lines, the last claim, claims of peers, absurd figures."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_low
from typing import Protocol

from app.catalog.types import BaseUnit

GRAMS_PER_KG = 1_000
PEERS_MIN = 3
"""So many other facilities must have asked before their median says anything."""
PEER_MULTIPLE = 3
"""More than so many times what peers of the same size ask for is far above them."""
LAST_MULTIPLE = 3
"""More than so many times the last claim is far above it."""
REPEAT_DAYS = 3
"""The same quantity for the same day again within so many days, while nothing came, is one need handed in twice."""
ABSURD_MULTIPLE = 100
"""More than so many times the norm, or the peers' bound, is no quantity that anybody needs."""
ABSURD_FROM_UNITS = 10_000
"""Below this no figure is absurd: a small norm makes a large multiple."""
ABSURD_PIECES = 100_000_000
ABSURD_GRAMS = 100_000_000_000
"""A hundred thousand tonnes, or a hundred million pieces, for one facility."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """First and last day of use that a line covers, both included."""

    first: date
    last: date


def days_covered(spans: Sequence[Span]) -> int:
    """Days that any of the spans covers, each counted once."""
    days = 0
    after: date | None = None
    for span in sorted(spans, key=lambda one: one.first):
        first = span.first if after is None else max(span.first, after)
        if first <= span.last:
            days += (span.last - first).days + 1
            after = span.last + timedelta(days=1)
    return days


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """A line of another requisition of the same facility and item that is still open."""

    span: Span
    units: int
    """What is asked, or approved where it is reviewed, and has not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSupport:
    """What a norm supports for one line."""

    days: int
    gross_units: int
    claimed_units: int
    """What other open lines claim of the same days."""
    assessed_units: int


def support(
    spans: Sequence[Span], on_hand_units: int, others: Sequence[OpenClaim], use: Callable[[int], int]
) -> list[LineSupport]:
    """What a norm supports for the lines of one item, which come in the order of their days.

    `use` gives the use of a number of days. Each day counts once, in the first line that covers it; what is on hand,
    and what other open lines claim beyond the use of days that are theirs alone, is used up in the same order.
    """
    own_days = days_covered(spans)
    theirs = [claim.span for claim in others]
    alone = days_covered([*spans, *theirs]) - own_days
    claimed = max(0, sum(claim.units for claim in others) - use(alone))
    found = []
    for n in range(len(spans)):
        before, so_far = days_covered(spans[:n]), days_covered(spans[: n + 1])
        gross = use(so_far) - use(before)
        taken_on_hand = min(gross, on_hand_units)
        taken = min(gross - taken_on_hand, claimed)
        on_hand_units, claimed = on_hand_units - taken_on_hand, claimed - taken
        found.append(
            LineSupport(
                days=so_far - before,
                gross_units=gross,
                claimed_units=taken,
                assessed_units=gross - taken_on_hand - taken,
            )
        )
    return found


def peer_bound(size: int, peers: Sequence[tuple[int, int]]) -> int | None:
    """The most that peers make plausible: three times their median by size, and never less than their median.

    `peers` are the units and the size (beds or people) of each; None where too few have asked, or nothing is known of
    the sizes.
    """
    sized = [(units, other) for units, other in peers if other > 0]
    if size <= 0 or len(sized) < PEERS_MIN:
        if len(peers) < PEERS_MIN:
            return None
        return PEER_MULTIPLE * median_low(units for units, _ in peers)
    millis = median_low(units * 1_000 // other for units, other in sized)
    return max(PEER_MULTIPLE * -(-millis * size // 1_000), median_low(units for units, _ in sized))


def is_phone_number(units: int) -> bool:
    """Whether a figure has the form of a mobile telephone number: eleven digits that begin with 13 to 19."""
    return 13_000_000_000 <= units < 20_000_000_000


def is_absurd(requested_units: int, unit: BaseUnit, supported_units: int | None, peer_units: int | None) -> bool:
    """Whether a figure cannot be meant: a telephone number, or beyond all that norms or peers make thinkable.

    `supported_units` is what the norm gives for the days before anything is taken off; both are None where unknown.
    """
    typed = requested_units if unit is not BaseUnit.GRAM else requested_units // GRAMS_PER_KG
    if is_phone_number(typed):
        return True
    if requested_units > (ABSURD_GRAMS if unit is BaseUnit.GRAM else ABSURD_PIECES):
        return True
    known = supported_units if supported_units is not None else peer_units
    floor = ABSURD_FROM_UNITS * (GRAMS_PER_KG if unit is BaseUnit.GRAM else 1)
    return known is not None and requested_units > max(floor, ABSURD_MULTIPLE * known)


class EarlierClaim(Protocol):
    """What a facility asked of an item in a line before."""

    @property
    def reported_on(self) -> date: ...
    @property
    def needed_by(self) -> date: ...
    @property
    def requested_units(self) -> int: ...
    @property
    def delivered_units(self) -> int: ...


def is_repeated(units: int, reported_on: date, needed_by: date, earlier: Iterable[EarlierClaim]) -> bool:
    """Whether the same quantity for the same day was asked for within the last days and nothing of it has come."""
    return any(
        claim.requested_units == units
        and claim.needed_by == needed_by
        and claim.delivered_units == 0
        and abs((reported_on - claim.reported_on).days) <= REPEAT_DAYS
        for claim in earlier
    )
