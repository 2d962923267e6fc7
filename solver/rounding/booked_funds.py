"""Funds whose money is booked in whole fen: what an offer's purchase takes of them depends on how much is bought.

A purchase of n packs at ``price`` yuan a pack is booked as one line of floor(100 price n + 1/2) fen (half up), so the
next pack may take a fen more or less than the one before.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np

from .integer_limits import PackFacts, exact

FEN_PER_YUAN = 100


def fen(yuan: Fraction) -> int:
    """The amount in whole fen, half up."""
    return floor(yuan * FEN_PER_YUAN + Fraction(1, 2))


class BookedFunds:
    """What is left of each such fund, in fen, while packs are taken and released one by one."""

    def __init__(self, network: PackFacts, packs: list[int]) -> None:
        system = network.system
        entries = np.flatnonzero(network.limit_booked[system.entry_limit])
        arcs, limits = system.entry_arc[entries].tolist(), system.entry_limit[entries].tolist()
        offers = system.arc_source[system.entry_arc[entries]].tolist()
        self._fund: dict[int, int] = dict(zip(arcs, limits, strict=True))
        self._offer: dict[int, int] = dict(zip(arcs, offers, strict=True))
        self._price: dict[int, Fraction] = {
            offer: exact(factor) * int(network.source_pack[offer])
            for offer, factor in zip(offers, system.entry_factor[entries].tolist(), strict=True)
        }
        self._bought = dict.fromkeys(self._price, 0)
        self.left = {limit: floor(exact(float(system.limit_bound[limit])) * FEN_PER_YUAN) for limit in set(limits)}
        for arc in arcs:
            self._bought[self._offer[arc]] += packs[arc]
        for offer, limit in sorted(set(zip(offers, limits, strict=True))):
            self.left[limit] -= fen(self._price[offer] * self._bought[offer])

    def blocker(self, arc: int) -> int | None:
        """The fund that cannot pay for one more pack on the arc."""
        fund = self._fund.get(arc)
        return fund if fund is not None and self._cost(arc, 1) > self.left[fund] else None

    def take(self, arc: int, packs: int) -> None:
        """Buy so many packs more for the arc; fewer where the number is negative."""
        fund = self._fund.get(arc)
        if fund is not None:
            self.left[fund] -= self._cost(arc, packs)
            self._bought[self._offer[arc]] += packs

    def overdrawn(self, limit: int) -> bool:
        """Whether more is booked than there is."""
        return self.left.get(limit, 0) < 0

    def _cost(self, arc: int, packs: int) -> int:
        """Fen that so many packs more take."""
        offer = self._offer[arc]
        price, bought = self._price[offer], self._bought[offer]
        return fen(price * (bought + packs)) - fen(price * bought)
