"""The linear program of one component: one PuLP problem, one function a law.

Symbols
    a  arc: an allowed shipment from a source to a demand in a period      d  demand      l  limit      k  band
    x[a]      units shipped of the source's item          q[d]      units asked
    ratio[a]  what one unit of it counts                  f[l, a]   what one unit of it takes of limit l
    b[l]      what there is of limit l                    cap[k, d] share up to which band k serves demand d

Columns (all without unit, so that grams and truck loads meet on one scale)
    ship[a]   = x[a] * ratio[a] / q[d]    the part of its demand that arc a covers      >= 0
    share[d]  the part of demand d that is covered                                      0 .. 1
    level[k]  the lowest outcome among the open demands of band k                       0 .. 1 in its turn, else 0

    keep[a]   the part of an earlier plan's shipment that stays (only where there was one)

Always minimised: the bands minimise -level[k], the last stage minimises yuan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from solver.columnar import EQUAL, GREATER, LESS, ColumnarProblem, Names
from solver.system import Floats, Integers, LimitSystem

SPREAD_MAX = 1e3
"""Largest entry that a limit's row is scaled to: keeps small demands visible beside large ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Names for columns and rows, so that the program reads like the problem."""

    sources: Sequence[str]
    demands: Sequence[str]
    limits: Sequence[str]


class Program:
    """The program of a limit system: the PuLP problem and where its columns and rows stand.

    ``unit[a]`` is x[a] for ship[a] = 1; ``limit_scale[l]`` is what limit l's row was multiplied by.
    ``fair[k]`` has the rows of band k and ``fair_demands[k]`` their demands.
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
        self.unit: Floats = system.demand_quantity[system.arc_demand] / system.arc_ratio
        names = _Names(system, labels)
        arcs, demands, bands = len(system.arc_demand), len(system.demand_quantity), len(system.caps)
        add = self.problem.add_columns
        self.ship = add(names.ship, np.zeros(arcs), np.full(arcs, np.inf))
        self.share = add(names.share, np.zeros(demands), np.ones(demands))
        self.level = add(names.level, np.zeros(bands), np.zeros(bands))
        self.need = self._meet_needs(names)
        self.limit_scale = self._scale_of_limits()
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
        """A demand's share is what its arcs cover:  sum of ship[a] over a of d  -  share[d] = 0."""
        demands = len(self.share)
        return self.problem.add_rows(
            names.need,
            EQUAL,
            np.zeros(demands),
            np.concatenate((self.system.arc_demand, np.arange(demands))),
            np.concatenate((self.ship, self.share)),
            np.concatenate((np.ones(len(self.ship)), np.full(demands, -1.0))),
        )

    def _keep_limits(self, names: _Names) -> Integers:
        """No limit is exceeded:  sum of f[l, a] * unit[a] * ship[a]  <=  b[l].

        A limit is a supply or an offer (f = 1), a fund (f = unit price; what is bought is what is shipped of an
        offer), a truck (f = volume) or a reserve (f = 1, b = what may leave). Rows are scaled.
        """
        system = self.system
        factor = system.entry_factor * self.unit[system.entry_arc] * self.limit_scale[system.entry_limit]
        bound = system.limit_bound * self.limit_scale
        return self.problem.add_rows(names.limit, LESS, bound, system.entry_limit, self.ship[system.entry_arc], factor)

    def _be_fair(self, band: int, names: _Names) -> None:
        """Nobody open in the band is below its level:  share[d] - cap[k, d] * level[k]  >=  0."""
        served = np.flatnonzero(self.system.caps[band] > 0.0)
        count = len(served)
        rows = self.problem.add_rows(
            lambda: names.fair(band, served),
            GREATER,
            np.full(count, -np.inf),
            np.concatenate((np.arange(count), np.arange(count))),
            np.concatenate((self.share[served], np.full(count, self.level[band]))),
            np.concatenate((np.ones(count), -self.system.caps[band][served])),
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

    def _scale_of_limits(self) -> Floats:
        """What each limit's row is multiplied by: its largest entry becomes 1, or more where entries differ
        much, so that a tolerance on the row stays small beside the smallest of its demands."""
        system = self.system
        entry = system.entry_factor * self.unit[system.entry_arc]
        largest = np.zeros(len(system.limit_bound))
        smallest = np.full(len(system.limit_bound), np.inf)
        np.maximum.at(largest, system.entry_limit, entry)
        np.minimum.at(smallest, system.entry_limit, entry)
        used = largest > 0.0
        scale = np.ones(len(largest))
        wanted = np.minimum(SPREAD_MAX, np.sqrt(largest[used] / smallest[used])) / largest[used]
        # A power of ten: whoever reads the program still sees the units.
        scale[used] = 10.0 ** np.round(np.log10(wanted))
        return scale

    def open_band(self, band: int, demands: Integers) -> None:
        """Starts a band: its level may rise, the rows of its open demands hold, -level is minimised."""
        rows = self._fair_rows(band, demands)
        self.problem.set_row_bounds(rows, np.zeros(len(rows)), np.full(len(rows), np.inf))
        level = self.level[band : band + 1]
        self.problem.set_bounds(level, np.zeros(1), np.ones(1))
        self.problem.set_costs(level, np.full(1, -1.0))

    def settle(self, band: int, demands: Integers, floors: Floats) -> None:
        """Takes demands out of the band's race and keeps their shares at no less than ``floors``."""
        rows = self._fair_rows(band, demands)
        free = np.full(len(rows), np.inf)
        self.problem.set_row_bounds(rows, -free, free)
        self.problem.set_bounds(self.share[demands], floors, np.ones(len(demands)))

    def close_band(self, band: int) -> None:
        """Ends a band: its level is out of the program, the floors stay."""
        level = self.level[band : band + 1]
        self.problem.set_costs(level, np.zeros(1))
        self.problem.set_bounds(level, np.zeros(1), np.zeros(1))

    def shipped(self) -> Floats:
        """x[a] of the last answer, in units."""
        return np.maximum(0.0, self.problem.values[self.ship]) * self.unit

    def limit_duals(self) -> Floats:
        """The multipliers of the limits in the last answer, >= 0, for a limit in its own units."""
        return np.maximum(0.0, -self.problem.row_duals[self.limit]) * self.limit_scale

    def fair_duals(self, band: int, demands: Integers) -> Floats:
        """The multipliers of the fairness rows of some demands, >= 0; with caps they sum to 1."""
        return np.maximum(0.0, self.problem.row_duals[self._fair_rows(band, demands)])

    def _fair_rows(self, band: int, demands: Integers) -> Integers:
        return self.fair[band][np.searchsorted(self.fair_demands[band], demands)]


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


__all__ = ["Labels", "Names", "Program"]
