"""The limits of a network in whole packs: exact integer weights, without limits that can never bind."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, lcm

import numpy as np

from ..arrays.limit_system import Flags, Integers, LimitSystem
from ..arrays.network import Network
from ..model.plan import LIMIT_KINDS

_UNIT_KINDS = [LIMIT_KINDS.index(kind) for kind in ("supply", "offer", "reserve")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFacts:
    """What packs are made from: all arcs and limits of a network, the pack and the item of each of its sources, and
    the kind of each limit as ``Network`` has it. Small enough to hand to another process."""

    system: LimitSystem
    source_pack: Integers
    source_item: Integers
    limit_kind: Integers
    limit_booked: Flags
    """Funds that are booked in whole fen and have a pack whose price is none."""


def pack_facts(network: Network) -> PackFacts:
    """The part of a network that packs depend on."""
    return PackFacts(
        system=network.system,
        source_pack=network.source_pack,
        source_item=network.source_item,
        limit_kind=network.limit_kind,
        limit_booked=_booked(network),
    )


def _booked(network: Network) -> Flags:
    system, funds = network.system, network.tables.problem.funds
    booked = np.zeros(system.limits, dtype=bool)
    if not any(fund.rounding == "fen" for fund in funds):
        return booked
    for limit in np.flatnonzero(network.limit_kind == LIMIT_KINDS.index("fund")).tolist():
        if funds[int(network.limit_at[limit])].rounding != "fen":
            continue
        entries = np.flatnonzero(system.entry_limit == limit)
        pack = network.source_pack[system.arc_source[system.entry_arc[entries]]]
        prices = set(zip(system.entry_factor[entries].tolist(), pack.tolist(), strict=True))
        booked[limit] = any((100 * exact(price) * units).denominator > 1 for price, units in prices)
    return booked


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeLimits:
    """Limit l holds sum of ``weight[e]`` x packs on ``entry_arc[e]`` over its entries <= ``room[l]``; integers."""

    entry_limit: Integers
    entry_arc: Integers
    weight: Integers
    room: Integers

    def loads(self, packs: Integers) -> Integers:
        """What the packs on the arcs put on each limit."""
        loads: Integers = np.zeros(len(self.room), dtype=np.int64)
        np.add.at(loads, self.entry_limit, self.weight * packs[self.entry_arc])
        return loads


def whole_limits(network: PackFacts, room_max: int) -> WholeLimits:
    """The limits with a pack as the unit of shipping.

    Prices, volumes and amounts count as the decimals that they are written as, brought to whole numbers by the
    least common denominator of their limit. Where that would not fit into 64 bits, weights are rounded up and
    the room down: never over a limit.
    """
    system = network.system
    pack = network.source_pack[system.arc_source[system.entry_arc]]
    weight = pack.copy()
    unit = np.isin(network.limit_kind, _UNIT_KINDS)
    room = np.where(unit, np.minimum(system.limit_bound, room_max), 0).astype(np.int64)
    decimal = np.flatnonzero(~unit[system.entry_limit])
    pairs, at = np.unique(
        np.stack((system.entry_limit[decimal], system.entry_factor[decimal].view(np.int64), pack[decimal]), axis=1),
        axis=0,
        return_inverse=True,
    )
    of_pair = np.zeros(len(pairs), dtype=np.int64)
    factors = pairs[:, 1].copy().view(np.float64)
    for first, last in _runs(pairs[:, 0]):
        limit = int(pairs[first, 0])
        units = [
            exact(factor) * packed
            for factor, packed in zip(factors[first:last].tolist(), pairs[first:last, 2].tolist(), strict=True)
        ]
        if network.limit_booked[limit]:
            # As if each pack was a line of its own, and rounded up: at least what is booked.
            units = [Fraction(ceil(unit * 100), 100) for unit in units]
        of_pair[first:last], room[limit] = _whole(units, exact(float(system.limit_bound[limit])), room_max)
    weight[decimal] = of_pair[at.reshape(-1)]
    return WholeLimits(entry_limit=system.entry_limit, entry_arc=system.entry_arc, weight=weight, room=room)


def binding_limits(limits: WholeLimits, arc_cell: Integers, most: Integers, margin: float) -> Flags:
    """Which limits could bind at all, when cell c never takes more than ``most[c]`` packs."""
    cell = arc_cell[limits.entry_arc]
    key = limits.entry_limit * len(most) + cell
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    heaviest = np.maximum.reduceat(limits.weight[order], first) if len(first) else limits.weight
    # In floats, which cannot overflow; the margin is far more than their rounding.
    heaviest = heaviest.astype(float) * most[cell[order][first]]
    load = np.bincount(limits.entry_limit[order][first], heaviest, minlength=len(limits.room))
    return np.asarray(load > limits.room * (1 - margin))


def _runs(ascending: Integers) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(ascending, prepend=-1, append=-1)) if len(ascending) else ascending
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _whole(units: list[Fraction], bound: Fraction, room_max: int) -> tuple[list[int], int]:
    scale = Fraction(lcm(bound.denominator, *(unit.denominator for unit in units)))
    if bound * scale > room_max:
        scale = room_max / bound
    room = floor(bound * scale)
    # A pack that never fits only needs to weigh more than the room.
    return [min(ceil(unit * scale), room + 1) for unit in units], room


@lru_cache(maxsize=1 << 16)
def exact(number: float) -> Fraction:
    """The number as the decimal that it is written as."""
    return Fraction(repr(number))
