"""Tolerances and thresholds: all of them in ``Parameters``, documented, used, and passed down."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest

from solver import DEFAULT, Options, Parameters, solve
from solver import parameters as module
from tests.solver.cases import masks, tuned

SOLVER = Path(module.__file__).parent
MODULES = sorted(path for path in SOLVER.rglob("*.py") if path.name != "parameters.py")
GROUPS = [(group.name, type(getattr(DEFAULT, group.name))) for group in fields(Parameters)]

WITH_DEFAULTS = {"engine/options.py", "engine/component.py", "lp/backends.py", "probe/check.py", "verify/check.py"}
"""Where a caller may leave parameters out; everything below is given them."""

OF_THE_FORMATS = {"model/schema.py", "model/validation.py", "model/certificate.py", "formats/problem_json.py"}
"""What documents may hold is no tolerance."""

CONSTANTS = {"NEVER", "SHARE_BITS", "GOLDEN", "DEVEX", "ROOT", "FEN_PER_YUAN"}
"""A period that never comes, the bits of a share in a proof, the golden ratio, a number of HiGHS', no limit, 100."""


@pytest.mark.parametrize(("name", "group"), GROUPS)
def test_every_parameter_is_documented(name: str, group: type) -> None:
    (definition,) = ast.parse(inspect.getsource(group)).body
    assert isinstance(definition, ast.ClassDef)
    for statement, following in zip(definition.body, [*definition.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign):
            assert isinstance(following, ast.Expr), f"{name}: {ast.unparse(statement.target)}"
            assert isinstance(following.value, ast.Constant)


def test_every_parameter_is_used() -> None:
    text = "\n".join(path.read_text() for path in MODULES)
    used = set(re.findall(r"\.(\w+)", text))
    assert {field.name for _, group in GROUPS for field in fields(group)} - used == set()


def constants(path: Path) -> Iterator[str]:
    """The names of a module that are bound to a number."""
    for statement in ast.parse(path.read_text()).body:
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Assign) and isinstance(value, ast.Constant) and type(value.value) in (int, float):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOLVER)))
def test_no_module_has_a_number_of_its_own(path: Path) -> None:
    if str(path.relative_to(SOLVER)) not in OF_THE_FORMATS:
        assert set(constants(path)) - CONSTANTS == set()


def test_only_the_outermost_have_defaults() -> None:
    with_defaults = {str(path.relative_to(SOLVER)) for path in MODULES if re.search(r"\bDEFAULT\b", path.read_text())}
    assert with_defaults - {"__init__.py"} == WITH_DEFAULTS


def test_parameters_are_frozen_and_reach_the_work() -> None:
    with pytest.raises(FrozenInstanceError):
        DEFAULT.lp.tolerance = 1.0  # type: ignore[misc]
    problem = masks(1000, [3000, 1000])
    few = tuned(explain={"demands_named_max": 0, "gain_units_min": 7.0, "gain_part": 0.0}, engine={"level_digits": 1})
    plan = solve(problem, Options(parameters=few, check=False))  # it would miss the digits
    assert [row.levels for row in plan.bands] == [(0.2,)]
    assert [row.unit for row in plan.helps] == [7.0]
    named = [dict(reason.params)["demands"] for reason in plan.demands[0].reasons if reason.code == "shared_with"]
    assert named in ([], [()])
    assert solve(problem).bands == solve(problem, Options(parameters=replace(DEFAULT))).bands
