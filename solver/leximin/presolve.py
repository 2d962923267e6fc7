"""Presolve of a component: redundant limits go, indistinguishable demands and sources are merged. All exact.

The max-min fair shares are unique, so demands that nothing distinguishes (same arcs, same ratios, same caps) have the
same share, and one demand for their sum has it too; likewise sources that differ only in their quantity. Demands
that are ample (see ``arrays.redundant_limits``) reach their caps and leave; limits that can never bind leave; what is
left may fall into components of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays.grouping import distinct, equal_rows, first_of
from ..arrays.limit_system import Flags, Integers, LimitSystem, connected_labels
from ..arrays.redundant_limits import slackness
from .settlement import Event, Settlement

__all__ = ["Presolved", "ReducedComponent", "presolve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReducedComponent:
    """A reduced component of its own. ``demands[i]`` is where the members of its demand i begin in
    ``demand_members``, and so for limits: what one stands for, in indices of the unreduced system."""

    system: LimitSystem
    demand_start: Integers
    demand_members: Integers
    limit_start: Integers
    limit_members: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class Presolved:
    """The parts of ``system``; ``full[d]``: demand d is in none of them and reaches every cap."""

    system: LimitSystem
    parts: tuple[ReducedComponent, ...]
    full: Flags

    def joined(self, settlements: list[Settlement]) -> Settlement:
        """The settlement of the whole from those of its parts, in their order.

        The parts share no limit that could bind, so the duals of all parts at a level prove together what each
        proves alone; kept together they change little from event to event.
        """
        system = self.system
        shares = np.where(self.full, np.maximum.accumulate(system.caps, axis=0), 0.0)
        for part, settlement in zip(self.parts, settlements, strict=True):
            size = np.diff(part.demand_start)
            shares[:, part.demand_members] = np.repeat(settlement.shares, size, axis=1)
        events = [
            (event.band, event.level, number, place)
            for number, settlement in enumerate(settlements)
            for place, event in enumerate(settlement.events)
        ]
        duals = np.zeros(system.limits)
        joint: list[Event] = []
        for band, level, number, place in sorted(events):
            part, event = self.parts[number], settlements[number].events[place]
            if not joint or joint[-1].band != band:
                duals[:] = 0.0
            duals[part.limit_members] = 0.0
            limits, size = _members(part.limit_start, part.limit_members, event.limits)
            duals[limits] = np.repeat(event.duals, size)
            at = np.flatnonzero(duals)
            demands = np.sort(_members(part.demand_start, part.demand_members, event.demands)[0])
            joint.append(Event(band=band, level=level, demands=demands, limits=at, duals=duals[at]))
        return Settlement(shares=shares, events=tuple(joint), idle=np.zeros(system.arcs, bool))


def _members(start: Integers, members: Integers, at: Integers) -> tuple[Integers, Integers]:
    """The members of some groups, group by group, and how many each group has."""
    size = start[at + 1] - start[at]
    offset = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    return members[np.repeat(start[at], size) + offset], size


def presolve(system: LimitSystem) -> Presolved:
    """The component after all reductions."""
    slack = slackness(system)
    arcs = np.flatnonzero(~slack.ample[system.arc_demand])
    kept = slack.binding[system.entry_limit] & ~slack.ample[system.arc_demand[system.entry_arc]]
    alike = _Alike(system, arcs, np.flatnonzero(kept))
    full = slack.ample.copy()
    full[np.bincount(system.arc_demand, minlength=system.demands) == 0] = False
    return Presolved(system=system, parts=tuple(alike.parts()), full=full)


class _Alike:
    """Classes of sources and of demands on some arcs and entries of a system; ``source_first`` and ``demand_first``
    have the first of each one's class."""

    def __init__(self, system: LimitSystem, arcs: Integers, entries: Integers) -> None:
        self.system, self.arcs, self.entries = system, arcs, entries
        self.sources = int(system.arc_source.max(initial=-1)) + 1
        limit, arc = system.entry_limit[entries], system.entry_arc[entries]
        own = limit == system.arc_source[arc]
        factor = np.unique(system.entry_factor[entries], return_inverse=True)[1]
        span = int(factor.max(initial=0)) + 1
        others = equal_rows(arc[~own], (limit * span + factor)[~own], system.arcs)
        # An arc's kind is how it lies, apart from its source; whether the source's own limit is in force counts.
        held = np.zeros(system.arcs, np.int64)
        held[arc[own]] = 1
        ratio = np.unique(system.arc_ratio, return_inverse=True)[1]
        kind = np.unique((others * (int(ratio.max(initial=0)) + 1) + ratio) * 2 + held, return_inverse=True)[1]
        kinds = int(kind.max(initial=0)) + 1
        source, demand, kind = system.arc_source[arcs], system.arc_demand[arcs], kind[arcs]
        self.source_first = first_of(equal_rows(source, demand * kinds + kind, self.sources))
        way = np.unique(self.source_first[source] * kinds + kind, return_inverse=True)[1]
        ways = int(way.max(initial=0)) + 1
        caps = np.unique(system.caps, axis=1, return_inverse=True)[1].reshape(-1)
        every = np.arange(system.demands)
        row, key = np.concatenate((demand, every)), np.concatenate((way, ways + caps))
        # Two sources of a class reach a demand by the same way: each pair counts once.
        pair = distinct(row * (ways + int(caps.max(initial=0)) + 1) + key)
        span = ways + int(caps.max(initial=0)) + 1
        self.demand_first = first_of(equal_rows(pair // span, pair % span, system.demands))
        place = self.demand_first[demand] * ways + way
        self.first_arcs = np.sort(arcs[np.unique(place, return_index=True)[1]])

    def parts(self) -> list[ReducedComponent]:
        """The connected parts of the merged system, by their first demand."""
        system, arcs = self.system, self.first_arcs
        is_first = np.zeros(system.arcs, bool)
        is_first[arcs] = True
        entries = self.entries[is_first[system.entry_arc[self.entries]]]
        demand = self.demand_first[system.arc_demand]
        source = self.source_first[system.arc_source]
        limit = system.entry_limit[entries]
        limit = np.where(limit < self.sources, self.source_first[np.minimum(limit, self.sources - 1)], limit)
        demand_label, limit_label = connected_labels(
            system.demands, system.limits, demand[system.entry_arc[entries]], limit
        )
        part_of_arc, part_of_entry = demand_label[demand[arcs]], limit_label[limit]
        found, first = np.unique(part_of_arc, return_index=True)
        parts = []
        for one in found[np.argsort(first)]:
            own, mine = arcs[part_of_arc == one], part_of_entry == one
            shared = distinct(limit[mine & (limit >= self.sources)])
            parts.append(self._part(own, entries[mine], limit[mine], distinct(source[own]), shared))
        return parts

    def _part(
        self, arcs: Integers, entries: Integers, limit: Integers, sources: Integers, shared: Integers
    ) -> ReducedComponent:
        system = self.system
        demands = distinct(self.demand_first[system.arc_demand[arcs]])
        demand_start, demand_members = _groups(self.demand_first, demands)
        source_start, source_members = _groups(self.source_first, sources)
        limits = np.concatenate((sources, shared))
        bound = np.add.reduceat(system.limit_bound[source_members], source_start[:-1])
        return ReducedComponent(
            system=LimitSystem(
                arc_source=np.searchsorted(sources, self.source_first[system.arc_source[arcs]]),
                arc_demand=np.searchsorted(demands, self.demand_first[system.arc_demand[arcs]]),
                arc_period=system.arc_period[arcs],
                arc_ratio=system.arc_ratio[arcs],
                arc_cost=system.arc_cost[arcs],
                entry_limit=np.searchsorted(limits, limit),
                entry_arc=np.searchsorted(arcs, system.entry_arc[entries]),
                entry_factor=system.entry_factor[entries],
                limit_bound=np.concatenate((bound, system.limit_bound[shared])),
                demand_quantity=np.add.reduceat(system.demand_quantity[demand_members], demand_start[:-1]),
                caps=system.caps[:, demands],
                topped=system.topped,
            ),
            demand_start=demand_start,
            demand_members=demand_members,
            limit_start=np.concatenate((source_start, source_start[-1] + 1 + np.arange(len(shared)))),
            limit_members=np.concatenate((source_members, shared)),
        )


def _groups(first: Integers, wanted: Integers) -> tuple[Integers, Integers]:
    """The members of each wanted class, class by class, and where each class begins."""
    order = np.argsort(first, kind="stable")
    low = np.searchsorted(first[order], wanted, side="left")
    high = np.searchsorted(first[order], wanted, side="right")
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(high - low)))
    return start, order[np.repeat(low - start[:-1], high - low) + np.arange(int(start[-1]))]
