"""The JSON Schemas, held against the tables, the readers and the writers; and the examples of the documents."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from solver import (
    InvalidPlanError,
    InvalidProblemError,
    Options,
    Problem,
    check,
    parse_plan,
    parse_problem,
    plan_to_json,
    problem_to_json,
    read_plan,
    read_problem,
    solve,
)
from solver.formats.json_schema import PLAN_SCHEMA, PROBLEM_SCHEMA, problem_schema
from tests.solver.problem_strategies import problems

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "docs/formats/examples").glob("*.problem.json"))
PROBLEMS = Draft202012Validator(json.loads(PROBLEM_SCHEMA.read_text()), format_checker=FormatChecker(["date"]))
PLANS = Draft202012Validator(json.loads(PLAN_SCHEMA.read_text()))

BEYOND_SCHEMAS = (
    "is not among the",
    "is already at",
    "is named twice",
    "is beyond the horizon",
    "expires in period",
    "no substitute for itself",
    "is the id of a supply too",
    "horizon ends after the last date",
)
"""Faults that only a reader can find: they are about more than one value."""


def faults_beyond_schemas(error: InvalidProblemError) -> bool:
    return all(any(told in fault.message for told in BEYOND_SCHEMAS) for fault in error.faults)


def assert_alike_on_problem(document: Any) -> None:
    """The reader and the schema accept it both, or refuse it both; a reader may refuse what no schema can see."""
    refused = None
    try:
        parse_problem(document)
    except InvalidProblemError as error:
        refused = error
    if refused is None or not faults_beyond_schemas(refused):
        assert PROBLEMS.is_valid(document) == (refused is None), refused or list(PROBLEMS.iter_errors(document))


def assert_alike_on_plan(document: Any) -> None:
    refused = None
    try:
        parse_plan(document)
    except InvalidPlanError as error:
        refused = error
    assert PLANS.is_valid(document) == (refused is None), refused or list(PLANS.iter_errors(document))


def example(name: str) -> Any:
    return json.loads((ROOT / "docs/formats/examples" / name).read_text())


def test_the_schemas_are_schemas() -> None:
    Draft202012Validator.check_schema(PROBLEMS.schema)
    Draft202012Validator.check_schema(PLANS.schema)


def test_the_schema_of_problems_is_that_of_the_tables() -> None:
    """After a change of the tables: ``python -m solver.formats.json_schema``."""
    assert json.loads(PROBLEM_SCHEMA.read_text()) == problem_schema()


# ------------------------------------------------------------------------------------- what is written is accepted


@settings(max_examples=150, deadline=None)
@given(problems())
def test_every_problem_that_is_written_is_accepted(problem: Problem) -> None:
    document = json.loads(json.dumps(problem_to_json(problem)))
    assert list(PROBLEMS.iter_errors(document)) == []
    assert parse_problem(document) == problem


@settings(max_examples=40, deadline=None)
@given(problems())
def test_every_plan_that_is_written_is_accepted(problem: Problem) -> None:
    document = json.loads(json.dumps(plan_to_json(solve(problem, Options(price_of_fairness=True)))))
    assert list(PLANS.iter_errors(document)) == []
    assert_alike_on_plan(document)


# --------------------------------------------------------------------- what is damaged is refused by both or by none


ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    7,
    3660,
    3661,
    10**12,
    10**12 + 1,
    10**18 + 1,
    -1e31,
    0.5,
    -0.5,
    1.00001,
    2.5,
    1e-7,
    "",
    "x",
    "a\nb",
    "a\u200bb",
    "\u7269\u8d44",
    "x" * 200,
    "x" * 201,
    "2020-01-31",
    "2020-02-30",
    "2020-W05-5",
    "2020-1-31",
    "3/7",
    "3/0",
    "1.",
    ".",
    "1e3",
    [],
    ["x"],
    ["x", "x"],
    [1],
    {},
    {"1": 1},
    {"01": 1},
    {"1000000000001": 1},
    {"1": 2},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values in a document."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*path, index))


def changed(document: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    document = copy.deepcopy(document)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return document


def with_first_rows(document: Any) -> Any:
    """The document with one row of each list, which has all the keys that any row has."""
    document = dict(document)
    for name, rows in document.items():
        if isinstance(rows, list):
            document[name] = [{key: value for row in reversed(rows) for key, value in row.items()}]
    return document


def damaged(document: Any) -> Iterator[Any]:
    """The document with one value replaced, one key left out, or one key too many; at every place."""
    for number, path in enumerate(filter(None, places(document))):
        for odd in ODD[number % 8 :: 8]:  # some of them in turn: all at every place take half a minute
            yield changed(document, path, lambda holder, key, odd=odd: holder.__setitem__(key, copy.deepcopy(odd)))
        yield changed(document, path, lambda holder, key: holder.__delitem__(key))
        if isinstance(path[-1], str):
            yield changed(document, path, lambda holder, _key: holder.__setitem__("surplus", 1))


def test_problems_damaged_at_any_place() -> None:
    for document in damaged(with_first_rows(example("district.problem.json"))):
        assert_alike_on_problem(document)
    for odd in ODD:
        assert_alike_on_problem(odd)


def test_plans_damaged_at_any_place() -> None:
    for document in damaged(with_first_rows(example("district.plan.json"))):
        assert_alike_on_plan(document)


@settings(max_examples=100, deadline=None)
@given(problems(), st.data())
def test_random_problems_damaged_at_random(problem: Problem, data: st.DataObject) -> None:
    document = problem_to_json(problem)
    path = data.draw(st.sampled_from([path for path in places(document) if path]))
    odd = data.draw(st.one_of(st.sampled_from(ODD), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)))
    if isinstance(odd, float) and odd.is_integer():
        return  # to a schema 5.0 is an integer
    assert_alike_on_problem(changed(document, path, lambda holder, key: holder.__setitem__(key, odd)))


def test_whole_numbers_are_written_without_a_fraction() -> None:
    """The one place where the readers ask more than JSON Schema can."""
    document = example("masks.problem.json")
    document["demands"][0]["quantity"] = 800.0
    assert PROBLEMS.is_valid(document)
    with pytest.raises(InvalidProblemError):
        parse_problem(document)


# ------------------------------------------------------------------------------------------------------- examples


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_solved_and_proved(path: Path) -> None:
    problem, told = read_problem(path), read_plan(path.with_name(path.name.replace("problem", "plan")))
    assert check(problem, told) == ()
    plan = solve(problem, Options(price_of_fairness=True))
    assert check(problem, plan) == ()
    assert [row.shares for row in plan.demands] == [pytest.approx(row.shares) for row in told.demands]
    assert plan.cost == pytest.approx(told.cost)
    assert [row.limit for row in plan.helps] == [row.limit for row in told.helps]


def test_the_examples_have_every_key() -> None:
    """So that a page that shows them shows all."""
    document = example("district.problem.json")
    for name, table in PROBLEMS.schema["properties"].items():
        keys = table.get("items", {}).get("properties", {})
        assert name in document
        assert set(keys) == {key for row in (document[name] if keys else []) for key in row}, name
    plan = example("district.plan.json")
    assert set(plan) == set(PLANS.schema["properties"])


@pytest.mark.parametrize(("page", "schema"), [("problem-1.md", PROBLEMS.schema), ("plan-1.md", PLANS.schema)])
def test_the_pages_name_every_key(page: str, schema: dict[str, Any]) -> None:
    text = (ROOT / "docs/formats" / page).read_text()
    for name, value in schema["properties"].items():
        assert f"`{name}`" in text, name
        for key in value.get("items", {}).get("properties", {}):
            assert f"`{key}`" in text, f"{name}.{key}"
