"""Whole packs beside mixed-integer programs: the same relaxed plan, the same limits, nothing taken beyond a pack.

The programs are not bound by the order in which demands come to their last packs; they take what serves most, by
packs or by the mean share. So they show what that order costs, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csc_array

from benchmarks.weighted import Matrix, hand_over, quiet_highs
from solver import DEFAULT, Options, Problem, solve
from solver.arrays.limit_system import Floats, Integers
from solver.arrays.network import Network
from solver.engine import run
from solver.rounding.rounding import round_to_packs

Work = Callable[[], dict[str, Any]]
Relaxed = tuple[Network, Floats, Floats]

GAP = 1e-3
DUST = 1e-6


def _relaxed_plans(problem: Problem) -> list[Relaxed]:
    """What the solver would round: network, units on each arc, shares; for each group of items."""
    found: list[Relaxed] = []

    def listening(network: Network, relaxed: Floats, shares: Floats, *_: object, **__: object) -> Integers:
        found.append((network, relaxed.copy(), shares.copy()))
        return round_to_packs(network, relaxed, shares, DEFAULT.rounding)

    vars(run)["round_to_packs"] = listening
    try:
        solve(problem, Options(gains_max=0, check=False))
    finally:
        vars(run)["round_to_packs"] = round_to_packs
    return found


def _served(parts: list[tuple[Network, Integers]]) -> dict[str, Any]:
    """Packs shipped, and the mean of what each demand gets of what it asks, at most 1; both in percent."""
    shares, shipped, asked = [], 0.0, 0.0
    for network, packed in parts:
        system, pack = network.system, network.source_pack[network.system.arc_source]
        got = np.bincount(system.arc_demand, packed * system.arc_ratio, minlength=system.demands)
        shares.append(np.minimum(1.0, got / system.demand_quantity))
        shipped += float((packed / pack).sum())
        asked += float((network.demand_quantity / _pack_of_demands(network)).sum())
    return {"packs": 100.0 * shipped / asked, "mean_share": float(100.0 * np.concatenate(shares).mean())}


def _pack_of_demands(network: Network) -> Integers:
    tables = network.tables
    packs: Integers = tables.item_pack[tables.demand_item[network.demand_at]]
    return packs


def _packs(problem: Problem, _tell: Any) -> Work:
    plans = _relaxed_plans(problem)
    return lambda: _served([(plan[0], round_to_packs(*plan, DEFAULT.rounding)) for plan in plans])


def _milp(by_share: bool) -> Callable[[Problem, Any], Work]:
    def prepare(problem: Problem, tell: Any) -> Work:
        plans = _relaxed_plans(problem)

        def work() -> dict[str, Any]:
            parts = []
            for at, (network, relaxed, _) in enumerate(plans):
                tell(f"{at} of {len(plans)} groups done")
                parts.append((network, _packs_by_milp(network, relaxed, by_share)))
            return _served(parts)

        return work

    return prepare


def _packs_by_milp(network: Network, relaxed: Floats, by_share: bool) -> Integers:
    """Packs on each arc so that they are the most, or the mean share is the largest; a demand takes of each item at
    most its relaxed packs rounded up.

    Columns: packs on each arc, the share of each demand; rows: the shares, packs of a demand and item, the limits.
    """
    system, pack = network.system, network.source_pack[network.system.arc_source]
    arcs, demands = system.arcs, system.demands
    if not arcs:
        return np.zeros(0, dtype=np.int64)
    item = network.source_item[system.arc_source]
    _, cell = np.unique(system.arc_demand * (int(item.max()) + 1) + item, return_inverse=True)
    most = np.ceil(np.bincount(cell, relaxed / pack) - DUST)
    row = np.concatenate(
        (system.arc_demand, np.arange(demands), demands + cell, demands + len(most) + system.entry_limit)
    )
    column = np.concatenate((np.arange(arcs), arcs + np.arange(demands), np.arange(arcs), system.entry_arc))
    value = np.concatenate(
        (
            -(system.arc_ratio * pack),
            system.demand_quantity,
            np.ones(arcs),
            system.entry_factor * pack[system.entry_arc],
        )
    )
    shape = (demands + len(most) + system.limits, arcs + demands)
    matrix = csc_array((value, (row, column)), shape=shape)
    highs = quiet_highs(mip_rel_gap=GAP)
    program = Matrix(
        cost=-np.repeat((0.0, 1.0) if by_share else (1.0, 0.0), (arcs, demands)),
        low=np.zeros(shape[1]),
        high=np.concatenate((np.full(arcs, np.inf), np.ones(demands))),
        row_low=np.full(shape[0], -np.inf),
        row_high=np.concatenate((np.zeros(demands), most, system.limit_bound)),
        start=matrix.indptr.astype(np.int32),
        index=matrix.indices.astype(np.int32),
        value=matrix.data,
    )
    hand_over(highs, program, (np.arange(shape[1]) < arcs).astype(np.int64))
    highs.run()
    packs = np.rint(np.array(highs.getSolution().col_value)[:arcs]).astype(np.int64)
    packed: Integers = packs * pack
    return packed


WAYS_OF_PACKS: dict[str, Callable[[Problem, Any], Work]] = {
    "packs": _packs,
    "packs-milp": _milp(by_share=False),
    "packs-milp-share": _milp(by_share=True),
}
