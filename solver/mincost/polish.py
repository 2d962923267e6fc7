"""Takes the solver's tolerance out of relaxed shipments, so that they attain the shares to the last digits.

An LP answer delivers shares, and keeps limits, to a billionth or so. The proof of a plan is that no demand can have
more while all keep what the shipments deliver (``solver.verify.fairness``): what they fail to deliver to a large
demand, or leave of a full limit, could raise a small demand by much. So shipments are repaired by least squares
(``least_squares_repair``), and where new ones must be begun, by iterative refinement of the program.
"""

from __future__ import annotations

import numpy as np

from ..arrays.flow_structure import mark
from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem
from ..lp.backends import Backend
from ..lp.exact_vertex import exact_vertex
from ..lp.formulation import AllocationLP
from ..model.errors import SolverFailedError
from ..parameters import MincostParameters, Parameters
from .least_squares_repair import LeastSquaresRepair, Residuals, whole_of

__all__ = ["polished", "refined"]


def polished(system: LimitSystem, shares: Floats, shipped: Floats, parameters: MincostParameters) -> Floats:
    """The shipments without rounding noise, delivering the shares and keeping the limits as exactly as doubles can.

    Where that cannot be, for shares that are not attainable, the nearest that was found.
    """
    ships = np.flatnonzero((shipped > 0.0) & (shipped >= parameters.shipment_zero * _most(system)))
    missing = Residuals(_on_arcs(system, ships), shares)
    best = shipped[ships]
    repair = LeastSquaresRepair(missing, best, parameters)
    least = repair.lacking(best)
    for _ in range(parameters.polish_rounds_max):
        now = np.maximum(0.0, best + repair.change(best))
        lacking, before = repair.lacking(now), least
        if lacking < least:
            best, least = now, lacking
        if lacking > before * parameters.polish_progress:
            break
    repaired = np.zeros(system.arcs)
    repaired[ships] = best
    return repaired


def _on_arcs(system: LimitSystem, arcs: Integers) -> LimitSystem:
    """The system without all other arcs."""
    entries = np.flatnonzero(mark(arcs, system.arcs)[system.entry_arc])
    return system.restricted(arcs=arcs, entries=entries)


def refined(program: AllocationLP, backend: Backend, shares: Floats, idle: Flags, shipped: Floats) -> Floats:
    """As ``polished``, where new shipments must be begun: by iterative refinement of the program.

    Its columns become changes of what is shipped and served, times a large factor, so that the solver's tolerance is
    relative to what is missing and no longer to the shipments (Gleixner, Steffy and Wolter 2016). As much as possible
    of what is missing is served. ``idle`` arcs carry nothing.
    """
    parameters = backend.parameters.mincost
    missing = Residuals(program.system, shares)
    best = polished(program.system, shares, shipped, parameters)
    if missing.worst(best) > parameters.polish_exact and program.problem.cost[program.share].any():
        # A large program that serves for a price: its own vertex is the best that can be had in reasonable time.
        return _at_vertex(program, backend, missing, best)
    for _ in range(parameters.polish_refinements_max):
        worst = missing.worst(best)
        if worst <= parameters.polish_exact:
            break
        factor = backend.parameters.lp.refinement_scale / worst
        _pose_changes(program, missing, idle, best, factor, backend.parameters)
        try:
            backend.answer(program.problem)
        except SolverFailedError:
            break
        now = np.maximum(0.0, best + program.problem.values[program.ship] * program.unit / factor)
        now = polished(program.system, shares, now, parameters)
        if missing.total(now) >= missing.total(best):
            break
        best = now
    return best


def _at_vertex(program: AllocationLP, backend: Backend, missing: Residuals, shipped: Floats) -> Floats:
    """The shipments of the program's last vertex without tolerances, where they lack less than these."""
    parameters = backend.parameters.mincost
    if exact_vertex(program.problem, backend) is None:
        return shipped
    now = program.shipped()
    now[now < parameters.shipment_zero_exact * _most(program.system)] = 0.0
    return min(polished(program.system, missing.shares, now, parameters), now, shipped, key=missing.total)


def _pose_changes(
    program: AllocationLP, missing: Residuals, idle: Flags, shipped: Floats, factor: float, parameters: Parameters
) -> None:
    """Poses the shifted and scaled program: columns are changes of the shipments, times the factor."""
    problem, free, most = program.problem, np.inf, parameters.lp.refinement_change_max
    problem.set_costs(program.ship, np.zeros(len(program.ship)))
    lacking = missing.of_demands(shipped) / program.top * factor
    # Who lacks next to nothing asks for nothing: the fewer ask, the nearer is the answer to the last one.
    asking = lacking > parameters.lp.refinement_scale * parameters.mincost.polish_asking
    problem.set_costs(program.share, np.where(asking, -1.0, 0.0))
    down = np.minimum(shipped / program.unit * factor, most)
    problem.set_bounds(program.ship, np.where(idle, 0.0, -down), np.where(idle, 0.0, most))
    problem.set_bounds(program.share, np.where(asking, -free, lacking), lacking)
    problem.set_bounds(program.keep, np.full(len(program.keep), -free), np.full(len(program.keep), free))
    left = missing.of_limits(shipped) * missing.bound * program.limit_scale * factor
    problem.set_row_bounds(program.limit, np.full(len(left), -free), np.minimum(left, most))


def _most(system: LimitSystem) -> Floats:
    """Units that each arc could carry: all of its demand, or all of a limit that has something."""
    most = whole_of(system)
    some = system.limit_bound[system.entry_limit] > 0.0
    limit = system.entry_limit[some]
    np.minimum.at(most, system.entry_arc[some], system.limit_bound[limit] / system.entry_factor[some])
    return most
