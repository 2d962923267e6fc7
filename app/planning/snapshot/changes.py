"""What differs between two problems: the facts that changed since a plan was computed, by name."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from app.core.errors import Fault, Param
from solver import Problem

NAMED_AT_MOST = 20

_TABLES: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("demands", "need", lambda row: row.id),
    ("supplies", "stock or arrival", lambda row: row.id),
    ("offers", "offer", lambda row: row.id),
    ("funds", "fund", lambda row: row.id),
    ("reserves", "reserve", lambda row: row.item),
    ("substitutions", "substitution", lambda row: f"{row.item} -> {row.serves}"),
    ("items", "item", lambda row: row.id),
    ("lanes", "lane", lambda row: f"{row.site} -> {row.facility}"),
    ("capacities", "dispatch capacity", lambda row: f"{row.site}/{row.period + 1}"),
    ("sites", "warehouse", lambda row: row.id),
    ("facilities", "facility", lambda row: row.id),
)
"""Field of the problem, what one of its rows is called, and the row's name; in the order in which people ask."""

_NEW = "The {what} “{key}” was not there when the plan was computed."
_GONE = "The {what} “{key}” is no longer there."
_OTHER_QUANTITY = "The {what} “{key}” was {before} units and is {now} now."
_CHANGED = "The {what} “{key}” has changed: {details}."


def _fault(message: str, what: str, key: str, where: str, **more: Param) -> Fault:
    return Fault("input_changed", message, where, {"what": what, "key": key, **more})


def _differing(before: Any, now: Any) -> list[str]:
    return [one.name for one in fields(before) if getattr(before, one.name) != getattr(now, one.name)]


def _details(before: Any, now: Any) -> str:
    names = _differing(before, now)
    return ", ".join(f"{name} {getattr(before, name)} -> {getattr(now, name)}" for name in names)


def _changes_of(before: Mapping[str, Any], now: Mapping[str, Any], what: str, where: str) -> list[Fault]:
    faults = []
    for key in sorted({*before, *now}):
        if key not in now:
            faults.append(_fault(_GONE, what, key, where))
        elif key not in before:
            faults.append(_fault(_NEW, what, key, where))
        elif _differing(before[key], now[key]) == ["quantity"]:
            units = {"before": before[key].quantity, "now": now[key].quantity}
            faults.append(_fault(_OTHER_QUANTITY, what, key, where, **units))
        elif before[key] != now[key]:
            faults.append(_fault(_CHANGED, what, key, where, details=_details(before[key], now[key])))
    return faults


def changed_inputs(before: Problem, now: Problem) -> list[Fault]:
    """A fault `input_changed` for each fact that is new, gone or different, at most 20, and how many more there are."""
    faults = []
    for table, what, key_of in _TABLES:
        rows_before = {key_of(row): row for row in getattr(before, table)}
        rows_now = {key_of(row): row for row in getattr(now, table)}
        faults += _changes_of(rows_before, rows_now, what, table)
    if (before.bands, before.periods) != (now.bands, now.periods):
        faults.append(Fault("input_changed", "The policy's bands or its horizon have changed.", "policy"))
    more = len(faults) - NAMED_AT_MOST
    if more > 0:
        rest = Fault("input_changed", "{more} more facts have changed.", "", {"more": more})
        return [*faults[:NAMED_AT_MOST], rest]
    return faults


def policy_fault(used_version: int, version_in_force: int) -> Fault | None:
    """The fault of a plan that another version of the policy governs by now."""
    if used_version == version_in_force:
        return None
    message = "The plan follows version {used} of the policy; version {in_force} is in force."
    return Fault("input_changed", message, "policy", {"used": used_version, "in_force": version_in_force})
