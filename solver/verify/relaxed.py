"""Sums the relaxed shipments of a plan exactly, and checks that they keep the limits and attain the shares.

They deliver the last shares; since less can always be shipped, the shares after each earlier band are attainable too.

Units are counted in whole multiples of 2**-112: any double of 2**-60 or more is one, and what a smaller one has below
that is left out of what it delivers and counted in full in what it takes. So ``delivered`` is attained, exactly, by
limits that have no less than ``taken``: the ground on which ``fairness`` stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import fsum

from ..model.certificate import RelaxedShipment
from ..model.plan import limit_id
from .facts import Facts, Finding, exact, finding
from .paths import SHARE_BITS, Paths

_ONE = float(1 << SHARE_BITS)


class Relaxed:
    """The relaxed shipments of a plan.

    ``delivered[d]`` are the units that demand d gets and ``taken[l]`` what is taken of limit l, both times 2**112;
    ``drawn[s]`` the units drawn from source s, ``costs`` the yuan of each shipment. ``findings`` has those that are
    not allowed: they are not counted.
    """

    def __init__(self, facts: Facts, shipments: Iterable[RelaxedShipment]) -> None:
        self.findings: list[Finding] = []
        self.delivered: dict[str, int] = {}
        self.costs: list[float] = []
        self._facts = facts
        self._drawn: dict[str, int] = {}
        self._loaded: dict[tuple[str, int, str], int] = defaultdict(int)
        self._load(shipments)
        self.taken = dict(self._taken())
        self.drawn = {name: units / _ONE for name, units in self._drawn.items()}

    def _load(self, shipments: Iterable[RelaxedShipment]) -> None:
        facts, drawn, delivered, endless = self._facts, self._drawn, self.delivered, float("inf")
        penalties = {(row.item, row.serves): row.penalty for row in facts.problem.substitutions}
        prices = {name: float(source.unit_price) for name, source in facts.sources.items()}
        for row in shipments:
            name, asking, period, quantity = row.source, row.demand, row.period, row.quantity
            source, demand = facts.sources.get(name), facts.demands.get(asking)
            law = "unknown" if source is None or demand is None else facts.why_not(source, demand, period)
            if source is None or demand is None or law is not None or not 0 <= quantity < endless:
                self._refuse(name, asking, period, law or "quantity")
                continue
            cost = facts.lanes_to[demand.facility][source.site].cost + prices[name]
            units = int(quantity * _ONE)
            most = units + (units != quantity * _ONE)
            drawn[name] = drawn.get(name, 0) + most
            if source.site in facts.trucked and (source.site, period) in facts.capacities:
                self._loaded[source.site, period, source.item] += most
            if source.item != demand.item:
                cost += penalties[source.item, demand.item]
                ratio = facts.ratio(source.item, demand) or Fraction(0)
                units = units * ratio.numerator // ratio.denominator
            self.costs.append(cost * quantity)
            delivered[asking] = delivered.get(asking, 0) + units

    def _refuse(self, source: str, demand: str, period: int, law: str) -> None:
        message = "the relaxed shipment {source} to {demand} in period {period} is not allowed: {law}"
        self.findings.append(
            finding("relaxed_not_allowed", message, source=source, demand=demand, period=period, law=law)
        )

    def _taken(self) -> Iterator[tuple[str, Fraction]]:
        """What is taken of each limit that the shipments use, times 2**112."""
        facts = self._facts
        shared: dict[str, Fraction] = defaultdict(Fraction)
        for name, units in self._drawn.items():
            source = facts.sources[name]
            yield source.limit, Fraction(units)
            if source.kept:
                shared[limit_id("reserve", source.item)] += units
            if source.fund is not None:
                shared[limit_id("fund", source.fund)] += units * source.unit_price
        for (site, period, item), units in self._loaded.items():
            shared[limit_id("capacity", site, period)] += units * exact(facts.items[item].volume)
        yield from shared.items()

    def tolerances(self) -> dict[str, float]:
        """By how much each limit in use may seem exceeded."""
        facts = self._facts
        tolerance: dict[str, float] = defaultdict(float)

        def allow(limit: str, pack: float) -> None:
            tolerance[limit] = max(tolerance[limit], pack * facts.parameters.limit_pack)

        for name in self._drawn:
            source = facts.sources[name]
            pack = facts.items[source.item].pack
            allow(source.limit, pack)
            if source.kept:
                allow(limit_id("reserve", source.item), pack)
            if source.fund is not None:
                allow(limit_id("fund", source.fund), pack * float(source.unit_price))
        for site, period, item in self._loaded:
            allow(limit_id("capacity", site, period), facts.items[item].pack * facts.items[item].volume)
        return tolerance


def relaxed_findings(facts: Facts, relaxed: Relaxed, paths: Paths) -> Iterator[Finding]:
    """What the relaxed shipments of the plan break, or do not deliver."""
    yield from relaxed.findings
    tolerance = relaxed.tolerances()
    for limit, taken in relaxed.taken.items():
        used, bound = float(taken / (1 << SHARE_BITS)), float(facts.bounds[limit])
        if used > bound * (1 + facts.parameters.limit_part) + tolerance[limit]:
            message = "the relaxed shipments take {used} of {limit}, which has {bound}"
            yield finding("relaxed_over_limit", message, limit=limit, used=used, bound=bound)
    for name, told, share in _unattained(facts, relaxed, paths):
        message = "{demand} is told the share {told}, and its relaxed shipments deliver {share}"
        yield finding("share_not_attained", message, demand=name, told=told, share=share)


def attainability_findings(facts: Facts, relaxed: Relaxed, paths: Paths) -> Iterator[Finding]:
    """Shares that not even the relaxed shipments attain that come nearest to them."""
    for name, told, share in _unattained(facts, relaxed, paths):
        message = "the shares are not attainable together: {demand} is told {told}, and would get {share}"
        yield finding("share_not_attainable", message, demand=name, told=told, share=share)


def _unattained(facts: Facts, relaxed: Relaxed, paths: Paths) -> Iterator[tuple[str, float, float]]:
    """Demands whose last share is not what the shipments deliver: (demand, share in the plan, share delivered)."""
    demands, delivered = facts.demands, relaxed.delivered
    for name, path in paths.of.items():
        share = delivered.get(name, 0) / _ONE / demands[name].quantity
        told = path.shares[-1] if path.shares else 0.0
        if abs(share - told) > facts.parameters.outcome:
            yield name, told, share


def relaxed_cost(facts: Facts, relaxed: Relaxed) -> float | None:
    """Yuan of the relaxed shipments: lanes, penalties, purchases, and stock left to spoil.

    None where it depends on an earlier plan, whose shipments may name what has gone since.
    """
    problem = facts.problem
    if problem.change_penalty and problem.previous:
        return None
    spoiled = [
        facts.items[supply.item].value * (supply.quantity - relaxed.drawn.get(supply.id, 0.0))
        for supply in problem.supplies
        if supply.until_period is not None and supply.until_period < problem.periods
    ]
    return fsum(relaxed.costs + spoiled)
