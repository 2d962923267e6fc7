"""Puts the answers of all networks together into one plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from solver.certificate import Certificate, CertificateChain, RelaxedShipment
from solver.components import Component
from solver.explain import Explained, LimitGain
from solver.network import OFFER, Network
from solver.plan import LIMIT_KINDS, BandOutcome, DemandOutcome, Gain, Help, Limit, Plan, Purchase, Reason, Shipment
from solver.problem_json import problem_digest
from solver.reasons import Obstacles, Policy, binding_reasons
from solver.settlement import Event
from solver.system import Floats, Integers
from solver.tables import Tables

SHORT = 1e-9
"""A share this near to its cap is at it."""

LEVEL_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAnswer:
    """All that was found out about one network; arrays are in its own indices."""

    network: Network
    shares: Floats
    shipped: Floats
    packed: Integers
    seconds: float
    explained: Explained
    events: tuple[tuple[Component, tuple[Event, ...]], ...]


def assemble_plan(tables: Tables, answers: Sequence[NetworkAnswer]) -> Plan:
    """The plan of all networks; every list sorted by id."""
    problem = tables.problem
    bounds = [_Bounds(answer) for answer in answers]
    policy, obstacles = Policy(problem), Obstacles(problem)
    demands: list[DemandOutcome] = []
    for answer, bound in zip(answers, bounds, strict=True):
        demands += _outcomes(answer, bound, policy, obstacles)
    demands.sort(key=lambda outcome: outcome.demand)
    relaxed = [row for answer in answers for row in _relaxed(answer)]
    return Plan(
        problem_digest=problem_digest(problem),
        status="optimal",
        demands=tuple(demands),
        shipments=tuple(sorted((s for answer in answers for s in _shipments(answer)), key=_shipment_key)),
        purchases=tuple(sorted((p for answer in answers for p in _purchases(answer)), key=lambda row: row.offer)),
        cost=_cost(tables, answers),
        bands=tuple(_bands(tables, answers)),
        limits=tuple(sorted((limit for bound in bounds for limit in bound.limits()), key=lambda row: row.id)),
        helps=_helps(bounds),
        certificates=tuple(row for number, answer in enumerate(answers) for row in _certificates(number, answer)),
        relaxed=tuple(sorted(relaxed, key=_shipment_key)),
    )


def tidy(number: float) -> float:
    """The number at 15 digits: what a sum loses in its last bit is not told."""
    return float(f"{number:.15g}")


def _shipment_key(row: Shipment | RelaxedShipment) -> tuple[str, str, int]:
    return row.demand, row.source, row.period


class _Bounds:
    """Ids and gains of the limits of one network, and who is bound by what."""

    def __init__(self, answer: NetworkAnswer) -> None:
        network, explained = answer.network, answer.explained
        self.network = network
        self.gains = explained.gains
        self.ids = network.limit_ids()
        self.by_demand: dict[int, list[int]] = defaultdict(list)
        self.by_limit: dict[int, list[int]] = defaultdict(list)
        pairs = zip(explained.bound_demand.tolist(), explained.bound_limit.tolist(), strict=True)
        for demand, limit in pairs:
            self.by_demand[demand].append(limit)
            self.by_limit[limit].append(demand)

    def limits_of(self, demand: int) -> tuple[str, ...]:
        return tuple(sorted(self.ids[limit] for limit in self.by_demand.get(demand, ())))

    def limits(self) -> Iterator[Limit]:
        """Every limit that binds someone."""
        demands = self.network.tables.problem.demands
        at = self.network.demand_at
        for limit, bound in self.by_limit.items():
            gain = self.gains.get(limit)
            yield Limit(
                id=self.ids[limit],
                kind=LIMIT_KINDS[int(self.network.limit_kind[limit])],
                demands=tuple(demands[at[demand]].id for demand in bound),
                gain=None if gain is None else Gain(unit=gain.unit, level=tidy(gain.after)),
            )

    def helps(self) -> Iterator[tuple[str, LimitGain]]:
        return ((self.ids[limit], gain) for limit, gain in self.gains.items())


def _helps(bounds: Sequence[_Bounds]) -> tuple[Help, ...]:
    """What would help, by the units that it serves more; what helps nobody is left out."""
    found: list[tuple[float, str, Help]] = []
    for bound in bounds:
        bands = bound.network.tables.problem.bands
        for limit, gain in bound.helps():
            if not gain.raised:
                continue
            row = Help(
                limit=limit,
                unit=gain.unit,
                quantity=tidy(round(gain.quantity, 6)),
                raised=gain.raised,
                band=bands[gain.band].name,
                before=tidy(gain.before),
                after=tidy(gain.after),
            )
            found.append((-row.quantity, limit, row))
    return tuple(row for _, _, row in sorted(found, key=lambda entry: entry[:2]))


def _outcomes(answer: NetworkAnswer, bound: _Bounds, policy: Policy, obstacles: Obstacles) -> Iterator[DemandOutcome]:
    network, system = answer.network, answer.network.system
    problem = network.tables.problem
    reached = np.bincount(system.arc_demand, minlength=len(system.demand_quantity)) > 0
    delivered = np.bincount(
        system.arc_demand, answer.packed * system.arc_ratio, minlength=len(system.demand_quantity)
    ).tolist()
    for at, place in enumerate(network.demand_at.tolist()):
        demand = problem.demands[place]
        shares = tuple(tidy(share) for share in answer.shares[:, at].tolist())
        share = shares[-1] if shares else 0.0
        limits = bound.limits_of(at)
        reasons: list[Reason] = []
        if share < 1.0 - SHORT:
            reasons = policy.reasons(demand, share) or binding_reasons(limits)
            if not reached[at]:
                reasons = [r for r in reasons if r.code == "no_band"] + obstacles.reasons(demand)
        yield DemandOutcome(
            demand=demand.id,
            shares=shares,
            quantity=_whole(delivered[at]),
            limits=limits,
            reasons=tuple(reasons),
        )


def _whole(number: float) -> int | float:
    """Units as an int where they are whole; a ratio may leave parts of a unit."""
    return round(number) if abs(number - round(number)) < 1e-9 * max(1.0, abs(number)) else tidy(number)


def _shipments(answer: NetworkAnswer) -> Iterator[Shipment]:
    for source, demand, period, quantity in _rows(answer, answer.packed):
        yield Shipment(source=source, demand=demand, period=period, quantity=int(quantity))


def _relaxed(answer: NetworkAnswer) -> Iterator[RelaxedShipment]:
    for source, demand, period, quantity in _rows(answer, answer.shipped):
        yield RelaxedShipment(source=source, demand=demand, period=period, quantity=tidy(quantity))


def _rows(answer: NetworkAnswer, quantities: Floats | Integers) -> Iterator[tuple[str, str, int, float]]:
    """The arcs that carry something, with the ids of their ends."""
    network, system = answer.network, answer.network.system
    tables = network.tables
    used = np.flatnonzero(quantities)
    sources = network.source_at[system.arc_source[used]].tolist()
    demands = network.demand_at[system.arc_demand[used]].tolist()
    rows = zip(sources, demands, system.arc_period[used].tolist(), quantities[used].tolist(), strict=True)
    for source, demand, period, quantity in rows:
        yield tables.source_ids[source], tables.problem.demands[demand].id, period, quantity


def _purchases(answer: NetworkAnswer) -> Iterator[Purchase]:
    """What is bought of an offer is what is shipped from it."""
    network = answer.network
    sources = len(network.source_at)
    bought = np.zeros(sources, dtype=np.int64)
    np.add.at(bought, network.system.arc_source, answer.packed)
    for at in np.flatnonzero((network.limit_kind[:sources] == OFFER) & (bought > 0)).tolist():
        offer = network.tables.problem.offers[int(network.limit_at[at])]
        yield Purchase(offer=offer.id, quantity=int(bought[at]))


def _cost(tables: Tables, answers: Sequence[NetworkAnswer]) -> float:
    """Yuan of the relaxed plan: what shipping costs, what is left to spoil, what differs from the earlier plan."""
    left = tables.source_quantity.astype(float)
    parts: list[float] = []
    changed = 0.0
    kept = 0.0
    for answer in answers:
        network, system = answer.network, answer.network.system
        source = network.source_at[system.arc_source]
        np.subtract.at(left, source, answer.shipped)
        parts += ((system.arc_cost + tables.source_loss[source]) * answer.shipped).tolist()
        changed += fsum(np.abs(answer.shipped - network.arc_previous).tolist())
        kept += float(network.arc_previous.sum())
    parts += (tables.source_loss * np.maximum(0.0, left))[: tables.supplies].tolist()
    if tables.problem.change_penalty and tables.problem.previous:
        # What the earlier plan sent where nothing can be sent any more differs too.
        gone = sum(row.quantity for row in tables.problem.previous) - kept
        parts.append(tables.problem.change_penalty * (changed + gone))
    return tidy(fsum(parts))


def _bands(tables: Tables, answers: Sequence[NetworkAnswer]) -> Iterator[BandOutcome]:
    """The distinct outcomes of each band; its seconds are its part of all seconds, by outcomes settled."""
    seconds = sum(answer.seconds for answer in answers)
    served = [float((tables.caps[band] > 0.0).sum()) for band in range(len(tables.caps))]
    for band, row in enumerate(tables.problem.bands):
        levels: list[Floats] = [np.zeros(0)]
        for answer in answers:
            caps = answer.network.system.caps[band]
            asked = caps > 0.0
            levels.append(np.minimum(1.0, answer.shares[band][asked] / caps[asked]))
        distinct = np.unique(np.round(np.concatenate(levels), LEVEL_DIGITS))
        part = served[band] / sum(served) if sum(served) else 0.0
        yield BandOutcome(name=row.name, levels=tuple(distinct.tolist()), seconds=round(seconds * part, 6))


def _certificates(number: int, answer: NetworkAnswer) -> Iterator[Certificate]:
    """The proof of every level, component by component."""
    network = answer.network
    ids = network.limit_ids()
    demands = network.tables.problem.demands
    for at, (component, events) in enumerate(answer.events):
        chains: dict[int, CertificateChain] = {}
        for event in events:
            chain = chains.setdefault(event.band, CertificateChain(event.band, f"{number}.{at}"))
            limits = component.limits[event.limits].tolist()
            named = zip(limits, event.duals.tolist(), strict=True)
            chain.settle(
                event.level,
                [demands[place].id for place in network.demand_at[component.demands[event.demands]].tolist()],
                {ids[limit]: dual for limit, dual in named},
            )
        for band in sorted(chains):
            yield from chains[band].certificates
