"""Components of one subproblem side by side: the plan is the same, whatever becomes of the other processes."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from typing import Any

import pytest

from solver import Capacity, Lane, Options, Problem, Site, Step, Supply, solve
from solver.engine import component_pool
from solver.model.errors import CancelledError
from tests.solver.arrays.test_decompose import changed
from tests.solver.cases import crowd, plain_bytes, tuned

APART = tuned(engine={"parallel_arcs_min": 1})
"""Components of one subproblem go to worker processes, however small they are."""


def islands() -> Problem:
    """Two regions with a truck each for all items: one subproblem of two components, neither of which is a flow."""
    problem = crowd()
    sites = [Site(id="depot"), Site(id="island")]
    near = problem.facilities[: len(problem.facilities) // 2]
    lanes = [Lane(site="depot" if place in near else "island", facility=place.id) for place in problem.facilities]
    lots = [Supply(id=f"{row.id}-2", item=row.item, site="island", quantity=row.quantity) for row in problem.supplies]
    trucks = [Capacity(site=site.id, period=period, volume=9.0) for site in sites for period in range(problem.periods)]
    items = [replace(item, volume=1.0) for item in problem.items]
    tables = {
        "items": items,
        "sites": sites,
        "lanes": lanes,
        "supplies": [*problem.supplies, *lots],
        "capacities": trucks,
    }
    return changed(problem, **tables)


def test_components_side_by_side_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plain_bytes(solve(islands()))
    told: list[Step] = []
    shared: list[int] = []
    answers = component_pool.ComponentWorkers.answers

    def listening(self: component_pool.ComponentWorkers, components: Any, *arguments: Any) -> Any:
        shared.append(len(components))
        return answers(self, components, *arguments)

    monkeypatch.setattr(component_pool.ComponentWorkers, "answers", listening)
    for processes in (2, 3):
        assert (
            plain_bytes(solve(islands(), Options(processes=processes, progress=told.append, parameters=APART)))
            == wanted
        )
    assert shared == [2, 2]
    assert told[-1].done == 1.0
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("failing", ["killed", "cancelled"])
def test_a_process_for_components_may_go(failing: str) -> None:
    wanted = plain_bytes(solve(islands()))
    found: list[int | None] = []

    def tell(_: Step) -> None:
        for child in multiprocessing.active_children():
            found.append(child.pid)
            if failing == "killed":
                child.kill()

    options = Options(processes=2, progress=tell, parameters=APART)
    if failing == "killed":
        assert plain_bytes(solve(islands(), options)) == wanted
    else:
        with pytest.raises(CancelledError):
            solve(islands(), replace(options, cancelled=lambda: bool(found)))
    assert found
    assert not multiprocessing.active_children()
