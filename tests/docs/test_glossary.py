"""The glossary: its Chinese words stand on pages, its names in code are defined."""

import ast
import re

import app.main  # noqa: F401 - brings every table
from app.core.database import Base
from app.core.i18n import catalogue
from tests.docs.reading import ROOT

TEXT = (ROOT / "docs" / "dev" / "glossary.md").read_text()


def _rows() -> list[list[str]]:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")
    ]
    return [row for row in rows if row[0] not in ("zh", "en")]


def _defined() -> set[str]:
    """Every class, function, field and constant of the service and the solver; tables and columns."""
    found = {column.name for table in Base.metadata.tables.values() for column in table.columns}
    for path in (path for tree in ("app", "solver") for path in (ROOT / tree).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.AnnAssign | ast.Assign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    found |= {target.id} if isinstance(target, ast.Name) else set()
    return found


def test_every_name_in_code_is_defined() -> None:
    defined = _defined()
    names = {name for row in _rows() for name in re.findall(r"`([^`]+)`", row[-2])}
    assert len(names) > 60
    missing = {name for name in names if name not in defined and not (ROOT / name).exists()}
    assert missing == set()


def test_every_chinese_word_is_one_of_the_pages() -> None:
    texts = "\n".join(catalogue("zh-CN").values())
    words = {word for row in _rows() if len(row) == 4 for word in row[0].split("、")}
    assert len(words) > 40
    assert {word for word in words if word not in texts} == set()
