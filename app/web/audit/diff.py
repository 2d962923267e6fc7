"""What a record of the audit trail changed, field by field: two snapshots as rows of before and after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDiff:
    """A field by its path (`lines.0.approved_units`), as it was and as it is; None where it is not there or empty."""

    path: str
    before: Value
    after: Value

    @property
    def is_changed(self) -> bool:
        """Does it differ? 1 and True do, though Python calls them equal."""
        return (type(self.before), self.before) != (type(self.after), self.after)


def field_diffs(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[FieldDiff]:
    """Every field of the two snapshots in their order: where it stands before, else after."""
    old, new = dict(_fields("", before)), dict(_fields("", after))
    paths = [*old, *(path for path in new if path not in old)]
    return [FieldDiff(path=path, before=old.get(path), after=new.get(path)) for path in sorted(paths, key=_place)]


def _fields(path: str, value: object) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping):
        parts: Sequence[tuple[str, object]] = [(str(name), one) for name, one in value.items()]
    elif isinstance(value, list):
        parts = [(str(number), one) for number, one in enumerate(value)]
    else:
        if path:
            assert value is None or isinstance(value, str | int | float | bool)
            yield path, value
        return
    for name, one in parts:
        yield from _fields(f"{path}.{name}" if path else name, one)


def _place(path: str) -> list[tuple[int, int, str]]:
    """Sorts paths so that line 10 comes after line 9, and the fields of the thing itself before its lines."""
    parts = path.split(".")
    return [(len(parts) > 1, 0, ""), *((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)]
