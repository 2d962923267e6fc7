"""Proof by probing, for a plan without certificates: programs that try to do better than the plan.

For each band and each level that no certificate covers, a linear program raises the demands of that level as far
as the held shares allow (``check_fairness`` says what is held). A plan is fair there if nobody rises by more than
the tolerance. Slow, and as exact as HiGHS; only what is not certified is probed.

Variables are the shares v[a] that arcs deliver. The held rows are loosened by a slack, so that rounding cannot
make a program infeasible; its effect, at most slack x multiplier by concavity, is taken off the rise again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import block_array, coo_array, csr_array, eye_array, vstack
from scipy.sparse.csgraph import connected_components

from solver.check_facts import OUTCOME_TOLERANCE, Facts, Finding, Source, finding
from solver.check_paths import Shares, outcome
from solver.plan import limit_id

Floats = NDArray[np.float64]

_SLACK = 1e-9
_SAME_LEVEL = 1e-8
_OPTIONS: Any = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}


class Program:
    """All relaxed plans of a problem as rows: ``limits @ v <= bounds``, ``shares = serve @ v``."""

    def __init__(self, facts: Facts) -> None:
        self.names = list(facts.demands)
        self.at = {name: place for place, name in enumerate(self.names)}
        rows: dict[str, list[tuple[int, float]]] = defaultdict(list)
        served: list[int] = []
        for name, demand in facts.demands.items():
            for source, ratio, last in facts.serving(demand):
                unit = demand.quantity / float(ratio)
                for trucks in _trucks(facts, source, last):
                    for limit, factor in _limits(facts, source, trucks):
                        rows[limit].append((len(served), factor * unit))
                    served.append(self.at[name])
        bounds = _bounds(facts)
        self.arc_demand = np.array(served, dtype=np.int64)
        self.limits, self.bounds = _scaled(rows, bounds, len(served))
        ones = np.ones(len(served))
        self.serve = csr_array((ones, (self.arc_demand, np.arange(len(served)))), shape=(len(self.names), len(served)))
        self.component = self._components()

    def _components(self) -> NDArray[np.int32]:
        """A label for each demand; demands share one when a limit joins them."""
        joined = coo_array(self.limits @ self.serve.T)
        count = len(self.names) + self.limits.shape[0]
        graph = coo_array(
            (np.ones(joined.nnz), (len(self.names) + joined.coords[0], joined.coords[1])), shape=(count, count)
        )
        _, label = connected_components(graph, directed=False)
        return np.asarray(label[: len(self.names)], dtype=np.int32)

    def rise(self, raised: Sequence[int], weights: Floats, held: Floats) -> float | None:
        """The most that sum weights x (share - held) of some demands of a component can be.

        None when the program does not end well.
        """
        members = np.flatnonzero(self.component == self.component[raised[0]])
        arcs = np.flatnonzero(np.isin(self.arc_demand, members))
        limits = self.limits[:, arcs]
        used = np.flatnonzero(np.diff(csr_array(limits).indptr))
        serve = self.serve[members][:, arcs]
        objective = weights @ self.serve[list(raised)][:, arcs]
        answer = _minimise(
            -objective,
            vstack([limits[used], -serve]),
            np.concatenate((self.bounds[used], _SLACK - held[members])),
        )
        if answer.status != 0:
            return None
        loosened = -float(np.sum(answer.ineqlin.marginals[len(used) :])) * _SLACK
        return float(-answer.fun - weights @ held[list(raised)] - loosened)

    def shortfall(self, wanted: Floats) -> Floats | None:
        """How far below the wanted shares a plan must stay; None when the program does not end well."""
        count = len(self.names)
        arcs = len(self.arc_demand)
        answer = _minimise(
            np.concatenate((np.zeros(arcs), np.ones(count))),
            block_array([[self.limits, None], [-self.serve, -eye_array(count)]], format="csr"),
            np.concatenate((self.bounds, -wanted)),
        )
        return None if answer.status != 0 else np.asarray(answer.x[arcs:])


def attainability_findings(program: Program, shares: Shares) -> Iterator[Finding]:
    """Shares after the last band that no relaxed plan attains all together."""
    wanted = np.array([shares[name][-1] if shares.get(name) else 0.0 for name in program.names])
    short = program.shortfall(wanted)
    if short is None:
        yield finding("probe_failed", "the program that looks for relaxed shipments did not end well")
        return
    for place in np.flatnonzero(short > OUTCOME_TOLERANCE).tolist():
        message = "the shares are not attainable together: {demand} would be short by {short}"
        yield finding("share_not_attainable", message, demand=program.names[place], short=float(short[place]))


def rise_findings(
    facts: Facts, program: Program, shares: Shares, band: int, doubtful: Sequence[str]
) -> Iterator[Finding]:
    """The doubtful demands of a band that could have more while all that must be held is held."""
    caps = {name: facts.cap(band, demand) for name, demand in facts.demands.items()}
    floors = np.array([_share(shares, name, band - 1) for name in program.names])
    now = np.array([_share(shares, name, band) for name in program.names])
    reached = np.array(
        [outcome(share, caps[name]) if caps[name] > 0 else 2.0 for name, share in zip(program.names, now, strict=True)]
    )
    for group in _groups(program, reached, [program.at[name] for name in doubtful]):
        level = max(reached[place] for place in group)
        held = np.where(reached <= level + _SAME_LEVEL, now, floors)
        weights = np.array([1.0 / caps[program.names[place]] for place in group])
        together = program.rise(group, weights, held)
        if together is not None and together <= OUTCOME_TOLERANCE:
            continue
        for place, weight in zip(group, weights, strict=True):
            rise = program.rise([place], np.array([weight]), held)
            name = program.names[place]
            if rise is None:
                message = "the program that tries to raise {demand} in band {band} did not end well"
                yield finding("probe_failed", message, demand=name, band=band)
            elif rise > OUTCOME_TOLERANCE:
                message = "the outcome of {demand} in band {band} could be {rise} higher at nobody's cost"
                yield finding("not_fair", message, demand=name, band=band, rise=rise)


def _minimise(objective: Any, rows: Any, bounds: Floats) -> Any:
    """SciPy's answer to: minimise objective x v subject to rows @ v <= bounds, v >= 0."""
    return linprog(objective, A_ub=rows, b_ub=bounds, bounds=(0, None), method="highs", options=_OPTIONS)


def _groups(program: Program, reached: Floats, doubtful: Sequence[int]) -> list[list[int]]:
    """The doubtful demands by component and level, lowest first."""
    order = sorted(doubtful, key=lambda place: (int(program.component[place]), float(reached[place]), place))
    groups: list[list[int]] = []
    for place in order:
        last = groups[-1][0] if groups else None
        if (
            last is not None
            and program.component[last] == program.component[place]
            and reached[place] <= reached[last] + _SAME_LEVEL
        ):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _share(shares: Shares, name: str, band: int) -> float:
    return shares[name][band] if band >= 0 and name in shares else 0.0


def _trucks(facts: Facts, source: Source, last: int) -> list[str | None]:
    """The truck limits that a shipment may choose among; [None] where a period is free of them."""
    periods = range(source.start_period, last + 1)
    if any((source.site, period) not in facts.capacities for period in periods):
        return [None]
    return [limit_id("capacity", source.site, period) for period in periods]


def _limits(facts: Facts, source: Source, truck: str | None) -> Iterator[tuple[str, float]]:
    yield source.limit, 1.0
    if source.kept:
        yield limit_id("reserve", source.item), 1.0
    if source.fund is not None and source.unit_price:
        yield limit_id("fund", source.fund), float(source.unit_price)
    volume = facts.items[source.item].volume
    if truck is not None and volume:
        yield truck, volume


def _bounds(facts: Facts) -> dict[str, float]:
    bounds = {source.limit: float(source.quantity) for source in facts.sources.values()}
    bounds |= {limit_id("fund", fund): float(amount) for fund, amount in facts.funds.items()}
    bounds |= {limit_id("reserve", item): float(units) for item, units in facts.keeps.items()}
    trucks = facts.capacities.items()
    return bounds | {limit_id("capacity", *truck): float(volume) for truck, volume in trucks}


def _scaled(
    rows: dict[str, list[tuple[int, float]]], bounds: dict[str, float], columns: int
) -> tuple[csr_array, Floats]:
    """The limits as sparse rows, each divided by its largest factor."""
    places: list[int] = []
    arcs: list[int] = []
    factors: list[float] = []
    right: list[float] = []
    for place, (limit, entries) in enumerate(sorted(rows.items())):
        largest = max(factor for _, factor in entries)
        right.append(bounds[limit] / largest)
        for arc, factor in entries:
            places.append(place)
            arcs.append(arc)
            factors.append(factor / largest)
    return csr_array((factors, (places, arcs)), shape=(len(right), columns)), np.array(right)
