"""Cut pool of a component: valid inequalities, and the max-min fair shares under them alone by water-filling.

Duals y >= 0 of the limits give a cut:  sum_d mu[d] share[d] <= sum_l y[l] b[l],  with mu[d] the least price of
serving all of demand d over one of its arcs (weak duality). Under cuts alone the fair shares follow by filling:
raise all together until a cut is tight, stop its demands there, go on with the others. The cuts are a relaxation, so
when some plan attains these shares they are the fair shares, and the tight cuts are their proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..arrays.grouping import distinct, runs
from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem, connected_labels
from ..lp.exact_vertex import Extended
from ..parameters import LeximinParameters
from .settlement import Event
from .waterfill import water_levels

__all__ = ["CutPool", "Filled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """``shares[k, d]`` after each band under the cuts of a pool, and the cuts that stop them as events."""

    shares: Floats
    events: tuple[Event, ...]


class CutPool:
    """Cuts of one system: row i bounds sum of weight * share over its entries by ``bound[i]``; weights sum to 1."""

    def __init__(self, system: LimitSystem, parameters: LeximinParameters) -> None:
        self.system = system
        self.parameters = parameters
        whole = system.demand_quantity[system.arc_demand].astype(np.longdouble) / system.arc_ratio
        price = system.entry_factor * whole[system.entry_arc]
        self._prices = csr_array((price, (system.entry_arc, system.entry_limit)), shape=(system.arcs, system.limits))
        self._reached = np.bincount(system.arc_demand, minlength=system.demands) > 0
        pair = distinct(system.arc_demand[system.entry_arc] * system.limits + system.entry_limit)
        self._touch_demand, self._touch_limit = np.divmod(pair, system.limits)
        self._rows: list[tuple[Integers, Extended]] = []
        self._bounds: list[np.longdouble] = []
        self._duals: list[tuple[Integers, Floats]] = []
        self._known: set[bytes] = set()
        self._working: set[int] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, duals: Floats | Extended, shares: Floats | None = None) -> int:
        """Adds the cuts of these duals, one for each connected part; those only that ``shares`` violate, if
        given. Returns how many are new."""
        system = self.system
        duals = duals.astype(np.longdouble)
        price = self._prices @ duals
        least = np.full(system.demands, np.inf, np.longdouble)
        np.minimum.at(least, system.arc_demand, price)
        worth = np.where(np.isfinite(least), least, 0.0)
        on = (worth[self._touch_demand] > 0.0) & (duals[self._touch_limit] > 0.0)
        label, limit_label = connected_labels(
            system.demands, system.limits, self._touch_demand[on], self._touch_limit[on]
        )
        held, priced = np.flatnonzero(worth), np.flatnonzero(duals)
        held = held[np.argsort(label[held], kind="stable")]
        priced = priced[np.argsort(limit_label[priced], kind="stable")]
        parts, start = np.unique(label[held], return_index=True)
        low = np.searchsorted(limit_label[priced], parts, side="left")
        high = np.searchsorted(limit_label[priced], parts, side="right")
        new = 0
        for demands, first, last in zip(np.split(held, start[1:]), low.tolist(), high.tolist(), strict=False):
            new += self._keep(demands, worth[demands], priced[first:last], duals[priced[first:last]], shares)
        return new

    def _keep(
        self, demands: Integers, worth: Extended, limits: Integers, duals: Extended, shares: Floats | None
    ) -> bool:
        visible = worth > self.parameters.dual_visible * worth.max()
        demands, worth = demands[visible], worth[visible]
        total = worth.sum()
        bound = duals @ self.system.limit_bound[limits] / total
        weight = worth / total
        if shares is not None and weight @ shares[demands] <= bound * (1.0 + self.parameters.cut_violated):
            return False
        told = (duals / duals.max()).astype(np.float64)
        name = limits.tobytes() + told.round(self.parameters.cut_digits).tobytes()
        if name in self._known:
            return False
        self._known.add(name)
        self._working.add(len(self._rows))
        self._rows.append((demands, weight))
        self._bounds.append(bound)
        self._duals.append((limits, told))
        return True

    def fill(self) -> Filled:
        """The max-min fair shares under the cuts, band after band.

        Under those cuts alone that held somebody the last time and under new ones: shares that break no other cut are
        those under all of them.
        """
        while True:
            filling = _Filling(self, sorted(self._working))
            system = self.system
            shares = np.zeros_like(system.caps)
            for band, cap in enumerate(system.caps):
                filling.fill(band, cap, (cap > 0.0) & self._reached)
                shares[band] = filling.held
            broken = self._broken(filling.held)
            if not broken:
                self._working = filling.used
                return Filled(shares=shares, events=tuple(filling.events))
            self._working |= broken

    def _broken(self, held: Extended) -> set[int]:
        """The cuts outside the working set that the shares violate."""
        return {
            at
            for at, (demands, weight) in enumerate(self._rows)
            if at not in self._working
            and weight @ held[demands] > self._bounds[at] * (1.0 + self.parameters.cut_violated)
        }

    def entries(self, rows: Sequence[int]) -> tuple[Integers, Integers, Extended, Extended]:
        """(place among ``rows``, demand, weight) of each entry of some cuts, and their bounds."""
        size = [len(self._rows[at][0]) for at in rows]
        place = np.repeat(np.arange(len(size)), size)
        none = np.zeros(0, np.longdouble)
        demand = np.concatenate([none.astype(np.int64), *(self._rows[at][0] for at in rows)])
        weight = np.concatenate([none, *(self._rows[at][1] for at in rows)])
        return place, demand, weight, np.array([self._bounds[at] for at in rows], np.longdouble)

    def duals_of(self, row: int) -> tuple[Integers, Floats]:
        """The limits of a cut and their duals."""
        return self._duals[row]


def _doubles(value: Extended, weight: Extended) -> Floats:
    """Rounds extended values to doubles so that their weighted sum stays at or just below that of the values.

    Rounding all down would leave a part of the cut that is large for a demand of small weight; rounding to nearest
    could exceed it. So values are rounded up in order of their weight, the heaviest first, while the sum allows.
    """
    near = value.astype(np.float64)
    low = np.where(near > value, np.nextafter(near, 0.0), near)
    high = np.nextafter(low, np.inf)
    left = weight @ (value - low)
    more = weight * (high - low.astype(np.longdouble))
    order = np.argsort(-more.astype(np.float64), kind="stable")
    while True:
        order = order[more[order] <= left]
        fit = np.cumsum(more[order]) <= left
        if not fit.any():
            return low
        taken = order[: int(fit.argmin()) if not fit.all() else len(order)]
        low[taken] = high[taken]
        left -= more[taken].sum()
        order = order[len(taken) :]


class _Filling:
    """The state of filling under some cuts of a pool: what each demand holds, and which cuts were ``used``."""

    def __init__(self, pool: CutPool, cuts: Sequence[int]) -> None:
        self.pool = pool
        self.cuts = cuts
        self.same = pool.parameters.cut_level_same
        self.used: set[int] = set()
        self.row, self.demand, self.weight, self.bound = pool.entries(cuts)
        self.held = np.zeros(pool.system.demands, np.longdouble)
        self.events: list[Event] = []

    def fill(self, band: int, cap: Floats, open_: Flags) -> None:
        """Raise the open demands together up to their caps. A cut whose level is the lowest of all cuts on each of
        its open demands is full there, whatever happens elsewhere: all such cuts stop their demands at once."""
        stops: list[tuple[float, int, Integers]] = []
        open_ = open_ & (self.held < cap)
        rests = ~open_[self.demand]
        left = self.bound - self._taken(self.row[rests], self.demand[rests], self.weight[rests])
        row, demand, weight = self._by_outcome(np.flatnonzero(~rests), cap)
        while open_.any():
            floor, rise = (weight * self.held[demand]).astype(np.float64), (weight * cap[demand]).astype(np.float64)
            level = water_levels(row, rise, floor, left.astype(np.float64), ordered=True)
            lowest = np.ones(len(self.held))
            np.minimum.at(lowest, demand, level[row])
            full = np.zeros(len(level), bool)
            full[row] = True
            full &= level < 1.0
            full[row[level[row] > lowest[demand] + self.same]] = False
            if not full.any():
                self.held[open_] = cap[open_]
                break
            for one in np.flatnonzero(full)[np.argsort(level[full], kind="stable")].tolist():
                exact, mine = self._stop(one, level[one], cap, open_)
                open_[mine] = False
                if len(mine):
                    stops.append((float(exact), one, mine))
            rests = ~open_[demand]
            left -= self._taken(row[rests], demand[rests], weight[rests])
            row, demand, weight = row[~rests], demand[~rests], weight[~rests]
        self._tell(band, cap, stops)

    def _stop(self, cut: int, level: float, cap: Floats, open_: Flags) -> tuple[np.longdouble, Integers]:
        """The level of a full cut to the last digits, and whom it stops; they hold it from now on."""
        own = slice(int(np.searchsorted(self.row, cut)), int(np.searchsorted(self.row, cut, side="right")))
        demand, weight = self.demand[own], self.weight[own]
        rising = open_[demand] & (self.held[demand] < level * cap[demand])
        lifted = weight[rising] @ cap[demand[rising]].astype(np.longdouble)
        if lifted > 0.0:
            left = self.bound[cut] - weight[~rising] @ self.held[demand[~rising]]
            exact = min(np.longdouble(1.0), max(np.longdouble(0.0), left / lifted))
        else:
            exact = np.longdouble(level)
        self.held[demand[rising]] = _doubles(exact * cap[demand[rising]], weight[rising])
        return exact, demand[open_[demand]]

    def _by_outcome(self, at: Integers, cap: Floats) -> tuple[Integers, Integers, Extended]:
        """Some entries, cut by cut, and in each by the outcomes that their demands have already."""
        row, demand = self.row[at], self.demand[at]
        order = np.lexsort(((self.held[demand] / cap[demand]).astype(np.float64), row))
        return row[order], demand[order], self.weight[at[order]]

    def _taken(self, row: Integers, demand: Integers, weight: Extended) -> Extended:
        """What demands take of each cut, of entries in the order of their cuts; in extended precision."""
        taken = np.zeros(len(self.bound), np.longdouble)
        start = runs(row)
        if len(start):
            taken[row[start]] = np.add.reduceat(weight * self.held[demand], start)
        return taken

    def _tell(self, band: int, cap: Floats, stops: list[tuple[float, int, Integers]]) -> None:
        """An event for each outcome that a cut stops; in order of outcome."""
        found = []
        for place, (_, cut, demands) in enumerate(stops):
            outcome = self.held[demands] / cap[demands]
            order = np.argsort(outcome, kind="stable")
            start = np.flatnonzero(np.diff(outcome[order], prepend=-1.0) > self.same)
            groups = np.split(demands[order], start)[1:]
            found += [(float(self.held[one[0]] / cap[one[0]]), place, cut, np.sort(one)) for one in groups]
        for level, _, cut, demands in sorted(found, key=lambda stop: stop[:2]):
            self.used.add(self.cuts[cut])
            limits, duals = self.pool.duals_of(self.cuts[cut])
            self.events.append(Event(band=band, level=min(1.0, level), demands=demands, limits=limits, duals=duals))
