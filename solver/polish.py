"""Takes the solver's tolerance out of relaxed shipments, so that they attain the shares to the last digits.

An answer delivers shares, and keeps limits, to a billionth or so. The proof of a plan is that nothing more can be had
while everybody keeps what the shipments deliver (``check_fairness``): what they fail to deliver to a large need, or
leave of a full limit, would be free to raise a small one by much. So they are moved a little, by the least squares
that deliver what is missing and keep full what was full:

    minimise  sum over a of  v[a]^2 / w[a]   subject to   D v = r,  L v = s;    v = W (D' y + L' z)

with v[a] the change on an arc that ships and w[a] what it carries, so that small shipments change little and none
falls below 0; a row of D for each demand served, one of L for each limit that is full, r and s what they lack. Every
arc has one demand, so D W D' is diagonal, and what is to be solved has only as many rows as limits are full:

    (L W L' - B (D W D')^-1 B') z = s - B (D W D')^-1 r,     B = L W D'

It is singular where demands use up all of their limits, hence a little of the unit matrix and refinement (iterated
Tikhonov), which converges wherever there is an answer. What is left of a limit of millions is summed in extended
precision: it is measured by the smallest need beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse import coo_array, csc_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import splu

from solver.backends import Backend
from solver.errors import SolverFailedError
from solver.grouping import sum_by
from solver.program import Program
from solver.system import Flags, Floats, Integers, LimitSystem
from solver.vertex import exact_vertex

__all__ = ["polished", "refined"]

SHIPPED_DUST = 1e-9
"""Parts smaller than this of what an arc could carry are the solver's rounding, not shipments."""

EXACT_DUST = 1e-15
"""The same where shipments are exact to the last digits."""

FULL = 1e-7
"""A limit of which no larger part is left may be full."""

STILL_BETTER = 0.5
"""Rounds go on while each leaves no larger part of what was missing before it."""

REGULARISED = 1e-13
"""Part of the unit matrix beside a diagonal of ones, where that is enough; else ..."""

MORE = 100.0
"""... so many times as much, until the matrix can be factored."""

DENSE_MAX = 2_000
"""Full limits up to which the matrix is written out."""

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

REFINEMENTS = 3


def polished(system: LimitSystem, shares: Floats, shipped: Floats) -> Floats:
    """The shipments without dust, delivering the shares and keeping the limits as exactly as doubles can.

    Where that cannot be, as of shares that are not attained, the nearest that was found.
    """
    best = np.where(shipped < SHIPPED_DUST * _most(system), 0.0, shipped)
    missing = _Missing(system, shares)
    mending = _Mending(missing, best)
    least = mending.lacking(best)
    for _ in range(ROUNDS_MAX):
        now = np.maximum(0.0, best + mending.change(best))
        lacking, before = mending.lacking(now), least
        if lacking < least:
            best, least = now, lacking
        if lacking > before * STILL_BETTER:
            break
    return best


def refined(program: Program, backend: Backend, shares: Floats, idle: Flags, shipped: Floats) -> Floats:
    """The same, where shipments that are not there yet must be begun: by the program itself, seen through a glass.

    Its columns then are changes of what is shipped and served, times a large factor, so that the solver's tolerance
    counts beside what is missing and no longer beside what is there (iterative refinement of a linear program;
    Gleixner, Steffy and Wolter 2016). As much as possible of what is missing is served. ``idle`` arcs carry nothing.
    """
    missing = _Missing(program.system, shares)
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


def _at_vertex(program: Program, backend: Backend, missing: _Missing, shipped: Floats) -> Floats:
    """The shipments of the program's last vertex without tolerances, where they lack less than these."""
    if exact_vertex(program.problem, backend) is None:
        return shipped
    now = program.shipped()
    now[now < EXACT_DUST * _most(program.system)] = 0.0
    return min(polished(program.system, missing.shares, now), now, shipped, key=missing.total)


def _look(program: Program, missing: _Missing, idle: Flags, shipped: Floats, factor: float) -> None:
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


class _Missing:
    """What shipments lack: of a demand as a part of what it asks, of a limit what is left, as a part of it."""

    def __init__(self, system: LimitSystem, shares: Floats) -> None:
        self.system = system
        self.shares = shares
        self.bound = np.where(system.limit_bound > 0.0, system.limit_bound, 1.0)
        entries = (system.entry_factor.astype(np.longdouble), (system.entry_limit, system.entry_arc))
        self._taking = csr_array(entries, shape=(system.limits, system.arcs))

    def of_demands(self, shipped: Floats) -> Floats:
        system = self.system
        served = sum_by(system.arc_demand, shipped * system.arc_ratio, system.demands)
        return self.shares - served / system.demand_quantity

    def of_limits(self, shipped: Floats) -> Floats:
        left = self.system.limit_bound - self._taking @ shipped.astype(np.longdouble)
        return left.astype(np.float64) / self.bound

    def worst(self, shipped: Floats) -> float:
        """The largest part of a demand that is not delivered, or of a limit that is exceeded."""
        return float(max(part.max(initial=0.0) for part in self._wrong(shipped)))

    def total(self, shipped: Floats) -> float:
        """The sum of these parts."""
        return float(sum(part.sum() for part in self._wrong(shipped)))

    def _wrong(self, shipped: Floats) -> tuple[Floats, Floats]:
        return np.maximum(0.0, self.of_demands(shipped)), np.maximum(0.0, -self.of_limits(shipped))


class _Mending:
    """The least squares for some shipments; the matrix is made once."""

    def __init__(self, missing: _Missing, shipped: Floats) -> None:
        system = missing.system
        self._missing = missing
        self._full = np.flatnonzero(missing.of_limits(shipped) < FULL)
        self._arcs = arcs = np.flatnonzero(shipped > 0.0)
        self._demand = demand = system.arc_demand[arcs]
        self._unit = _unit(system, arcs)
        self._carried = carried = shipped[arcs] / self._unit
        self._taken = taken = self._parts()
        # One row for each full limit, one column for each demand.
        coupling = coo_array(taken * carried)
        place = (coupling.coords[0], demand[coupling.coords[1]])
        shape = (len(self._full), system.demands)
        self._coupling = csr_array((coupling.data, place), shape=shape)
        served = sum_by(demand, carried, system.demands)
        self._inverse = np.divide(1.0, served + REGULARISED, out=np.zeros(system.demands), where=served > 0.0)
        limits = csr_array(taken * carried) @ taken.T
        whole = csc_array(limits - (self._coupling * self._inverse) @ self._coupling.T)
        self._solve = _solver_of(whole, limits.diagonal())

    def _parts(self) -> csr_array:
        """What a whole demand's worth on each arc that ships takes of the full limits, as parts of these."""
        system, arcs, full = self._missing.system, self._arcs, self._full
        at_arc, at_limit = np.full(system.arcs, -1), np.full(system.limits, -1)
        at_arc[arcs], at_limit[full] = np.arange(len(arcs)), np.arange(len(full))
        used: Flags = (at_arc[system.entry_arc] >= 0) & (at_limit[system.entry_limit] >= 0)
        arc, limit = at_arc[system.entry_arc[used]], system.entry_limit[used]
        part = system.entry_factor[used] * self._unit[arc] / self._missing.bound[limit]
        return csr_array((part, (at_limit[limit], arc)), shape=(len(full), len(arcs)))

    def lacking(self, shipped: Floats) -> float:
        """What is missing in all, and what is left of limits that should be full."""
        left = np.maximum(0.0, self._missing.of_limits(shipped)[self._full])
        return self._missing.total(shipped) + float(left.sum())

    def change(self, shipped: Floats) -> Floats:
        """By how much to change what is shipped."""
        lacking = self._missing.of_demands(shipped) * self._inverse
        left = self._missing.of_limits(shipped)[self._full]
        limits = self._solve(left - self._coupling @ lacking)
        demands = lacking - self._inverse * (self._coupling.T @ limits)
        change = np.zeros(len(shipped))
        change[self._arcs] = self._carried * (demands[self._demand] + self._taken.T @ limits) * self._unit
        return change


def _solver_of(matrix: csc_array, sizes: Floats) -> Callable[[Floats], Floats]:
    """Solves with a symmetric matrix that has no negative eigenvalue, but may be singular; ``sizes`` say what a
    number on its diagonal is made of."""
    count = matrix.shape[0]
    if not count:
        return np.copy
    ones = np.divide(1.0, np.sqrt(sizes), out=np.ones(count), where=sizes > 0.0)
    scaled = csc_array(diags_array(ones) @ matrix @ diags_array(ones))
    solve = _dense_solver(scaled.toarray()) if count <= DENSE_MAX else _sparse_solver(scaled)

    def refined_answer(right: Floats) -> Floats:
        right = right * ones
        answer = np.zeros(count)
        for _ in range(REFINEMENTS):
            answer += solve(right - scaled @ answer)
        return answer * ones

    return refined_answer


def _dense_solver(matrix: Floats) -> Callable[[Floats], Floats]:
    some = REGULARISED
    while True:
        try:
            factors = cho_factor(matrix + some * np.eye(len(matrix)))
        except LinAlgError:
            some *= MORE
        else:
            return lambda right: cho_solve(factors, right)


def _sparse_solver(matrix: csc_array) -> Callable[[Floats], Floats]:
    some = REGULARISED * eye_array(matrix.shape[0])
    factors = splu(csc_array(matrix + some), permc_spec="MMD_AT_PLUS_A")
    return factors.solve


def _most(system: LimitSystem) -> Floats:
    """Units that each arc could carry: all of its demand, or all of a limit that has something."""
    most = _unit(system, np.arange(system.arcs))
    some = system.limit_bound[system.entry_limit] > 0.0
    limit = system.entry_limit[some]
    np.minimum.at(most, system.entry_arc[some], system.limit_bound[limit] / system.entry_factor[some])
    return most


def _unit(system: LimitSystem, arcs: Integers) -> Floats:
    """Units shipped on each arc that are all of its demand."""
    unit: Floats = system.demand_quantity[system.arc_demand[arcs]] / system.arc_ratio[arcs]
    return unit
