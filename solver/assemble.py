"""Puts the answers of all networks together into one plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from solver.answer import LEVEL_DIGITS
from solver.certificate import Certificate, CertificateChain, RelaxedShipment
from solver.explain import Company, companies
from solver.gains import LimitGain, Part
from solver.network import OFFER, Network
from solver.plan import (
    LIMIT_KINDS,
    BandOutcome,
    DemandOutcome,
    FairnessPrice,
    Gain,
    Help,
    Limit,
    Plan,
    Purchase,
    Reason,
    Shipment,
)
from solver.problem_json import problem_digest
from solver.reasons import DEMANDS_NAMED_MAX, Obstacles, Policy, binding_reasons, left_over, others_reason
from solver.system import Floats, Integers
from solver.tables import Tables

SHORT = 1e-9
"""A share this near to its cap is at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAnswer:
    """All that was found out about one network; arrays are in its own indices."""

    network: Network
    shares: Floats
    shipped: Floats
    packed: Integers
    parts: tuple[Part, ...]


def assemble_plan(
    tables: Tables,
    answers: Sequence[NetworkAnswer],
    gains: Mapping[tuple[int, int], LimitGain],
    *,
    status: str = "optimal",
    prices: tuple[FairnessPrice, ...] = (),
    stop: Callable[[], None] = lambda: None,
) -> Plan:
    """The plan of all networks; every list sorted by id.

    ``gains`` are by (number of the part among all parts, limit of its component). ``stop`` is called between
    networks and may raise. A partial plan has fewer rows in ``shares`` than the problem has bands.
    """
    problem = tables.problem
    policy, obstacles = Policy(problem), Obstacles(tables, left_over(tables, _shipped(tables, answers)))
    demands: list[DemandOutcome] = []
    bounds: list[_Bounds] = []
    first = 0
    for answer in answers:
        stop()
        bounds.append(_Bounds(answer, first, gains))
        first += len(answer.parts)
        demands += _outcomes(answer, bounds[-1], policy, obstacles)
    demands.sort(key=lambda outcome: outcome.demand)
    stop()
    relaxed = [row for answer in answers for row in _relaxed(answer)]
    return Plan(
        problem_digest=problem_digest(problem),
        status=status,
        demands=tuple(demands),
        shipments=tuple(sorted((s for answer in answers for s in _shipments(answer)), key=_shipment_key)),
        purchases=tuple(sorted((p for answer in answers for p in _purchases(answer)), key=lambda row: row.offer)),
        cost=_cost(tables, answers),
        bands=tuple(_bands(tables, answers)),
        limits=tuple(sorted((limit for bound in bounds for limit in bound.limits()), key=lambda row: row.id)),
        helps=_helps(bounds),
        price_of_fairness=prices,
        certificates=tuple(row for number, answer in enumerate(answers) for row in _certificates(number, answer)),
        relaxed=tuple(sorted(relaxed, key=_shipment_key)),
    )


def _shipped(tables: Tables, answers: Sequence[NetworkAnswer]) -> Floats:
    """Units that the relaxed plan ships from each source."""
    shipped = np.zeros(len(tables.source_ids))
    for answer in answers:
        network = answer.network
        np.add.at(shipped, network.source_at[network.system.arc_source], answer.shipped)
    return shipped


def tidy(number: float) -> float:
    """The number at 15 digits: what a sum loses in its last bit is not told."""
    return float(f"{number:.15g}")


def _shipment_key(row: Shipment | RelaxedShipment) -> tuple[str, str, int]:
    return row.demand, row.source, row.period


class _Bounds:
    """Ids and gains of the limits of one network, and who is bound by what, with whom, and after whom."""

    def __init__(self, answer: NetworkAnswer, first: int, gains: Mapping[tuple[int, int], LimitGain]) -> None:
        """``first`` is the number of the network's first part among all parts."""
        self.network = answer.network
        self.ids = self.network.limit_ids()
        self.by_demand: dict[int, list[int]] = defaultdict(list)
        self.by_limit: dict[int, list[int]] = defaultdict(list)
        self.others: dict[int, list[Reason]] = {}
        self.gains: dict[int, LimitGain] = {}
        for number, part in enumerate(answer.parts, start=first):
            for fall in part.short:
                demands = part.component.demands[fall.bound_demand].tolist()
                limits = part.component.limits[fall.bound_limit].tolist()
                for demand, limit in zip(demands, limits, strict=True):
                    self.by_demand[demand].append(limit)
                    self.by_limit[limit].append(demand)
                for limit in fall.limits.tolist():
                    if (number, limit) in gains:
                        self.gains[int(part.component.limits[limit])] = gains[number, limit]
            self._add_others(part)

    def _add_others(self, part: Part) -> None:
        """The reasons that name other demands; one object for all that fell short together."""
        bands = self.network.tables.problem.bands
        system, answer = part.component.system, part.answer
        for company in companies(system, answer.shares, answer.shipped, part.short, DEMANDS_NAMED_MAX):
            before = [
                others_reason("served_before", bands[band].name, count, self._names(part, some))
                for band, (count, some) in company.before.items()
            ]
            members = company.demands
            own = part.component.demands[members].tolist()
            # Only the first few are named, and nobody to himself: the others have one object together.
            head = [self._together(part, company, at) for at in range(min(len(own), DEMANDS_NAMED_MAX + 1))]
            for at, demand in enumerate(own):
                self.others[demand] = [*head[min(at, DEMANDS_NAMED_MAX)], *before]

    def _together(self, part: Part, company: Company, at: int) -> list[Reason]:
        """With whom the member at a place of the company is held, if with anyone."""
        others = np.delete(company.demands[: DEMANDS_NAMED_MAX + 1], at)[:DEMANDS_NAMED_MAX]
        if not len(others):
            return []
        band = self.network.tables.problem.bands[company.band].name
        return [others_reason("shared_with", band, len(company.demands) - 1, self._names(part, others))]

    def _names(self, part: Part, demands: Integers) -> list[str]:
        problem = self.network.tables.problem
        return [problem.demands[int(self.network.demand_at[part.component.demands[at]])].id for at in demands]

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
                demands=tuple(demands[at[demand]].id for demand in sorted(bound)),
                gain=None if gain is None else Gain(unit=gain.unit, level=tidy(gain.after)),
            )

    def helps(self) -> Iterator[tuple[str, LimitGain]]:
        return ((self.ids[limit], gain) for limit, gain in self.gains.items())


def _helps(bounds: Sequence[_Bounds]) -> tuple[Help, ...]:
    """What would help, the most helpful first; what does not serve a whole unit more is left out.

    Ranked by the first band that it changes, then by the needs that it meets, each counted by its part: so items
    counted in grams and in pieces compare.
    """
    found: list[tuple[tuple[int, float, int, str], Help]] = []
    for bound in bounds:
        bands = bound.network.tables.problem.bands
        for limit, gain in bound.helps():
            if not gain.raised or gain.quantity < 1.0:
                continue
            row = Help(
                limit=limit,
                unit=gain.unit,
                quantity=tidy(round(gain.quantity, 6)),
                needs=tidy(round(gain.needs, 6)),
                raised=gain.raised,
                band=bands[gain.band].name,
                before=tidy(gain.before),
                after=tidy(gain.after),
            )
            found.append(((gain.band, -row.needs, -row.raised, limit), row))
    return tuple(row for _, row in sorted(found, key=lambda entry: entry[0]))


def _outcomes(answer: NetworkAnswer, bound: _Bounds, policy: Policy, obstacles: Obstacles) -> Iterator[DemandOutcome]:
    network, system = answer.network, answer.network.system
    problem = network.tables.problem
    reached = np.bincount(system.arc_demand, minlength=system.demands) > 0
    delivered = np.bincount(system.arc_demand, answer.packed * system.arc_ratio, minlength=system.demands).tolist()
    last = answer.shares[-1] if len(answer.shares) else np.zeros(system.demands)
    short = last < 1.0 - SHORT
    blocked = obstacles.reasons(network.demand_at[short & ~reached], of_all=True)
    blocked |= obstacles.reasons(network.demand_at[short & reached], of_all=False)
    for at, place in enumerate(network.demand_at.tolist()):
        demand = problem.demands[place]
        limits = bound.limits_of(at)
        reasons: list[Reason] = []
        if short[at]:
            reasons = policy.reasons(demand, float(last[at]))
            if not reached[at]:
                reasons = [reason for reason in reasons if reason.code == "no_band"] + list(blocked[place])
            elif not reasons:
                reasons = binding_reasons(limits) or policy.waiting(demand, float(last[at]), len(answer.shares))
                reasons += bound.others.get(at, []) + list(blocked[place])
        yield DemandOutcome(
            demand=demand.id,
            shares=tuple(tidy(share) for share in answer.shares[:, at].tolist()),
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
    """The distinct outcomes of each band that was settled, and the seconds that it took."""
    settled = min((len(answer.shares) for answer in answers), default=len(tables.problem.bands))
    for band, row in enumerate(tables.problem.bands[:settled]):
        levels: list[Floats] = [np.zeros(0)]
        for answer in answers:
            caps = answer.network.system.caps[band]
            asked = caps > 0.0
            levels.append(np.minimum(1.0, answer.shares[band][asked] / caps[asked]))
        distinct = np.unique(np.round(np.concatenate(levels), LEVEL_DIGITS))
        seconds = fsum(part.answer.seconds[band] for answer in answers for part in answer.parts)
        yield BandOutcome(name=row.name, levels=tuple(distinct.tolist()), seconds=round(seconds, 6))


def _certificates(number: int, answer: NetworkAnswer) -> Iterator[Certificate]:
    """The proof of every level, component by component."""
    network = answer.network
    ids = network.limit_ids()
    demands = network.tables.problem.demands
    for at, part in enumerate(answer.parts):
        component = part.component
        chains: dict[int, CertificateChain] = {}
        for event in part.answer.events:
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
