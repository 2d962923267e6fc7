"""Puts the answers of all networks together into one plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np

from solver.answer import LEVEL_DIGITS
from solver.bounds import Bounds, tidy
from solver.certificate import Certificate, CertificateChain, RelaxedShipment
from solver.collecting import no_collecting, rows_of
from solver.gains import LimitGain, Part
from solver.network import OFFER, Network
from solver.plan import (
    BandOutcome,
    DemandOutcome,
    FairnessPrice,
    Help,
    Plan,
    Purchase,
    Reason,
    Shipment,
)
from solver.problem_json import problem_digest
from solver.reasons import Obstacles, Policy, left_over
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
    with no_collecting():
        return _plan(tables, answers, gains, status, prices, stop)


def _plan(
    tables: Tables,
    answers: Sequence[NetworkAnswer],
    gains: Mapping[tuple[int, int], LimitGain],
    status: str,
    prices: tuple[FairnessPrice, ...],
    stop: Callable[[], None],
) -> Plan:
    problem = tables.problem
    policy, obstacles = Policy(problem), Obstacles(tables, left_over(tables, _shipped(tables, answers)))
    demands: dict[int, DemandOutcome] = {}
    bounds: list[Bounds] = []
    first = 0
    for answer in answers:
        stop()
        bounds.append(Bounds(answer.network, answer.parts, first, gains))
        first += len(answer.parts)
        outcomes = _outcomes(answer, bounds[-1], policy, obstacles)
        demands.update(zip(answer.network.demand_at.tolist(), outcomes, strict=True))
    stop()
    packed = _shipping(tables, answers, [answer.packed for answer in answers])
    relaxed = _shipping(tables, answers, [answer.shipped for answer in answers])
    relaxed["quantity"] = list(map(tidy, relaxed["quantity"]))
    return Plan(
        problem_digest=problem_digest(problem),
        status=status,
        demands=tuple(demands[place] for place in range(len(demands))),
        shipments=tuple(rows_of(Shipment, packed)),
        purchases=tuple(sorted((p for answer in answers for p in _purchases(answer)), key=lambda row: row.offer)),
        cost=_cost(tables, answers),
        bands=tuple(_bands(tables, answers)),
        limits=tuple(sorted((limit for bound in bounds for limit in bound.limits()), key=lambda row: row.id)),
        helps=_helps(bounds),
        price_of_fairness=prices,
        certificates=tuple(row for number, answer in enumerate(answers) for row in _certificates(number, answer)),
        relaxed=tuple(rows_of(RelaxedShipment, relaxed)),
    )


def _shipped(tables: Tables, answers: Sequence[NetworkAnswer]) -> Floats:
    """Units that the relaxed plan ships from each source."""
    shipped = np.zeros(len(tables.source_ids))
    for answer in answers:
        network = answer.network
        np.add.at(shipped, network.source_at[network.system.arc_source], answer.shipped)
    return shipped


def _helps(bounds: Sequence[Bounds]) -> tuple[Help, ...]:
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


def _outcomes(answer: NetworkAnswer, bound: Bounds, policy: Policy, obstacles: Obstacles) -> Iterator[DemandOutcome]:
    network, system = answer.network, answer.network.system
    problem = network.tables.problem
    reached = np.bincount(system.arc_demand, minlength=system.demands) > 0
    delivered = np.bincount(system.arc_demand, answer.packed * system.arc_ratio, minlength=system.demands).tolist()
    last = answer.shares[-1] if len(answer.shares) else np.zeros(system.demands)
    short = last < 1.0 - SHORT
    last_of, short_of, reached_of = last.tolist(), short.tolist(), reached.tolist()
    blocked = obstacles.reasons(network.demand_at[short & ~reached], of_all=True)
    blocked |= obstacles.reasons(network.demand_at[short & reached], of_all=False)
    shares: dict[tuple[float, ...], tuple[float, ...]] = {}
    for at, (place, row) in enumerate(zip(network.demand_at.tolist(), answer.shares.T.tolist(), strict=True)):
        demand = problem.demands[place]
        limits, binding = bound.told(at)
        path = tuple(row)
        if path not in shares:
            shares[path] = tuple(map(tidy, path))
        reasons: list[Reason] = []
        if short_of[at]:
            reasons = policy.reasons(demand, last_of[at])
            if not reached_of[at]:
                reasons = [reason for reason in reasons if reason.code == "no_band"] + list(blocked[place])
            elif not reasons:
                reasons = binding or policy.waiting(demand, last_of[at], len(answer.shares))
                reasons = [*reasons, *bound.others.get(at, ()), *blocked[place]]
        yield DemandOutcome(
            demand=demand.id,
            shares=shares[path],
            quantity=_whole(delivered[at]),
            limits=limits,
            reasons=tuple(reasons),
        )


def _whole(number: float) -> int | float:
    """Units as an int where they are whole; a ratio may leave parts of a unit."""
    if float(number).is_integer():  # of a network without an arc they come as ints
        return int(number)
    return round(number) if abs(number - round(number)) < 1e-9 * max(1.0, abs(number)) else tidy(number)


def _shipping(
    tables: Tables, answers: Sequence[NetworkAnswer], quantities: Sequence[Floats | Integers]
) -> dict[str, list[Any]]:
    """The arcs that carry something, as columns with the ids of their ends; sorted by demand, source, period."""
    sources, demands, periods = ([np.zeros(0, dtype=np.int64)] for _ in range(3))
    parts: list[Floats | Integers] = [np.zeros(0, dtype=quantities[0].dtype if quantities else np.int64)]
    for answer, quantity in zip(answers, quantities, strict=True):
        network, system = answer.network, answer.network.system
        used = np.flatnonzero(quantity)
        sources.append(network.source_at[system.arc_source[used]])
        demands.append(network.demand_at[system.arc_demand[used]])
        periods.append(system.arc_period[used])
        parts.append(quantity[used])
    source, demand, period = map(np.concatenate, (sources, demands, periods))
    # Demands stand in the order of their ids; of the sources the supplies do, and then the offers.
    rank = np.empty(len(tables.source_ids), dtype=np.int64)
    rank[sorted(range(len(rank)), key=tables.source_ids.__getitem__)] = np.arange(len(rank))
    order = np.lexsort((period, rank[source], demand))
    rows = tables.problem.demands
    return {
        "source": [tables.source_ids[at] for at in source[order].tolist()],
        "demand": [rows[at].id for at in demand[order].tolist()],
        "period": period[order].tolist(),
        "quantity": np.concatenate(parts)[order].tolist(),
    }


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
