"""The weak-duality sums of one chain of certificates, kept up to date in exact integers.

The bound of ``fairness`` needs sum_l lambda[l] b[l] and sum_d mu[d] q[d] held[d]. Both are kept as
integers: lambda times the common denominator of the chain, costs times ``Pools.scale`` and ``ratio_scale``, held
shares times 2**112. What is held counts together for all askers of a kind, who have the same mu.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil, lcm

from ..model.certificate import Certificate
from .facts import Facts
from .paths import SHARE_BITS, Paths
from .pools import Draw, Pools
from .relaxed import Relaxed


class Held:
    """What demands hold, and the limits by which they attain it, all at once.

    A demand holds what its share says, or what the relaxed shipments deliver to it if that is less. A limit has what
    the problem says, or what the shipments take of it if that is more.
    """

    def __init__(self, facts: Facts, pools: Pools, paths: Paths, relaxed: Relaxed) -> None:
        self._facts = facts
        self._paths = paths
        self._pools = pools
        self._delivered = relaxed.delivered
        self._taken = relaxed.taken
        self._asking: list[list[str]] = [[] for _ in pools.links]
        for name in paths.of:
            self._asking[pools.kind_of[name]].append(name)
        self._by_kind: dict[tuple[int, int], int] = {}
        self._bounds: dict[str, int] = {}

    def units(self, band: int, name: str) -> int:
        """Units that a demand holds after the band, times 2**112; nothing before the first, -1."""
        if band < 0:
            return 0
        told = self._paths.of[name].held[band] * self._facts.demands[name].quantity
        return min(told, self._delivered.get(name, 0))

    def asked(self, name: str) -> int:
        """Units that it asked for, before and now: so many raise its outcome from 0 to 1 / cap."""
        return self._facts.demands[name].asked_in_all

    def share(self, band: int, name: str) -> float:
        """The share that it holds."""
        return self.units(band, name) / self._facts.demands[name].quantity / (1 << SHARE_BITS)

    def by_kind(self, band: int, kind: int) -> int:
        """Units that all askers of a kind held together after the band, times 2**112; nothing before the first, -1."""
        if band < 0:
            return 0
        units = self._by_kind.get((band, kind))
        if units is None:
            units = sum([self.units(band, name) for name in self._asking[kind]])
            self._by_kind[band, kind] = units
        return units

    def rise(self, band: int, name: str) -> int:
        """By how much one of them rose in the band."""
        return self.units(band, name) - self.units(band - 1, name)

    def bound(self, limit: str) -> int:
        """What a limit has, times ``Pools.scale`` and 2**112."""
        bound = self._bounds.get(limit)
        if bound is None:
            taken = self._taken.get(limit, Fraction(0)) * self._pools.scale
            bound = max(self._pools.bounds[limit] << SHARE_BITS, ceil(taken))
            self._bounds[limit] = bound
        return bound

    def quantity(self, limit: str) -> float:
        """What a limit has."""
        return self.bound(limit) / (self._pools.scale << SHARE_BITS)


class Chain:
    """The duals in force, what they make a unit of each demand worth, and who is held at what."""

    def __init__(self, pools: Pools, held: Held, band: int, events: Sequence[Certificate]) -> None:
        self._pools = pools
        self._held = held
        self._per_tolerance = round(1 / pools.facts.parameters.outcome)
        self._band = band
        self._denominator = lcm(*{value.denominator for event in events for _, value in event.duals})
        self._duals: dict[str, int] = {}
        self._costs: dict[int, int] = {}
        self._worth: dict[int, int] = {}
        self._settled: set[str] = set()
        self._risen: dict[int, int] = defaultdict(int)
        self._bounded = 0
        self._kept = 0

    def change(self, duals: Iterable[tuple[str, Fraction]]) -> None:
        """Give limits new duals."""
        touched: set[int] = set()
        for limit, value in duals:
            whole = value.numerator * (self._denominator // value.denominator)
            self._bounded += (whole - self._duals.get(limit, 0)) * self._held.bound(limit)
            self._duals[limit] = whole
            touched.update(self._pools.pools_of.get(limit, ()))
        kinds: set[int] = set()
        for pool in touched:
            cost = min(map(self._cost, self._pools.draws[pool]))
            if cost != self._costs.get(pool, 0):
                self._costs[pool] = cost
                kinds.update(self._pools.users[pool])
        for kind in kinds:
            worth = min([self._costs.get(pool, 0) * factor for pool, factor in self._pools.links[kind]])
            before = self._worth.get(kind, 0)
            if worth != before:
                self._kept += (worth - before) * (self._held.by_kind(self._band - 1, kind) + self._risen[kind])
                self._worth[kind] = worth

    def hold(self, demands: Iterable[str]) -> None:
        """Hold demands from now on at what this band gave them, no longer at what earlier bands did."""
        kind_of = self._pools.kind_of
        for name in demands:
            if name not in self._settled:
                self._settled.add(name)
                kind, rise = kind_of[name], self._held.rise(self._band, name)
                self._risen[kind] += rise
                self._kept += self._worth.get(kind, 0) * rise

    def least_weight(self, cap: float) -> int:
        """What ``weight`` a demand with this cap must have, so that its outcome cannot rise by more than the
        tolerance while all held are kept."""
        gap = self._bounded * self._pools.ratio_scale - self._kept
        numerator, denominator = cap.as_integer_ratio()
        # The least whole weight with gap x denominator / tolerance <= weight x numerator x 2**112.
        return max(1, -(-gap * denominator * self._per_tolerance // (numerator << SHARE_BITS)))

    def weight(self, name: str) -> int:
        """What all units asked by the demand are worth."""
        return self._worth.get(self._pools.kind_of[name], 0) * self._held.asked(name)

    def _cost(self, draw: Draw) -> int:
        duals = self._duals
        cost = 0
        for limit, factor in draw.limits:
            cost += duals.get(limit, 0) * factor
        if draw.trucks and draw.volume:
            cost += draw.volume * min([duals.get(truck, 0) for truck in draw.trucks])
        return cost
