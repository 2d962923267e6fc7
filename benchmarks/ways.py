"""The ways that are measured. Each prepares what is not measured and returns the work that is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.columnar import WAYS_OF_PULP
from benchmarks.pieces import watching
from benchmarks.plain_pulp import plan_with_pulp
from benchmarks.rounding import WAYS_OF_PACKS
from benchmarks.weighted import TIER_FACTOR, demand_weights, solve_once, weighted_program, whole_network
from solver import Options, Problem, parse_problem, problem_to_json, solve
from solver.arrays.components import Component, components_of
from solver.arrays.network import groups_of, network_of
from solver.arrays.tables import tables_of
from solver.engine.component import SolveStrategy, settle
from solver.lp.clock import Clock

Tell = Callable[[str], None]
Work = Callable[[], dict[str, Any]]

SHARES_TOLD_MAX = 50_000
"""Shares are told, to be compared, up to so many demands."""


def _pulp(problem: Problem, tell: Tell) -> Work:
    return lambda: plan_with_pulp(problem, tell)


def _highs(solver: str) -> Callable[[Problem, Tell], Work]:
    """One solve of the whole weighted program; the arrays are made beforehand."""

    def prepare(problem: Problem, tell: Tell) -> Work:
        network = whole_network(problem)
        matrix = weighted_program(network.system, demand_weights(problem, network.demand_at))
        tell(matrix.shape)
        return lambda: {"shape": matrix.shape, **solve_once(matrix, solver)}

    return prepare


def _tongchou(processes: int, **options: Any) -> Callable[[Problem, Tell], Work]:
    """The whole plan: bands, cost, packs, what binds whom, own check. Pieces are those of the main process.

    Gains are left out unless ``options`` say otherwise: each is another solve, of another problem.
    """

    def prepare(problem: Problem, _tell: Tell) -> Work:
        def work() -> dict[str, Any]:
            with watching() as watch:
                plan = solve(problem, Options(processes=processes, **({"gains_max": 0} | options)))
            shares = [row.shares[-1] for row in plan.demands] if len(plan.demands) <= SHARES_TOLD_MAX else None
            return {
                "programs": watch.counts["program"],
                "flows": watch.counts["flow"],
                "pieces": {piece: round(seconds, 3) for piece, seconds in watch.seconds.items()},
                "shares": shares,
                "packed": sum(shipment.quantity for shipment in plan.shipments),
                "levels": sum(len(band.levels) for band in plan.bands),
                "children": max(1, processes - 1),
            }

        return work

    return prepare


def _read(problem: Problem, _tell: Tell) -> Work:
    text = json.dumps(problem_to_json(problem))

    def work() -> dict[str, Any]:
        return {"shape": f"{len(text) / 2**20:.1f} MiB", "demands": len(parse_problem(json.loads(text)).demands)}

    return work


def _components(problem: Problem) -> list[Component]:
    tables = tables_of(problem)
    return [component for demands in groups_of(tables) for component in components_of(network_of(tables, demands))]


def _highs_apart(problem: Problem, _tell: Tell) -> Work:
    """One weighted program of each component."""
    matrices = []
    for component in _components(problem):
        # A component does not know tiers; the first band's caps rank its demands as the tiers do.
        rank = np.unique(component.system.caps[0], return_inverse=True)[1].astype(float)
        matrices.append(weighted_program(component.system, TIER_FACTOR**rank))

    def work() -> dict[str, Any]:
        answers = [solve_once(matrix, "choose") for matrix in matrices]
        return {"programs": len(answers), "status": sorted({str(answer["status"]) for answer in answers})}

    return work


def _shares(problem: Problem, _tell: Tell) -> Work:
    """The shares alone of each component."""
    components = _components(problem)

    def work() -> dict[str, Any]:
        with watching() as watch:
            events = sum(len(settle(component.system, SolveStrategy(), Clock()).events) for component in components)
        return {"flows": watch.counts["flow"], "programs": watch.counts["program"], "events": events}

    return work


WAYS: dict[str, Callable[[Problem, Tell], Work]] = {
    "pulp": _pulp,
    "highs": _highs("choose"),
    "highs-ipm": _highs("ipm"),
    "tongchou": _tongchou(1),
    "tongchou-gains": _tongchou(1, gains_max=Options().gains_max),
    "tongchou-2": _tongchou(2),
    "read": _read,
    "highs-apart": _highs_apart,
    "shares": _shares,
    **WAYS_OF_PULP,
    **WAYS_OF_PACKS,
}
