"""Settles the bands of a component by the fastest exact method that fits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..arrays.limit_system import Floats, LimitSystem
from ..lp.backends import Backend
from ..lp.formulation import AllocationLP
from ..model.errors import SolverFailedError
from .cutting_planes import settle_by_cuts
from .duals import idle_arcs
from .flow_settlement import settle_as_flow
from .presolve import presolve
from .sequential_lp import settle_bands_by_lps
from .settlement import Settlement

__all__ = ["settle_fast"]


def settle_fast(
    system: LimitSystem, backend: Backend, settled: Callable[[int, Floats], None] | None = None
) -> Settlement | None:
    """As a flow, if it is one; else after presolve, each part as a flow, by cutting planes, or by the sequence of
    programs. None when only that sequence is left and presolve does not help it.

    ``settled`` is called with the shares after each band. Raises SolverTimeLimitError, CancelledError.
    """
    flow = _as_flow(system, backend, settled)
    if flow is not None:
        return flow
    whole = presolve(system)
    settlements: list[Settlement] = []
    for part in whole.parts:
        settlement = _settle_part(part.system, backend)
        if settlement is None:
            if part.system.arcs == system.arcs:
                return None
            try:
                settlement = settle_bands_by_lps(AllocationLP(part.system), backend)
            except SolverFailedError:
                # What is merged is larger beside what is not, which may be too much for a solver's tolerance.
                return None
        settlements.append(settlement)
    joined = whole.joined(settlements)
    joined = replace(joined, idle=idle_arcs(system, joined.events, backend.parameters.leximin))
    if settled is not None:
        for band, shares in enumerate(joined.shares):
            settled(band, shares)
    return joined


def _settle_part(system: LimitSystem, backend: Backend) -> Settlement | None:
    flow = _as_flow(system, backend)
    if flow is not None:
        return flow
    try:
        return settle_by_cuts(system, backend, stop=backend.clock.check)
    except SolverFailedError:
        # No cut could be had from any solver; the sequence asks them different questions.
        return None


def _as_flow(
    system: LimitSystem, backend: Backend, settled: Callable[[int, Floats], None] | None = None
) -> Settlement | None:
    try:
        return settle_as_flow(system, backend.parameters.flow, stop=backend.clock.check, settled=settled)
    except SolverFailedError:
        # The flow code gave no answer; programs are another way.
        return None
