"""A program that begins at its optimum on few arcs ends at shipments as cheap, and as good for the tie-break."""

from __future__ import annotations

import numpy as np
import pytest

from solver import DEFAULT, Parameters
from solver.arrays.components import Component, components_of
from solver.arrays.limit_system import Floats
from solver.engine.component import program_of
from solver.leximin.strategy import settle_fast
from solver.lp.backends import Backend
from solver.mincost.lp_mincost import least_cost
from solver.model.errors import SolverFailedError
from tests.solver.cases import tuned
from tests.solver.problem_strategies import networks
from tests.solver.random_coupled import coupled_problem


def coupled_components(number: int) -> list[tuple[Component, Floats]]:
    """Components that were settled without a program, and their last shares."""
    found = []
    for network in networks(coupled_problem(number)):
        for component in components_of(network):
            settlement = settle_fast(component.system, Backend())
            if settlement is not None and settlement.shares[-1].any():
                found.append((component, settlement.shares[-1]))
    return found


def tie(component: Component, shipped: Floats) -> float:
    """What the tie-break minimises among the cheapest, apart from the spread that makes no two plans equal."""
    return float((shipped / program_of(component, 0.0).unit) @ (1.0 + component.preference))


def cheapest(component: Component, shares: Floats, parameters: Parameters = DEFAULT) -> tuple[Floats, int]:
    backend = Backend(parameters=parameters)
    shipped = least_cost(program_of(component, 0.0), backend, shares, component.preference)
    return shipped, backend.solves


@pytest.mark.parametrize("number", range(40))
def test_the_shipments_are_as_cheap(number: int) -> None:
    for component, shares in coupled_components(number):
        plain, solves = cheapest(component, shares)
        few = tuned(mincost={"sift_from": 0, "sift_arcs_first": 1, "sift_arcs_more": 1})
        sifted, more = cheapest(component, shares, few)
        assert more >= solves
        cost = component.system.arc_cost
        assert float(sifted @ cost) == pytest.approx(float(plain @ cost), rel=1e-6, abs=1e-6)
        assert tie(component, sifted) == pytest.approx(tie(component, plain), rel=1e-6)


def test_where_sifting_fails_the_program_begins_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    component, shares = next(pair for number in range(40) for pair in coupled_components(number))
    plain, _ = cheapest(component, shares)
    answer, asked = Backend.answer, []

    def fail_first(self: Backend, *arguments: object) -> None:
        asked.append(1)
        if len(asked) == 1:
            raise SolverFailedError("no answer")
        answer(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Backend, "answer", fail_first)
    sifted, _ = cheapest(component, shares, tuned(mincost={"sift_from": 0}))
    assert np.allclose(sifted, plain, atol=1e-5)
