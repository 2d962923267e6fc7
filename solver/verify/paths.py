"""The shares of a plan, grouped: demands of a tier with the same shares after every band are one path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..model.facts import Before, Demand
from ..model.plan import DemandOutcome
from .facts import Facts

SHARE_BITS = 112

Shares = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """What demands of one tier have after each band, and who they are.

    ``caps`` are those of the bands. ``outcomes`` are min(share / cap, 1), None in a band that does not serve the
    tier; of demands with a history they count what was asked and received before. ``most`` are the highest shares
    that the bands allow, ``weight`` the part that what is asked now has in all that was asked. ``held`` are the
    shares times 2**112, taken down; 0 where a share is not finite.
    """

    shares: tuple[float, ...]
    caps: tuple[float, ...]
    outcomes: tuple[float | None, ...]
    most: tuple[float, ...]
    weight: float
    held: tuple[int, ...]
    demands: list[str]


class Paths:
    """The paths of a plan that has each demand once; ``of[d]`` is that of demand d."""

    def __init__(self, facts: Facts, outcomes: Iterable[DemandOutcome]) -> None:
        self.of: dict[str, Path] = {}
        found: dict[tuple[int, tuple[float, ...], tuple[int, Before] | None], Path] = {}
        demands = facts.demands
        for row in outcomes:
            name, shares = row.demand, row.shares
            demand = demands[name]
            history = None if demand.before is None else (demand.quantity, demand.before)
            key = (demand.tier, shares, history)
            path = found.get(key)
            if path is None:
                path = found[key] = _path(shares, facts.caps_of[key[0]], demand)
            path.demands.append(name)
            self.of[name] = path
        self._all = list(found.values())

    def __iter__(self) -> Iterator[Path]:
        """Each path once, in the order of its first demand."""
        return iter(self._all)


def outcome(share: float, cap: float) -> float:
    """The outcome of a share in a band that serves it up to ``cap``: min(share / cap, 1)."""
    return 1.0 if share >= cap else share / cap


def _most(cap: float, demand: Demand) -> float:
    """The highest share of what is asked now that a cap allows."""
    if demand.before is None:
        return cap
    asked, received = demand.before
    return min(1.0, max(0.0, (cap * (asked + demand.quantity) - received) / demand.quantity))


def _path(shares: tuple[float, ...], caps: tuple[float, ...], demand: Demand) -> Path:
    return Path(
        shares=shares,
        caps=caps[: len(shares)],
        outcomes=tuple(
            outcome(demand.overall(share), cap) if cap > 0 else None for share, cap in zip(shares, caps, strict=False)
        ),
        most=tuple(_most(cap, demand) for cap in caps[: len(shares)]),
        weight=demand.quantity / demand.asked_in_all,
        held=tuple(int(share * (1 << SHARE_BITS)) if abs(share) < float("inf") else 0 for share in shares),
        demands=[],
    )
