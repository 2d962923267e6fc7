"""Assembles the plan of a subproblem from the answers of its networks: first as columns, then as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Any

import numpy as np

from ..arrays.grouping import distinct
from ..arrays.limit_system import Floats, Integers
from ..arrays.network import OFFER, Network
from ..arrays.tables import Tables
from ..explain.answers import AnsweredComponent
from ..explain.binding import BindingLimits, tidy
from ..explain.reasons import Obstacles, Policy, had_before, left_over
from ..model.bulk_rows import collection_paused, rows_of
from ..model.certificate import Certificate, CertificateChain, RelaxedShipment
from ..model.plan import BandOutcome, DemandOutcome, Limit, Plan, Purchase, Reason, Shipment
from ..model.problem import Problem
from ..parameters import Parameters, ProofParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAnswer:
    """All that was found out about one network; arrays are in its own indices."""

    network: Network
    shares: Floats
    shipped: Floats
    packed: Integers
    parts: tuple[AnsweredComponent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What is shipped, as columns sorted by (demand, source, period); positions are those of the subproblem."""

    source: Integers
    demand: Integers
    period: Integers
    quantity: Floats | Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanColumns:
    """The plan of a subproblem, small enough to be sent to another process: positions in place of ids.

    ``outcomes`` are the columns of the demands' rows, but for the ids. ``limits`` and ``certificates`` are without
    demands: their positions are beside them, ascending. Limits are sorted by id, and without gains.
    """

    outcomes: dict[str, list[Any]]
    packed: Shipped
    relaxed: Shipped
    purchases: tuple[Purchase, ...]
    cost: float
    bands: tuple[BandOutcome, ...]
    limits: tuple[tuple[Limit, Integers], ...]
    certificates: tuple[tuple[Certificate, Integers], ...]


def assemble_columns(
    tables: Tables,
    answers: Sequence[NetworkAnswer],
    numbers: Integers,
    parameters: Parameters,
    *,
    stop: Callable[[], None] = lambda: None,
) -> PlanColumns:
    """The plan of all networks of a subproblem.

    ``numbers`` are the places of the subproblem's demands in the whole problem: proofs are named by them. ``stop`` is
    called between networks and may raise. A partial plan has fewer rows in ``shares`` than the problem has bands.
    """
    policy, obstacles = (
        Policy(tables.problem, parameters.explain),
        Obstacles(tables, left_over(tables, _shipped(tables, answers)), parameters.explain),
    )
    count = len(tables.problem.demands)
    outcomes: dict[str, list[Any]] = {name: [None] * count for name in ("shares", "quantity", "limits", "reasons")}
    bounds: list[BindingLimits] = []
    for answer in answers:
        stop()
        bounds.append(BindingLimits(answer.network, answer.parts, parameters.explain))
        _add_outcomes(outcomes, answer, bounds[-1], policy, obstacles, parameters)
    stop()
    return PlanColumns(
        outcomes=outcomes,
        packed=_shipping(tables, answers, [answer.packed for answer in answers]),
        relaxed=_shipping(tables, answers, [answer.shipped for answer in answers]),
        purchases=tuple(sorted((p for answer in answers for p in _purchases(answer)), key=lambda row: row.offer)),
        cost=_cost(tables, answers),
        bands=tuple(_bands(tables, answers, parameters.engine.level_digits)),
        limits=tuple(sorted((limit for bound in bounds for limit in bound.limits()), key=lambda entry: entry[0].id)),
        certificates=tuple(row for answer in answers for row in _certificates(numbers, answer, parameters.proof)),
    )


def plan_of(piece: PlanColumns, problem: Problem, *, status: str = "optimal", digest: str = "") -> Plan:
    """The plan of a (sub)problem as rows, from its columns."""
    with collection_paused():
        names = [row.id for row in problem.demands]
        sources = [*(row.id for row in problem.supplies), *(row.id for row in problem.offers)]
        return Plan(
            problem_digest=digest,
            status=status,
            demands=tuple(rows_of(DemandOutcome, {"demand": names} | piece.outcomes)),
            shipments=tuple(rows_of(Shipment, _named(piece.packed, sources, names))),
            purchases=piece.purchases,
            cost=piece.cost,
            bands=piece.bands,
            limits=tuple(_with_demands(piece.limits, names)),
            certificates=tuple(_with_demands(piece.certificates, names)),
            relaxed=tuple(rows_of(RelaxedShipment, _named(piece.relaxed, sources, names))),
        )


def _named(shipped: Shipped, sources: Sequence[str], demands: Sequence[str]) -> dict[str, list[Any]]:
    return {
        "source": list(map(sources.__getitem__, shipped.source.tolist())),
        "demand": list(map(demands.__getitem__, shipped.demand.tolist())),
        "period": shipped.period.tolist(),
        "quantity": shipped.quantity.tolist(),
    }


def _with_demands(rows: Sequence[tuple[Any, Integers]], names: Sequence[str]) -> Iterator[Any]:
    for row, demands in rows:
        yield replace(row, demands=tuple(map(names.__getitem__, demands.tolist())))


def _shipped(tables: Tables, answers: Sequence[NetworkAnswer]) -> Floats:
    """Units that the relaxed plan ships from each source."""
    shipped = np.zeros(len(tables.source_ids))
    for answer in answers:
        network = answer.network
        np.add.at(shipped, network.source_at[network.system.arc_source], answer.shipped)
    return shipped


def _add_outcomes(
    outcomes: dict[str, list[Any]],
    answer: NetworkAnswer,
    bound: BindingLimits,
    policy: Policy,
    obstacles: Obstacles,
    parameters: Parameters,
) -> None:
    """What the demands of a network get and why it is no more. What many have in common is there once."""
    network, system = answer.network, answer.network.system
    problem = network.tables.problem
    reached = np.bincount(system.arc_demand, minlength=system.demands) > 0
    delivered = np.bincount(system.arc_demand, answer.packed * system.arc_ratio, minlength=system.demands).tolist()
    last = answer.shares[-1] if len(answer.shares) else np.zeros(system.demands)
    short = last < 1.0 - parameters.explain.share_full
    overall = system.overall(last).tolist()
    none: list[Reason] = []
    short_of, reached_of = short.tolist(), reached.tolist()
    blocked = obstacles.reasons(network.demand_at[short & ~reached], of_all=True)
    blocked |= obstacles.reasons(network.demand_at[short & reached], of_all=False)
    shares: dict[tuple[float, ...], tuple[float, ...]] = {}
    told: dict[tuple[Any, ...], tuple[Reason, ...]] = {}
    for at, (place, row) in enumerate(zip(network.demand_at.tolist(), answer.shares.T.tolist(), strict=True)):
        limits, binding = bound.told(at)
        path = tuple(row)
        if path not in shares:
            shares[path] = tuple(map(tidy, path))
        reasons: tuple[Reason, ...] = ()
        if short_of[at]:
            demand, others, keeping = problem.demands[place], bound.others.get(at, none), blocked[place]
            # What the reasons depend on; all of it lives as long as the key does.
            key = (demand.tier, overall[at], reached_of[at], id(binding), id(others), id(keeping), demand.before)
            known = told.get(key)
            if known is None:
                own = policy.reasons(demand, overall[at])
                if not reached_of[at]:
                    own = [reason for reason in own if reason.code == "no_band"] + list(keeping)
                elif not own:
                    own = binding or policy.waiting(demand, overall[at], len(answer.shares))
                    own = [*own, *others, *keeping]
                    own += had_before(demand)
                known = told[key] = tuple(own)
            reasons = known
        outcomes["shares"][place] = shares[path]
        outcomes["quantity"][place] = _whole(delivered[at], parameters.engine.quantity_whole)
        outcomes["limits"][place] = limits
        outcomes["reasons"][place] = reasons


def _whole(number: float, tolerance: float) -> int | float:
    """Units as an int where they are whole; a ratio may leave parts of a unit."""
    if float(number).is_integer():  # of a network without an arc they come as ints
        return int(number)
    return round(number) if abs(number - round(number)) < tolerance * max(1.0, abs(number)) else tidy(number)


def _shipping(tables: Tables, answers: Sequence[NetworkAnswer], quantities: Sequence[Floats | Integers]) -> Shipped:
    """The arcs that carry something, sorted by demand, source, period."""
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
    units: Any = np.concatenate(parts)
    if units.dtype == np.float64:
        units = np.array(list(map(tidy, units.tolist())))
    # Demands stand in the order of their ids; of the sources the supplies do, and then the offers.
    rank = np.empty(len(tables.source_ids), dtype=np.int64)
    rank[sorted(range(len(rank)), key=tables.source_ids.__getitem__)] = np.arange(len(rank))
    order = np.lexsort((period, rank[source], demand))
    return Shipped(source=source[order], demand=demand[order], period=period[order], quantity=units[order])


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


def _bands(tables: Tables, answers: Sequence[NetworkAnswer], digits: int) -> Iterator[BandOutcome]:
    """The distinct outcomes of each band that was settled, and the seconds that it took."""
    settled = min((len(answer.shares) for answer in answers), default=len(tables.problem.bands))
    for band, row in enumerate(tables.problem.bands[:settled]):
        levels: list[Floats] = [np.zeros(0)]
        for answer in answers:
            caps = answer.network.system.caps[band]
            asked = caps > 0.0
            overall = answer.network.system.overall(answer.shares[band])
            levels.append(np.minimum(1.0, overall[asked] / caps[asked]))
        outcomes = distinct(np.round(np.concatenate(levels), digits))
        seconds = fsum(part.answer.seconds[band] for answer in answers for part in answer.parts)
        yield BandOutcome(name=row.name, levels=tuple(outcomes.tolist()), seconds=round(seconds, 6))


def _certificates(
    numbers: Integers, answer: NetworkAnswer, parameters: ProofParameters
) -> Iterator[tuple[Certificate, Integers]]:
    """The proof of every level, component by component; a chain is named by the first demand of its network."""
    network = answer.network
    ids = network.limit_ids()
    for at, part in enumerate(answer.parts):
        component, label = part.component, f"{numbers[network.demand_at[0]]}.{at}"
        chains: dict[int, CertificateChain] = {}
        settled: dict[int, list[Integers]] = {}
        for event in part.answer.events:
            chain = chains.setdefault(event.band, CertificateChain(event.band, label, parameters))
            limits = component.limits[event.limits].tolist()
            named = zip(limits, event.duals.tolist(), strict=True)
            chain.settle(event.level, (), {ids[limit]: dual for limit, dual in named})
            demands = np.sort(network.demand_at[component.demands[event.demands]])
            settled.setdefault(event.band, []).append(demands)
        for band in sorted(chains):
            yield from zip(chains[band].certificates, settled[band], strict=True)
