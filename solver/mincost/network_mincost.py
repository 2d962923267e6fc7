"""The cheapest shipments of a component that is a flow of one commodity, by integer minimum-cost flow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ortools.graph.python import min_cost_flow

from ..arrays.flow_structure import FlowStructure, flow_structure, mark
from ..arrays.grouping import distinct, sum_by
from ..arrays.limit_system import Flags, Floats, Integers, LimitSystem
from ..arrays.redundant_limits import could_bind
from ..model.errors import SolverFailedError
from ..parameters import MincostParameters, Parameters
from .lanes import JointLanes, Lanes, joint_lanes, lanes_of, matched, twins_of

__all__ = ["least_cost_flow"]


def least_cost_flow(
    system: LimitSystem,
    shares: Floats,
    idle: Flags,
    preference: Floats,
    previous: Floats | None = None,
    change_penalty: float = 0.0,
    *,
    parameters: Parameters,
    stop: Callable[[], None] = lambda: None,
) -> Floats | None:
    """Units shipped on each arc: the cheapest that give every demand its share; None when the component is no flow.

    ``idle`` arcs carry nothing. ``preference[a]`` in 0..1 ranks what costs the same, lowest first.
    ``previous[a]`` are units of an earlier plan; each unit that differs from them costs ``change_penalty`` yuan.
    Costs are exact, or to 2 ** -30 of the largest where they have many decimals. ``stop`` is called between steps and
    may raise to end the work. Raises SolverFailedError when the flow code does not answer.
    """
    mincost = parameters.mincost
    served = shares * system.demand_quantity
    wanted = served[system.arc_demand] > 0.0
    binding = could_bind(system, served)
    structure = flow_structure(system, wanted & ~idle, binding, parameters.flow)
    if structure is None:
        structure = flow_structure(system, wanted, binding, parameters.flow)
    if structure is None:
        return None
    stop()
    before = np.zeros(system.arcs) if previous is None else previous
    lanes = lanes_of(system, structure, preference, before, change_penalty)
    through = lanes.joint >= 0
    if through.any() and np.isfinite(lanes.room).any():
        return None
    ways = joint_lanes(lanes.take(through), system.limits, system.demands, mincost.joint_price_tolerance)
    if ways is None:
        return None
    amount = served / structure.per_demand
    scale = 2.0 ** (mincost.amount_bits - int(np.ceil(np.log2(amount.sum() + 2.0))))
    asked = np.floor(amount * scale).astype(np.int64)
    stop()
    transport = _Transport(system, structure, lanes, ways, asked, scale, mincost)
    stop()
    arc, carried = transport.solve()
    stop()
    shipped = np.zeros(system.arcs)
    np.add.at(shipped, arc, carried / scale)
    shipped /= structure.per_arc
    reached = sum_by(system.arc_demand, shipped * system.arc_ratio, system.demands)
    if (np.abs(reached - served) > mincost.flow_share_tolerance * system.demand_quantity).any():
        raise SolverFailedError("the minimum-cost flow does not serve the shares")
    return shipped


class _Transport:
    """The network of a least-cost flow. Its nodes in turn: the limits, one where no limit is, what leaves each
    joint, the root, the demands."""

    def __init__(
        self,
        system: LimitSystem,
        structure: FlowStructure,
        lanes: Lanes,
        ways: JointLanes,
        asked: Integers,
        scale: float,
        parameters: MincostParameters,
    ) -> None:
        self.limits, self.demands = system.limits, system.demands
        self.structure, self.ways, self.asked = structure, ways, asked
        self.total = int(asked.sum())
        # A bound that is no whole number of scaled units is rounded up: it must not fall short of what it gave.
        bound = self._whole(np.ceil(system.limit_bound / structure.per_limit * scale))
        self.bound = np.append(np.minimum(bound, _most_asked(system, structure, asked)), self.total)
        self.twins = twins_of(lanes, structure, self.demands)
        self.through = lanes.take(lanes.joint >= 0)
        self.direct = lanes.take(lanes.joint < 0)
        self.merged = self.twins.merged(self.direct)
        self.room = self._whole(np.floor(self.merged.room * scale))
        nodes = 2 * self.limits + self.demands + 2
        self.ranks = 2**parameters.preference_bits
        bits = min(parameters.price_bits, parameters.cost_bits - parameters.preference_bits - nodes.bit_length())
        self.price_scale = _price_scale(np.concatenate((lanes.price, ways.price_in, ways.price_out)), bits, parameters)

    def _whole(self, units: Floats) -> Integers:
        # What exceeds all that is asked for is no limit, and would not fit into an integer.
        return np.minimum(units, float(self.total)).astype(np.int64)

    def _cost(self, price: Floats, preference: Floats) -> Integers:
        ranked = np.rint(preference * (self.ranks - 1)).astype(np.int64)
        cost: Integers = np.rint(price * self.price_scale).astype(np.int64) * self.ranks + ranked
        return cost

    def solve(self) -> tuple[Integers, Integers]:
        """What goes over the arcs, as (arc, scaled amount), each arc at most a few times."""
        leaving, root, first_demand = self.limits + 1, 2 * self.limits + 1, 2 * self.limits + 2
        flow = min_cost_flow.SimpleMinCostFlow()
        add = flow.add_arcs_with_capacity_and_unit_cost

        def free(count: int) -> Integers:
            return np.zeros(count, np.int64)

        parent, is_joint = self.structure.parent, mark(self.through.joint, self.limits)
        joint = np.flatnonzero(is_joint)
        inner = np.append(np.flatnonzero(self.structure.in_use & ~is_joint), self.limits)
        above = np.append(parent, -1)[inner]
        add(np.where(above >= 0, above, root), self.twins.leaf[inner], self.bound[inner], free(len(inner)))
        add(joint, leaving + joint, self.bound[joint], free(len(joint)))
        merged, ways = self.merged, self.ways
        needed = np.zeros(self.demands, np.int64)
        np.add.at(needed, self.twins.demand, self.asked)
        most = np.minimum(self.room, needed[merged.demand])
        direct = add(merged.leaf, first_demand + merged.demand, most, self._cost(merged.price, merged.preference))
        into, leaf = np.divmod(ways.way_in, self.limits + 1)
        out, demand = np.divmod(ways.way_out, self.demands)
        most = np.minimum(self.bound[leaf], self.bound[into])
        enter = add(leaf, into, most, self._cost(ways.price_in, 0.0 * leaf))
        leave = add(leaving + out, first_demand + demand, self.asked[demand], self._cost(ways.price_out, 0.0 * out))
        supply = np.zeros(first_demand + self.demands, np.int64)
        np.subtract.at(supply, first_demand + self.twins.demand, self.asked)
        supply[root] = self.total
        flow.set_nodes_supplies(np.arange(len(supply)), supply)
        self._run(flow)
        arc, amount = self.twins.expanded(self.direct, merged, flow.flows(direct), self.bound, self.asked)
        arc_through, amount_through = self._through_joints(flow.flows(enter), flow.flows(leave))
        return np.concatenate((arc, arc_through)), np.concatenate((amount, amount_through))

    def _run(self, flow: min_cost_flow.SimpleMinCostFlow) -> None:
        status = flow.solve()
        if status == flow.INFEASIBLE:
            # Rounding can leave a full cut a few scaled units short; then whoever is last goes without them.
            status = flow.solve_max_flow_with_min_cost()
        if status != flow.OPTIMAL:
            raise SolverFailedError(f"the minimum-cost flow was not found: {status}")

    def _through_joints(self, entering: Integers, leaving: Integers) -> tuple[Integers, Integers]:
        """What enters a joint leaves it in the same order; both are sorted by joint."""
        lanes, ways = self.through, self.ways
        enter, leave, amount = matched(entering, leaving)
        leaf = ways.way_in[enter] % (self.limits + 1)
        joint, demand = np.divmod(ways.way_out[leave], self.demands)
        place = (lanes.leaf * self.limits + lanes.joint) * self.demands + lanes.demand
        at = np.searchsorted(place, (leaf * self.limits + joint) * self.demands + demand)
        return lanes.arc[at], amount


def _most_asked(system: LimitSystem, structure: FlowStructure, asked: Integers) -> Integers:
    """What all demands that touch a limit ask for: no limit passes more. Keeps sums of capacities in 64 bits."""
    alive = mark(structure.arcs, system.arcs)[system.entry_arc]
    pair = distinct(system.entry_limit[alive] * system.demands + system.arc_demand[system.entry_arc[alive]])
    most = np.zeros(system.limits, np.int64)
    np.add.at(most, pair // system.demands, asked[pair % system.demands])
    return most


def _price_scale(price: Floats, bits: int, parameters: MincostParameters) -> float:
    """What makes whole numbers of prices, of so many bits: a power of ten where it loses nothing."""
    largest = float(np.abs(price).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    prices = distinct(price)
    for decimals in range(parameters.price_decimals_max + 1):
        scaled = prices * 10.0**decimals
        if largest * 10.0**decimals < 2.0**bits and (np.abs(scaled - np.rint(scaled)) < parameters.price_whole).all():
            return 10.0**decimals
    return 2.0**bits / largest
