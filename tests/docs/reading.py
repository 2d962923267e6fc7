"""What the documents of this project name: links, paths, modules, commands, settings, names in code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TREES = ("app", "solver", "migrations", "benchmarks", "tests")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[([^\]\[]*)\]\(([^)\s]+)\)")
_IMAGE = re.compile(r'<img src="([^"]+)"')


def documents() -> list[Path]:
    """Every Markdown file of the project."""
    return sorted({*ROOT.glob("*.md"), *(path for tree in (*TREES, "docs") for path in (ROOT / tree).rglob("*.md"))})


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", text)


def code(text: str) -> Iterator[str]:
    """What stands between backticks and in fenced blocks, a line at a time."""
    for block in _FENCE.findall(text):
        yield from block.splitlines()[1:-1]
    yield from _SPAN.findall(prose(text))


def imports(text: str) -> Iterator[str]:
    """`module.name` of everything that examples in Python import."""
    for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)


def links(text: str) -> Iterator[tuple[str, str]]:
    """Words and target of each link, and of each image."""
    for words, target in _LINK.findall(prose(text)):
        yield words, target
    for target in _IMAGE.findall(text):
        yield "", target


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub and most viewers give to the headings of a document."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose(path.read_text()), re.MULTILINE):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


@cache
def names_in(path: Path) -> frozenset[str]:
    """Functions, classes, methods (`Class.method`), fields and constants that a Python file defines."""
    found: set[str] = set()

    def visit(body: list[ast.stmt], within: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.update({node.name, within + node.name})
            elif isinstance(node, ast.ClassDef):
                found.update({node.name, within + node.name})
                visit(node.body, f"{node.name}.")
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        found.update({target.id, within + target.id})

    visit(ast.parse(path.read_text()).body, "")
    return frozenset(found)


@cache
def _endings() -> frozenset[str]:
    """Every file of code, template, style or data by its path, and by each ending of its path."""
    found: set[str] = set()
    for tree in (*TREES, "docs"):
        for path in (ROOT / tree).rglob("*.*"):
            parts = path.relative_to(ROOT).parts
            found.update("/".join(parts[start:]) for start in range(len(parts)))
    return frozenset(found)


def is_file(name: str) -> bool:
    """Whether a file's path is this, or ends in it."""
    return name in _endings()
