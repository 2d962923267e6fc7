"""Takes the solver's tolerance out of relaxed shipments, so that they attain the shares to the last digits.

An answer delivers shares, and keeps limits, to a billionth or so. The proof of a plan is that nothing more can be had
while everybody keeps what the shipments deliver (``check_fairness``): what they fail to deliver to a large need, or
leave of a full limit, would be free to raise a small one by much. So they are moved a little (``mending``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem
from ..lp.backends import Backend
from ..lp.exact_vertex import exact_vertex
from ..lp.formulation import AllocationLP
from ..model.errors import SolverFailedError
from .least_squares_repair import LeastSquaresRepair, Residuals, whole_of

__all__ = ["polished", "refined"]

SHIPPED_DUST = 1e-9
"""Parts smaller than this of what an arc could carry are the solver's rounding, not shipments."""

EXACT_DUST = 1e-15
"""The same where shipments are exact to the last digits."""

STILL_BETTER = 0.5
"""Rounds go on while each leaves no larger part of what was missing before it."""

ROUNDS_MAX = 8

NEARLY_EXACT = 1e-13
"""What may be missing without a need to ask the program."""

GLASSES_MAX = 6

SEEN = 1e-3
"""How large what is missing most is made to look: a million times the solver's tolerance."""

ASKING = 1e-3
"""Who lacks a larger part of what is missing most asks for it."""

CHANGE_MAX = 1e7
"""The largest change that is looked at, beside what is missing most."""


def polished(system: LimitSystem, shares: Floats, shipped: Floats) -> Floats:
    """The shipments without dust, delivering the shares and keeping the limits as exactly as doubles can.

    Where that cannot be, as of shares that are not attained, the nearest that was found.
    """
    ships = np.flatnonzero((shipped > 0.0) & (shipped >= SHIPPED_DUST * _most(system)))
    missing = Residuals(_on_arcs(system, ships), shares)
    best = shipped[ships]
    mending = LeastSquaresRepair(missing, best)
    least = mending.lacking(best)
    for _ in range(ROUNDS_MAX):
        now = np.maximum(0.0, best + mending.change(best))
        lacking, before = mending.lacking(now), least
        if lacking < least:
            best, least = now, lacking
        if lacking > before * STILL_BETTER:
            break
    mended = np.zeros(system.arcs)
    mended[ships] = best
    return mended


def _on_arcs(system: LimitSystem, arcs: Integers) -> LimitSystem:
    """The system without all other arcs."""
    place = np.full(system.arcs, -1)
    place[arcs] = np.arange(len(arcs))
    entries = np.flatnonzero(place[system.entry_arc] >= 0)
    return replace(
        system,
        arc_source=system.arc_source[arcs],
        arc_demand=system.arc_demand[arcs],
        arc_period=system.arc_period[arcs],
        arc_ratio=system.arc_ratio[arcs],
        arc_cost=system.arc_cost[arcs],
        entry_limit=system.entry_limit[entries],
        entry_arc=place[system.entry_arc[entries]],
        entry_factor=system.entry_factor[entries],
    )


def refined(program: AllocationLP, backend: Backend, shares: Floats, idle: Flags, shipped: Floats) -> Floats:
    """The same, where shipments that are not there yet must be begun: by the program itself, seen through a glass.

    Its columns then are changes of what is shipped and served, times a large factor, so that the solver's tolerance
    counts beside what is missing and no longer beside what is there (iterative refinement of a linear program;
    Gleixner, Steffy and Wolter 2016). As much as possible of what is missing is served. ``idle`` arcs carry nothing.
    """
    missing = Residuals(program.system, shares)
    best = polished(program.system, shares, shipped)
    if missing.worst(best) > NEARLY_EXACT and program.problem.cost[program.share].any():
        # A large program that serves for a price: its own vertex is the best that can be had in reasonable time.
        return _at_vertex(program, backend, missing, best)
    for _ in range(GLASSES_MAX):
        worst = missing.worst(best)
        if worst <= NEARLY_EXACT:
            break
        glass = SEEN / worst
        _look(program, missing, idle, best, glass)
        try:
            backend.answer(program.problem)
        except SolverFailedError:
            break
        now = np.maximum(0.0, best + program.problem.values[program.ship] * program.unit / glass)
        now = polished(program.system, shares, now)
        if missing.total(now) >= missing.total(best):
            break
        best = now
    return best


def _at_vertex(program: AllocationLP, backend: Backend, missing: Residuals, shipped: Floats) -> Floats:
    """The shipments of the program's last vertex without tolerances, where they lack less than these."""
    if exact_vertex(program.problem, backend) is None:
        return shipped
    now = program.shipped()
    now[now < EXACT_DUST * _most(program.system)] = 0.0
    return min(polished(program.system, missing.shares, now), now, shipped, key=missing.total)


def _look(program: AllocationLP, missing: Residuals, idle: Flags, shipped: Floats, factor: float) -> None:
    """Turns the program into one of changes, times the factor."""
    problem, free = program.problem, np.inf
    problem.set_costs(program.ship, np.zeros(len(program.ship)))
    lacking = missing.of_demands(shipped) / program.top * factor
    # Who lacks next to nothing asks for nothing: the fewer ask, the nearer is the answer to the last one.
    problem.set_costs(program.share, np.where(lacking > SEEN * ASKING, -1.0, 0.0))
    down = np.minimum(shipped / program.unit * factor, CHANGE_MAX)
    problem.set_bounds(program.ship, np.where(idle, 0.0, -down), np.where(idle, 0.0, CHANGE_MAX))
    problem.set_bounds(program.share, np.where(lacking > SEEN * ASKING, -free, lacking), lacking)
    problem.set_bounds(program.keep, np.full(len(program.keep), -free), np.full(len(program.keep), free))
    left = missing.of_limits(shipped) * missing.bound * program.limit_scale * factor
    problem.set_row_bounds(program.limit, np.full(len(left), -free), np.minimum(left, CHANGE_MAX))


def _most(system: LimitSystem) -> Floats:
    """Units that each arc could carry: all of its demand, or all of a limit that has something."""
    most = whole_of(system)
    some = system.limit_bound[system.entry_limit] > 0.0
    limit = system.entry_limit[some]
    np.minimum.at(most, system.entry_arc[some], system.limit_bound[limit] / system.entry_factor[some])
    return most
