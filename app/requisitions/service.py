"""Requisitions from the draft to the review: facilities ask, the supplies group decides."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.service import items_by_code
from app.core.clock import Clock
from app.core.errors import Fault, InvalidInputError
from app.core.numbering import next_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.requisitions.assessment import set_assessed_units
from app.requisitions.lifecycle import lock_by_codes, refuse_impossible, take_step
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.replacement import (
    age_of,
    lock_with_other_reports,
    refuse_older_than_reviewed,
    replace_older,
)
from app.requisitions.rules import (
    Approval,
    LineFacts,
    Step,
    day_faults,
    decide_review,
    inactive_fault,
    kind_faults,
    program_faults,
    repeated_line_faults,
)
from app.requisitions.schemas import BulkReview, NewRequisition, RequisitionReview, Review
from app.requisitions.types import RequisitionState


def create_requisition(work: Work, new: NewRequisition) -> Requisition:
    """Enter a draft; raises `InvalidInputError` with every fault: unknown codes, wrong days, repeated lines.

    Raises `ForbiddenError` where the facility is beyond the actor's reach, as does all that follows.
    """
    work.actor.refuse_foreign_facility(new.facility)
    faults = _faults(work.session, new, work.clock)
    InvalidInputError.raise_if(faults)
    return _create(work, [new])[0]


def create_requisitions(work: Work, news: Sequence[NewRequisition]) -> list[Requisition]:
    """Enter several drafts, all or none; the faults of all are raised at once, below `requisitions.{n}`."""
    for n, new in enumerate(news):
        work.actor.refuse_foreign_facility(new.facility, where=f"requisitions.{n}.facility")
    faults = [
        fault.below(f"requisitions.{n}")
        for n, new in enumerate(news)
        for fault in _faults(work.session, new, work.clock)
    ]
    InvalidInputError.raise_if(faults)
    return _create(work, news)


def _faults(session: Session, new: NewRequisition, clock: Clock) -> list[Fault]:
    faults: list[Fault] = []
    facilities = facilities_by_code(session, [new.facility], where="facility", faults=faults)
    if new.facility in facilities and not facilities[new.facility].active:
        faults.append(inactive_fault(new.facility))
    items = items_by_code(session, [line.item for line in new.lines], where="lines.{n}.item", faults=faults)
    programs = [items[line.item].program if line.item in items else None for line in new.lines]
    faults += program_faults(new.program, [line.item for line in new.lines], programs)
    faults += kind_faults(new.kind, new.extra_reason)
    faults += day_faults(new.reported_on, [line.needed_by for line in new.lines], clock.today())
    return faults + repeated_line_faults([(line.item, line.needed_by) for line in new.lines])


def _create(work: Work, news: Sequence[NewRequisition]) -> list[Requisition]:
    facilities = facilities_by_code(work.session, {new.facility for new in news})
    items = items_by_code(work.session, {line.item for new in news for line in new.lines})
    created = [_requisition(work, new, facilities[new.facility], items) for new in news]
    set_assessed_units(work.session, created)
    work.session.add_all(created)
    for requisition in created:
        work.record("REQUISITION_CREATED", "requisition", requisition.code, after=_snapshot(requisition))
    return created


def _requisition(work: Work, new: NewRequisition, facility: Facility, items: dict[str, Item]) -> Requisition:
    return Requisition(
        code=next_code(work.session, "RQ", work.today),
        facility=facility,
        program=new.program,
        kind=new.kind,
        extra_reason=new.extra_reason,
        state=RequisitionState.DRAFT,
        reported_on=new.reported_on,
        note=new.note,
        created_at=work.now,
        created_by=work.actor.name,
        closing_reason="",
        lines=_lines(new, items),
    )


def _lines(new: NewRequisition, items: dict[str, Item]) -> list[RequisitionLine]:
    return [
        RequisitionLine(
            item=items[line.item],
            requested_units=line.requested_units,
            needed_by=line.needed_by,
            reason=line.reason,
            on_hand_units=line.on_hand_units,
            approval_reason="",
            delivered_units=0,
            carried_units=0,
            lapsed_units=0,
        )
        for line in new.lines
    ]


def _snapshot(requisition: Requisition) -> dict[str, Any]:
    """What the audit trail keeps of a draft."""
    return {
        "facility": requisition.facility.code,
        "program": requisition.program,
        "kind": requisition.kind,
        "extra_reason": requisition.extra_reason,
        "state": requisition.state,
        "reported_on": requisition.reported_on,
        "note": requisition.note,
        "lines": [
            [line.item.code, line.needed_by.isoformat(), line.requested_units, line.on_hand_units, line.assessed_units]
            for line in requisition.lines
        ],
    }


def revise_requisition(work: Work, code: str, new: NewRequisition, if_match: Precondition = ANY_VERSION) -> Requisition:
    """Put new content in the place of a draft's; raises `ConflictError` once it has been submitted."""
    requisition = _locked(work, code, Step.REVISE, if_match)
    work.actor.refuse_foreign_facility(new.facility)
    InvalidInputError.raise_if(_faults(work.session, new, work.clock))
    before = _snapshot(requisition)
    items = items_by_code(work.session, [line.item for line in new.lines])
    requisition.facility = facilities_by_code(work.session, [new.facility])[new.facility]
    requisition.program, requisition.reported_on, requisition.note = new.program, new.reported_on, new.note
    requisition.kind, requisition.extra_reason = new.kind, new.extra_reason
    requisition.touch()
    requisition.lines.clear()
    work.session.flush()  # the old lines must be gone before lines with the same item and day come
    requisition.lines.extend(_lines(new, items))
    set_assessed_units(work.session, [requisition])
    work.record("REQUISITION_REVISED", "requisition", code, before=before, after=_snapshot(requisition))
    return requisition


def _locked(work: Work, code: str, step: Step, if_match: Precondition) -> Requisition:
    requisition = if_match.check(lock_by_codes(work.session, [code], actor=work.actor)[code])
    refuse_impossible([requisition], step)
    return requisition


def submit(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> Requisition:
    """Send a draft to the supplies group."""
    requisition = _locked(work, code, Step.SUBMIT, if_match)
    _submit(work, requisition)
    set_assessed_units(work.session, [requisition])
    return requisition


def submit_all(work: Work, codes: Sequence[str]) -> list[Requisition]:
    """Send drafts to the supplies group, all or none."""
    locked = list(lock_by_codes(work.session, codes, actor=work.actor).values())
    refuse_impossible(locked, Step.SUBMIT)
    for requisition in locked:
        _submit(work, requisition)
    set_assessed_units(work.session, locked)
    return locked


def _submit(work: Work, requisition: Requisition) -> None:
    requisition.submitted_at = work.now
    take_step(work, requisition, Step.SUBMIT, "REQUISITION_SUBMITTED")


def withdraw(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> Requisition:
    """Take a requisition back, for the facility, before a plan takes it up."""
    return _close(work, code, Step.WITHDRAW, "REQUISITION_WITHDRAWN", reason, if_match)


def reject(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> Requisition:
    """Refuse a requisition as a whole, with the reason."""
    return _close(work, code, Step.REJECT, "REQUISITION_REJECTED", reason, if_match)


def _close(work: Work, code: str, step: Step, action: str, reason: str, if_match: Precondition) -> Requisition:
    requisition = _locked(work, code, step, if_match)
    requisition.closing_reason = reason
    take_step(work, requisition, step, action, details={"reason": reason})
    return requisition


def review(work: Work, code: str, decision: Review, if_match: Precondition = ANY_VERSION) -> Requisition:
    """Set the approved quantities of all lines; may be corrected until a plan takes the requisition up.

    A report closes the open rest of those before it. Raises `ConflictError` in a wrong state or after a newer report,
    `InvalidInputError` with every line that lacks a decision or a reason.
    """
    locked = lock_with_other_reports(work.session, [code], actor=work.actor)
    requisition = if_match.check(locked[code])
    refuse_impossible([requisition], Step.REVIEW)
    refuse_older_than_reviewed(work.session, [requisition])
    approvals, faults = decide_review(_facts(requisition), decision)
    InvalidInputError.raise_if(faults)
    replace_older(work, requisition, locked.values())
    _approve(work, requisition, approvals)
    return requisition


def review_all(work: Work, bulk: BulkReview) -> list[Requisition]:
    """Make several reviews, all or none; the faults of all are raised at once, below `reviews.{n}`."""
    codes = [one.requisition for one in bulk.reviews]
    locked = lock_with_other_reports(work.session, codes, actor=work.actor)
    named = [locked[code] for code in dict.fromkeys(codes)]
    refuse_impossible(named, Step.REVIEW)
    refuse_older_than_reviewed(work.session, named)
    faults = _repeated_reviews(bulk.reviews)
    decided: list[tuple[Requisition, tuple[Approval, ...]]] = []
    for n, one in enumerate(bulk.reviews):
        approvals, wrong = decide_review(_facts(locked[one.requisition]), one)
        faults += [fault.below(f"reviews.{n}") for fault in wrong]
        decided.append((locked[one.requisition], approvals))
    InvalidInputError.raise_if(faults)
    for requisition, approvals in sorted(decided, key=lambda one: age_of(one[0])):
        replace_older(work, requisition, locked.values())
        _approve(work, requisition, approvals)
    return [requisition for requisition, _ in decided]


def _repeated_reviews(reviews: Sequence[RequisitionReview]) -> list[Fault]:
    codes = [one.requisition for one in reviews]
    return [
        Fault("repeated", "“{key}” is named twice.", f"reviews.{n}.requisition", {"key": code})
        for n, code in enumerate(codes)
        if code in codes[:n]
    ]


def _facts(requisition: Requisition) -> list[LineFacts]:
    return [
        LineFacts(
            item=line.item.code,
            needed_by=line.needed_by,
            requested_units=line.requested_units,
            assessed_units=line.assessed_units,
            delivered_units=line.delivered_units,
            peer_units=line.peer_units,
            absurd=line.absurd,
        )
        for line in requisition.lines
    ]


def _approve(work: Work, requisition: Requisition, approvals: Sequence[Approval]) -> None:
    for line, approval in zip(requisition.lines, approvals, strict=True):
        line.approved_units, line.approval_reason = approval.approved_units, approval.reason
    requisition.reviewed_at, requisition.reviewed_by = work.now, work.actor.name
    requisition.touch()
    approved = [
        [line.item.code, line.needed_by.isoformat(), line.approved_units, line.approval_reason]
        for line in requisition.lines
    ]
    take_step(work, requisition, Step.REVIEW, "REQUISITION_REVIEWED", details={"approved": approved})
