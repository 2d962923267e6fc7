"""The linear program of one component: one PuLP problem, one function a law.

Symbols
    a  arc: an allowed shipment from a source to a demand in a period      d  demand      l  limit      k  band
    x[a]      units shipped of the source's item          q[d]      units asked
    ratio[a]  what one unit of it counts                  f[l, a]   what one unit of it takes of limit l
    b[l]      what there is of limit l                    cap[k, d] share up to which band k serves demand d

    reach[a]  the largest part of its demand that arc a could cover alone, at most 1:
              min over l of  b[l] ratio[a] / (f[l, a] q[d])         top[d]  = sum of reach[a] over a of d, at most 1

Columns (all without unit, so that grams and truck loads, packets and billions meet on one scale)
    ship[a]   of what arc a could carry, the part that it carries:  x[a] ratio[a] / (q[d] reach[a])      >= 0
    share[d]  of what demand d could get, the part that it gets; d's share is  top[d] share[d]     0 .. 1 / top[d]
    level[k]  the lowest outcome among the open demands of band k                   0 .. 1 in its turn, else 0
    keep[a]   the part of an earlier plan's shipment that stays (only where there was one)

Always minimised: the bands minimise -level[k], the last stage minimises yuan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays.limit_system import Floats, Integers, LimitSystem
from .columnar_pulp import EQUAL, GREATER, LESS, ColumnarProblem, Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Names for columns and rows, so that the program reads like the problem."""

    sources: Sequence[str]
    demands: Sequence[str]
    limits: Sequence[str]


class AllocationLP:
    """The program of a limit system: the PuLP problem and where its columns and rows stand.

    ``unit[a]`` is x[a] for ship[a] = 1; ``limit_scale[l]`` is what limit l's row was multiplied by: 1 / b[l], so
    that each entry is the part of the limit that an arc could use up alone. ``fair[k]`` has the rows of band k
    and ``fair_demands[k]`` their demands.
    """

    def __init__(
        self,
        system: LimitSystem,
        labels: Labels | None = None,
        name: str = "allocation",
        previous: Floats | None = None,
    ) -> None:
        self.system = system
        self.problem = ColumnarProblem(name)
        self.limit_scale, self.reach = _scales(system)
        self.unit: Floats = self.reach * system.demand_quantity[system.arc_demand] / system.arc_ratio
        most = np.bincount(system.arc_demand, self.reach, minlength=len(system.demand_quantity))
        self.top: Floats = np.where(most > 0.0, np.minimum(1.0, most), 1.0)
        names = _Names(system, labels)
        arcs, demands, bands = len(system.arc_demand), len(system.demand_quantity), len(system.caps)
        add = self.problem.add_columns
        self.ship = add(names.ship, np.zeros(arcs), np.full(arcs, np.inf))
        self.share = add(names.share, np.zeros(demands), 1.0 / self.top)
        self.level = add(names.level, np.zeros(bands), np.zeros(bands))
        self.need = self._meet_needs(names)
        self.limit = self._keep_limits(names)
        self.fair_demands: list[Integers] = []
        self.fair: list[Integers] = []
        for band in range(bands):
            self._be_fair(band, names)
        self.kept = np.flatnonzero(previous) if previous is not None else np.zeros(0, dtype=np.int64)
        self.keep = self.ship[:0]
        if previous is not None and len(self.kept):
            self.keep = self._stay_near(previous[self.kept] / self.unit[self.kept], names)

    def _meet_needs(self, names: _Names) -> Integers:
        """A demand's share is what its arcs cover:  sum over a of d of reach[a] / top[d] ship[a]  -  share[d] = 0."""
        demands = len(self.share)
        return self.problem.add_rows(
            names.need,
            EQUAL,
            np.zeros(demands),
            np.concatenate((self.system.arc_demand, np.arange(demands))),
            np.concatenate((self.ship, self.share)),
            np.concatenate((self.reach / self.top[self.system.arc_demand], np.full(demands, -1.0))),
        )

    def _keep_limits(self, names: _Names) -> Integers:
        """No limit is exceeded:  sum of f[l, a] unit[a] / b[l] ship[a]  <=  1.

        A limit is a supply or an offer (f = 1), a fund (f = unit price; what is bought is what is shipped of an
        offer), a truck (f = volume) or a reserve (f = 1, b = what may leave).
        """
        system = self.system
        factor = system.entry_factor * self.unit[system.entry_arc] * self.limit_scale[system.entry_limit]
        bound = system.limit_bound * self.limit_scale
        return self.problem.add_rows(names.limit, LESS, bound, system.entry_limit, self.ship[system.entry_arc], factor)

    def _be_fair(self, band: int, names: _Names) -> None:
        """Nobody open in the band is below its level:  top[d] / cap[k, d] share[d] - level[k]  >=  0."""
        served = np.flatnonzero(self.system.caps[band] > 0.0)
        count = len(served)
        rows = self.problem.add_rows(
            lambda: names.fair(band, served),
            GREATER,
            np.full(count, -np.inf),
            np.concatenate((np.arange(count), np.arange(count))),
            np.concatenate((self.share[served], np.full(count, self.level[band]))),
            np.concatenate((self.top[served] / self.system.caps[band][served], np.full(count, -1.0))),
        )
        self.fair.append(rows)
        self.fair_demands.append(served)

    def _stay_near(self, previous: Floats, names: _Names) -> Integers:
        """What stays of an earlier shipment:  keep[a] - ship[a] <= 0,  keep[a] <= previous[a] / unit[a].

        The last stage then prices a change: |x - previous| = x + previous - 2 min(x, previous).
        """
        count = len(previous)
        keep = self.problem.add_columns(lambda: names.keep(self.kept), np.zeros(count), previous)
        self.problem.add_rows(
            lambda: names.stay(self.kept),
            LESS,
            np.zeros(count),
            np.concatenate((np.arange(count), np.arange(count))),
            np.concatenate((keep, self.ship[self.kept])),
            np.concatenate((np.ones(count), np.full(count, -1.0))),
        )
        return keep

    def open_band(self, band: int, demands: Integers) -> None:
        """Starts a band: its level may rise, the rows of its open demands hold, -level is minimised."""
        rows = self._fair_rows(band, demands)
        self.problem.set_row_bounds(rows, np.zeros(len(rows)), np.full(len(rows), np.inf))
        level = self.level[band : band + 1]
        self.problem.set_bounds(level, np.zeros(1), np.ones(1))
        self.problem.set_costs(level, np.full(1, -1.0))

    def settle(self, band: int, demands: Integers, floors: Floats) -> None:
        """Drops the fairness rows of settled demands and keeps their shares at no less than ``floors``."""
        rows = self._fair_rows(band, demands)
        free = np.full(len(rows), np.inf)
        self.problem.set_row_bounds(rows, -free, free)
        self.hold(demands, floors, np.ones(len(demands)))

    def hold(self, demands: Integers, low: Floats, high: Floats) -> None:
        """Keeps the shares of demands within bounds."""
        self.problem.set_bounds(self.share[demands], low / self.top[demands], high / self.top[demands])

    def close(self, arcs: Integers) -> None:
        """Closes arcs that carry nothing any more."""
        self.problem.set_bounds(self.ship[arcs], np.zeros(len(arcs)), np.zeros(len(arcs)))

    def close_band(self, band: int) -> None:
        """Ends a band: its level is out of the program, the floors stay."""
        level = self.level[band : band + 1]
        self.problem.set_costs(level, np.zeros(1))
        self.problem.set_bounds(level, np.zeros(1), np.zeros(1))

    def shipped(self) -> Floats:
        """x[a] of the last answer, in units."""
        return np.maximum(0.0, self.problem.values[self.ship]) * self.unit

    def limit_duals(self) -> Floats:
        """The duals of the limits in the last answer, >= 0, for a limit in its own units."""
        return np.maximum(0.0, -self.problem.row_duals[self.limit]) * self.limit_scale

    def shares(self) -> Floats:
        """The shares of the last answer."""
        return self.problem.values[self.share] * self.top

    def fair_duals(self, band: int, demands: Integers) -> Floats:
        """The duals of the fairness rows of some demands, >= 0; those of all open ones sum to 1."""
        return np.maximum(0.0, self.problem.row_duals[self._fair_rows(band, demands)])

    def _fair_rows(self, band: int, demands: Integers) -> Integers:
        return self.fair[band][np.searchsorted(self.fair_demands[band], demands)]


def _scales(system: LimitSystem) -> tuple[Floats, Floats]:
    """``limit_scale`` and ``reach``; a limit of 0 is scaled by its largest entry and leaves reach to the others."""
    unit = system.demand_quantity[system.arc_demand] / system.arc_ratio
    whole = system.entry_factor * unit[system.entry_arc]
    bound = system.limit_bound[system.entry_limit]
    reach = np.ones(len(system.arc_demand))
    some = bound > 0.0
    np.minimum.at(reach, system.entry_arc[some], bound[some] / whole[some])
    largest = np.zeros(len(system.limit_bound))
    np.maximum.at(largest, system.entry_limit, whole * reach[system.entry_arc])
    divisor = np.where(system.limit_bound > 0.0, system.limit_bound, np.where(largest > 0.0, largest, 1.0))
    return 1.0 / divisor, reach


class _Names:
    """Names of columns and rows: ids where they make proper names for a solver, else numbers."""

    def __init__(self, system: LimitSystem, labels: Labels | None) -> None:
        self.system = system
        self.labels = labels

    def _source(self) -> Callable[[int], str]:
        return _namer(self.labels.sources if self.labels else ())

    def _demand(self) -> Callable[[int], str]:
        return _namer(self.labels.demands if self.labels else ())

    def ship(self) -> Iterable[str]:
        source, demand, system = self._source(), self._demand(), self.system
        arcs = zip(system.arc_source.tolist(), system.arc_demand.tolist(), system.arc_period.tolist(), strict=True)
        return [f"ship_{source(s)}_{demand(d)}_{period}" for s, d, period in arcs]

    def keep(self, arcs: Integers) -> Iterable[str]:
        ships = list(self.ship())
        return [ships[arc].replace("ship", "keep", 1) for arc in arcs.tolist()]

    def stay(self, arcs: Integers) -> Iterable[str]:
        ships = list(self.ship())
        return [ships[arc].replace("ship", "stay", 1) for arc in arcs.tolist()]

    def share(self) -> Iterable[str]:
        return [f"share_{name}" for name in map(self._demand(), range(len(self.system.demand_quantity)))]

    def level(self) -> Iterable[str]:
        return [f"level_{band}" for band in range(len(self.system.caps))]

    def need(self) -> Iterable[str]:
        return [f"need_{name}" for name in map(self._demand(), range(len(self.system.demand_quantity)))]

    def limit(self) -> Iterable[str]:
        name = _namer(self.labels.limits if self.labels else ())
        return [f"limit_{name(limit)}" for limit in range(len(self.system.limit_bound))]

    def fair(self, band: int, demands: Integers) -> Iterable[str]:
        name = self._demand()
        return [f"fair_{band}_{name(demand)}" for demand in demands.tolist()]


def _namer(ids: Sequence[str]) -> Callable[[int], str]:
    """Ids with odd characters replaced; plain numbers where that makes two alike, or one too long."""
    names = [re.sub(r"[^A-Za-z0-9_.]", "_", name) for name in ids]
    if names and len(set(names)) == len(names) and max(map(len, names)) <= 30:
        return names.__getitem__
    return str


__all__ = ["AllocationLP", "Labels", "Names"]
