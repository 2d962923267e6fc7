"""Decisions on plans: which state follows which, who may approve, which plans exclude each other, what lots serve."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.core.errors import ConflictError, Fault, ForbiddenError
from app.planning.plans.types import PlanState
from app.stock.rules import first_to_use

State = PlanState


class Step(StrEnum):
    """What can be done to a plan; the value is the verb that a refusal shows."""

    SOLVE = "solve"
    PROPOSE = "propose"
    FAIL = "fail"
    APPROVE = "approve"
    REJECT = "reject"
    SUPERSEDE = "supersede"
    CANCEL = "cancel"
    ORDER = "order its purchases"
    DISPATCH = "dispatch"
    CLOSE = "close"


TRANSITIONS: Mapping[Step, Mapping[State, State]] = {
    Step.SOLVE: {State.QUEUED: State.SOLVING},
    Step.PROPOSE: {State.SOLVING: State.PROPOSED},
    Step.FAIL: {State.QUEUED: State.FAILED, State.SOLVING: State.FAILED},
    Step.APPROVE: {State.PROPOSED: State.APPROVED},
    Step.REJECT: {State.PROPOSED: State.REJECTED},
    Step.SUPERSEDE: {State.PROPOSED: State.SUPERSEDED},
    Step.CANCEL: {
        State.QUEUED: State.CANCELLED,
        State.SOLVING: State.CANCELLED,
        State.PROPOSED: State.CANCELLED,
        State.APPROVED: State.CANCELLED,
        State.DISPATCHING: State.CANCELLED,
    },
    # Goods may be ordered before or while others are on their way.
    Step.ORDER: {State.APPROVED: State.APPROVED, State.DISPATCHING: State.DISPATCHING},
    Step.DISPATCH: {State.APPROVED: State.DISPATCHING},
    Step.CLOSE: {State.DISPATCHING: State.CLOSED},
}
"""From each state, where each step leads; what is not listed is not allowed."""

LIVE_STATES = frozenset({State.APPROVED, State.DISPATCHING})
"""Plans that hold reservations, commitments and claims on what is still to come."""


class PlanStateError(ConflictError):
    """The plan is in a state in which this step cannot be taken."""

    code = "wrong_state"


class OwnApprovalError(ForbiddenError):
    """Who proposed or edited a plan may not be the one who approves it."""

    code = "own_approval"


def next_state(code: str, state: State, step: Step) -> State:
    """The state that a step leads to; raises `PlanStateError` where it is not allowed."""
    after = TRANSITIONS[step].get(state)
    if after is None:
        raise PlanStateError.of(
            "Plan {plan} is {state}: it cannot take the step “{step}”.",
            where="state",
            plan=code,
            state=state.value,
            step=step.value,
        )
    return after


def refuse_own_approval(code: str, approver: str, authors: Collection[str]) -> None:
    """Raise `OwnApprovalError` where the approver had a hand in the plan."""
    if approver in authors:
        message = "{actor} had a hand in plan {plan}; somebody else must approve it."
        raise OwnApprovalError.of(message, plan=code, actor=approver)


def late_fault(code: str, start: date, today: date) -> Fault | None:
    """The fault of a plan that begins before today: its first shipments cannot be made any more."""
    if start >= today:
        return None
    message = "Plan {plan} begins on {start}, and today is {today}; compute it anew."
    params = {"plan": code, "start": start.isoformat(), "today": today.isoformat()}
    return Fault("plan_late", message, "start", params)


def overlap(start: date, horizon_days: int, other_start: date, other_horizon_days: int) -> bool:
    """Whether two plans have a day in common."""
    ends, other_ends = start + timedelta(days=horizon_days), other_start + timedelta(days=other_horizon_days)
    return start < other_ends and other_start < ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A line of an approved plan that waits for units of a document (an order or a pledge)."""

    line_id: int
    document: str
    item_id: int
    warehouse_id: int
    facility_id: int
    ship_on: date
    used_on: date
    """A lot must be usable on this day."""
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeLot:
    """Units of a lot in a warehouse that nobody has been promised, and the documents by which it came."""

    lot_id: int
    item_id: int
    warehouse_id: int
    documents: frozenset[str]
    units: int
    expiry_date: date | None
    earmark: frozenset[int]
    expiry_unknown: bool = False

    def serves(self, waiting: Waiting) -> bool:
        """Whether it came for the line, keeps long enough and may go to the facility."""
        return (
            self.item_id == waiting.item_id
            and self.warehouse_id == waiting.warehouse_id
            and waiting.document in self.documents
            and (self.expiry_date is None or self.expiry_date >= waiting.used_on)
            and (not self.earmark or waiting.facility_id in self.earmark)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Units of a lot that now stand for a waiting line."""

    line_id: int
    lot_id: int
    units: int


def _by_expiry(lot: FreeLot) -> tuple[date, int]:
    return first_to_use(lot.expiry_date, expiry_unknown=lot.expiry_unknown), lot.lot_id


def bind_lots(waiting: Sequence[Waiting], lots: Sequence[FreeLot]) -> list[Binding]:
    """Which lots serve which waiting lines: what is shipped first is served first, from what expires first."""
    left = {(lot.lot_id, lot.warehouse_id): lot.units for lot in lots}
    ordered = sorted(lots, key=_by_expiry)
    found = []
    for line in sorted(waiting, key=lambda line: (line.ship_on, line.line_id)):
        wanted_units = line.units
        for lot in ordered:
            units = min(wanted_units, left[lot.lot_id, lot.warehouse_id]) if lot.serves(line) else 0
            if units > 0:
                found.append(Binding(line_id=line.line_id, lot_id=lot.lot_id, units=units))
                left[lot.lot_id, lot.warehouse_id] -= units
                wanted_units -= units
    return found
