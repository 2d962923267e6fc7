"""What a user would write instead: one PuLP model with ``lpSum``, solved by the CBC that PuLP carries.

The same meaning as the solver's: the same columns (a single period where no truck is limited), the same limits, bands
by the classical leximin sequence over all demands at once, then the least cost, then shipments rounded down to
packs. No reduction, no parts apart, no warm start, no certificate, no explanation, no check.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pulp

from solver import Offer, Problem, Supply

SLACK = 1e-6
"""CBC works to 1e-7; floors without slack look infeasible to it."""


def plan_with_pulp(problem: Problem, tell: Callable[[str], None]) -> dict[str, Any]:
    """The shares of all demands in the order of their ids, the packs shipped, and how many programs it took.

    Raises RuntimeError when CBC has no answer: there is no second way here. ``tell`` hears how far it is.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PuLP announces that 4.0 has no CBC
        model = _Model(problem)
        for band in problem.bands:
            model.settle_band(band.name, dict(band.caps), tell)
        model.minimise_cost()
    return {
        "programs": model.solves,
        "shares": [max(0.0, model.floor[demand.id]) for demand in problem.demands],
        "packed": model.packed(),
        "shape": f"{len(model.ship)} shipments, {len(problem.demands)} demands",
    }


_Serving = tuple[str, float, float, tuple[str, ...] | None]
"""What serves an item: itself or a substitute, its ratio, its penalty, and where alone it may (None: anywhere)."""


class _Model:
    """The one model, edited from band to band."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.pack = {item.id: item.pack for item in problem.items}
        self.volume = {item.id: item.volume for item in problem.items}
        self.value = {item.id: item.value for item in problem.items}
        self.source = _sources(problem)
        self.ship: dict[tuple[str, str, int], pulp.LpVariable] = {}
        self.ratio: dict[tuple[str, str, int], float] = {}
        self.cost: dict[tuple[str, str, int], float] = {}
        self.floor: dict[str, float] = {demand.id: 0.0 for demand in problem.demands}
        self.model = pulp.LpProblem("allocation", pulp.LpMinimize)
        self.solver = pulp.PULP_CBC_CMD(msg=False)
        self.solves = 0
        self._add_shipments()
        self._add_limits()

    def _allowed(self) -> Iterator[tuple[str, str, int, float, float]]:
        """(source, demand, period, ratio, yuan a unit) of every shipment that is allowed."""
        problem = self.problem
        shelves: dict[tuple[str, str], list[Supply | Offer]] = defaultdict(list)
        for source in self.source.values():
            shelves[source.item, source.site].append(source)
        lanes = defaultdict(list)
        for lane in problem.lanes:
            lanes[lane.facility].append(lane)
        serving: dict[str, list[_Serving]] = {item.id: [(item.id, 1.0, 0.0, None)] for item in problem.items}
        for row in problem.substitutions:
            serving[row.serves].append((row.item, row.ratio, row.penalty, row.facilities))
        limited = {(capacity.site, capacity.period) for capacity in problem.capacities}
        for demand in problem.demands:
            for item, ratio, penalty, places in serving[demand.item]:
                if places is not None and demand.facility not in places:
                    continue
                for lane in lanes[demand.facility]:
                    for source in shelves[item, lane.site]:
                        last = demand.due - lane.days
                        if not _may_serve(source, demand.facility, demand.due, last):
                            continue
                        yuan = lane.cost + penalty + self._price(source)
                        periods = range(source.start_period, last + 1)
                        free = [p for p in periods if (lane.site, p) not in limited or not self.volume[item]]
                        for period in free[:1] or periods:
                            yield source.id, demand.id, period, ratio, yuan

    def _price(self, source: Supply | Offer) -> float:
        """Yuan for each unit that leaves: its price, less what it would lose unshipped."""
        if isinstance(source, Offer):
            return source.unit_price
        spoils = source.until_period is not None and source.until_period < self.problem.periods
        return -self.value[source.item] if spoils else 0.0

    def _add_shipments(self) -> None:
        coming = defaultdict(list)
        for source, demand, period, ratio, yuan in self._allowed():
            key = (source, demand, period)
            self.ship[key] = pulp.LpVariable(f"ship_{source}_{demand}_{period}".replace("-", "_"), 0)
            self.ratio[key], self.cost[key] = ratio, yuan
            coming[demand].append(key)
        self.share = {d.id: pulp.LpVariable(f"share_{d.id}".replace("-", "_"), 0, 1) for d in self.problem.demands}
        for need in self.problem.demands:
            served = pulp.lpSum(self.ratio[key] * self.ship[key] for key in coming[need.id])
            self.model += served == need.quantity * self.share[need.id]

    def _add_limits(self) -> None:
        problem, model = self.problem, self.model
        leaving, paid, loaded, drawn = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
        for (source_id, _, period), ship in self.ship.items():
            source = self.source[source_id]
            leaving[source_id].append(ship)
            loaded[source.site, period].append(self.volume[source.item] * ship)
            if isinstance(source, Supply):
                drawn[source.item].append(ship)
            elif source.fund is not None:
                paid[source.fund].append(source.unit_price * ship)
        for source_id, ships in leaving.items():
            model += pulp.lpSum(ships) <= self.source[source_id].quantity
        for fund in problem.funds:
            model += pulp.lpSum(paid[fund.id]) <= fund.amount
        for capacity in problem.capacities:
            model += pulp.lpSum(loaded[capacity.site, capacity.period]) <= capacity.volume
        for reserve in problem.reserves:
            stock = sum(supply.quantity for supply in problem.supplies if supply.item == reserve.item)
            model += pulp.lpSum(drawn[reserve.item]) <= max(0, stock - reserve.quantity)

    def settle_band(self, name: str, caps: dict[int, float], tell: Callable[[str], None]) -> None:
        """Raises the lowest outcome of the band again and again; who holds it is settled there."""
        level = pulp.LpVariable(f"level_{name}".replace(" ", "_"), 0, 1)
        cap = {d.id: caps[d.tier] for d in self.problem.demands if caps.get(d.tier, 0.0) > self.floor[d.id]}
        fair = {demand: self.share[demand] - value * level >= 0 for demand, value in cap.items()}
        for row in fair.values():
            self.model += row
        self.model.setObjective(-1.0 * level)
        open_ = set(cap)
        while open_:
            self._solve()
            tell(f"{name}: program {self.solves}, {len(open_)} of {len(cap)} demands open")
            reached = level.varValue
            held = [d for d in open_ if abs(fair[d].pi) > SLACK] if reached < 1.0 - SLACK else list(open_)
            held = held or [d for d in open_ if self.share[d].varValue <= cap[d] * reached + SLACK]
            for demand in held:
                self.floor[demand] = max(self.floor[demand], cap[demand] * reached)
                self.share[demand].lowBound = max(0.0, self.floor[demand] - SLACK)
                fair[demand].changeRHS(-1.0)  # says nothing any more
            open_.difference_update(held)
        level.upBound = 0

    def minimise_cost(self) -> None:
        """The cheapest shipments that give every demand its share."""
        for demand, share in self.share.items():
            share.upBound = min(1.0, self.floor[demand] + SLACK)
        self.model.setObjective(pulp.lpSum(self.cost[key] * ship for key, ship in self.ship.items()))
        self._solve()

    def packed(self) -> int:
        """Units shipped in whole packs, rounded down."""
        total = 0
        for (source, _, _), ship in self.ship.items():
            pack = self.pack[self.source[source].item]
            total += int((ship.varValue or 0.0) / pack + 1e-6) * pack
        return total

    def _solve(self) -> None:
        self.solves += 1
        status = self.model.solve(self.solver)
        if status != pulp.LpStatusOptimal:
            raise RuntimeError(f"CBC answered {pulp.LpStatus[status]} to program {self.solves}")


def _sources(problem: Problem) -> dict[str, Supply | Offer]:
    found: dict[str, Supply | Offer] = {supply.id: supply for supply in problem.supplies}
    found.update({offer.id: offer for offer in problem.offers})
    return found


def _may_serve(source: Supply | Offer, facility: str, due: int, last: int) -> bool:
    if source.start_period > last:
        return False
    if isinstance(source, Offer):
        return True
    if source.until_period is not None and source.until_period < due:
        return False
    return source.earmark is None or facility in source.earmark
