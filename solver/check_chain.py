"""The weak-duality sums of one chain of certificates, kept up to date in exact integers.

The bound of ``check_fairness`` needs sum_l lambda[l] b[l] and sum_d mu[d] q[d] held[d]. Both are kept as
integers: lambda times the common denominator of the chain, costs times ``Pools.scale`` and ``ratio_scale``, held
shares times 2**112.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

from solver.certificate import Certificate
from solver.check_facts import OUTCOME_TOLERANCE, Facts
from solver.check_pools import Draw, Pools

_SHARE_BITS = 112
_PER_TOLERANCE = round(1 / OUTCOME_TOLERANCE)


class Chain:
    """The multipliers in force, what they make a unit of each demand worth, and who is held at what."""

    def __init__(
        self,
        facts: Facts,
        pools: Pools,
        band: int,
        shares: Mapping[str, tuple[float, ...]],
        events: Sequence[Certificate],
    ) -> None:
        self._facts = facts
        self._pools = pools
        self._band = band
        self._shares = shares
        self._denominator = lcm(*{value.denominator for event in events for _, value in event.duals})
        self._duals: dict[str, int] = {}
        self._costs: dict[int, int] = {}
        self._worth: dict[str, int] = {}
        self._settled: set[str] = set()
        self._bounded = 0
        self._kept = 0

    def change(self, duals: Iterable[tuple[str, Fraction]]) -> None:
        """Give limits new multipliers."""
        touched: set[int] = set()
        for limit, value in duals:
            whole = value.numerator * (self._denominator // value.denominator)
            self._bounded += (whole - self._duals.get(limit, 0)) * self._pools.bounds[limit]
            self._duals[limit] = whole
            touched.update(self._pools.pools_of.get(limit, ()))
        users: set[str] = set()
        for pool in touched:
            cost = min(map(self._cost, self._pools.draws[pool]))
            if cost != self._costs.get(pool, 0):
                self._costs[pool] = cost
                users.update(self._pools.users[pool])
        for name in users:
            worth = min(self._costs.get(pool, 0) * factor for pool, factor in self._pools.links[name])
            before = self._worth.get(name, 0)
            if worth != before:
                self._kept += (worth - before) * self._held(name)
                self._worth[name] = worth

    def hold(self, demands: Iterable[str]) -> None:
        """Hold demands from now on at what this band gave them, no longer at what earlier bands did."""
        for name in demands:
            before = self._held(name)
            self._settled.add(name)
            self._kept += self._worth.get(name, 0) * (self._held(name) - before)

    def proves(self, name: str, cap: float) -> bool:
        """Whether the demand's outcome cannot rise by more than the tolerance while all held are kept."""
        weight = self._worth.get(name, 0) * self._facts.demands[name].quantity
        gap = (self._bounded * self._pools.ratio_scale << _SHARE_BITS) - self._kept
        numerator, denominator = cap.as_integer_ratio()
        return weight > 0 and gap * denominator * _PER_TOLERANCE <= (weight * numerator << _SHARE_BITS)

    def _cost(self, draw: Draw) -> int:
        cost = sum(self._duals.get(limit, 0) * factor for limit, factor in draw.limits)
        if draw.trucks and draw.volume:
            cost += draw.volume * min(self._duals.get(truck, 0) for truck in draw.trucks)
        return cost

    def _held(self, name: str) -> int:
        """Units held, times 2**112, taken down."""
        last = self._band if name in self._settled else self._band - 1
        shares = self._shares.get(name)
        if shares is None or last < 0:
            return 0
        return int(shares[last] * (1 << _SHARE_BITS)) * self._facts.demands[name].quantity
