"""Decisions about requisitions: which state follows which, what looks wrong, what may be approved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.catalog.types import Program
from app.core.errors import Fault, Param
from app.requisitions.claim_rules import LAST_MULTIPLE
from app.requisitions.schemas import Review, ReviewBasis, ReviewLine
from app.requisitions.types import RequisitionKind, RequisitionState

State = RequisitionState


class Step(StrEnum):
    """What can be done to a requisition; the value is the verb that a refusal shows."""

    REVISE = "revise"
    SUBMIT = "submit"
    REVIEW = "review"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    PLAN = "plan"
    GIVE_BACK = "give back"
    DELIVER = "deliver"
    LOWER = "lower"
    REPLACE = "replace"
    LAPSE = "lapse"


TRANSITIONS: Mapping[Step, Mapping[State, State]] = {
    Step.REVISE: {State.DRAFT: State.DRAFT},
    Step.SUBMIT: {State.DRAFT: State.SUBMITTED},
    # A review may be corrected until a plan has taken the requisition up.
    Step.REVIEW: {State.SUBMITTED: State.REVIEWED, State.REVIEWED: State.REVIEWED},
    Step.REJECT: {State.SUBMITTED: State.REJECTED, State.REVIEWED: State.REJECTED},
    Step.WITHDRAW: {
        State.DRAFT: State.WITHDRAWN,
        State.SUBMITTED: State.WITHDRAWN,
        State.REVIEWED: State.WITHDRAWN,
    },
    # A plan may have been made before the newer report came: what it promises is taken off that one.
    Step.PLAN: {State.REVIEWED: State.PLANNED, State.PLANNED: State.PLANNED, State.REPLACED: State.REPLACED},
    Step.GIVE_BACK: {State.PLANNED: State.REVIEWED},
    # Whether a delivery also fulfils the requisition depends on its lines: see `state_after_delivery`.
    # What was promised to a report that a newer one has replaced still comes.
    Step.DELIVER: {
        state: state for state in (State.PLANNED, State.REVIEWED, State.FULFILLED, State.REPLACED, State.LAPSED)
    },
    # What a lowered need ends as depends on its lines: see `state_after_lowering`.
    Step.LOWER: {state: state for state in (State.REVIEWED, State.PLANNED, State.REPLACED)},
    Step.REPLACE: dict.fromkeys((State.SUBMITTED, State.REVIEWED, State.PLANNED), State.REPLACED),
    Step.LAPSE: {State.REVIEWED: State.LAPSED, State.PLANNED: State.LAPSED},
}
"""From each state, where each step leads; what is not listed is not allowed."""

REPLACEABLE_STATES = frozenset(TRANSITIONS[Step.REPLACE])

OPEN_STATES = frozenset({State.DRAFT, State.SUBMITTED, State.REVIEWED, State.PLANNED})
"""States in which something can still be done for the facility."""

COUNTED_STATES = frozenset({State.SUBMITTED, State.REVIEWED, State.PLANNED, State.FULFILLED, State.LAPSED})
"""States of what was really asked for and stands; drafts, refusals, withdrawals and what was replaced do not."""


def next_state(state: State, step: Step) -> State | None:
    """The state that a step leads to, or None where it is not allowed."""
    return TRANSITIONS[step].get(state)


class Flag(StrEnum):
    """What the supplies group should look at before it approves."""

    CLAIM_FAR_ABOVE_NORM = "CLAIM_FAR_ABOVE_NORM"
    ABOVE_NORM_IN_SUM = "ABOVE_NORM_IN_SUM"
    """Other open lines claim the same days, and together they pass the norm."""
    REPEATED_CLAIM = "REPEATED_CLAIM"
    FAR_ABOVE_LAST_TIME = "FAR_ABOVE_LAST_TIME"
    FAR_ABOVE_PEERS = "FAR_ABOVE_PEERS"
    ABSURD_FIGURE = "ABSURD_FIGURE"
    """A telephone number, or beyond anything thinkable: never approved without a quantity and a reason."""
    STALE_REPORT = "STALE_REPORT"
    NO_NORM = "NO_NORM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where a claim begins to be far above its norm, and a report to be stale."""

    claim_permille: int = 2000
    """A claim above this many thousandths of the assessed quantity is flagged."""
    stale_after_days: int = 3
    """A report more days old than this is flagged."""


def is_far_above_norm(requested_units: int, assessed_units: int | None, thresholds: Thresholds) -> bool:
    """Whether a claim is more than the allowed multiple of what the norms support; never where no norm speaks."""
    return assessed_units is not None and requested_units * 1000 > assessed_units * thresholds.claim_permille


def is_stale(state: State, reported_on: date, today: date, thresholds: Thresholds) -> bool:
    """Whether an open requisition describes a situation too many days old."""
    return state in OPEN_STATES and (today - reported_on).days > thresholds.stale_after_days


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """What is known of a line's claim; see the columns of `RequisitionLine`."""

    requested_units: int
    assessed_units: int | None
    claimed_units: int = 0
    last_units: int | None = None
    peer_units: int | None = None
    repeated: bool = False
    absurd: bool = False


def line_flags(claim: ClaimFacts, thresholds: Thresholds) -> tuple[Flag, ...]:
    """The flags of one line, the gravest first; `queries` says the same in the database's words."""
    requested, assessed = claim.requested_units, claim.assessed_units
    found = {
        Flag.ABSURD_FIGURE: claim.absurd,
        Flag.NO_NORM: assessed is None,
        Flag.CLAIM_FAR_ABOVE_NORM: is_far_above_norm(requested, assessed, thresholds),
        Flag.ABOVE_NORM_IN_SUM: assessed is not None and claim.claimed_units > 0 and requested > assessed,
        Flag.REPEATED_CLAIM: claim.repeated,
        Flag.FAR_ABOVE_LAST_TIME: claim.last_units is not None and requested > LAST_MULTIPLE * claim.last_units,
        Flag.FAR_ABOVE_PEERS: claim.peer_units is not None and requested > claim.peer_units,
    }
    return tuple(flag for flag, holds in found.items() if holds)


def need_days(reported_on: date, needed_by: date) -> int:
    """Days of use that a need covers: the day of the report, the day it is needed by, and all between."""
    return (needed_by - reported_on).days + 1


def day_faults(reported_on: date, needed_by_days: Sequence[date], today: date) -> list[Fault]:
    """Faults of a requisition's days: reported in the future, needed before it was reported."""
    faults = []
    if reported_on > today:
        message = "The report is of {day}, which is still to come."
        faults.append(Fault("day_to_come", message, "reported_on", {"day": reported_on.isoformat()}))
    for index, needed_by in enumerate(needed_by_days):
        if needed_by < reported_on:
            message = "It is needed by {needed_by}, before the day of the report, {reported_on}."
            params = {"needed_by": needed_by.isoformat(), "reported_on": reported_on.isoformat()}
            faults.append(Fault("needed_before_report", message, f"lines.{index}.needed_by", params))
    return faults


def repeated_line_faults(keys: Sequence[tuple[str, date]]) -> list[Fault]:
    """A fault for every line that asks again for the item and day of a line before it."""
    first: dict[tuple[str, date], int] = {}
    faults = []
    for index, key in enumerate(keys):
        if key in first:
            message = "This line repeats line {line}: {item} by {needed_by}."
            params: dict[str, Param] = {"line": first[key] + 1, "item": key[0], "needed_by": key[1].isoformat()}
            faults.append(Fault("repeated_line", message, f"lines.{index}", params))
        first.setdefault(key, index)
    return faults


def kind_faults(kind: RequisitionKind, extra_reason: str) -> list[Fault]:
    """The fault of an extra that does not say why it comes beside the report."""
    if kind is RequisitionKind.EXTRA and not extra_reason:
        return [Fault("extra_reason_missing", "An extra need must say why it comes beside the report.", "extra_reason")]
    return []


def inactive_fault(facility: str) -> Fault:
    """The fault of asking for a facility that has been closed."""
    return Fault("inactive_facility", "Facility {facility} is not active.", "facility", {"facility": facility})


def program_faults(program: Program, items: Sequence[str], item_programs: Sequence[Program | None]) -> list[Fault]:
    """A fault for every line whose item belongs to another program; None where the item is not known."""
    message = "{item} belongs to the program {item_program}, not to {program}."
    return [
        Fault(
            "other_program",
            message,
            f"lines.{index}.item",
            {"item": item, "item_program": found.value, "program": program.value},
        )
        for index, (item, found) in enumerate(zip(items, item_programs, strict=True))
        if found is not None and found is not program
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """What a review must know of a requisition line."""

    item: str
    needed_by: date
    requested_units: int
    assessed_units: int | None
    delivered_units: int
    peer_units: int | None = None
    absurd: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The decision on one line."""

    approved_units: int
    reason: str


def decide_review(lines: Sequence[LineFacts], review: Review) -> tuple[tuple[Approval, ...], list[Fault]]:
    """The approval of every line in their order, or the faults (then the approvals mean nothing).

    Lines that the review names get what it says; the others what its basis gives: the quantity requested, or the
    assessed one where that is smaller; without a norm, what peers make plausible stands for it. Every line needs a
    decision, and one that differs from the request a reason. An absurd figure needs a quantity and a reason of its own.
    """
    faults = repeated_line_faults([(line.item, line.needed_by) for line in review.lines])
    known = {(line.item, line.needed_by) for line in lines}
    for index, line in enumerate(review.lines):
        if (line.item, line.needed_by) not in known:
            message = "The requisition has no line for {item} by {needed_by}."
            params = {"item": line.item, "needed_by": line.needed_by.isoformat()}
            faults.append(Fault("unknown_line", message, f"lines.{index}", params))
    named = {(line.item, line.needed_by): (index, line) for index, line in enumerate(review.lines)}
    approvals = []
    for facts in lines:
        index_and_line = named.get((facts.item, facts.needed_by))
        where = "lines" if index_and_line is None else f"lines.{index_and_line[0]}"
        approval = _approval(facts, index_and_line and index_and_line[1], review)
        faults += _approval_faults(facts, approval, where)
        if approval is not None:
            approvals.append(approval)
    return tuple(approvals), faults


def _approval(facts: LineFacts, line: ReviewLine | None, review: Review) -> Approval | None:
    if line is not None:
        return Approval(approved_units=line.approved_units, reason=line.reason)
    if facts.absurd:
        return None
    if review.basis is ReviewBasis.REQUESTED:
        return Approval(approved_units=facts.requested_units, reason="")
    supported = facts.assessed_units if facts.assessed_units is not None else facts.peer_units
    if review.basis is ReviewBasis.ASSESSED and supported is not None:
        units = min(facts.requested_units, supported)
        return Approval(approved_units=units, reason="" if units == facts.requested_units else review.reason)
    return None


def _approval_faults(facts: LineFacts, approval: Approval | None, where: str) -> Iterable[Fault]:
    params: dict[str, Param] = {"item": facts.item, "needed_by": facts.needed_by.isoformat()}
    if facts.absurd and (approval is None or not approval.reason):
        message = "{requested} units of {item} by {needed_by} can hardly be meant: give a quantity and a reason."
        yield Fault("absurd_figure", message, where, params | {"requested": facts.requested_units})
        return
    if approval is None:
        yield Fault("no_decision", "The line for {item} by {needed_by} has no approved quantity.", where, params)
        return
    if approval.approved_units != facts.requested_units and not approval.reason:
        message = "{approved} of {requested} units of {item} by {needed_by} are approved: a reason is needed."
        params |= {"approved": approval.approved_units, "requested": facts.requested_units}
        yield Fault("reason_missing", message, where, params)
    if approval.approved_units < facts.delivered_units:
        message = "{delivered} units of {item} by {needed_by} are delivered already: not fewer can be approved."
        yield Fault("below_delivered", message, where, params | {"delivered": facts.delivered_units})


def state_after_delivery(state: State, lines: Iterable[tuple[int, int]]) -> State:
    """FULFILLED once every line (approved, delivered) has all it was approved; else, and once closed, as it is."""
    if state in (State.REPLACED, State.LAPSED):
        return state
    return State.FULFILLED if all(delivered >= approved for approved, delivered in lines) else state


def state_after_lowering(state: State, lines: Iterable[tuple[int, int]]) -> State:
    """As `state_after_delivery`, but WITHDRAWN where nothing (approved, delivered) is needed and nothing has come.

    What was replaced stays so.
    """
    pairs = list(lines)
    if state is State.REPLACED:
        return state
    if any(delivered > 0 for _, delivered in pairs):
        return state_after_delivery(state, pairs)
    return State.WITHDRAWN if all(approved == 0 for approved, _ in pairs) else state
