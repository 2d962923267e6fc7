"""Decisions of dispatch: states, what may be shipped, what a proof of delivery must say, who stayed below the floor."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.core.errors import ConflictError, Fault, Param
from app.dispatch.schemas import CaseEnd, DeliveredLot, ProofOfDelivery, ShipmentLot
from app.dispatch.types import DeliveryCaseState, TransferOrderState

State = TransferOrderState


class Step(StrEnum):
    """What can be done to a transfer order; the value is the verb that a refusal shows."""

    SHIP = "ship"
    DELIVER = "deliver"
    CANCEL = "cancel"
    TURN_BACK = "turn_back"


TRANSITIONS: Mapping[Step, Mapping[State, State]] = {
    Step.SHIP: {State.OPEN: State.SHIPPED},
    # Whether there is a discrepancy depends on what arrived: see `state_after_delivery`.
    Step.DELIVER: {State.SHIPPED: State.DELIVERED},
    Step.CANCEL: {State.OPEN: State.CANCELLED},
    Step.TURN_BACK: {State.SHIPPED: State.RETURNED},
}
"""From each state, where each step leads; what is not listed is not allowed."""

DONE_STATES = frozenset({State.DELIVERED, State.DELIVERED_WITH_DISCREPANCY, State.RETURNED, State.CANCELLED})
"""States in which nothing more will happen to an order."""


class OrderStateError(ConflictError):
    """The transfer order is in a state in which this step cannot be taken."""

    code = "wrong_state"


class OverShipmentError(ConflictError):
    """More would leave than was ordered, or other lots than those reserved for the order."""

    code = "over_shipment"


class MisgradedError(ConflictError):
    """What would leave is neither what was asked for nor an allowed substitute for it at this facility."""

    code = "misgraded"


def next_state(order: str, state: State, step: Step) -> State:
    """The state that a step leads to; raises `OrderStateError` where it is not allowed."""
    after = TRANSITIONS[step].get(state)
    if after is None:
        message = "Transfer order {order} is {state}: it cannot take the step “{step}”."
        raise OrderStateError.of(message, where="state", order=order, state=state.value, step=step.value)
    return after


def day_faults(day: date, *, today: date, not_before: date | None, where: str) -> list[Fault]:
    """Faults of the day on which something is said to have happened: to come, or before what came before it."""
    if day > today:
        return [Fault("day_in_the_future", "The day {day} has not come yet.", where, {"day": day.isoformat()})]
    if not_before is not None and day < not_before:
        message = "It was shipped on {shipped_on}; it cannot have arrived on {day}."
        return [
            Fault("before_shipment", message, where, {"day": day.isoformat(), "shipped_on": not_before.isoformat()})
        ]
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Units of a lot that are reserved for a line of an order."""

    line: int
    lot_id: int
    units: int


def shipment_faults(wanted: Sequence[ShipmentLot], picks: Sequence[Pick]) -> list[Fault]:
    """What is wrong with the lots named for a shipment: not reserved for the line, more than reserved, named twice."""
    reserved = {(pick.line, pick.lot_id): pick.units for pick in picks}
    times = Counter((lot.line, lot.lot_id) for lot in wanted)
    faults = []
    for n, lot in enumerate(wanted):
        key, params = (lot.line, lot.lot_id), {"lot": lot.lot_id, "line": lot.line}
        units = reserved.get(key)
        if units is None:
            message = "Lot {lot} is not reserved for line {line}."
            faults.append(Fault("lot_not_reserved", message, f"lots.{n}.lot_id", params))
        elif lot.quantity > units:
            message = "Lot {lot} for line {line}: {wanted} are to leave, {reserved} are reserved."
            more: dict[str, Param] = {**params, "wanted": lot.quantity, "reserved": units}
            faults.append(Fault("over_shipment", message, f"lots.{n}.quantity", more))
        if times[key] > 1:
            message = "Lot {lot} is named more than once for line {line}."
            faults.append(Fault("named_twice", message, f"lots.{n}.lot_id", params))
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """Units of a lot that left for a line."""

    line: int
    lot_id: int
    lot: str
    units: int
    unusable: str = ""
    """Why it may not be used: blocked (recalled) or expired; empty where it may."""


def unusable_faults(proof: ProofOfDelivery, shipped: Sequence[Shipped]) -> list[Fault]:
    """A fault for every lot that was blocked or has expired on the road and is accepted without a reason."""
    bad = {(one.line, one.lot_id): one for one in shipped if one.unusable}
    if proof.accepted_in_full:
        message = "Lot {lot} may not be used ({why}): reject it, or say lot by lot why it is accepted."
        return [
            Fault("unusable_at_the_door", message, "accepted_in_full", {"lot": one.lot, "why": one.unusable})
            for one in bad.values()
        ]
    message = "Lot {lot} may not be used ({why}): reject it, or say why it is accepted all the same."
    return [
        Fault("unusable_at_the_door", message, f"lots.{n}.acceptance_reason", {"lot": one.lot, "why": one.unusable})
        for n, told in enumerate(proof.lots)
        if (one := bad.get((told.line, told.lot_id))) and told.accepted_units > 0 and not told.acceptance_reason
    ]


def _delivered_faults(told: DeliveredLot, shipped: Shipped, where: str) -> list[Fault]:
    params: dict[str, Param] = {"lot": shipped.lot, "line": shipped.line, "shipped": shipped.units}
    arrived = told.accepted_units + told.rejected_units
    faults = []
    if arrived > shipped.units:
        message = "Lot {lot} of line {line}: {arrived} accepted and rejected, {shipped} shipped."
        faults.append(Fault("more_than_shipped", message, f"{where}.accepted_units", {**params, "arrived": arrived}))
    if told.rejected_units > 0 and not told.rejection_reason:
        faults.append(Fault("reason_missing", "A reason is needed.", f"{where}.rejection_reason"))
    if arrived < shipped.units and not told.missing_reason:
        message = "{missing} units of lot {lot} are missing; a reason is needed."
        missing = {**params, "missing": shipped.units - arrived}
        faults.append(Fault("reason_missing", message, f"{where}.missing_reason", missing))
    return faults


def proof_faults(proof: ProofOfDelivery, shipped: Sequence[Shipped]) -> list[Fault]:
    """What is wrong with a proof of delivery: lots not shipped, not mentioned or named twice, sums and reasons."""
    if proof.accepted_in_full:
        message = "Where everything was accepted, no lots are named."
        return [Fault("lots_not_fitting", message, "lots")] if proof.lots else []
    known = {(one.line, one.lot_id): one for one in shipped}
    times = Counter((told.line, told.lot_id) for told in proof.lots)
    faults = []
    for n, told in enumerate(proof.lots):
        params: dict[str, Param] = {"lot": told.lot_id, "line": told.line}
        one = known.get((told.line, told.lot_id))
        if one is None:
            faults.append(
                Fault("not_shipped", "Lot {lot} was not shipped for line {line}.", f"lots.{n}.lot_id", params)
            )
        else:
            faults += _delivered_faults(told, one, f"lots.{n}")
        if times[told.line, told.lot_id] > 1:
            message = "Lot {lot} is named more than once for line {line}."
            faults.append(Fault("named_twice", message, f"lots.{n}.lot_id", params))
    for key in sorted(known):
        if key not in times:
            message = "Nothing is said of lot {lot} of line {line}, of which {shipped} were shipped."
            one = known[key]
            faults.append(
                Fault("lot_not_mentioned", message, "lots", {"lot": one.lot, "line": one.line, "shipped": one.units})
            )
    return faults


def state_after_delivery(shipped_units: int, accepted_units: int) -> State:
    """DELIVERED where all that was shipped was accepted."""
    return State.DELIVERED if accepted_units == shipped_units else State.DELIVERED_WITH_DISCREPANCY


def served_units(accepted: Iterable[tuple[int, int]]) -> int:
    """What accepted units count for, in units asked for: (units of an item, its ratio in thousandths), rounded down."""
    return sum(units * ratio_permille for units, ratio_permille in accepted) // 1000


def case_state_after(statements: Mapping[CaseEnd, str]) -> DeliveryCaseState:
    """HEARD once both ends have spoken."""
    return DeliveryCaseState.HEARD if all(statements.get(end) for end in CaseEnd) else DeliveryCaseState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShare:
    """What an approved plan gave to a need beside its floor, in units asked for."""

    wanted_units: int
    planned_units: int
    floor_permille: int
    pack_units: int

    @property
    def floor_units(self) -> int:
        """The whole packs in the floor's share of the need."""
        units = self.wanted_units * self.floor_permille // 1000
        return units - units % self.pack_units

    @property
    def is_below_floor(self) -> bool:
        """Whether it got less than its floor."""
        return self.planned_units < self.floor_units


def plans_below_floor(plans: Sequence[Sequence[PlannedShare]]) -> int:
    """How many of a facility's plans in a row, counted back from the last, gave some need less than its floor.

    Each entry holds the needs of one plan in which the facility asked, oldest first.
    """
    count = 0
    for shares in reversed(plans):
        if not any(share.is_below_floor for share in shares):
            break
        count += 1
    return count
