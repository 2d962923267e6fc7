"""Why a demand is below its cap: what bound it when it was settled, and what more of that would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.answer import Answer, Ways, settle
from solver.components import Component
from solver.highs import Clock
from solver.network import CAPACITY, Network
from solver.settlement import Event
from solver.system import Floats, Integers, LimitSystem

MORE_UNITS = 1000.0
"""What a gain is quoted for: so many more units of a lot, offer or reserve, or so many more yuan."""

MORE_VOLUME = 10.0
"""One more truck load, in units of volume."""

RAISED = 1e-6
"""A share that rises by less did not rise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitGain:
    """From a re-solve with ``unit`` more of a limit: the lowest outcome among those it binds goes from ``before``
    to ``after`` in ``band``; ``raised`` demands rise, by ``quantity`` units asked in all."""

    unit: float
    band: int
    before: float
    after: float
    quantity: float
    raised: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Of a network: the limits that bound each demand when it first fell short (pairs of demand and limit, sorted),
    and the gains that were tried, by limit."""

    bound_demand: Integers
    bound_limit: Integers
    gains: dict[int, LimitGain]
    resolves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A limit whose gain could be tried, with the event that shows it first."""

    component: int
    limit: int
    worth: float
    event: Event
    demands: Integers


def explain_network(
    network: Network,
    components: Sequence[Component],
    answers: Sequence[Answer],
    ways: Ways,
    clock: Clock,
    gains_max: int,
) -> Explained:
    """What binds whom, and the gains of the ``gains_max`` limits that promise most.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError.
    """
    demands: list[Integers] = [np.zeros(0, dtype=np.int64)]
    limits: list[Integers] = [np.zeros(0, dtype=np.int64)]
    candidates: list[_Candidate] = []
    for at, (component, answer) in enumerate(zip(components, answers, strict=True)):
        kinds = network.limit_kind[component.limits]
        for event, who, what in binding(component.system, answer.events):
            demands.append(component.demands[who])
            limits.append(component.limits[what])
            candidates += _candidates(at, event, who, what, kinds)
    chosen = _most_promising(candidates, gains_max)
    gains: dict[int, LimitGain] = {}
    for candidate in chosen:
        component, answer = components[candidate.component], answers[candidate.component]
        unit = unit_of(int(network.limit_kind[component.limits[candidate.limit]]))
        gain = _gain(component.system, answer.shares, candidate, unit, ways, clock)
        gains[int(component.limits[candidate.limit])] = gain
    pairs = np.unique(np.column_stack((np.concatenate(demands), np.concatenate(limits))), axis=0)
    return Explained(bound_demand=pairs[:, 0], bound_limit=pairs[:, 1], gains=gains, resolves=len(chosen))


def unit_of(kind: int) -> float:
    """How much more of a limit of this kind a gain is quoted for."""
    return MORE_VOLUME if kind == CAPACITY else MORE_UNITS


def binding(system: LimitSystem, events: Sequence[Event]) -> list[tuple[Event, Integers, Integers]]:
    """For each event, pairs (demand, limit): of the demands that first fall short there, the limits with a
    multiplier on their own arcs."""
    first_arc = np.searchsorted(system.arc_demand, np.arange(len(system.demand_quantity) + 1))
    by_arc = np.argsort(system.entry_arc, kind="stable")
    first_entry = np.searchsorted(system.entry_arc[by_arc], np.arange(len(system.arc_demand) + 1))
    told = np.zeros(len(system.demand_quantity), dtype=bool)
    found: list[tuple[Event, Integers, Integers]] = []
    for event in events:
        fresh = event.demands[~told[event.demands]]
        told[fresh] = True
        tight = np.zeros(len(system.limit_bound), dtype=bool)
        tight[event.limits] = True
        owner, arcs = _ranges(first_arc[fresh], first_arc[fresh + 1])
        position, places = _ranges(first_entry[arcs], first_entry[arcs + 1])
        limit = system.entry_limit[by_arc[places]]
        held = tight[limit]
        pairs = np.unique(np.column_stack((fresh[owner[position]][held], limit[held])), axis=0)
        found.append((event, pairs[:, 0], pairs[:, 1]))
    return found


def _ranges(first: Integers, end: Integers) -> tuple[Integers, Integers]:
    """All of first[i] .. end[i] - 1 for each i, with the i that each belongs to."""
    count = end - first
    owner = np.repeat(np.arange(len(first)), count)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return owner, first[owner] + within


def _candidates(component: int, event: Event, who: Integers, what: Integers, kinds: Integers) -> list[_Candidate]:
    """The limits of one event that bind someone, with what a unit to be quoted promises at first sight."""
    dual = dict(zip(event.limits.tolist(), event.duals.tolist(), strict=True))
    return [
        _Candidate(
            component=component,
            limit=limit,
            worth=dual[limit] * unit_of(int(kinds[limit])),
            event=event,
            demands=np.unique(who[what == limit]),
        )
        for limit in np.unique(what).tolist()
    ]


def _most_promising(candidates: Sequence[_Candidate], count: int) -> list[_Candidate]:
    """Each limit once, in its earliest band; those with the highest worth, in a fixed order."""
    seen: dict[tuple[int, int], _Candidate] = {}
    for candidate in candidates:
        seen.setdefault((candidate.component, candidate.limit), candidate)
    ranked = sorted(seen.values(), key=lambda c: (c.event.band, -c.worth, c.component, c.limit))
    return ranked[: max(0, count)]


def _gain(
    system: LimitSystem, shares: Floats, candidate: _Candidate, unit: float, ways: Ways, clock: Clock
) -> LimitGain:
    """Settles the component again with a little more of one limit."""
    bound = system.limit_bound.copy()
    bound[candidate.limit] += unit
    changed = settle(replace(system, limit_bound=bound), ways, clock).shares
    band = candidate.event.band
    cap = system.caps[band][candidate.demands]
    rise = changed[-1] - shares[-1]
    return LimitGain(
        unit=unit,
        band=band,
        before=float(np.minimum(1.0, shares[band][candidate.demands] / cap).min()),
        after=float(np.minimum(1.0, changed[band][candidate.demands] / cap).min()),
        quantity=max(0.0, float(rise @ system.demand_quantity)),
        raised=int((rise > RAISED).sum()),
    )
