"""What the documents name exists: links, files, modules, names in code, commands, settings."""

import argparse
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.__main__ import build_parser
from app.core.settings import Settings
from tests.docs.reading import ROOT, TREES, anchors, code, documents, imports, is_file, links, names_in

PATH = re.compile(rf"(?<![\w/.-])((?:{'|'.join((*TREES, 'docs'))})/[\w./*-]+)")
FILE = re.compile(r"(?<![\w/.*-])((?:\w+/)*\w+\.(?:py|typ|html|css|js))(?!\w)")
MODULE = re.compile(
    r"(?<![\w/.-])((?:app|solver|migrations|benchmarks|tests)(?:\.[a-zA-Z_]\w*)+)(?![\w/]*\.(?:py|json))"
)
VARIABLE = re.compile(r"\bTONGCHOU_[A-Z_]+\b")
WHERE_VARIABLES_ARE_READ = (
    *(ROOT / tree for tree in ("tests", "benchmarks", "app", "migrations")),
    ROOT / "Makefile",
    ROOT / "compose.yaml",
    ROOT / "Dockerfile",
    ROOT / ".ci",
)


def broken_links(document: Path, text: str) -> Iterator[str]:
    """Relative links to nothing, to a heading that is not there, or to a name that the file does not define."""
    for words, target in links(text):
        if re.match(r"https?://|mailto:", target):
            continue
        address, _, anchor = target.partition("#")
        path = (document.parent / address).resolve() if address else document
        if not path.exists():
            yield f"no such file: {target}"
        elif anchor and anchor not in anchors(path):
            yield f"no such heading: {target}"
        elif path.suffix == ".py" and words.startswith("`") and not words.rstrip("`").endswith(".py"):
            name = words.strip("`").removesuffix("()")
            if name not in names_in(path):
                yield f"{address} defines no {name}"


def unknown_paths(text: str) -> Iterator[str]:
    """Files, folders and modules of the project that are named and not there."""
    for line in code(text):
        for name in PATH.findall(line):
            name = name.rstrip(".")
            if not (any(ROOT.glob(name)) if "*" in name else (ROOT / name).exists()):
                yield f"no such file: {name}"
        for name in FILE.findall(line):
            if not name.startswith(TREES) and not is_file(name):
                yield f"no file of that name: {name}"
        yield from (f"no such module or name: {name}" for name in MODULE.findall(line) if not _is_importable(name))
    yield from (f"an example cannot import {name}" for name in imports(text) if not _is_importable(name))


def _is_importable(name: str) -> bool:
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def _refused_by(parser: argparse.ArgumentParser, words: list[str]) -> Iterator[str]:
    """What a command line names and the parser does not know: commands and options."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            named = words[0] if words else ""
            if re.fullmatch(r"[a-z-]+(\|[a-z-]+)*", named):
                for one in named.split("|"):
                    if one in action.choices:
                        yield from _refused_by(action.choices[one], words[1:])
                    else:
                        yield f"no such command: {parser.prog} {one}"
            return
    for word in words:
        option = word.lstrip("[").split("=")[0].rstrip("]")
        if option.startswith("--") and option not in parser._option_string_actions:
            yield f"{parser.prog} has no option {option}"


def unknown_commands(text: str) -> Iterator[str]:
    """Targets of make, commands of `tongchou` and modules run by Python that do not exist."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    parser = build_parser()
    for line in code(text):
        for target in re.findall(r"(?:^|[ $])make ([a-z][a-z-]*)", line):
            if target not in targets:
                yield f"no such target: make {target}"
        for arguments in re.findall(r"(?:^|[ /$])tongchou ((?:audit )?[a-z][^#;&>]*)", line):
            yield from _refused_by(parser, arguments.split())
        for module in re.findall(r"python -m ([\w.]+)", line):
            if importlib.util.find_spec(module) is None:
                yield f"no such module: {module}"


def unknown_variables(text: str, known: set[str]) -> Iterator[str]:
    """Environment variables that nothing reads."""
    for name in VARIABLE.findall(text):
        if name not in known:
            yield f"nothing reads {name}"


@pytest.fixture(scope="module")
def variables() -> set[str]:
    """Settings, and the variables that tests, benchmarks and the files beside them read."""
    found = {f"TONGCHOU_{name.upper()}" for name in Settings.model_fields}
    for place in WHERE_VARIABLES_ARE_READ:
        for path in [place] if place.is_file() else place.rglob("*"):
            if path.is_file() and "docs" not in path.parts[len(ROOT.parts) :]:
                found.update(VARIABLE.findall(path.read_text(errors="ignore")))
    return found


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path, variables: set[str]) -> None:
    text = document.read_text()
    faults = [*broken_links(document, text), *unknown_paths(text), *unknown_commands(text)]
    assert [*faults, *unknown_variables(text, variables)] == []


def test_what_is_not_there_is_found() -> None:
    text = (
        "See [x](nowhere.md), [y](#no-heading), [`no_such_name`](app/main.py), [`create_app`](app/main.py), "
        "`app/nowhere/api.py`, `app/*/no.py`, `nowhere.py`, `arrays/arcs.py`, `lp/arcs.py`, "
        "`app.core.nowhere`, `make nothing`, `tongchou nothing`, "
        "`tongchou audit verify --no-such-option`, `python -m benchmarks.nowhere`, TONGCHOU_NOTHING.\n"
        "```\nmake demo\nmake neither\n```\n"
        "```python\nfrom app.main import create_app, nothing\n```\n"
    )
    document = ROOT / "README.md"
    assert list(broken_links(document, text)) == [
        "no such file: nowhere.md",
        "no such heading: #no-heading",
        "app/main.py defines no no_such_name",
    ]
    assert sorted(unknown_paths(text)) == [
        "an example cannot import app.main.nothing",
        "no file of that name: lp/arcs.py",
        "no file of that name: nowhere.py",
        "no such file: app/*/no.py",
        "no such file: app/nowhere/api.py",
        "no such module or name: app.core.nowhere",
        "no such module or name: benchmarks.nowhere",
    ]
    assert sorted(unknown_commands(text)) == [
        "no such command: tongchou nothing",
        "no such module: benchmarks.nowhere",
        "no such target: make neither",
        "no such target: make nothing",
        "tongchou audit verify has no option --no-such-option",
    ]
    assert list(unknown_variables(text, set())) == ["nothing reads TONGCHOU_NOTHING"]


def test_the_table_of_commands_names_every_command() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    table = next(part for part in re.split(r"^## ", text, flags=re.MULTILINE) if part.startswith("Commands"))
    [commands] = [one for one in build_parser()._actions if isinstance(one, argparse._SubParsersAction)]
    assert set(re.findall(r"`tongchou ([a-z-]+)", table)) == set(commands.choices)


def _settings_table() -> dict[str, str]:
    """Each variable of the table in docs/operations.md with what is said to be its default."""
    text = (ROOT / "docs" / "operations.md").read_text()
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    table = next(part for part in section if part.startswith("Settings"))
    return dict(re.findall(r"^\| `(TONGCHOU_[A-Z_]+)` \| *`?([^`|]*?)`? *\|", table, re.MULTILINE))


def test_the_table_of_settings_is_that_of_the_service() -> None:
    told = {
        f"TONGCHOU_{name.upper()}": "" if field.default is None else str(field.default).lower()
        for name, field in Settings.model_fields.items()
    }
    said = {name: default.lower().replace(",", "") for name, default in _settings_table().items()}
    numbers = {name: str(float(value)) for name, value in told.items() if re.fullmatch(r"\d+(\.\d+)?", value)}
    assert said.keys() == told.keys()
    assert {name: float(value) for name, value in said.items() if name in numbers} == {
        name: float(value) for name, value in numbers.items()
    }
    assert {n: v for n, v in said.items() if n not in numbers} == {n: v for n, v in told.items() if n not in numbers}


def test_the_table_of_test_variables_has_their_defaults() -> None:
    table = (ROOT / "docs" / "dev" / "testing.md").read_text()
    said = dict(re.findall(r"^\| `(TONGCHOU_[A-Z_]+)` \| *`?([^`|]*?)`? *\|", table, re.MULTILINE))
    read = {
        name: default
        for path in (ROOT / "tests").rglob("*.py")
        for name, default in re.findall(r'environ\.get\("(TONGCHOU_[A-Z_]+)"(?:, "([^"]*)")?\)', path.read_text())
    }
    assert said == read
