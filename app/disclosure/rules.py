"""Rules of disclosure: figures that do not add up, or differ from the ledger, are not published."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from app.core.errors import Fault, Param

Key = tuple[str, str]
"""Codes of an item and a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Units of an item that came through a channel, and where they are."""

    received: int = 0
    issued: int = 0
    in_transit: int = 0
    on_hand: int = 0
    lost: int = 0
    returned: int = 0

    @property
    def difference(self) -> int:
        """Units received that nothing accounts for (above 0), or that came from nowhere (below); 0 when it balances."""
        return self.received - (self.issued + self.in_transit + self.on_hand + self.lost + self.returned)


def balance_faults(figures: Mapping[Key, Figures], issued_to: Mapping[str, int]) -> list[Fault]:
    """What keeps figures from being published: lines that do not balance, negative ones, and items of which other
    units were issued in all than the facilities together got. `issued_to` is by item."""
    faults = []
    params: dict[str, Param]
    for (item, channel), line in sorted(figures.items()):
        if line.difference:
            message = "{item}, {channel}: {received} received, but {difference} of them are nowhere."
            params = {"item": item, "channel": channel, "received": line.received, "difference": line.difference}
            faults.append(Fault("disclosure_unbalanced", message, f"{item}.{channel}", params))
        for field in fields(line):
            if getattr(line, field.name) < 0:
                message = "{item}, {channel}: {name} is below zero: {units}."
                params = {"item": item, "channel": channel, "name": field.name, "units": getattr(line, field.name)}
                faults.append(Fault("disclosure_negative", message, f"{item}.{channel}.{field.name}", params))
    for item in sorted({item for item, _ in figures} | set(issued_to)):
        in_all = sum(line.issued for (of, _), line in figures.items() if of == item)
        if in_all != issued_to.get(item, 0):
            message = "{item}: {issued} issued in all, but the facilities got {got}."
            params = {"item": item, "issued": in_all, "got": issued_to.get(item, 0)}
            faults.append(Fault("disclosure_issued_differs", message, item, params))
    return faults


def stated_faults(stated: Iterable[tuple[Key, Figures]], ledger: Mapping[Key, Figures]) -> list[Fault]:
    """How figures prepared by hand differ from what the ledger says, line by line and number by number."""
    faults = []
    params: dict[str, Param]
    seen: set[Key] = set()
    for position, (key, line) in enumerate(stated):
        item, channel = key
        where = f"stated.{position}"
        if key in seen:
            faults.append(
                Fault("duplicate_key", "{item}, {channel} is stated twice.", where, {"item": item, "channel": channel})
            )
        seen.add(key)
        if line.difference:
            message = "{item}, {channel}: {received} received, but {difference} of them are nowhere."
            params = {"item": item, "channel": channel, "received": line.received, "difference": line.difference}
            faults.append(Fault("disclosure_unbalanced", message, where, params))
        known = ledger.get(key, Figures())
        for field in fields(line):
            said, is_so = getattr(line, field.name), getattr(known, field.name)
            if said != is_so:
                message = "The ledger says {units}, not {stated}."
                faults.append(
                    Fault("disclosure_differs", message, f"{where}.{field.name}", {"units": is_so, "stated": said})
                )
    for item, channel in sorted(set(ledger) - seen):
        message = "{item}, {channel} is missing."
        faults.append(Fault("disclosure_incomplete", message, "stated", {"item": item, "channel": channel}))
    return faults
