"""The networks of a problem as arrays: groups of items that share a limit, their arcs, and limits as sparse rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..model.plan import LIMIT_KINDS, limit_id
from .arcs import Arcs, arcs_of, previous_units
from .limit_system import Floats, Integers, LimitSystem
from .tables import Flags, Tables

SUPPLY, OFFER, FUND, CAPACITY, RESERVE = range(len(LIMIT_KINDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Demands whose items share no limit with others outside, all arcs to them and all limits on these.

    Indices inside are local, in the order of the ids. ``source_at`` and ``demand_at`` are positions in
    ``Tables``; ``arc_previous`` is what the earlier plan shipped on each arc. ``limit_at`` is a position among
    the problem's supplies, offers, funds, capacities or reserves, as ``limit_kind`` (a position in
    ``LIMIT_KINDS``) says; limit l < len(source_at) is that of source l.
    """

    tables: Tables
    system: LimitSystem
    source_at: Integers
    source_quantity: Integers
    source_pack: Integers
    source_item: Integers
    demand_at: Integers
    demand_quantity: Integers
    arc_previous: Integers
    limit_kind: Integers
    limit_at: Integers

    def limit_ids(self) -> list[str]:
        """The id of each limit, as plans write it."""
        pairs = zip(self.limit_kind.tolist(), self.limit_at.tolist(), strict=True)
        return [id_of_limit(self.tables, kind, at) for kind, at in pairs]


def id_of_limit(tables: Tables, kind: int, at: int) -> str:
    """The id of the limit of a kind at a position of the problem's table for it."""
    problem = tables.problem
    name = LIMIT_KINDS[kind]
    if kind == SUPPLY:
        return limit_id(name, problem.supplies[at].id)
    if kind == OFFER:
        return limit_id(name, problem.offers[at].id)
    if kind == FUND:
        return limit_id(name, problem.funds[at].id)
    if kind == CAPACITY:
        return limit_id(name, problem.capacities[at].site, problem.capacities[at].period)
    return limit_id(name, problem.reserves[at].item)


def groups_of(tables: Tables) -> list[Integers]:
    """The demands in groups that share no source, truck, fund or reserve.

    Items are coupled by a substitution, by a fund that offers of both draw on, or by a truck limit at a site
    that stocks both. Known before any arc is built, so that arcs exist for one group at a time.
    """
    items = len(tables.problem.items)
    sites, funds = len(tables.problem.sites), len(tables.problem.funds)
    loaded = np.isin(tables.source_site, tables.capacity_site)
    loaded &= tables.item_volume[tables.source_item] > 0.0
    paid = (tables.source_fund >= 0) & (tables.source_price > 0.0)
    one = np.concatenate((tables.options.serves, tables.source_item[loaded], tables.source_item[paid]))
    other = np.concatenate(
        (
            tables.options.item,
            items + tables.source_site[loaded],
            items + sites + tables.source_fund[paid],
        )
    )
    count = items + sites + funds
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label[tables.demand_item], kind="stable")
    edges = np.flatnonzero(np.diff(label[tables.demand_item][order])) + 1
    parts = [part for part in np.split(order, edges) if len(part)]
    return sorted(parts, key=lambda part: int(part[0]))


def network_of(tables: Tables, demands: Integers) -> Network:
    """The network of one group (or of any demands that share no limit with the others), in sorted order."""
    arcs = arcs_of(tables, demands)
    source_at, arc_source = np.unique(arcs.source, return_inverse=True)
    offered = source_at >= tables.supplies
    rows = _LimitRows()
    rows.add(
        kind=np.where(offered, OFFER, SUPPLY),
        at=np.where(offered, source_at - tables.supplies, source_at),
        bound=tables.source_quantity[source_at].astype(float),
        entry_row=arc_source,
        entry_arc=np.arange(len(arc_source)),
        entry_factor=np.ones(len(arc_source)),
    )
    _add_funds(rows, tables, arcs)
    _add_capacities(rows, tables, arcs)
    _add_reserves(rows, tables, arcs)
    before = tables.demand_before
    system = LimitSystem(
        arc_source=arc_source,
        arc_demand=np.searchsorted(demands, arcs.demand),
        arc_period=arcs.period,
        arc_ratio=arcs.ratio,
        arc_cost=arcs.cost,
        entry_limit=np.concatenate(rows.entry_row),
        entry_arc=np.concatenate(rows.entry_arc),
        entry_factor=np.concatenate(rows.entry_factor),
        limit_bound=np.concatenate(rows.bound),
        demand_quantity=tables.demand_quantity[demands].astype(float),
        caps=tables.caps[:, demands],
        asked_before=None if before is None else before[0][demands],
        received_before=None if before is None else before[1][demands],
    )
    return Network(
        tables=tables,
        system=system,
        source_at=source_at,
        source_quantity=tables.source_quantity[source_at],
        source_pack=tables.item_pack[tables.source_item[source_at]],
        source_item=tables.source_item[source_at],
        demand_at=demands,
        demand_quantity=tables.demand_quantity[demands],
        arc_previous=previous_units(tables, arcs),
        limit_kind=np.concatenate(rows.kind),
        limit_at=np.concatenate(rows.at),
    )


class _LimitRows:
    """Limits as they are added, block by block."""

    def __init__(self) -> None:
        self.kind: list[Integers] = []
        self.at: list[Integers] = []
        self.bound: list[Floats] = []
        self.entry_row: list[Integers] = []
        self.entry_arc: list[Integers] = []
        self.entry_factor: list[Floats] = []
        self.count = 0

    def add(
        self,
        *,
        kind: Integers,
        at: Integers,
        bound: Floats,
        entry_row: Integers,
        entry_arc: Integers,
        entry_factor: Floats,
    ) -> None:
        self.kind.append(kind)
        self.at.append(at)
        self.bound.append(bound)
        self.entry_row.append(entry_row + self.count)
        self.entry_arc.append(entry_arc)
        self.entry_factor.append(entry_factor)
        self.count += len(at)

    def add_shared(self, kind: int, key: Integers, bounds: Floats, arc: Integers, factor: Floats) -> None:
        """A limit for each position among ``key`` (one per arc in ``arc``); ``bounds`` has all positions."""
        at, row = np.unique(key, return_inverse=True)
        order = np.argsort(row, kind="stable")
        self.add(
            kind=np.full(len(at), kind),
            at=at,
            bound=bounds[at],
            entry_row=row[order],
            entry_arc=arc[order],
            entry_factor=factor[order],
        )


def _add_funds(rows: _LimitRows, tables: Tables, arcs: Arcs) -> None:
    """Sum of unit_price x bought <= amount; what is bought of an offer is what is shipped from it."""
    amounts = np.array([fund.amount for fund in tables.problem.funds], dtype=float)
    paid = np.flatnonzero((tables.source_fund[arcs.source] >= 0) & (tables.source_price[arcs.source] > 0.0))
    source = arcs.source[paid]
    rows.add_shared(FUND, tables.source_fund[source], amounts, paid, tables.source_price[source])


def _add_capacities(rows: _LimitRows, tables: Tables, arcs: Arcs) -> None:
    """Volume leaving a site in a period <= its capacity."""
    volumes = np.array([capacity.volume for capacity in tables.problem.capacities], dtype=float)
    periods = tables.problem.periods
    keys = tables.capacity_site * periods + tables.capacity_period  # sorted, as the capacities are
    volume = tables.item_volume[tables.source_item[arcs.source]]
    wanted = tables.source_site[arcs.source] * periods + arcs.period
    place = np.searchsorted(keys, wanted)
    bound: Flags = np.zeros(len(wanted), dtype=bool)
    inside = (place < len(keys)) & (volume > 0.0)
    bound[inside] = keys[place[inside]] == wanted[inside]
    loaded = np.flatnonzero(bound)
    rows.add_shared(CAPACITY, place[loaded], volumes, loaded, volume[loaded])


def _add_reserves(rows: _LimitRows, tables: Tables, arcs: Arcs) -> None:
    """The supplies of a reserved item keep at least min(reserve, what there is)."""
    reserves = tables.problem.reserves
    place_of = {item.id: position for position, item in enumerate(tables.problem.items)}
    stocked = tables.supplies
    total = np.bincount(tables.source_item[:stocked], tables.source_quantity[:stocked], minlength=len(place_of))
    at_item = np.full(len(place_of), -1)
    bounds = np.zeros(len(reserves))
    for position, reserve in enumerate(reserves):
        item = place_of[reserve.item]
        if reserve.quantity:
            at_item[item] = position
        bounds[position] = max(0.0, total[item] - reserve.quantity)
    reserve_at = at_item[tables.source_item[arcs.source]]
    kept = np.flatnonzero((reserve_at >= 0) & (arcs.source < stocked))
    rows.add_shared(RESERVE, reserve_at[kept], bounds, kept, np.ones(len(kept)))
