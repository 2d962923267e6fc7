"""The definition of max-min fair bands, slowly and plainly: one LP for each question. For tests only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, hstack, vstack

from solver.arrays.limit_system import LimitSystem

TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def plain_shares(system: LimitSystem) -> NDArray[np.float64]:
    """Shares after each band: raise the common outcome, then probe which demand can rise alone, and repeat.

    With a history the levels are those of (received + shipped) / (asked before + asked now); the answer are shares of
    what is asked now.
    """
    asked, got = _in_all(system)
    share_rows = coo_array(
        (system.arc_ratio / asked[system.arc_demand], (system.arc_demand, np.arange(system.arcs))),
        shape=(system.demands, system.arcs),
    ).tocsr()
    limit_rows = coo_array(
        (system.entry_factor, (system.entry_limit, system.entry_arc)), shape=(system.limits, system.arcs)
    ).tocsr()
    share = got / asked
    answer = []
    for cap in system.caps:
        open_ = set(np.flatnonzero(cap > 0.0).tolist())
        outcome = np.zeros(system.demands)
        while open_:
            members = sorted(open_)
            settled = np.maximum(share, np.where(cap > 0.0, outcome * cap, 0.0))
            level = _most(share_rows, limit_rows, system, settled, {d: cap[d] for d in members})
            if level >= 1.0 - 1e-9:
                outcome[members] = 1.0
                break
            stuck = set()
            for d in members:
                held = np.maximum(settled, 0.0)
                for other in members:
                    held[other] = max(held[other], level * cap[other])
                if _most(share_rows, limit_rows, system, held, {d: cap[d]}) <= level + 1e-7:
                    stuck.add(d)
            assert stuck, "somebody is stuck at the highest common level"
            outcome[sorted(stuck)] = level
            open_ -= stuck
        share = np.maximum(share, np.where(cap > 0.0, outcome * cap, 0.0))
        answer.append(np.clip((share * asked - got) / system.demand_quantity, 0.0, 1.0))
    return np.array(answer).reshape(system.caps.shape)


def _in_all(system: LimitSystem) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each demand asks, before and now, and what it got before."""
    none = np.zeros(system.demands)
    asked, got = system.asked_before, system.received_before
    return system.demand_quantity + (none if asked is None else asked), none if got is None else got


def _most(
    share_rows: csr_array,
    limit_rows: csr_array,
    system: LimitSystem,
    held: NDArray[np.float64],
    raised: dict[int, float],
) -> float:
    """The greatest z <= 1 with share >= held for all and share >= z * cap for the raised."""
    who = list(raised)
    zeros = csr_array((system.limits + 2 * system.demands, 1))
    held_rows = vstack([limit_rows, share_rows, -share_rows])
    raise_rows = hstack([-share_rows[who], np.array([[raised[d]] for d in who])])
    rows = vstack([hstack([held_rows, zeros]), raise_rows])
    slack = 1e-9
    asked, got = _in_all(system)
    top, least = system.demand_quantity / asked, held - got / asked
    bounds = np.concatenate([system.limit_bound, top, -(least - slack), (got / asked)[who]])
    cost = np.zeros(system.arcs + 1)
    cost[-1] = -1.0
    result = linprog(cost, A_ub=rows.tocsr(), b_ub=bounds, bounds=[(0, None)] * system.arcs + [(0, 1)], options=TIGHT)
    assert result.status == 0, result.message
    return float(result.x[-1])
