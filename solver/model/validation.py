"""Finds every fault of a problem, column by column.

A column is checked as a whole by loops that run in C (types, extremes, sets); only a column that is wrong is
walked row by row to name each fault. So a proper problem with millions of demands costs little to check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from operator import attrgetter
from re import compile as pattern
from typing import Any

from .errors import Fault
from .facts import Before
from .schema import ID_LENGTH_MAX, LARGEST, PERIODS_MAX, TABLES, UNPRINTABLE, Column, Table

_UNPRINTABLE = pattern(f"[{UNPRINTABLE}]")

Columns = Mapping[str, list[Any]]
Known = Mapping[str, frozenset[str]]

FAULTS_MAX = 100_000
"""Faults listed at most: more would only fill memory."""


def faults_of_facts(
    start: object, periods: object, change_penalty: object, tables: Mapping[str, Sequence[Any]]
) -> list[Fault]:
    """Every fault of rows that are dataclasses; ``[]`` when the problem is proper."""
    faults: list[Fault] = []
    columns: dict[str, Columns] = {}
    for table in TABLES:
        rows = tables[table.name]
        strangers = [index for index, row in enumerate(rows) if type(row) is not table.row]
        if strangers:
            faults += [Fault(_at(table, i), f"must be a {table.row.__name__}") for i in strangers]
            rows = ()
        columns[table.name] = {column.key: list(map(attrgetter(column.attribute), rows)) for column in table.columns}
    faults += faults_of_head(start, periods, change_penalty)
    faults += faults_of_columns(columns, periods if type(periods) is int else PERIODS_MAX)
    return faults[:FAULTS_MAX]


def faults_of_head(start: object, periods: object, change_penalty: object) -> Iterator[Fault]:
    """Faults of the fields that are not lists."""
    if type(start) is not date:
        yield Fault("$.start", "must be a date like 2020-01-31")
    if type(periods) is not int or not 1 <= periods <= PERIODS_MAX:
        yield Fault("$.periods", f"must be a whole number from 1 to {PERIODS_MAX}, not {shown(periods)}")
    elif type(start) is date and start > date.max - timedelta(days=periods):
        yield Fault("$.periods", "the horizon ends after the last date there is")
    if not is_number(change_penalty, 0, LARGEST):
        yield Fault("$.change_penalty", f"must be a number from 0 to {LARGEST}, not {shown(change_penalty)}")


def faults_of_columns(tables: Mapping[str, Columns], periods: int) -> Iterator[Fault]:
    """Faults of values, ids and references, and what contradicts itself across columns."""
    known = {
        table.name: frozenset(
            tables[table.name]["id"]
            if _are_texts(tables[table.name]["id"])
            else filter(_is_text, tables[table.name]["id"])
        )
        for table in TABLES
        if "id" in tables[table.name]
    }
    for table in TABLES:
        columns = tables[table.name]
        for column in table.columns:
            yield from _CHECKS[column.kind](table, column, columns[column.key], known)
        yield from _duplicates(table, columns)
    yield from _late_periods(tables, periods)
    yield from _contradictions(tables)


def is_number(value: object, low: float, high: float) -> bool:
    """Whether it is a finite int or float (never a bool) within the bounds; NaN is not."""
    return type(value) in (int, float) and low <= value <= high  # type: ignore[operator]


def shown(value: object) -> str:
    """The value for a message, cut when it is long."""
    try:
        text = "null" if value is None else ascii(value) if not isinstance(value, str) else repr(value)
    except (ValueError, RecursionError):  # an int with thousands of digits, a list nested without end
        text = f"a very large {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _at(table: Table, index: int, key: str = "") -> str:
    return f"$.{table.name}[{index}]" + (f".{key}" if key else "")


def _is_text(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= ID_LENGTH_MAX and _is_printable(value)


def _is_printable(text: str) -> bool:
    # ``isprintable`` is quick, and refuses characters that are younger than Python's own Unicode.
    return text.isprintable() or not _UNPRINTABLE.search(text)


def _are_texts(values: list[Any]) -> bool:
    """Whether all are, by loops that run in C."""
    if not set(map(type, values)) <= {str}:
        return False
    return all(values) and all(map(_is_printable, values)) and max(map(len, values), default=0) <= ID_LENGTH_MAX


def _each(
    table: Table, column: Column, values: list[Any], proper: Callable[[Any], bool], wanted: str
) -> Iterator[Fault]:
    """A fault for each value that is not proper; a missing value that has a default is."""
    for index, value in enumerate(values):
        if value is None and column.default is None:
            continue
        if not proper(value):
            message = "is missing" if value is MISSING else f"must be {wanted}, not {shown(value)}"
            yield Fault(_at(table, index, column.key), message)


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING: Any = _Missing()
"""What a column of a parsed document holds where a required key is missing."""


def _text(table: Table, column: Column, values: list[Any], _known: Known) -> Iterator[Fault]:
    if _are_texts(values):
        return
    wanted = f"a text of 1 to {ID_LENGTH_MAX} printable characters"
    yield from _each(table, column, values, _is_text, wanted)


def _whole(table: Table, column: Column, values: list[Any], _known: Known) -> Iterator[Fault]:
    low, high = column.low, column.high
    types = set(map(type, values))
    present = values if types == {int} else [value for value in values if value is not None]
    if types <= ({int, type(None)} if column.default is None else {int}) and (
        not present or (low <= min(present) and max(present) <= high)
    ):
        return

    def proper(value: Any) -> bool:
        return type(value) is int and low <= value <= high

    yield from _each(table, column, values, proper, f"a whole number from {low} to {high}")


def _number(table: Table, column: Column, values: list[Any], _known: Known) -> Iterator[Fault]:
    low, high = column.low, column.high
    if set(map(type, values)) <= {int, float} and all(low <= value <= high for value in values):
        return
    wanted = f"a number from {low:g} to {high:g}"
    yield from _each(table, column, values, lambda value: is_number(value, low, high), wanted)


def _ref(table: Table, column: Column, values: list[Any], known: Known) -> Iterator[Fault]:
    ids = known[column.refers_to or ""]
    optional = {None} if column.default is None else set()
    try:
        if set(values) <= ids | optional:
            return
    except TypeError:  # something unhashable among them
        pass
    for index, value in enumerate(values):
        if value is None and optional:
            continue
        if value is MISSING:
            yield Fault(_at(table, index, column.key), "is missing")
        elif not _is_text(value):
            yield Fault(_at(table, index, column.key), f"must be an id, not {shown(value)}")
        elif value not in ids:
            yield Fault(_at(table, index, column.key), f"{shown(value)} is not among the {column.refers_to}")


def _refs(table: Table, column: Column, values: list[Any], known: Known) -> Iterator[Fault]:
    ids = known[column.refers_to or ""]
    for index, value in enumerate(values):
        if value is None:
            continue
        path = _at(table, index, column.key)
        # A substitution may be allowed nowhere, and says so as a reason; an earmark for nobody is a mistake.
        may_be_empty = table.name == "substitutions"
        if type(value) not in (list, tuple) or not (value or may_be_empty):
            least = "ids" if may_be_empty else "at least one id"
            yield Fault(path, f"must be a list of {least} (or left out), not {shown(value)}")
            continue
        seen: set[str] = set()
        for position, facility in enumerate(value):
            if not _is_text(facility) or facility not in ids:
                yield Fault(f"{path}[{position}]", f"{shown(facility)} is not among the {column.refers_to}")
            elif facility in seen:
                yield Fault(f"{path}[{position}]", f"{shown(facility)} is named twice")
            else:
                seen.add(facility)


def _periods(table: Table, column: Column, values: list[Any], _known: Known) -> Iterator[Fault]:
    for index, value in enumerate(values):
        if value is None:
            continue
        path = _at(table, index, column.key)
        if type(value) not in (list, tuple):
            yield Fault(path, f"must be a list of periods (or left out), not {shown(value)}")
            continue
        seen: set[int] = set()
        for position, period in enumerate(value):
            if type(period) is not int or not 0 <= period <= LARGEST:
                wanted = f"must be a whole number from 0 to {LARGEST}"
                yield Fault(f"{path}[{position}]", f"{wanted}, not {shown(period)}")
            elif period in seen:
                yield Fault(f"{path}[{position}]", f"{period} is named twice")
            else:
                seen.add(period)


def _choice(table: Table, column: Column, values: list[Any], _known: Known) -> Iterator[Fault]:
    if set(map(type, values)) <= {str, type(None)} and set(values) <= {None, *column.choices}:
        return
    wanted = " or ".join(map(repr, column.choices))
    yield from _each(table, column, values, lambda value: type(value) is str and value in column.choices, wanted)


def _before(table: Table, column: Column, values: list[Any], _known: Known) -> Iterator[Fault]:
    """Two whole numbers, of which the second is no larger."""
    for index, value in enumerate(values):
        if value is None:
            continue
        path = _at(table, index, column.key)
        named = dict(zip(Before._fields, value, strict=True)) if isinstance(value, Before) else value
        if type(named) is not dict or named.keys() != set(Before._fields):
            yield Fault(path, f"must be an object of asked and received (or left out), not {shown(value)}")
            continue
        improper = [key for key in Before._fields if type(named[key]) is not int or not 0 <= named[key] <= LARGEST]
        for key in improper:
            yield Fault(f"{path}.{key}", f"must be a whole number from 0 to {LARGEST}, not {shown(named[key])}")
        if not improper and named["received"] > named["asked"]:
            yield Fault(f"{path}.received", f"{named['received']} is more than was asked: {named['asked']}")


def _caps(table: Table, column: Column, values: list[Any], _known: Known) -> Iterator[Fault]:
    for index, value in enumerate(values):
        path = _at(table, index, column.key)
        if value is MISSING:
            yield Fault(path, "is missing")
            continue
        pairs = tuple(value.items()) if isinstance(value, dict) else value
        if type(pairs) is not tuple or any(type(p) is not tuple or len(p) != 2 for p in pairs):
            yield Fault(path, f"must give a cap for each tier, not {shown(value)}")
            continue
        seen: set[int] = set()
        for tier, cap in pairs:
            number = tier_of(tier)
            where = f"{path}.{tier}" if _is_text(tier) else path
            if number is None:
                yield Fault(where, f"a tier must be a whole number from 0 to {LARGEST}, not {shown(tier)}")
            elif number in seen:
                yield Fault(where, f"tier {number} is named twice")
            else:
                seen.add(number)
            if not is_number(cap, 0, 1):
                yield Fault(where, f"a cap must be a number from 0 to 1, not {shown(cap)}")


def tier_of(key: object) -> int | None:
    """The tier that a key of ``caps`` names: an int, or its plain decimal text; None when it is neither."""
    if isinstance(key, str) and key.isascii() and key.isdigit() and len(key) <= 13 and str(int(key)) == key:
        key = int(key)
    return key if type(key) is int and 0 <= key <= LARGEST else None


_CHECKS: dict[str, Callable[[Table, Column, list[Any], Known], Iterator[Fault]]] = {
    "text": _text,
    "whole": _whole,
    "number": _number,
    "ref": _ref,
    "refs": _refs,
    "periods": _periods,
    "choice": _choice,
    "before": _before,
    "caps": _caps,
}


def _duplicates(table: Table, columns: Columns) -> Iterator[Fault]:
    """Rows that no one could tell apart."""
    keys = [columns[key] for key in table.identity]
    identities = keys[0] if len(keys) == 1 else list(zip(*keys, strict=True))
    try:
        if len(set(identities)) == len(identities):
            return
    except TypeError:
        identities = [ascii(identity) for identity in identities]
    first: dict[Any, int] = {}
    for index, identity in enumerate(identities):
        if identity in first and identity is not MISSING:
            key = table.identity[0] if len(keys) == 1 else ""
            message = f"{shown(identity)} is already at {_at(table, first[identity])}"
            yield Fault(_at(table, index, key), message)
        first.setdefault(identity, index)


def _late_periods(tables: Mapping[str, Columns], periods: int) -> Iterator[Fault]:
    """Nothing can be due, or leave, after the horizon."""
    for name, key in (("demands", "due"), ("capacities", "period")):
        for index, period in enumerate(tables[name][key]):
            if type(period) is int and periods <= period <= LARGEST:
                yield Fault(f"$.{name}[{index}].{key}", f"{period} is beyond the horizon: the last is {periods - 1}")
    for index, departures in enumerate(tables["lanes"]["departures"]):
        for position, period in enumerate(departures if type(departures) in (list, tuple) else ()):
            if type(period) is int and periods <= period <= LARGEST:
                message = f"{period} is beyond the horizon: the last is {periods - 1}"
                yield Fault(f"$.lanes[{index}].departures[{position}]", message)


def _contradictions(tables: Mapping[str, Columns]) -> Iterator[Fault]:
    """Facts that cannot be true together."""
    for name in ("supplies", "offers"):
        rows = tables[name]
        for index, (start, until) in enumerate(zip(rows["from"], rows["until"], strict=True)):
            if type(start) is int and type(until) is int and until < start:
                message = f"expires in period {shown(until)}, before it comes in period {shown(start)}"
                yield Fault(f"$.{name}[{index}].until", message)
    substitutions = tables["substitutions"]
    for index, (item, serves) in enumerate(zip(substitutions["item"], substitutions["for"], strict=True)):
        if type(item) is str and item == serves:
            yield Fault(f"$.substitutions[{index}].for", "an item is no substitute for itself")
    supply_ids = Counter(filter(_is_text, tables["supplies"]["id"]))
    for index, offer in enumerate(tables["offers"]["id"]):
        if type(offer) is str and offer in supply_ids:
            yield Fault(f"$.offers[{index}].id", f"{shown(offer)} is the id of a supply too")
