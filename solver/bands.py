"""Settles the bands of a component: max-min fair (leximin) by a sequence of linear programs.

In each band, raise the level of all open demands together until it is held; those that hold it are settled
there, the rest go on. Who holds it is read from the multipliers of the program, and proved by them:

    With multipliers y >= 0 of the limits let  mu[d] = min over arcs a of d of  sum_l f[l, a] y[l] / ratio[a].
    In any plan, sum_d mu[d] q[d] share[d]  <=  sum_l y[l] b[l].  (weak duality)
    If equality holds for the shares held now, no demand with mu[d] > 0 can rise unless another with mu > 0
    falls: all of them whose outcome is the level are settled.

The same equality gives the level itself without the solver's tolerances in it, from facts and multipliers:

    level = (sum_l y[l] b[l] - sum over the others of mu[d] q[d] held[d]) / sum over the settled of mu[d] q[d] cap[d]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solver.backends import Backend
from solver.errors import SolverFailedError
from solver.program import Program
from solver.settlement import Event, Settlement
from solver.system import Floats, Integers, LimitSystem

TIED = 1e-7
"""Outcomes closer than this are at the same level."""

DUST = 1e-11
"""Multipliers smaller than this part of the largest, on the program's scale, are rounding."""

VISIBLE = 1e-10
"""A demand whose pull is a smaller part of all multipliers' worth cannot be told from rounding."""

LEVEL_ERROR_MAX = 1e-5
"""A level that differs more from the program's own is no level: the multipliers are wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a band of a component is: demands settled of those it serves, and the level reached."""

    band: int
    settled: int
    served: int
    level: float


def settle_bands(program: Program, backend: Backend, report: Callable[[Progress], None] | None = None) -> Settlement:
    """The shares after each band and the events that prove them.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError.
    """
    system = program.system
    held = np.zeros(len(system.demand_quantity))
    shares = np.zeros_like(system.caps)
    events: list[Event] = []
    for band in range(len(system.caps)):
        events += _settle_band(program, backend, band, held, report)
        shares[band] = held
    idle = np.zeros(len(system.arc_demand), dtype=bool)
    return Settlement(shares=shares, events=tuple(events), idle=idle)


def _settle_band(
    program: Program,
    backend: Backend,
    band: int,
    held: Floats,
    report: Callable[[Progress], None] | None,
) -> list[Event]:
    """Settles one band and raises ``held`` to what it gives; rounds end when nobody is open."""
    system = program.system
    caps = system.caps[band]
    reachable = np.bincount(system.arc_demand, minlength=len(caps)) > 0
    # A share that is at its cap already has the outcome 1; without an arc it stays 0: neither can change.
    open_ = np.flatnonzero((caps > 0.0) & reachable & (held < caps))
    served = len(open_)
    events: list[Event] = []
    if served:
        program.open_band(band, open_)
    while len(open_):
        backend.answer(program.problem)
        level = float(program.problem.values[program.level[band]])
        if level >= 1.0 - TIED / 2:
            settled = open_
            held[settled] = np.maximum(held[settled], caps[settled])
        else:
            event = _event(program, band, level, open_, held)
            events.append(event)
            settled, level = event.demands, event.level
            held[settled] = np.maximum(held[settled], level * caps[settled])
        program.settle(band, settled, np.maximum(0.0, held[settled] - backend.slack))
        open_ = np.setdiff1d(open_, settled, assume_unique=True)
        if report is not None:
            report(Progress(band=band, settled=served - len(open_), served=served, level=level))
    if served:
        program.close_band(band)
    return events


def _event(program: Program, band: int, level: float, open_: Integers, held: Floats) -> Event:
    """Who is settled at this round's level, and the multipliers that prove it."""
    system = program.system
    caps, asked = system.caps[band], system.demand_quantity
    duals = program.limit_duals()
    scaled = duals / program.limit_scale
    duals[scaled <= DUST * scaled.max(initial=0.0)] = 0.0
    # Any positive multiple proves the same; with the largest at 1 most are plain fractions.
    duals /= duals.max(initial=0.0) or 1.0
    pull = pull_of(system, duals) * asked
    worth = float(duals @ system.limit_bound)
    share = program.problem.values[program.share]
    own = program.fair_duals(band, open_)
    # A demand that the floor of an earlier band holds above the level waits for its own turn.
    at_level = share[open_] <= caps[open_] * level + TIED
    pulls = pull[open_] * caps[open_] > VISIBLE * worth
    settled = open_[((own > TIED) | pulls) & at_level]
    if not len(settled):
        settled = open_[[int(np.argmax(own))]]
    others = pull * held
    others[settled] = 0.0
    weight = float(pull[settled] @ caps[settled])
    exact = (worth - float(others.sum())) / weight if weight > 0.0 else level
    if abs(exact - level) > LEVEL_ERROR_MAX:
        raise SolverFailedError(
            f"band {band} of {program.problem.name}: level {level:.9g} is not proved by its multipliers ({exact:.9g})"
        )
    limits = np.flatnonzero(duals)
    exact = min(1.0, max(0.0, exact))
    return Event(band=band, level=exact, demands=settled, limits=limits, duals=duals[limits])


def pull_of(system: LimitSystem, duals: Floats) -> Floats:
    """``mu[d]``: the least that a unit for demand d takes of the limits, valued by their multipliers."""
    arcs, demands = len(system.arc_demand), len(system.demand_quantity)
    entry = system.entry_factor * duals[system.entry_limit]
    price = np.bincount(system.entry_arc, entry, minlength=arcs) / system.arc_ratio
    pull = np.full(demands, np.inf)
    np.minimum.at(pull, system.arc_demand, price)
    return np.where(np.isfinite(pull), pull, 0.0)
