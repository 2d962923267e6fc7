"""Whether the whole packs of a plan keep every limit, in exact integers and rationals.

Laws (x = shipped units, y = bought units; all sums exact):

- each shipment is allowed and a whole, positive number of its item's packs;
- supply: sum x <= quantity; reserve: the supplies of a reserved item together ship <= stock - min(reserve, stock);
- offer: sum x <= y <= quantity, and y = sum x (nothing is bought that is not shipped);
- fund: sum unit_price y <= amount, each offer's part rounded to fen, half up, where it books so;
- capacity: sum volume x <= volume, for each site and period that has one;
- demand: ``quantity`` = sum ratio x, and without any one of its packs the demand would be short;
- one item serving: ``quantity`` is less than a pack above the relaxed quantity, and, when the item's limits
  are whole packs, less than a pack below (Hoffman's theorem; with a broken pack in a limit it need not exist);
- no whole pack is left that a demand below its relaxed quantity could take.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import isfinite

from ..model.facts import Demand, Lane
from ..model.plan import DemandOutcome, Plan, Shipment
from .facts import Facts, Finding, FindingParam, Source, exact, finding, leaving_periods, may_serve


class Loads:
    """What the shipments of a plan put on every limit. ``own[d]`` are units of the item that demand d asks for,
    ``instead[d]`` those of others, by item."""

    def __init__(self) -> None:
        self.by_source: dict[str, int] = {}
        self.by_item: dict[str, int] = defaultdict(int)
        self.by_fund: dict[str, Fraction] = defaultdict(Fraction)
        self.by_truck: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
        self.own: dict[str, int] = {}
        self.instead: dict[str, dict[str, int]] = {}

    def delivered(self, facts: Facts, demand: Demand) -> Fraction | int:
        """Units of the demanded item; what may not serve the demand counts as nothing."""
        units: Fraction | int = self.own.get(demand.id, 0)
        for item, quantity in self.instead.get(demand.id, {}).items():
            units += (facts.ratio(item, demand) or 0) * quantity
        return units

    def items(self, demand: Demand) -> list[str]:
        """The items that the demand gets."""
        return [demand.item] * (demand.id in self.own) + list(self.instead.get(demand.id, ()))


def feasibility_findings(facts: Facts, plan: Plan) -> Iterator[Finding]:
    """Everything that the shipments and purchases break."""
    loads = Loads()
    yield from _load(facts, plan, loads)
    yield from _overloads(facts, loads)
    yield from _purchases(facts, plan, loads)
    whole_items = _items_in_whole_packs(facts)
    short: list[tuple[Demand, float]] = []
    for outcome in plan.demands:
        demand = facts.demands[outcome.demand]
        delivered = loads.delivered(facts, demand)
        if delivered != outcome.quantity or delivered >= demand.quantity:
            yield from _delivery(facts, demand, outcome, delivered, loads)
        if not outcome.shares or not isfinite(share := outcome.shares[-1]):
            continue
        if _far(facts, demand, share, delivered, whole_items):
            message = "{demand} gets {delivered}, a pack or more away from its relaxed quantity {relaxed}"
            relaxed = share * demand.quantity
            yield finding("far_from_relaxed", message, demand=demand.id, delivered=float(delivered), relaxed=relaxed)
        if delivered < share * demand.quantity:
            short.append((demand, share))
    yield from _left_behind(facts, short, loads)


def _load(facts: Facts, plan: Plan, loads: Loads) -> Iterator[Finding]:
    units: dict[tuple[str, int, str], int] = defaultdict(int)
    seen: set[tuple[str, str, int]] = set()
    packs = {item.id: item.pack for item in facts.problem.items}
    sources, demands, by_source, own = facts.sources, facts.demands, loads.by_source, loads.own
    for row in plan.shipments:
        name, asking, period, quantity = row.source, row.demand, row.period, row.quantity
        source, demand = sources.get(name), demands.get(asking)
        if source is None or demand is None:
            yield _of_shipment("unknown_shipment", "no such source or demand: {source} to {demand}", row)
            continue
        item = source.item
        if type(quantity) is not int or quantity <= 0 or quantity % packs[item]:
            message = "{source} to {demand} in period {period} is not a positive number of whole packs: {quantity}"
            yield _of_shipment("not_whole_packs", message, row, quantity=quantity)
            continue
        key = (name, asking, period)
        if key in seen:
            yield _of_shipment("duplicate_shipment", "{source} to {demand} in period {period} is there twice", row)
        seen.add(key)
        law = facts.why_not(source, demand, period)
        if law is not None:
            message = "{source} to {demand} in period {period} is not allowed: {law}"
            yield _of_shipment("shipment_not_allowed", message, row, law=law)
        by_source[name] = by_source.get(name, 0) + quantity
        if item == demand.item:
            own[asking] = own.get(asking, 0) + quantity
        else:
            instead = loads.instead.setdefault(asking, {})
            instead[item] = instead.get(item, 0) + quantity
        if source.site in facts.trucked and (source.site, period) in facts.capacities:
            units[source.site, period, item] += quantity
    for (site, period, item), total in units.items():
        loads.by_truck[site, period] += exact(facts.items[item].volume) * total
    for name, total in by_source.items():
        source = sources[name]
        if source.kept:
            loads.by_item[source.item] += total
        if source.fund is not None:
            loads.by_fund[source.fund] += source.price(total)


def _of_shipment(code: str, message: str, row: Shipment, **more: FindingParam) -> Finding:
    return finding(code, message, source=row.source, demand=row.demand, period=row.period, **more)


def _overloads(facts: Facts, loads: Loads) -> Iterator[Finding]:
    for name, used in loads.by_source.items():
        bound = facts.sources[name].quantity
        if used > bound:
            kind = facts.sources[name].kind
            message = "{kind} {source} ships {used} of {bound}"
            yield finding(f"{kind}_exceeded", message, kind=kind, source=name, used=used, bound=bound)
    for item, used in loads.by_item.items():
        bound = facts.keeps[item]
        if used > bound:
            message = "supplies of {item} ship {used}, and may ship {bound} for the reserve"
            yield finding("reserve_broken", message, item=item, used=used, bound=bound)
    for (site, period), volume in loads.by_truck.items():
        room = facts.capacities[site, period]
        if volume > room:
            message = "site {site} ships volume {used} in period {period}, and may ship {bound}"
            yield finding(
                "capacity_exceeded",
                message,
                site=site,
                period=period,
                used=float(volume),
                bound=float(room),
            )


def _purchases(facts: Facts, plan: Plan, loads: Loads) -> Iterator[Finding]:
    bought: dict[str, int] = {}
    for row in plan.purchases:
        source = facts.sources.get(row.offer)
        if source is None or source.kind != "offer":
            yield finding("unknown_purchase", "no such offer: {offer}", offer=row.offer)
        elif type(row.quantity) is not int or row.quantity < 0:
            message = "the purchase of {offer} is not a whole number: {quantity}"
            yield finding("purchase_not_whole", message, offer=row.offer, quantity=row.quantity)
        elif row.offer in bought:
            yield finding("duplicate_purchase", "{offer} is bought twice", offer=row.offer)
        else:
            bought[row.offer] = row.quantity
    spent: dict[str, Fraction] = defaultdict(Fraction)
    for name, source in facts.sources.items():
        if source.kind != "offer":
            continue
        shipped, units = loads.by_source.get(name, 0), bought.get(name, 0)
        if units > source.quantity:
            message = "{offer} is bought for {bought} of {offered}"
            yield finding("offer_exceeded", message, offer=name, bought=units, offered=source.quantity)
        if units != shipped:
            code = "purchase_short" if units < shipped else "purchase_unneeded"
            message = "{offer} is bought for {bought}, and ships {shipped}"
            yield finding(code, message, offer=name, bought=units, shipped=shipped)
        if source.fund is not None:
            spent[source.fund] += source.price(units)
    for fund, total in spent.items():
        if total > facts.funds[fund]:
            message = "fund {fund} pays {used} of {bound} yuan"
            bound = float(facts.funds[fund])
            yield finding("fund_exceeded", message, fund=fund, used=float(total), bound=bound)


def _delivery(
    facts: Facts, demand: Demand, outcome: DemandOutcome, delivered: Fraction | int, loads: Loads
) -> Iterator[Finding]:
    """The demand's quantity against its shipments and its need."""
    if delivered != outcome.quantity and abs(delivered - exact(outcome.quantity)) > delivered * exact(
        facts.parameters.quantity_told
    ):
        message = "{demand} is told {quantity}, and its shipments deliver {delivered}"
        yield finding(
            "quantity_mismatch",
            message,
            demand=demand.id,
            quantity=outcome.quantity,
            delivered=float(delivered),
        )
    if delivered >= demand.quantity:
        ratios = [(facts.ratio(item, demand), facts.items[item].pack) for item in loads.items(demand)]
        packs = [ratio * pack for ratio, pack in ratios if ratio is not None]
        if packs and delivered - min(packs) >= demand.quantity:
            message = "{demand} asks {asked}, and gets {delivered}: a pack more than it needs"
            asked = demand.quantity
            yield finding("demand_overserved", message, demand=demand.id, asked=asked, delivered=float(delivered))


def _far(facts: Facts, demand: Demand, share: float, delivered: Fraction | int, whole_items: frozenset[str]) -> bool:
    """Whether one item serves the demand, and it gets a pack more, or less where that can be had."""
    plain = demand.item not in facts.swapped
    # Floats suffice to see that most are well within a pack.
    if (
        plain
        and abs(delivered - share * demand.quantity) < facts.items[demand.item].pack * facts.parameters.well_within
    ):
        return False
    item = demand.item if plain else facts.sole_item(demand)
    if item is None:
        return False
    pack = (facts.ratio(item, demand) or 0) * facts.items[item].pack
    relaxed = Fraction(share) * demand.quantity
    tolerance = _whole_tolerance(facts, pack, relaxed)
    far_below = item in whole_items and delivered <= relaxed - pack - tolerance
    return far_below or delivered >= relaxed + pack + tolerance


def _whole_tolerance(facts: Facts, pack: Fraction | int, relaxed: Fraction) -> Fraction:
    """What a relaxed quantity may be off a whole number of packs and still count as that number."""
    given = facts.parameters
    return exact(given.pack_zero) * pack + exact(given.quantity_zero) * relaxed


def _items_in_whole_packs(facts: Facts) -> frozenset[str]:
    """Items that no truck, fund, reserve or substitution touches and whose sources hold whole packs."""
    broken = {source.item for source in facts.sources.values() if source.quantity % facts.items[source.item].pack}
    paid = {source.item for source in facts.sources.values() if source.fund is not None}
    trucked = {source.item for source in facts.sources.values() if source.site in facts.trucked}
    swapped = {item for row in facts.problem.substitutions for item in (row.item, row.serves)}
    return frozenset(facts.items.keys() - broken - paid - trucked - swapped - facts.keeps.keys())


def _left_behind(facts: Facts, short: list[tuple[Demand, float]], loads: Loads) -> Iterator[Finding]:
    """Whole packs that a demand below its relaxed quantity could take while every limit holds."""
    spare: dict[str, dict[str, list[Source]]] = defaultdict(lambda: defaultdict(list))
    for source in facts.sources.values():
        if _room(facts, source, loads) > 0:
            spare[source.item][source.site].append(source)
    for demand, share in short:
        if demand.item not in spare and demand.item not in facts.swapped:
            continue
        left = _still_there(facts, demand, spare, loads)
        if left is not None and facts.sole_item(demand) and _short_of_relaxed(facts, demand, left.item, share, loads):
            message = "{demand} is below its relaxed quantity, and {source} still has a pack for it"
            yield finding("pack_left_behind", message, demand=demand.id, source=left.id)


def _still_there(
    facts: Facts, demand: Demand, spare: dict[str, dict[str, list[Source]]], loads: Loads
) -> Source | None:
    """A spare source that could still ship a pack to the demand."""
    for item, _ in facts.ratios(demand):
        sites = spare.get(item, {})
        for site, lane in facts.lanes_to[demand.facility].items():
            for source in sites.get(site, ()):
                if may_serve(source, demand) and _has_truck(facts, source, lane, demand.due, loads):
                    return source
    return None


def _short_of_relaxed(facts: Facts, demand: Demand, item: str, share: float, loads: Loads) -> bool:
    relaxed = Fraction(share) * demand.quantity
    pack = (facts.ratio(item, demand) or 0) * facts.items[item].pack
    return loads.delivered(facts, demand) < relaxed - _whole_tolerance(facts, pack, relaxed)


def _room(facts: Facts, source: Source, loads: Loads) -> int:
    """Packs that the source, its reserve and its fund still have; at most 1 where the fund books in fen."""
    pack = facts.items[source.item].pack
    room = (source.quantity - loads.by_source.get(source.id, 0)) // pack
    if source.kept:
        room = min(room, (facts.keeps[source.item] - loads.by_item[source.item]) // pack)
    if source.fund is not None and source.unit_price > 0:
        money = facts.funds[source.fund] - loads.by_fund[source.fund]
        used = loads.by_source.get(source.id, 0)
        if source.booked:
            room = min(room, int(source.price(used + pack) - source.price(used) <= money))
        else:
            room = min(room, int(money // (source.unit_price * pack)))
    return room


def _has_truck(facts: Facts, source: Source, lane: Lane, due: int, loads: Loads) -> bool:
    """Whether there is a period, in time for ``due``, in which the lane is driven and the site's truck takes one more
    pack of the source."""
    periods = leaving_periods(source.start_period, due - lane.days, lane.departures)
    if source.site not in facts.trucked:
        return bool(periods)
    item = facts.items[source.item]
    volume = exact(item.volume) * item.pack
    for period in periods:
        room = facts.capacities.get((source.site, period))
        if room is None or loads.by_truck[source.site, period] + volume <= room:
            return True
    return False
