"""Each reduction against the plain sequence on the unreduced component."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from solver import DEFAULT, Problem
from solver.arrays.grouping import equal_rows
from solver.arrays.limit_system import LimitSystem
from solver.arrays.network import Network
from solver.arrays.redundant_limits import could_bind, slackness
from solver.leximin.flow_settlement import settle_as_flow
from solver.leximin.presolve import Presolved, presolve
from solver.leximin.settlement import Settlement
from tests.solver.leximin.test_parametric_flow import assert_proved
from tests.solver.plain_leximin import plain_shares
from tests.solver.problem_strategies import networks, problems

slowly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def problems_with_twins(draw: st.DrawFn) -> Problem:
    """Problems where some demands and some supplies have a twin that differs only in its quantity."""
    problem = draw(problems())
    twins = {
        name: tuple(
            replace(row, id=f"{row.id}-twin", quantity=draw(st.integers(1, 40)))
            for row in getattr(problem, name)
            if draw(st.booleans())
        )
        for name in ("demands", "supplies")
    }
    facts = {field.name: getattr(problem, field.name) for field in fields(problem)}
    return Problem.of(**facts | {name: facts[name] + rows for name, rows in twins.items()})


def _plainly(system: LimitSystem) -> Settlement:
    return Settlement(shares=plain_shares(system), events=(), idle=np.zeros(system.arcs, bool))


@slowly
@given(problems_with_twins())
def test_reduced_parts_have_the_shares_of_the_whole(problem):
    for network in networks(problem):
        parts = presolve(network.system)
        shares = parts.joined([_plainly(part.system) for part in parts.parts]).shares
        assert_allclose(shares, plain_shares(network.system), atol=1e-6)


@slowly
@given(problems_with_twins())
def test_the_proof_of_the_parts_proves_the_whole(problem):
    for network in networks(problem):
        parts = presolve(network.system)
        settlements = [settle_as_flow(part.system, DEFAULT.flow) for part in parts.parts]
        if all(settlement is not None for settlement in settlements):
            assert_proved(network, parts.joined(settlements))


@slowly
@given(problems_with_twins())
def test_twins_are_one(problem):
    for network in networks(problem):
        parts = presolve(network.system)
        slack = slackness(network.system)
        for noun, apart in (("demand", slack.ample), ("limit", slack.binding)):
            place = _places(parts, noun)
            for one, other in _twins(network, noun):
                # Of a small and a large one the large may never bind, or the small be served in any case.
                if apart[one] == apart[other]:
                    assert place.get(one) == place.get(other)


def _places(parts: Presolved, noun: str) -> dict[int, tuple[int, int]]:
    """For each demand or limit in a part: which part, and what stands for it there."""
    place = {}
    for number, part in enumerate(parts.parts):
        start, members = getattr(part, f"{noun}_start"), getattr(part, f"{noun}_members")
        for at in range(len(start) - 1):
            place.update((int(member), (number, at)) for member in members[start[at] : start[at + 1]])
    return place


def _twins(network: Network, noun: str) -> list[tuple[int, int]]:
    """Pairs of demands with the same arcs and caps. Sources are twins when only quantities differ in the facts."""
    problem = network.tables.problem
    if noun == "demand":
        ids = [problem.demands[at].id for at in network.demand_at]
    else:
        ids = [network.tables.source_ids[at] for at in network.source_at]
    return [(ids.index(name.removesuffix("-twin")), at) for at, name in enumerate(ids) if name.endswith("-twin")]


@slowly
@given(problems())
def test_loose_limits_and_ample_demands_change_nothing(problem):
    for network in networks(problem):
        system = network.system
        slack = slackness(system)
        kept = slack.binding[system.entry_limit]
        tighter = replace(
            system,
            entry_limit=system.entry_limit[kept],
            entry_arc=system.entry_arc[kept],
            entry_factor=system.entry_factor[kept],
        )
        shares = plain_shares(system)
        assert_allclose(plain_shares(tighter), shares, atol=1e-6)
        caps = np.maximum.accumulate(system.caps, axis=0)
        assert_allclose(shares[:, slack.ample], caps[:, slack.ample], atol=1e-6)


def test_a_limit_could_bind_only_for_what_is_served_through_it():
    system = LimitSystem(
        arc_source=np.array([0, 1]),
        arc_demand=np.array([0, 1]),
        arc_period=np.zeros(2, np.int64),
        arc_ratio=np.array([0.5, 1.0]),
        arc_cost=np.zeros(2),
        entry_limit=np.array([0, 1]),
        entry_arc=np.array([0, 1]),
        entry_factor=np.ones(2),
        limit_bound=np.array([10.0, 10.0]),
        demand_quantity=np.array([20.0, 20.0]),
        caps=np.ones((1, 2)),
    )
    assert could_bind(system, np.array([5.0, 10.0])).tolist() == [False, False]
    assert could_bind(system, np.array([5.5, 10.5])).tolist() == [True, True]


@given(st.lists(st.frozensets(st.integers(0, 6), max_size=4), max_size=12))
def test_equal_rows_are_those_with_equal_sets(sets):
    pairs = [(row, key) for row, keys in enumerate(sets) for key in sorted(keys, reverse=True)]
    row, key = (np.array([pair[at] for pair in pairs], np.int64) for at in (0, 1))
    group = equal_rows(row, key, len(sets)).tolist()
    first = [sets.index(keys) for keys in sets]
    assert group == [sorted(set(first)).index(at) for at in first]
