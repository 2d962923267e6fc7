"""Decisions: each has a status, the index says the same, and what changes another is named on both sides."""

import re
from pathlib import Path

from tests.docs.reading import ROOT

DECISIONS = ROOT / "docs" / "decisions"
SECTIONS = ("Context", "Decision", "Consequences")
NUMBER = re.compile(r"\b0\d{3}\b")


def _records() -> dict[str, tuple[Path, str, str]]:
    """File, title and status by number."""
    found = {}
    for path in sorted(DECISIONS.glob("[0-9]*.md")):
        head = re.match(r"# (\d{4}): (.+)\n\nStatus: (.+)\n\n", path.read_text())
        assert head is not None, f"{path.name}: a title `# NNNN: ...` and `Status: ...` come first"
        number, title, status = head.groups()
        assert path.name.startswith(number)
        found[number] = path, title, status
    return found


def test_each_decision_has_its_parts() -> None:
    for path, _, status in _records().values():
        headings = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert [name for name in headings if name in SECTIONS] == list(SECTIONS), path.name
        assert re.match(r"(proposed|accepted|superseded)\b", status), path.name


def test_the_index_says_what_the_decisions_say() -> None:
    text = (DECISIONS / "README.md").read_text()
    rows = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \| (.+?) \| (.+) \|$", text, re.MULTILINE)
    told = {
        number: (DECISIONS / name, title, re.sub(r"\[(\d+)\]\([^)]*\)", r"\1", status))
        for number, name, title, status in rows
    }
    assert told == _records()


def test_what_changes_another_decision_is_named_by_both() -> None:
    statuses = {number: status for number, (_, _, status) in _records().items()}
    named = {(number, other) for number, status in statuses.items() for other in NUMBER.findall(status)}
    assert named, "at least one decision changes another"
    assert {pair for pair in named if pair[::-1] not in named} == set()
