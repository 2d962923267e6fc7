"""Proof by probing: linear programs that look for the duals that a plan does not bring.

For each band and each level that no certificate proves, a program raises the demands of that level as far as all that
must be held allows (``fairness`` says what is held). Its duals are then verified like those of any
certificate, in exact numbers: that nobody can rise is never believed because a solver says so. Slow; only what is not
proved is probed. For a plan without relaxed shipments another program looks for shipments that attain its shares.

Variables are the shares v[a] that arcs deliver.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import block_array, coo_array, csr_array, eye_array, vstack
from scipy.sparse.csgraph import connected_components

from ..model.certificate import CertificateChain, RelaxedShipment
from ..model.plan import limit_id
from ..parameters import ProofParameters
from ..verify.chain import Chain, Held
from ..verify.check import not_proved
from ..verify.facts import Facts, Finding, Source, finding
from ..verify.paths import Paths
from ..verify.pools import Pools

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """How far demands can rise together, by a solver's word, and the duals of limits that hold them there."""

    most: float
    duals: dict[str, float]


class ProbeLP:
    """All relaxed plans of a problem as rows: ``limits @ v <= bounds``, ``shares = serve @ v``."""

    def __init__(self, facts: Facts) -> None:
        self.parameters = facts.parameters
        self.names = list(facts.demands)
        self.at = {name: place for place, name in enumerate(self.names)}
        self.arcs: list[tuple[str, str, int, float]] = []
        rows: dict[str, list[tuple[int, float]]] = defaultdict(list)
        served: list[int] = []
        for name, demand in facts.demands.items():
            for source, ratio, periods in facts.serving(demand):
                unit = demand.quantity / float(ratio)
                for period, truck in _periods(facts, source, periods):
                    for limit, factor in _limits(facts, source, truck):
                        rows[limit].append((len(served), factor * unit))
                    served.append(self.at[name])
                    self.arcs.append((source.id, name, period, unit))
        self.arc_demand = np.array(served, dtype=np.int64)
        self.limit_names = sorted(rows)
        self.limits, self.largest = _scaled([rows[name] for name in self.limit_names], len(served))
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

    def members(self, name: str) -> list[str]:
        """The demands that limits join with one, itself among them."""
        places = np.flatnonzero(self.component == self.component[self.at[name]])
        return [self.names[place] for place in places.tolist()]

    def rise(
        self, raised: Sequence[str], weights: Floats, held: Callable[[str], float], bound: Callable[[str], float]
    ) -> Rise | None:
        """The most that sum weights x (share - held) of some demands of a component can be.

        None when the program does not end well.
        """
        names = self.members(raised[0])
        members = np.array([self.at[name] for name in names])
        arcs = np.flatnonzero(np.isin(self.arc_demand, members))
        limits = self.limits[:, arcs]
        used = np.flatnonzero(np.diff(csr_array(limits).indptr))
        serve = self.serve[members][:, arcs]
        objective = weights @ self.serve[[self.at[name] for name in raised]][:, arcs]
        bounds = np.array([bound(self.limit_names[at]) for at in used.tolist()]) / self.largest[used]
        kept = np.array([held(name) for name in names])
        slack = self.parameters.probe_slack
        rows, right = vstack([limits[used], -serve]), np.concatenate((bounds, slack - kept))
        answer = _minimise(-objective, rows, right, self.parameters)
        if answer.status != 0:
            return None
        duals = np.maximum(0.0, -answer.ineqlin.marginals[: len(used)]) / self.largest[used]
        # What the slack is worth is not theirs; a concave function lies below its tangents.
        loosened = -float(np.sum(answer.ineqlin.marginals[len(used) :])) * slack
        most = float(-answer.fun - weights @ np.array([held(name) for name in raised]) - loosened)
        return Rise(
            most=most, duals={self.limit_names[at]: dual for at, dual in zip(used, duals.tolist(), strict=True)}
        )

    def attaining(self, facts: Facts, paths: Paths) -> tuple[RelaxedShipment, ...] | None:
        """Shipments that stay below the last shares as little as possible; None when the program does not end well."""
        wanted = np.array([(paths.of[name].shares or (0.0,))[-1] for name in self.names])
        count = len(self.names)
        arcs = len(self.arc_demand)
        bounds = np.array([float(facts.bounds[name]) for name in self.limit_names]) / self.largest
        answer = _minimise(
            np.concatenate((np.zeros(arcs), np.ones(count))),
            block_array([[self.limits, None], [-self.serve, -eye_array(count)], [self.serve, None]], format="csr"),
            np.concatenate((bounds, -wanted, wanted)),
            self.parameters,
        )
        if answer.status != 0:
            return None
        return tuple(
            RelaxedShipment(source=source, demand=demand, period=period, quantity=unit * part)
            for (source, demand, period, unit), part in zip(self.arcs, answer.x[:arcs].tolist(), strict=True)
            if part > 0.0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prober:
    """Proves demands of a plan by duals of its own."""

    pools: Pools
    paths: Paths
    held: Held
    program: ProbeLP
    stop: Callable[[], None]

    def findings(self, band: int, doubtful: Sequence[str]) -> Iterator[Finding]:
        """The doubtful demands of a band that are not proved to have all they can while what must be held is held."""
        for group in self._groups(band, doubtful):
            self.stop()
            risen, unproved = self._try(band, group, group)
            for name in unproved:
                alone = risen
                if len(group) > 1:
                    alone, still = self._try(band, group, [name])
                    if not still:
                        continue
                yield _doubt(band, name, alone, self.program.parameters.outcome)

    def _try(self, band: int, group: Sequence[str], raised: Sequence[str]) -> tuple[Rise | None, list[str]]:
        """Raises some demands of a group; how far they came, and those of them that are not proved."""
        of = self.paths.of
        level = max(self._outcome(band, name) for name in group)
        members = self.program.members(raised[0])
        settled = {
            name
            for name in members
            if of[name].caps[band] and self._outcome(band, name) <= level + self.program.parameters.probe_same_level
        }
        weights = np.array([of[name].weight / of[name].caps[band] for name in raised])

        def share(name: str) -> float:
            return self.held.share(band if name in settled else band - 1, name)

        risen = self.program.rise(raised, weights, share, self.held.quantity)
        if risen is None:
            return None, list(raised)
        certificate = CertificateChain(band, "probe", self.program.parameters).settle(level, raised, risen.duals)
        chain = Chain(self.pools, self.held, band, [certificate])
        chain.change(certificate.duals)
        chain.hold(sorted(settled))
        return risen, [name for name in raised if chain.weight(name) < chain.least_weight(of[name].caps[band])]

    def _outcome(self, band: int, name: str) -> float:
        return self.paths.of[name].outcomes[band] or 0.0

    def _groups(self, band: int, doubtful: Sequence[str]) -> list[list[str]]:
        """The doubtful demands by component and level, lowest first."""
        program = self.program
        order = sorted(
            doubtful, key=lambda name: (int(program.component[program.at[name]]), self._outcome(band, name), name)
        )
        groups: list[list[str]] = []
        for name in order:
            first = groups[-1][0] if groups else None
            if (
                first is not None
                and program.component[program.at[first]] == program.component[program.at[name]]
                and self._outcome(band, name) <= self._outcome(band, first) + program.parameters.probe_same_level
            ):
                groups[-1].append(name)
            else:
                groups.append([name])
        return groups


def _doubt(band: int, name: str, risen: Rise | None, tolerance: float) -> Finding:
    if risen is None:
        message = "the program that tries to raise {demand} in band {band} did not end well"
        return finding("probe_failed", message, demand=name, band=band)
    if risen.most <= tolerance:
        return not_proved(band, name)
    message = "the outcome of {demand} in band {band} could be {rise} higher at nobody's cost"
    return finding("not_fair", message, demand=name, band=band, rise=risen.most)


def _minimise(objective: Any, rows: Any, bounds: Floats, parameters: ProofParameters) -> Any:
    """SciPy's answer to: minimise objective x v subject to rows @ v <= bounds, v >= 0."""
    options: Any = {
        "primal_feasibility_tolerance": parameters.probe_tolerance,
        "dual_feasibility_tolerance": parameters.probe_tolerance,
        "time_limit": parameters.probe_seconds,
    }
    return linprog(objective, A_ub=rows, b_ub=bounds, bounds=(0, None), method="highs", options=options)


def _periods(facts: Facts, source: Source, periods: Sequence[int]) -> list[tuple[int, str | None]]:
    """The periods to ship in and their truck limits; just one, and no limit, where a period is free of them."""
    free = next((period for period in periods if (source.site, period) not in facts.capacities), None)
    if free is not None:
        return [(free, None)]
    return [(period, limit_id("capacity", source.site, period)) for period in periods]


def _limits(facts: Facts, source: Source, truck: str | None) -> Iterator[tuple[str, float]]:
    yield source.limit, 1.0
    if source.kept:
        yield limit_id("reserve", source.item), 1.0
    if source.fund is not None and source.unit_price:
        yield limit_id("fund", source.fund), float(source.unit_price)
    volume = facts.items[source.item].volume
    if truck is not None and volume:
        yield truck, volume


def _scaled(rows: Sequence[Sequence[tuple[int, float]]], columns: int) -> tuple[csr_array, Floats]:
    """The limits as sparse rows, each divided by its largest factor; and these."""
    largest = np.array([max(factor for _, factor in entries) for entries in rows])
    places = np.repeat(np.arange(len(rows)), [len(entries) for entries in rows])
    arcs = np.array([arc for entries in rows for arc, _ in entries], dtype=np.int64)
    factors = np.array([factor for entries in rows for _, factor in entries])
    return csr_array((factors / largest[places], (places, arcs)), shape=(len(rows), columns)), largest
