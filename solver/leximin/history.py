"""Demands with a history (``before``): as ordinary demands for all that was asked, before and now.

A demand that asked A units before and got R of them, and asks q now, has the outcome (R + shipped) / (A + q) / cap. It
becomes a demand for A + q, with an arc of its own from a source that has R units, and a limit of q units on its other
arcs. What can be had by the one can be had by the other, so every method settles it as it stands; the duals of the
limits that are made up here prove nothing that ``verify.fairness`` does not know by itself, and go.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arrays.limit_system import Floats, Integers, LimitSystem
from .settlement import Event, Settlement

__all__ = ["History"]


class History:
    """``whole`` is a system with the histories of its demands put into arcs and limits; the same where there are none.

    Its arcs are those of the system, and then the new ones; its demands are the same.
    """

    def __init__(self, system: LimitSystem) -> None:
        self.system = system
        self.whole = system
        self._limit_of = np.arange(system.limits)
        if system.asked_before is not None and system.received_before is not None and system.arcs:
            self.whole = self._put_in(system, system.asked_before, system.received_before)

    def _put_in(self, system: LimitSystem, asked: Floats, received: Floats) -> LimitSystem:
        sources, got = int(system.arc_source.max()) + 1, np.flatnonzero(received > 0.0)
        lacking = np.flatnonzero(received < asked)
        top = np.full(system.demands, -1)
        top[lacking] = system.limits + len(got) + np.arange(len(lacking))
        topped = np.flatnonzero(top[system.arc_demand] >= 0)
        limit_at = np.arange(system.limits)
        limit_at[sources:] += len(got)
        new_source, new_arc = sources + np.arange(len(got)), system.arcs + np.arange(len(got))
        bound = system.limit_bound
        self._limit_of = np.full(system.limits + len(got) + len(lacking), -1)
        self._limit_of[limit_at] = np.arange(system.limits)
        return LimitSystem(
            arc_source=np.concatenate((system.arc_source, new_source)),
            arc_demand=np.concatenate((system.arc_demand, got)),
            arc_period=np.concatenate((system.arc_period, np.zeros(len(got), np.int64))),
            arc_ratio=np.concatenate((system.arc_ratio, np.ones(len(got)))),
            arc_cost=np.concatenate((system.arc_cost, np.zeros(len(got)))),
            entry_limit=np.concatenate((limit_at[system.entry_limit], new_source, top[system.arc_demand[topped]])),
            entry_arc=np.concatenate((system.entry_arc, new_arc, topped)),
            entry_factor=np.concatenate((system.entry_factor, np.ones(len(got)), system.arc_ratio[topped])),
            limit_bound=np.concatenate(
                (bound[:sources], received[got], bound[sources:], system.demand_quantity[lacking])
            ),
            demand_quantity=system.demand_quantity + asked,
            caps=system.caps,
            topped=bool(len(lacking)),
        )

    def of_now(self, settlement: Settlement) -> Settlement:
        """The settlement of ``whole`` as one of the system: shares of what is asked now, and its own limits."""
        if self.whole is self.system:
            return settlement
        return Settlement(
            shares=self.system.of_now(settlement.shares),
            events=tuple(map(self._own, settlement.events)),
            idle=settlement.idle[: self.system.arcs],
        )

    def events_of_now(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """The events of ``whole`` as those of the system."""
        return events if self.whole is self.system else tuple(map(self._own, events))

    def _own(self, event: Event) -> Event:
        limits: Integers = self._limit_of[event.limits]
        own = limits >= 0
        order = np.argsort(limits[own], kind="stable")
        return replace(event, limits=limits[own][order], duals=event.duals[own][order])
