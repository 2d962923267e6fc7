"""Reads settlements from the duals of a program: which demands are held, at which level, and the proof of it.

With duals y >= 0 of the limits let  mu[d] = min over arcs a of d of  sum_l f[l, a] y[l] / ratio[a].
In any plan  sum_d mu[d] q[d] share[d]  <=  sum_l y[l] b[l]  (weak duality). If equality holds for the shares
held now, no demand with mu[d] > 0 can rise unless another with mu > 0 falls: those of them whose outcome is the
level are settled. The inequality also bounds the level, from facts and duals alone and without the solver's
tolerances in it; with the right duals it is an equality:

    level = (sum_l y[l] b[l] - sum over the others of mu[d] q[d] held[d]) / sum over the settled of mu[d] q[d] cap[d]

Closing arcs. By complementary slackness a plan that keeps what is settled uses no arc a with a price above mu[d].
Where quantities differ by orders of magnitude such arcs are fixed to zero: what a solver's tolerance leaves of a limit
for millions may be the whole need of a demand that has no claim on it. Duals found with arcs closed prove only
together with those that closed them: they are added with as much weight as makes every closed arc dear again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array, csc_array, eye_array
from scipy.sparse.linalg import splu

from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem
from ..parameters import LeximinParameters, Parameters
from .settlement import Event


def prices_of(system: LimitSystem, duals: Floats) -> Floats:
    """What a unit for its demand takes of the limits on each arc, valued by their duals."""
    entry = system.entry_factor * duals[system.entry_limit]
    return np.bincount(system.entry_arc, entry, minlength=len(system.arc_demand)) / system.arc_ratio


def least_of(system: LimitSystem, price: Floats) -> Floats:
    """``mu[d]``: the price of the cheapest arc of each demand; 0 where it has none."""
    least = np.full(len(system.demand_quantity), np.inf)
    np.minimum.at(least, system.arc_demand, price)
    return np.where(np.isfinite(least), least, 0.0)


def idle_arcs(system: LimitSystem, events: Iterable[Event], parameters: LeximinParameters) -> Flags:
    """Arcs that carry nothing in any plan with the last shares, by complementary slackness with each event.

    A demand that an event holds keeps its share to the end, so the duals of the event stay optimal.
    """
    idle = np.zeros(system.arcs, bool)
    duals = np.zeros(system.limits)
    for event in events:
        duals[event.limits] = event.duals
        price = prices_of(system, duals)
        idle |= price - least_of(system, price)[system.arc_demand] > parameters.arc_dearer * price
        duals[event.limits] = 0.0
    return idle


def without_noise(system: LimitSystem, duals: Floats, parameters: LeximinParameters) -> Floats:
    """The duals without rounding noise, scaled so that the largest is 1: any multiple proves the same."""
    weight = duals * np.where(system.limit_bound > 0.0, system.limit_bound, 1.0)
    kept = np.where(weight > parameters.dual_zero * weight.max(initial=0.0), duals, 0.0)
    return kept / (kept.max(initial=0.0) or 1.0)


def refined_duals(
    system: LimitSystem, duals: Floats, pulls: Floats, shipped: Floats, parameters: LeximinParameters
) -> Floats:
    """Refines the duals of a program beyond its tolerance, by least squares.

    On every arc that ships the price is the least of its demand (complementary slackness). Duals y[l] are changed
    by parts u[l] of themselves, and least prices mu[d] by parts v[d], by the least squares that make them equal:

        sum_l f[l, a] y[l] u[l] / ratio[a]  -  mu[d] v[d]  =  mu[d] - price[a]

    by the normal equations with a little of the unit matrix, and refinement.
    """
    price = prices_of(system, duals)
    least = pulls[system.arc_demand]
    part = shipped * system.arc_ratio / system.demand_quantity[system.arc_demand]
    unequal = parameters.price_unequal
    arcs = np.flatnonzero((part > parameters.arc_used) & (least > 0.0) & (np.abs(price - least) < unequal * least))
    if not len(arcs):
        return duals
    at_arc = np.full(system.arcs, -1)
    at_arc[arcs] = np.arange(len(arcs))
    used = at_arc[system.entry_arc] >= 0
    arc, limit = system.entry_arc[used], system.entry_limit[used]
    priced = system.entry_factor[used] * duals[limit] / (system.arc_ratio[arc] * least[arc])
    rows = np.concatenate((at_arc[arc], np.arange(len(arcs))))
    columns = np.concatenate((limit, system.limits + system.arc_demand[arcs]))
    values = np.concatenate((priced, np.full(len(arcs), -1.0)))
    shape = (len(arcs), system.limits + system.demands)
    matrix = coo_array((values, (rows, columns)), shape=shape).tocsr()
    normal = csc_array(matrix.T @ matrix)
    regularised = normal + parameters.dual_regularisation * eye_array(shape[1])
    factors = splu(csc_array(regularised), permc_spec="MMD_AT_PLUS_A")
    change = np.zeros(shape[1])
    right = 1.0 - price[arcs] / least[arcs]
    for _ in range(parameters.dual_refinements):
        change += factors.solve(matrix.T @ (right - matrix @ change))
    sharp: Floats = duals * (1.0 + np.clip(change[: system.limits], -unequal, unequal))
    return sharp


@dataclass(slots=True)
class ClosedArcs:
    """The arcs of a component that are closed for good, and the duals that prove it."""

    system: LimitSystem
    parameters: Parameters
    closed: np.ndarray = field(init=False)
    duals: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.closed = np.zeros(len(self.system.arc_demand), dtype=bool)
        self.duals = np.zeros(len(self.system.limit_bound))

    def pulls(self, duals: Floats) -> Floats:
        """``mu[d]`` over the arcs that are still open."""
        price = prices_of(self.system, duals)
        price[self.closed] = np.inf
        return least_of(self.system, price)

    def complete(self, duals: Floats) -> Floats:
        """The duals that prove the same without any arc closed."""
        if not self.closed.any():
            return duals
        system, closed = self.system, self.closed
        owner = system.arc_demand[closed]
        lacking = self.pulls(duals)[owner] - prices_of(system, duals)[closed]
        earlier = prices_of(system, self.duals)
        excess = earlier[closed] - least_of(system, earlier)[owner]
        short = (lacking > 0.0) & (excess > 0.0)
        weight = 2.0 * float(np.max(lacking[short] / excess[short], initial=0.0))
        return duals + weight * self.duals

    def close(self, duals: Floats) -> Integers:
        """Closes the arcs that these duals rule out but the solver's tolerance could still use; returns them."""
        system = self.system
        price = prices_of(system, duals)
        dearer = price - self.pulls(duals)[system.arc_demand] > self.parameters.leximin.arc_dearer * price
        fresh = np.flatnonzero(dearer & ~self.closed & (self._left_open(duals) > self.parameters.leximin.worth_closing))
        if len(fresh):
            completed = self.complete(duals)
            self.duals = completed if (completed != duals).any() else duals + self.duals
            self.closed[fresh] = True
        return fresh

    def _left_open(self, duals: Floats) -> Floats:
        """For each arc: the part of its demand that the tolerance on a limit with a dual could serve."""
        system = self.system
        held = np.flatnonzero(duals[system.entry_limit] > 0.0)
        arc = system.entry_arc[held]
        whole = system.entry_factor[held] * system.demand_quantity[system.arc_demand[arc]] / system.arc_ratio[arc]
        part = np.zeros(len(system.arc_demand))
        np.maximum.at(part, arc, self.parameters.lp.tolerance * system.limit_bound[system.entry_limit[held]] / whole)
        return part
