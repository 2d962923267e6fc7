"""When a substitute is of a lower grade, and where it then needs a leader's permission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KEY_TIER = 1
"""Facilities of this tier are key: a lower grade reaches them only by permission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """Where an item stands among those of one use: rank 1 is the best."""

    use_group: str | None
    rank: int | None


def is_lower(item: Grade, serves: Grade) -> bool:
    """Whether the item is of a lower grade than what it would serve in place of; only within one use."""
    if item.use_group is None or item.use_group != serves.use_group or item.rank is None or serves.rank is None:
        return False
    return item.rank > serves.rank


def needs_permission(item: Grade, serves: Grade, tier: int) -> bool:
    """Whether the item may serve at a facility of this tier only with a leader's permission."""
    return tier <= KEY_TIER and is_lower(item, serves)


def told_by_grade(
    reasons: Sequence[Mapping[str, Any]], facility: str, asked: str, barred: Mapping[tuple[str, str], Sequence[str]]
) -> list[dict[str, Any]]:
    """The solver's reasons, with those that only a permission would remove told as such.

    `barred` names, by item and item asked for, the facilities at which it may not serve for want of a permission.
    """
    told: list[dict[str, Any]] = []
    for reason in reasons:
        items = reason.get("items", ()) if reason["code"] == "substitute_not_allowed" else ()
        graded = [item for item in items if facility in barred.get((item, asked), ())]
        others = [item for item in items if item not in graded]
        if others or not graded:
            told.append({**reason, "items": others} if graded else dict(reason))
        if graded:
            told.append({"code": "grade_not_permitted", "items": graded})
    return told
