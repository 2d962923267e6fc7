"""Decisions of the geography: the tree of zones, and what a facility and a lane may be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from app.core.errors import Fault
from app.facilities.types import Weekday


def zones_below(parents: Mapping[int, int | None], zone_id: int) -> frozenset[int]:
    """The zone itself and all zones below it; `parents` gives the parent of each zone."""
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent in parents.items():
        if parent is not None:
            children[parent].append(child)
    found, open_ids = {zone_id}, [zone_id]
    while open_ids:
        new = [child for child in children[open_ids.pop()] if child not in found]
        found.update(new)
        open_ids.extend(new)
    return frozenset(found)


def parent_faults(parents: Mapping[int, int | None], zone_id: int, parent_id: int, *, parent: str) -> list[Fault]:
    """What forbids that a zone is put below `parent`, whose code is given: a tree has no circles."""
    if parent_id in zones_below(parents, zone_id):
        message = "A zone cannot be put below itself: “{parent}” is the zone or lies below it."
        return [Fault("zone_circle", message, "parent", {"parent": parent})]
    return []


def position_faults(longitude_e6: int | None, latitude_e6: int | None) -> list[Fault]:
    """What is wrong with coordinates: one of them alone is no place."""
    if (longitude_e6 is None) == (latitude_e6 is None):
        return []
    where = "longitude_e6" if longitude_e6 is None else "latitude_e6"
    return [Fault("half_position", "Longitude and latitude are given together or not at all.", where)]


def bed_faults(beds: int, isolation_beds: int) -> list[Fault]:
    """What is wrong with the beds: those set aside for cases are part of all beds."""
    if isolation_beds <= beds:
        return []
    message = "There are {isolation_beds} isolation beds among only {beds} beds."
    return [
        Fault("too_many_isolation_beds", message, "isolation_beds", {"isolation_beds": isolation_beds, "beds": beds})
    ]


def kind_faults(*, keeps_stock: bool, will_keep_stock: bool) -> list[Fault]:
    """What forbids another type for a facility: stock and lanes hang on its being a warehouse."""
    if keeps_stock == will_keep_stock:
        return []
    message = "A warehouse stays a warehouse, and no other facility becomes one; enter a facility of its own."
    return [Fault("warehouse_stays", message, "facility_type")]


def lane_faults(warehouse: str, facility: str) -> list[Fault]:
    """What forbids a lane."""
    if warehouse != facility:
        return []
    return [Fault("lane_to_itself", "A lane must lead to another place than it starts from.", "facility")]


EVERY_DAY = (1 << len(Weekday)) - 1
"""The bits of all weekdays; Monday is the lowest bit."""


def bits_of(days: Iterable[Weekday]) -> int:
    """Weekdays as a set of bits, Monday the lowest."""
    return sum(1 << number for number, day in enumerate(Weekday) if day in set(days))


def weekdays_of(bits: int) -> list[Weekday]:
    """The weekdays of a set of bits, Monday first."""
    return [day for number, day in enumerate(Weekday) if bits >> number & 1]


def is_driven_on(bits: int, day: date) -> bool:
    """Whether a lane with these weekdays is driven on a day."""
    return bool(bits >> day.weekday() & 1)


def departure_faults(days: Sequence[Weekday]) -> list[Fault]:
    """What is wrong with the weekdays on which a lane is driven: none at all, or one of them named twice."""
    if not days:
        return [Fault("no_departure", "A lane is driven on at least one day of the week.", "departs_on")]
    return [
        Fault("named_twice", "“{key}” is named twice.", f"departs_on.{n}", {"key": day.value})
        for n, day in enumerate(days)
        if day in days[:n]
    ]
