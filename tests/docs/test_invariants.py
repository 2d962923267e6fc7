"""The list of invariants: complete, with constraints that both databases have; and that no column holds a fraction."""

import re

from sqlalchemy import Float, Numeric, inspect

import app.main  # noqa: F401 - brings every table
from app.core.database import Base, Database
from tests.docs.reading import ROOT

TEXT = (ROOT / "docs" / "dev" / "invariants.md").read_text()
CONSTRAINT = re.compile(r"`((?:ck|uq|pk|fk)_\w+)`")


def test_each_invariant_has_a_rule_a_constraint_and_tests() -> None:
    parts = re.split(r"^## (\d+)\. ", TEXT.split("\n## Order of locks")[0], flags=re.MULTILINE)
    sections = dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))
    assert list(sections) == list(range(1, 11))
    for number, section in sections.items():
        kinds = re.findall(r"^- (Rule|Constraint|Tests): ", section, re.MULTILINE)
        assert kinds == ["Rule", "Constraint", "Tests"], number
        rule, constraint, tests = re.split(r"^- \w+: ", section, flags=re.MULTILINE)[1:]
        assert "](" in rule, number
        assert CONSTRAINT.search(constraint) or constraint.startswith("none"), number
        assert "](../../tests/" in tests, number


def test_both_databases_have_the_constraints(database: Database) -> None:
    found: set[str | None] = set()
    inspector = inspect(database.engine)
    for table in inspector.get_table_names():
        found.add(inspector.get_pk_constraint(table)["name"])
        for rows in (
            inspector.get_check_constraints(table),
            inspector.get_unique_constraints(table),
            inspector.get_foreign_keys(table),
        ):
            found.update(row["name"] for row in rows)
    named = set(CONSTRAINT.findall(TEXT))
    assert len(named) >= 20
    assert named - found == set()


def test_no_column_holds_a_fraction() -> None:
    fractions = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Float | Numeric)
    ]
    assert fractions == []
