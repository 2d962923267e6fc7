"""Templates are formatted like the code: no line is longer than 120 columns, and each one compiles."""

from pathlib import Path

import pytest
from jinja2 import nodes

from app.core.rights import Right
from app.web.kit import rendering

TEMPLATES = sorted((rendering.FOLDER / "templates").rglob("*.html"))
COLUMNS_MAX = 120


def _name(path: Path) -> str:
    return path.relative_to(rendering.FOLDER / "templates").as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_a_template_compiles_and_no_line_is_too_long(path: Path) -> None:
    rendering._environment.get_template(_name(path))
    lines = path.read_text().splitlines()
    assert [n for n, line in enumerate(lines, start=1) if len(line) > COLUMNS_MAX] == []
    assert [n for n, line in enumerate(lines, start=1) if line != line.rstrip()] == []


def test_templates_lie_in_the_folders_of_their_page_packages() -> None:
    packages = {path.parent.name for path in rendering.FOLDER.glob("*/__init__.py")}
    assert {path.parent.name for path in TEMPLATES} <= packages


def _rights_asked(source: str) -> list[object]:
    """What the calls of `may` in a template ask for; None where that is not written out."""
    calls = rendering._environment.parse(source).find_all(nodes.Call)
    asked = [call.args for call in calls if isinstance(call.node, nodes.Getattr) and call.node.attr == "may"]
    return [args[0].value if len(args) == 1 and isinstance(args[0], nodes.Const) else None for args in asked]


def test_templates_ask_for_rights_that_there_are() -> None:
    asked = {(_name(path), right) for path in TEMPLATES for right in _rights_asked(path.read_text())}
    assert len(asked) > 40
    assert [one for one in sorted(asked, key=str) if one[1] not in set(Right)] == []


def test_a_wrong_right_in_a_template_is_found() -> None:
    assert _rights_asked('{% if actor.may("PLAN_APROVE") %}x{% endif %}') == ["PLAN_APROVE"]
    assert _rights_asked("{{ visit.actor.may(wanted) }}") == [None]
