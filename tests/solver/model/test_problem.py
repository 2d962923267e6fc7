"""The facts of a problem: sorted, checked at birth, told apart by their digest."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import Band, Demand, Problem, Supply
from solver.formats.problem_json import problem_digest
from solver.model.errors import InvalidProblemError
from tests.solver.cases import EVERYONE, START, fields_of, masks
from tests.solver.problem_strategies import problems


def test_everything_is_sorted() -> None:
    problem = masks(10, [1, 2, 3])
    backwards = {
        name: tuple(reversed(value)) if isinstance(value, tuple) and name != "bands" else value
        for name, value in fields_of(problem).items()
    }
    assert Problem.of(**backwards) == problem


def test_earmarks_and_caps_are_sorted() -> None:
    supply = Supply(id="lot", item="mask", site="depot", quantity=1, earmark=("h-1", "h-0"))
    problem = masks(None, [1, 1], supplies=[supply], bands=[Band(name="all", caps=((2, 0.5), (1, 1.0)))])
    assert problem.supplies[0].earmark == ("h-0", "h-1")
    assert problem.bands[0].caps == ((1, 1.0), (2, 0.5))


def test_facts_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        masks(1, [1]).periods = 2  # type: ignore[misc]


def test_facts_made_in_code_are_checked_too() -> None:
    demand = Demand(id="d", facility="nowhere", item="mask", quantity=0, due=9, tier=1)
    with pytest.raises(InvalidProblemError) as raised:
        Problem.of(start=START, periods=3, demands=[demand, demand], bands=[EVERYONE])
    assert {fault.path for fault in raised.value.faults} == {
        f"$.demands[{row}].{key}" for row in (0, 1) for key in ("facility", "item", "quantity", "due")
    } | {"$.demands[1].id"}


def test_a_row_of_another_kind_is_named() -> None:
    with pytest.raises(InvalidProblemError) as raised:
        Problem.of(start=START, periods=3, demands=[EVERYONE])  # type: ignore[list-item]
    assert [str(fault) for fault in raised.value.faults] == ["$.demands[0]: must be a Demand"]


@settings(max_examples=50, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_digest_does_not_depend_on_order(problem: Problem, chance: object) -> None:
    shuffled = fields_of(problem)
    for name, value in shuffled.items():
        if isinstance(value, tuple) and name != "bands":
            rows = list(value)
            chance.shuffle(rows)  # type: ignore[attr-defined]
            shuffled[name] = rows
    assert problem_digest(Problem.of(**shuffled)) == problem_digest(problem)


def test_digest_tells_problems_apart() -> None:
    problem = masks(10, [5, 5])
    others = [
        masks(11, [5, 5]),
        masks(10, [5, 6]),
        masks(10, [5, 5], tiers=[1, 2]),
        masks(10, [5, 5], pack=2),
        masks(10, [5, 5], due=1),
        dataclasses.replace(problem, periods=4),
        dataclasses.replace(problem, change_penalty=1.0),
        dataclasses.replace(problem, bands=()),
    ]
    assert len({problem_digest(each) for each in [problem, *others]}) == len(others) + 1


def test_equal_numbers_give_equal_digests() -> None:
    """Whoever writes 2 for 2.0 means the same problem."""
    problem = masks(10, [5])
    whole = tuple(dataclasses.replace(item, value=int(item.value)) for item in problem.items)
    assert problem_digest(dataclasses.replace(problem, items=whole)) == problem_digest(problem)
