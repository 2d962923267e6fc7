"""What would help most: gains of the most promising limits, each by settling again with more of it.

Only what more of the limit could reach is settled again. Let T be the limits without a dual in any proof of
the settled shares: without them the same proofs hold, so the shares are those of the problem without T too, and
there the component falls apart. More of a limit changes only its own part. That part is settled within what the
others leave of T; if T holds no demand there either, the new shares of the part and the old ones of the others are
proved together, and are those of the whole. Otherwise the whole component is settled again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor, log10

import numpy as np

from ..arrays.grouping import distinct
from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem
from ..arrays.network import CAPACITY, FUND, OFFER, RESERVE, SUPPLY, Network, id_of_limit
from ..leximin.settlement import Settlement
from ..parameters import ExplainParameters
from .answers import AnsweredComponent, ComponentAnswer

Settle = Callable[[LimitSystem], Settlement]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitGain:
    """From a re-solve with ``unit`` more of a limit: in ``band``, the first that changes, the lowest outcome of
    those who rise goes from ``before`` to ``after``; ``raised`` demands end higher, by ``quantity`` units asked in
    all, which are ``needs`` whole demands (the sum of what their shares rise)."""

    unit: float
    band: int
    before: float
    after: float
    quantity: float
    needs: float
    raised: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A limit that could be tried, where it first binds, and what that promises; with the component that it is in.

    ``place``: subproblem, part and limit of the component, by number; ``id`` is the limit's, ``subject`` what it helps.
    """

    place: tuple[int, int, int]
    id: str
    subject: tuple[int, str]
    unit: float
    band: int
    level: float
    promise: float
    system: LimitSystem
    answer: ComponentAnswer


def quote_gains(
    candidates: Iterable[Candidate],
    arcs: int,
    settle: Settle,
    count: int,
    parameters: ExplainParameters,
) -> dict[str, LimitGain]:
    """The gains of the ``count`` best candidates, by the limit's id; ``arcs`` has the whole problem.

    ``settle`` is called with each changed system and may raise to end the work.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError.
    """
    gains: dict[str, LimitGain] = {}
    left = max(parameters.gain_arcs_max, arcs)
    again: dict[tuple[int, int], _Resettlement] = {}
    for candidate in most_promising(candidates, count):
        part = candidate.place[:2]
        if part not in again:
            again[part] = _Resettlement(candidate.system, candidate.answer, settle, parameters)
        gain, used = again[part].gain(candidate, left)
        left -= used
        if gain is not None:
            gains[candidate.id] = gain
    return gains


def candidates_of(
    parts: Sequence[AnsweredComponent], count: int, parameters: ExplainParameters, subproblem: int = 0
) -> list[Candidate]:
    """The ``count`` limits of a subproblem's parts that promise most."""
    return most_promising(_candidates(parts, parameters, subproblem), count) if count > 0 else []


def _candidates(
    parts: Sequence[AnsweredComponent], parameters: ExplainParameters, subproblem: int
) -> Iterator[Candidate]:
    for number, part in enumerate(parts):
        units = _GainUnits(part.network, parameters)
        seen: set[int] = set()
        for fall in part.short:
            for limit, rise in zip(fall.limits.tolist(), fall.rise.tolist(), strict=True):
                if limit in seen:
                    continue
                seen.add(limit)
                at = int(part.component.limits[limit])
                unit = units.of(at)
                yield Candidate(
                    place=(subproblem, number, limit),
                    id=id_of_limit(
                        part.network.tables, int(part.network.limit_kind[at]), int(part.network.limit_at[at])
                    ),
                    subject=units.subject(at),
                    unit=unit,
                    band=fall.band,
                    level=fall.level,
                    promise=rise * unit,
                    system=part.component.system,
                    answer=part.answer,
                )


def most_promising(candidates: Iterable[Candidate], count: int) -> list[Candidate]:
    """The ``count`` candidates that promise most, in order; those that bind in an earlier band come first.

    Lots of one item help alike, and so do a site's trucks: of each item's lots, its offers, each site, fund and
    reserve there is only the limit that promises most.
    """
    ranked = sorted(candidates, key=lambda one: (one.band, -one.promise, one.place))
    best: dict[tuple[int, str], Candidate] = {}
    for candidate in ranked:
        best.setdefault(candidate.subject, candidate)
    return list(best.values())[: max(0, count)]


class _GainUnits:
    """How much more of each limit of a network a gain is quoted for, and whose limits help alike."""

    def __init__(self, network: Network, parameters: ExplainParameters) -> None:
        self.network = network
        self.parameters = parameters
        tables = network.tables
        items = len(tables.problem.items)
        self.asked = np.bincount(tables.demand_item, tables.demand_quantity, minlength=items)
        sites = len(tables.problem.sites)
        self.sent = np.zeros(sites)
        volumes = np.array([row.volume for row in tables.problem.capacities], dtype=float)
        np.maximum.at(self.sent, tables.capacity_site, volumes)
        self.item_at = {item.id: place for place, item in enumerate(tables.problem.items)}

    def of(self, limit: int) -> float:
        """Units, yuan or volume; no more of a reserve than it keeps."""
        kind, at = int(self.network.limit_kind[limit]), int(self.network.limit_at[limit])
        problem, given = self.network.tables.problem, self.parameters
        if kind == CAPACITY:
            site = int(self.network.tables.capacity_site[at])
            return max(given.truck_volume_min, round_number(given.truck_part * float(self.sent[site])))
        if kind == FUND:
            return max(given.gain_units_min, round_number(given.gain_part * problem.funds[at].amount))
        asked = float(self.asked[self._item(kind, limit, at)])
        unit = max(given.gain_units_min, round_number(given.gain_part * asked))
        return min(unit, float(problem.reserves[at].quantity)) if kind == RESERVE else unit

    def subject(self, limit: int) -> tuple[int, str]:
        kind, at = int(self.network.limit_kind[limit]), int(self.network.limit_at[limit])
        problem = self.network.tables.problem
        if kind == CAPACITY:
            return kind, problem.capacities[at].site
        return kind, problem.funds[at].id if kind == FUND else problem.items[self._item(kind, limit, at)].id

    def _item(self, kind: int, limit: int, at: int) -> int:
        if kind in (SUPPLY, OFFER):
            return int(self.network.source_item[limit])
        return self.item_at[self.network.tables.problem.reserves[at].item]


def round_number(about: float) -> float:
    """1, 2 or 5 times a power of ten, whichever is nearest by ratio; 0 for 0."""
    if about <= 0.0:
        return 0.0
    power = 10.0 ** floor(log10(about))
    return min((step * power for step in (1.0, 2.0, 5.0, 10.0)), key=lambda step: max(step / about, about / step))


class _Resettlement:
    """A settled component, to be settled again with more of a limit."""

    def __init__(
        self, system: LimitSystem, answer: ComponentAnswer, settle: Settle, parameters: ExplainParameters
    ) -> None:
        self.system = system
        self.settle = settle
        self.parameters = parameters
        self.answer = answer
        self.proving: Flags = np.zeros(system.limits, dtype=bool)
        for event in answer.events:
            self.proving[event.limits[event.duals > 0.0]] = True
        self.demand_label, self.limit_label = system.components(self.proving[system.entry_limit])

    def gain(self, trial: Candidate, arcs_max: int) -> tuple[LimitGain | None, int]:
        """The gain, or None where it would take settling more than ``arcs_max`` arcs; and the arcs settled."""
        system = self.system
        inside: Flags = self.demand_label == self.limit_label[trial.place[2]]
        demands = np.flatnonzero(inside)
        part, limits = _part(system, inside, self.answer.shipped, self.parameters.limit_left)
        if part.arcs > arcs_max:
            return None, 0
        changed = self.settle(_with_more(part, limits, trial))
        if self._proved(changed, limits):
            return _gain_of(
                system, self.answer.shares, changed.shares, demands, trial, self.parameters.gain_share_rose
            ), part.arcs
        if part.arcs + system.arcs > arcs_max:
            return None, part.arcs
        everyone = np.arange(system.demands)
        changed = self.settle(_with_more(system, np.arange(system.limits), trial))
        return _gain_of(
            system, self.answer.shares, changed.shares, everyone, trial, self.parameters.gain_share_rose
        ), part.arcs + system.arcs

    def _proved(self, changed: Settlement, limits: Integers) -> bool:
        """Whether no limit holds anyone of the part that others, outside, could be held by."""
        return all(self.proving[limits[event.limits[event.duals > 0.0]]].all() for event in changed.events)


def _with_more(system: LimitSystem, limits: Integers, trial: Candidate) -> LimitSystem:
    bound = system.limit_bound.copy()
    bound[np.searchsorted(limits, trial.place[2])] += trial.unit
    return replace(system, limit_bound=bound)


def _part(system: LimitSystem, inside: Flags, shipped: Floats, left_min: float) -> tuple[LimitSystem, Integers]:
    """The system of some demands, with what the others leave of its limits; and these limits."""
    demands = np.flatnonzero(inside)
    arcs = np.flatnonzero(inside[system.arc_demand])
    own: Flags = inside[system.arc_demand[system.entry_arc]]
    load = np.bincount(
        system.entry_limit[~own],
        system.entry_factor[~own] * shipped[system.entry_arc[~own]],
        minlength=system.limits,
    )
    limits = distinct(system.entry_limit[own])
    left = system.limit_bound[limits] - load[limits]
    part = system.restricted(arcs=arcs, entries=np.flatnonzero(own), demands=demands, limits=limits)
    part = replace(part, limit_bound=np.where(left > left_min * system.limit_bound[limits], left, 0.0))
    return part, limits


def _gain_of(
    system: LimitSystem, shares: Floats, changed: Floats, demands: Integers, trial: Candidate, rose: float
) -> LimitGain:
    rise = changed - shares[:, demands]
    bands, _ = np.nonzero(rise > rose)
    band, before, after = trial.band, trial.level, trial.level
    if len(bands):
        band = int(bands.min())
        risen = rise[band] > rose
        caps = system.caps[band][demands[risen]]
        was, then = shares[band].copy(), shares[band].copy()
        then[demands] = changed[band]
        before = float(np.minimum(1.0, system.overall(was)[demands[risen]] / caps).min())
        after = float(np.minimum(1.0, system.overall(then)[demands[risen]] / caps).min())
    return LimitGain(
        unit=trial.unit,
        band=band,
        before=before,
        after=after,
        quantity=max(0.0, float(rise[-1] @ system.demand_quantity[demands])),
        needs=max(0.0, float(rise[-1].sum())),
        raised=int((rise[-1] > rose).sum()),
    )
