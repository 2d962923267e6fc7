"""Settles the bands of a component that is the flow of one commodity: shares, and the minimum cuts that prove them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays.limit_system import Flags, Floats, LimitSystem
from ..parameters import FlowParameters
from .flow_shape import FlowShape, flow_shape
from .parametric_flow import FlowOutcome, settle_bands_by_flow
from .settlement import Event, Settlement

__all__ = ["settle_as_flow"]


def settle_as_flow(
    system: LimitSystem,
    parameters: FlowParameters,
    *,
    stop: Callable[[], None] | None = None,
    settled: Callable[[int, Floats], None] | None = None,
) -> Settlement | None:
    """The max-min fair shares of a component, or None when it is not the flow of one commodity.

    ``stop`` is called before each maximum flow and may raise to end the work, ``settled`` after each band with the
    shares of those who are held back. Raises SolverFailedError when the flow code does not answer.
    """
    shape = flow_shape(system, parameters)
    if shape is None:
        return None
    flowing = np.where(shape.held, system.caps, 0.0)
    outcome = settle_bands_by_flow(shape.net, flowing, parameters, stop=stop, settled=settled)
    # Who is ample reaches every cap; who has no arc gets nothing.
    ample = shape.slack.ample & ~shape.held
    shares = np.where(ample, np.maximum.accumulate(system.caps, axis=0), outcome.shares)
    return Settlement(
        shares=shares,
        events=tuple(_events(system, shape, outcome, shares, parameters)),
        idle=_idle(system, shape, outcome),
    )


def _events(
    system: LimitSystem, shape: FlowShape, outcome: FlowOutcome, shares: Floats, parameters: FlowParameters
) -> list[Event]:
    """The levels of each band in ascending order, each with the cut around all that is closed up to it."""
    same, full = parameters.same_level, parameters.settled_in_full
    events: list[Event] = []
    closed = np.zeros(len(shape.net.inflow), bool)
    pending = list(outcome.closings)
    for band, cap in enumerate(system.caps):
        served = np.flatnonzero(shape.held & (cap > 0.0))
        reached = shares[band, served] / cap[served]
        below = reached < full
        served, reached = served[below], reached[below]
        order = np.argsort(reached, kind="stable")
        start = np.flatnonzero(np.diff(reached[order], prepend=-1.0) > same)
        levels = reached[order[start]].tolist()
        for level, demands in zip(levels, np.split(served[order], start)[1:], strict=True):
            while pending and (pending[0].band, pending[0].level) <= (band, level + same):
                closed[pending.pop(0).nodes] = True
            limits = np.flatnonzero(_cut(shape, closed))
            events.append(Event(band=band, level=level, demands=demands, limits=limits, duals=shape.limit_dual[limits]))
        while pending and pending[0].band <= band:
            closed[pending.pop(0).nodes] = True
    return events


def _cut(shape: FlowShape, closed: Flags) -> Flags:
    """The limits whose edges lead from outside into the closed nodes."""
    into: Flags = closed[shape.limit_head] & (shape.limit_head >= 0)
    from_inside: Flags = closed[shape.limit_tail] & (shape.limit_tail >= 0)
    cut: Flags = into & ~from_inside
    return cut


def _idle(system: LimitSystem, shape: FlowShape, outcome: FlowOutcome) -> Flags:
    """Arcs across a full cut, and arcs of outsiders on the limits of that cut: the closed blocks use these up."""
    closed = np.zeros(len(shape.net.inflow), bool)
    for closing in outcome.closings:
        closed[closing.nodes] = True
    inside = shape.arc_tail >= 0
    idle: Flags = inside & (outcome.cell[shape.arc_tail] != outcome.cell[shape.arc_head])
    on_used_up = np.zeros(system.arcs, bool)
    on_used_up[system.entry_arc[_cut(shape, closed)[system.entry_limit]]] = True
    idle |= on_used_up & ~inside
    return idle
