"""Decisions about directives: what one may say, what there is for it, which lots serve it at once, the first band."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.core.errors import Fault, Param
from app.planning.directives.types import DIRECTIVE_BAND, DIRECTIVE_TIER
from solver import Band, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a directive says of quantity and day; `pack_units` is the item's."""

    item: str
    facility: str
    quantity: int
    pack_units: int
    needed_by: date
    at_once: bool
    may_use_reserve: bool


def wish_faults(wish: Wish, today: date) -> list[Fault]:
    """What a directive may not say: a day gone by, a broken pack, the reserve without being at once."""
    faults = []
    if wish.needed_by < today:
        message = "The day {day} has gone by."
        faults.append(Fault("day_gone", message, "needed_by", {"day": wish.needed_by.isoformat()}))
    if wish.quantity % wish.pack_units:
        below = wish.quantity - wish.quantity % wish.pack_units
        message = "{item} leaves in packs of {pack}: say {below} or {above}."
        params: dict[str, Param] = {"item": wish.item, "pack": wish.pack_units}
        params |= {"below": below, "above": below + wish.pack_units}
        faults.append(Fault("not_whole_packs", message, "quantity", params))
    if wish.may_use_reserve and not wish.at_once:
        message = "A plan keeps the reserve: only what is given at once may use it."
        faults.append(Fault("reserve_needs_at_once", message, "may_use_reserve"))
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeUnits:
    """Units of a lot in a warehouse that may go to the facility and be there in time."""

    lot_id: int
    warehouse_id: int
    source_key: str
    units: int
    expiry_date: date | None
    lead_days: int
    is_earmarked: bool
    """Given for this facility: it serves first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What there is for a directive: free lots, the reserve that the policy keeps of them, and what is to come."""

    lots: tuple[FreeUnits, ...]
    elsewhere_units: int
    """Free units of the item that may not go there or would be late."""
    reserve_units: int
    coming_units: int
    """Confirmed arrivals and open offers that reach the facility in time."""

    @property
    def free_units(self) -> int:
        """What may go there of what is free, the reserve with it."""
        return sum(one.units for one in self.lots)

    @property
    def beyond_reserve_units(self) -> int:
        """What may go there and leaves the reserve as it is."""
        in_all = self.free_units + self.elsewhere_units
        return min(self.free_units, max(0, in_all - self.reserve_units))


def stock_faults(wish: Wish, stock: Stock) -> list[Fault]:
    """A directive beyond all there is, told with what there is."""
    params: dict[str, Param] = {"item": wish.item, "place": wish.facility, "wanted": wish.quantity}
    if not wish.at_once:
        in_all = stock.beyond_reserve_units + stock.coming_units
        if wish.quantity <= in_all:
            return []
        message = "{wanted} of {item} are more than {place} can have by then: {available} are free, {waiting} to come."
        params |= {"available": stock.beyond_reserve_units, "waiting": stock.coming_units}
        return [Fault("directive_beyond_supply", message, "quantity", params)]
    if wish.quantity <= (stock.free_units if wish.may_use_reserve else stock.beyond_reserve_units):
        return []
    if not wish.may_use_reserve and wish.quantity <= stock.free_units:
        message = "{available} of {item} are free for {place} beside the reserve; {wanted} would take {units} of it."
        needed = wish.quantity - stock.beyond_reserve_units
        params |= {"available": stock.beyond_reserve_units, "units": needed}
        return [Fault("directive_needs_reserve", message, "may_use_reserve", params)]
    message = (
        "{wanted} of {item} are more than there is for {place} at once: {available} are free, the reserve included."
    )
    return [Fault("directive_beyond_stock", message, "quantity", params | {"available": stock.free_units})]


def pick_lots(lots: Sequence[FreeUnits], quantity: int, pack_units: int) -> list[tuple[FreeUnits, int]]:
    """Which lots serve a directive at once: given for the facility first, then first to expire, then nearest.

    Whole packs of each lot while there are any; what is left comes out of broken packs.
    """
    ordered = sorted(
        lots,
        key=lambda one: (
            not one.is_earmarked,
            one.expiry_date or date.max,
            one.lead_days,
            one.lot_id,
            one.warehouse_id,
        ),
    )
    taken: dict[tuple[int, int], int] = {}
    for smallest in (pack_units, 1):
        for one in ordered:
            key = (one.lot_id, one.warehouse_id)
            units = min(one.units - taken.get(key, 0), quantity)
            units -= units % smallest
            if units > 0:
                taken[key] = taken.get(key, 0) + units
                quantity -= units
    places = {(one.lot_id, one.warehouse_id): one for one in ordered}
    return [(places[key], units) for key, units in taken.items()]


def directives_first(problem: Problem, demands: Collection[str]) -> Problem:
    """The problem in which these demands are settled before all bands, max-min fair among themselves."""
    if not demands:
        return problem
    return replace(
        problem,
        demands=tuple(
            replace(demand, tier=DIRECTIVE_TIER) if demand.id in demands else demand for demand in problem.demands
        ),
        bands=(Band(name=DIRECTIVE_BAND, caps=((DIRECTIVE_TIER, 1.0),)), *problem.bands),
    )


def without_directives(problem: Problem) -> Problem:
    """The same problem if there were no directives: what they cost the others is the difference."""
    demands = tuple(demand for demand in problem.demands if demand.tier != DIRECTIVE_TIER)
    kept = {demand.id for demand in demands}
    return replace(
        problem,
        demands=demands,
        bands=problem.bands[bands_before_policy(problem) :],
        previous=tuple(one for one in problem.previous if one.demand in kept),
    )


def bands_before_policy(problem: Problem) -> int:
    """How many bands of a problem come before those of the policy."""
    return 1 if problem.bands and problem.bands[0].name == DIRECTIVE_BAND else 0


def costs_of(given: Mapping[str, int], given_without: Mapping[str, int]) -> dict[str, int]:
    """The demands that would get another quantity without the directives, and which."""
    return {key: units for key, units in given_without.items() if key in given and given[key] != units}
