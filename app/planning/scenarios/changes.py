"""From a plan's problem and changes to the problem of a scenario: one function a kind of change, without I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.core.errors import Fault, InvalidInputError, Param, missing
from app.partners.types import SupplyChannel
from app.planning.directives.rules import bands_before_policy
from app.planning.scenarios.schemas import (
    ArrivalsLate,
    CapChange,
    ChannelLost,
    ExtraPurchase,
    NeedChange,
    ScenarioChange,
    WarehouseLost,
)
from solver import Band, Demand, Problem, Site, Supply

Channels = Mapping[str, SupplyChannel]
"""The channel of each arrival and offer of a problem, by its id there; stock is in no channel any more."""


def changed_problem(problem: Problem, changes: Sequence[ScenarioChange], channels: Channels) -> Problem:
    """The problem after all changes, in their order.

    Raises `InvalidInputError` with a fault for every change that names what is not there or changes nothing; the
    place of a fault is `changes.N` or a field of it.
    """
    faults: list[Fault] = []
    for position, change in enumerate(changes):
        try:
            problem = _ACTS[type(change)](problem, change, channels, position)
        except InvalidInputError as refusal:
            faults += [one.below(f"changes.{position}") for one in refusal.faults]
    InvalidInputError.raise_if(faults)
    return problem


def _refuse(message: str, where: str = "", **params: Param) -> None:
    raise InvalidInputError.of(message, where=where, code="changes_nothing", **params)


def _need(problem: Problem, change: NeedChange, _channels: Channels, _position: int) -> Problem:
    """Quantities x (1 + percent / 100), rounded up; what falls to nothing is asked for no more."""

    def is_meant(demand: Demand) -> bool:
        return change.tier in (None, demand.tier) and change.item in (None, demand.item)

    if change.percent == 0:
        _refuse("A change by 0 % changes nothing.", "percent")
    if not any(map(is_meant, problem.demands)):
        _refuse("The plan has no needs of this tier and item.")
    grown = [
        replace(one, quantity=-(-one.quantity * (100 + change.percent) // 100)) if is_meant(one) else one
        for one in problem.demands
    ]
    return replace(problem, demands=tuple(one for one in grown if one.quantity > 0))


def _arrivals_late(problem: Problem, change: ArrivalsLate, channels: Channels, _position: int) -> Problem:
    """What comes after the horizon, or after it has expired, comes no more for this plan."""

    def is_meant(supply: Supply) -> bool:
        return supply.id in channels and change.channel in (None, channels[supply.id])

    def is_in_time(supply: Supply) -> bool:
        until = supply.until_period
        return supply.start_period < problem.periods and (until is None or until >= supply.start_period)

    if not any(map(is_meant, problem.supplies)):
        _refuse("The plan counts on no such arrivals.", "channel" if change.channel else "")
    moved = [
        replace(one, start_period=one.start_period + change.days) if is_meant(one) else one for one in problem.supplies
    ]
    return replace(problem, supplies=tuple(one for one in moved if is_in_time(one)))


def _channel_lost(problem: Problem, change: ChannelLost, channels: Channels, _position: int) -> Problem:
    """No arrivals and no offers of the channel."""

    def is_lost(source: Any) -> bool:
        return channels.get(source.id) == change.channel

    if not any(map(is_lost, (*problem.supplies, *problem.offers))):
        _refuse("The plan counts on nothing from this channel.", "channel")
    return replace(
        problem,
        supplies=tuple(one for one in problem.supplies if not is_lost(one)),
        offers=tuple(one for one in problem.offers if not is_lost(one)),
    )


def _warehouse_lost(problem: Problem, change: WarehouseLost, _channels: Channels, _position: int) -> Problem:
    """The site with all that lies, comes or leaves there."""
    code = change.warehouse
    if code not in {site.id for site in problem.sites}:
        raise InvalidInputError(missing("warehouse of this plan", code, where="warehouse"))
    return replace(
        problem,
        sites=tuple(one for one in problem.sites if one.id != code),
        lanes=tuple(one for one in problem.lanes if one.site != code),
        supplies=tuple(one for one in problem.supplies if one.site != code),
        offers=tuple(one for one in problem.offers if one.site != code),
        capacities=tuple(one for one in problem.capacities if one.site != code),
    )


def _purchase(problem: Problem, change: ExtraPurchase, _channels: Channels, position: int) -> Problem:
    """One supply more, named by the position of the change."""
    period = (change.arrives_on - problem.start).days
    faults = []
    if change.item not in {item.id for item in problem.items}:
        faults.append(missing("item of this plan", change.item, where="item"))
    if Site(id=change.warehouse) not in problem.sites:
        faults.append(missing("warehouse of this plan", change.warehouse, where="warehouse"))
    if not 0 <= period < problem.periods:
        message = "The plan has {days} days from {start} on."
        params: dict[str, Param] = {"days": problem.periods, "start": problem.start.isoformat()}
        faults.append(Fault("outside_horizon", message, "arrives_on", params))
    InvalidInputError.raise_if(faults)
    more = Supply(
        id=f"scenario-{position + 1}/{change.item}",
        item=change.item,
        site=change.warehouse,
        quantity=change.quantity,
        start_period=period,
    )
    return replace(problem, supplies=tuple(sorted((*problem.supplies, more), key=lambda one: one.id)))


def _cap(problem: Problem, change: CapChange, _channels: Channels, _position: int) -> Problem:
    """The band's cap of the tier; a tier that the band did not serve is served."""
    position = change.band + bands_before_policy(problem)
    if position >= len(problem.bands):
        raise InvalidInputError(missing("band of the policy", change.band + 1, where="band"))
    band = problem.bands[position]
    caps = dict(band.caps) | {change.tier: change.cap_permille / 1000}
    if caps == dict(band.caps):
        _refuse("The band has this cap already.", "cap_permille")
    edited = Band(name=band.name, caps=tuple(sorted(caps.items())))
    return replace(problem, bands=(*problem.bands[:position], edited, *problem.bands[position + 1 :]))


_ACTS: Mapping[type, Callable[[Problem, Any, Channels, int], Problem]] = {
    NeedChange: _need,
    ArrivalsLate: _arrivals_late,
    ChannelLost: _channel_lost,
    WarehouseLost: _warehouse_lost,
    ExtraPurchase: _purchase,
    CapChange: _cap,
}
