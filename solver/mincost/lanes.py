"""Lanes of a minimum-cost flow: indistinguishable arcs merged into one, and the flow expanded to arcs again.

A lane leads from a leaf of the tree of limits to a demand, directly or through a joint limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..arrays.flow_structure import FlowStructure, mark
from ..arrays.grouping import distinct, equal_rows, first_of
from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem

__all__ = ["JointLanes", "Lanes", "Twins", "joint_lanes", "lanes_of", "matched", "twins_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Ways from a leaf of the tree of limits (or ``limits``: no limit at all) to a demand, each on one arc.

    ``joint[i]`` is the joint in between or -1. ``price[i]`` yuan for a unit of flow, ``preference[i]`` ranks equal
    prices, ``room[i]`` is the most it takes, in units of flow (inf: no limit of its own).
    """

    arc: Integers
    leaf: Integers
    joint: Integers
    demand: Integers
    price: Floats
    preference: Floats
    room: Floats

    def take(self, at: Integers | Flags) -> Lanes:
        return Lanes(
            arc=self.arc[at],
            leaf=self.leaf[at],
            joint=self.joint[at],
            demand=self.demand[at],
            price=self.price[at],
            preference=self.preference[at],
            room=self.room[at],
        )


def lanes_of(
    system: LimitSystem, structure: FlowStructure, preference: Floats, previous: Floats, change_penalty: float
) -> Lanes:
    """The lanes, sorted by leaf, joint and demand.

    Where no limit tells arcs apart only the cheapest stays. With a penalty for change an arc of the previous plan
    is two lanes: what it carried before is cheaper by the penalty, all else is dearer.
    """
    arcs = structure.arcs
    per_arc = structure.per_arc[arcs]
    kept = np.flatnonzero(previous[arcs] > 0.0) if change_penalty > 0.0 else np.zeros(0, np.int64)
    beyond = change_penalty if len(kept) else 0.0
    lanes = Lanes(
        arc=np.concatenate((arcs, arcs[kept])),
        leaf=np.concatenate((structure.leaf, structure.leaf[kept])) % (system.limits + 1),
        joint=np.concatenate((structure.joint, structure.joint[kept])),
        demand=system.arc_demand[np.concatenate((arcs, arcs[kept]))],
        price=np.concatenate(
            (
                (system.arc_cost[arcs] + beyond) / per_arc,
                (system.arc_cost[arcs[kept]] - beyond) / per_arc[kept],
            )
        ),
        preference=preference[np.concatenate((arcs, arcs[kept]))],
        room=np.concatenate((np.full(len(arcs), np.inf), (previous[arcs] * per_arc)[kept])),
    )
    order = np.lexsort((lanes.arc, lanes.preference, lanes.price, lanes.demand, lanes.joint, lanes.leaf))
    lanes = lanes.take(order)
    if len(kept):
        return lanes
    place = np.stack((lanes.leaf, lanes.joint, lanes.demand))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (place[:, 1:] != place[:, :-1]).any(axis=0)
    return lanes.take(fresh)


def matched(one: Integers, other: Integers) -> tuple[Integers, Integers, Integers]:
    """Pair two rows of amounts with the same total, in order: (index in one, index in other, amount)."""
    one_end, other_end = np.cumsum(one), np.cumsum(other)
    end = distinct(np.concatenate((one_end, other_end)))
    end = end[end > 0]
    amount = np.diff(end, prepend=0)
    return np.searchsorted(one_end, end), np.searchsorted(other_end, end), amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """``leaf[l]`` and ``demand[d]``: the first leaf and the first demand that nothing but the amount tells apart."""

    leaf: Integers
    demand: Integers

    @property
    def none(self) -> bool:
        """Whether all are different."""
        return len(distinct(self.leaf)) == len(self.leaf) and len(distinct(self.demand)) == len(self.demand)

    def merged(self, lanes: Lanes) -> Lanes:
        """One lane for all that join twins with twins."""
        if self.none:
            return lanes
        place = self.leaf[lanes.leaf] * len(self.demand) + self.demand[lanes.demand]
        first = lanes.take(np.unique(place, return_index=True)[1])
        return replace(first, leaf=self.leaf[first.leaf], demand=self.demand[first.demand])

    def expanded(
        self, lanes: Lanes, merged: Lanes, flow: Integers, bound: Integers, asked: Integers
    ) -> tuple[Integers, Integers]:
        """The flow on merged lanes as (arc, amount).

        Twin demands fill up one after the other, and twin leaves run out one after the other, lowest preference
        first: few demands end up with more than one source.
        """
        if self.none:
            return lanes.arc, flow
        by_demand = np.argsort(merged.demand, kind="stable")
        reached = np.zeros(len(self.demand), np.int64)
        np.add.at(reached, merged.demand, flow)
        members = np.argsort(self.demand, kind="stable")
        given = _in_turn(self.demand[members], asked[members], reached)
        lane, member, amount = matched(flow[by_demand], given)
        leaf, demand = merged.leaf[by_demand[lane]], members[member]

        order = np.lexsort((demand, leaf))
        leaf, demand, amount = leaf[order], demand[order], amount[order]
        sent = np.zeros(len(self.leaf), np.int64)
        np.add.at(sent, leaf, amount)
        first_use = np.full(len(self.leaf), np.inf)
        np.minimum.at(first_use, lanes.leaf, lanes.preference)
        owners = np.flatnonzero(sent[self.leaf])
        owners = owners[np.lexsort((owners, first_use[owners], self.leaf[owners]))]
        taken = _in_turn(self.leaf[owners], bound[owners], sent)
        piece, owner, amount = matched(amount, taken)
        place = lanes.leaf * len(self.demand) + lanes.demand
        at = np.searchsorted(place, owners[owner] * len(self.demand) + demand[piece])
        return lanes.arc[at], amount


def _in_turn(group: Integers, bound: Integers, sent: Integers) -> Integers:
    """What each owner gives when the owners of a group give one after the other until ``sent[group]`` is reached."""
    start = np.searchsorted(group, group)
    total = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.minimum(bound, sent[group]))))
    before, upto = total[:-1] - total[start], total[1:] - total[start]
    given: Integers = np.minimum(upto, sent[group]) - np.minimum(before, sent[group])
    return given


def twins_of(lanes: Lanes, structure: FlowStructure, demands: int) -> Twins:
    """Leaves with the same parent and the same prices to the same demands; then demands with the same prices from
    the same (merged) leaves. Nothing is merged where joints or rooms of lanes could tell more."""
    limits = len(structure.parent)
    leaf, demand = np.arange(limits + 1), np.arange(demands)
    if (lanes.joint >= 0).any() or np.isfinite(lanes.room).any():
        return Twins(leaf=leaf, demand=demand)
    price = np.unique(lanes.price, return_inverse=True)[1]
    prices = int(price.max(initial=0)) + 1
    inner = mark(structure.parent[structure.parent >= 0], limits + 1)
    single = mark(lanes.leaf, limits + 1) & ~inner
    single[limits] = False
    alone = np.flatnonzero(~single)
    # Keys after all (demand, price) pairs: the parent; and for what may not merge, itself.
    last = demands * prices
    own = np.flatnonzero(single)
    row = np.concatenate((lanes.leaf, own, alone))
    key = np.concatenate((lanes.demand * prices + price, last + 1 + structure.parent[own], last + 1 + limits + alone))
    leaf = first_of(equal_rows(row, key, limits + 1))
    pairs = distinct(lanes.demand * ((limits + 1) * prices) + leaf[lanes.leaf] * prices + price)
    demand = first_of(equal_rows(pairs // ((limits + 1) * prices), pairs % ((limits + 1) * prices), demands))
    return Twins(leaf=leaf, demand=demand)


@dataclass(frozen=True, slots=True, kw_only=True)
class JointLanes:
    """Lanes through joints as ways in, (joint, leaf), and ways out, (joint, demand), each with its price."""

    way_in: Integers
    price_in: Floats
    way_out: Integers
    price_out: Floats


def joint_lanes(lanes: Lanes, limits: int, demands: int, tolerance: float) -> JointLanes | None:
    """Ways in are numbered joint * (limits + 1) + leaf, ways out joint * demands + demand, both sorted. None when
    the price of a lane is not the sum of one for its way in and one for its way out."""
    way_in, at_in = np.unique(lanes.joint * (limits + 1) + lanes.leaf, return_inverse=True)
    way_out, at_out = np.unique(lanes.joint * demands + lanes.demand, return_inverse=True)
    first_in, first_out = np.full(limits, len(way_in)), np.full(limits, len(way_out))
    np.minimum.at(first_in, lanes.joint, at_in)
    np.minimum.at(first_out, lanes.joint, at_out)
    price_in, price_out = np.zeros(len(way_in)), np.zeros(len(way_out))
    from_first = at_in == first_in[lanes.joint]
    price_out[at_out[from_first]] = lanes.price[from_first]
    to_first = at_out == first_out[lanes.joint]
    price_in[at_in[to_first]] = lanes.price[to_first] - price_out[first_out[lanes.joint[to_first]]]
    error = np.abs(price_in[at_in] + price_out[at_out] - lanes.price)
    if (error > tolerance * np.abs(lanes.price).max(initial=0.0)).any():
        return None
    return JointLanes(way_in=way_in, price_in=price_in, way_out=way_out, price_out=price_out)
