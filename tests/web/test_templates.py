"""Templates are formatted like the code: no line is longer than 120 columns, and each one compiles."""

from pathlib import Path

import pytest

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
