"""How much of what was approved for some days was needed before a day among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedDays:
    """What was approved for one item by a day; the lines of an item come in the order of their days."""

    needed_by: date
    approved_units: int


def needed_before(day: date, reported_on: date, lines: Sequence[ApprovedDays], on_hand_units: int) -> list[int]:
    """Units of each line that were needed before `day`.

    What was on hand and what was approved is used evenly from the day of the report to the last day; what was on hand
    first. A line whose days have all passed was needed as a whole.
    """
    if not lines or day <= reported_on:
        return [0] * len(lines)
    total = sum(line.approved_units for line in lines)
    days = (lines[-1].needed_by - reported_on).days + 1
    passed = min(days, (day - reported_on).days)
    used = (on_hand_units + total) * passed // days - on_hand_units
    whole = sum(line.approved_units for line in lines if line.needed_by < day)
    left = max(whole, min(total, used))
    found = []
    for line in lines:
        part = min(left, line.approved_units)
        left -= part
        found.append(part)
    return found
