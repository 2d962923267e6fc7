"""Directives: proposed by one leader, confirmed by another, called off; what of them a plan must serve first.

A confirmed directive becomes a need of its own, an extra requisition of one line: what is promised, shipped and
delivered for it is counted as for every need. Lock order: the directive, number series, requisitions, lots, the audit
trail.
"""

from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.service import items_by_code
from app.catalog.types import Program
from app.core.errors import ConflictError, Fault, ForbiddenError, InvalidInputError
from app.core.numbering import lock_series, next_code
from app.core.records import lock_row_by_code, row_by_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.planning.directives import rules
from app.planning.directives.models import Directive, DirectiveConfirmation, DirectiveEnding
from app.planning.directives.rules import Stock, Wish
from app.planning.directives.schemas import DirectiveView, NewDirective
from app.planning.directives.supply import stock_for
from app.planning.directives.types import NUMBER_SERIES, DirectiveState
from app.planning.plans.models import AllocationPlan
from app.planning.policies.service import policy_in_force
from app.requisitions.lifecycle import lock_by_lines
from app.requisitions.models import RequisitionLine
from app.requisitions.schemas import NewRequisition, NewRequisitionLine, Review, ReviewLine
from app.requisitions.service import create_requisition, review, submit, withdraw
from app.requisitions.types import RequisitionKind, RequisitionState

REQUISITION_SERIES = "RQ"


class OwnDirectiveError(ForbiddenError):
    """Who proposed a directive may not confirm it (two leaders are needed)."""

    code = "own_directive"


class BeyondStockError(ConflictError):
    """The directive asks for more than there is; the fault names what there is."""

    code = "directive_beyond_stock"
    title = "There is not as much as this directive asks for."


def order_directive(work: Work, new: NewDirective) -> Directive:
    """Propose a directive; it counts once another leader confirms it.

    Raises `InvalidInputError` with every fault of what it says, `BeyondStockError` naming what there is.
    """
    faults: list[Fault] = []
    facilities = facilities_by_code(work.session, [new.facility], where="facility", faults=faults)
    items = items_by_code(work.session, [new.item], where="item", faults=faults)
    facility, item = facilities.get(new.facility), items.get(new.item)
    if facility is not None and (not facility.active or facility.facility_type.keeps_stock):
        message = "“{place}” is closed or keeps stock itself: no directive can be for it."
        faults.append(Fault("not_a_recipient", message, "facility", {"place": facility.code}))
    if item is not None and not item.active:
        faults.append(Fault("inactive", "“{item}” is not in use any more.", "item", {"item": item.code}))
    if item is not None:
        faults += rules.wish_faults(_wish(new, item.pack_units), work.today)
    InvalidInputError.raise_if(faults)
    assert facility is not None and item is not None  # noqa: PT018 - both faults are raised above
    directive = Directive(
        code="",
        facility=facility,
        item=item,
        quantity=new.quantity,
        needed_by=new.needed_by,
        reason=new.reason,
        at_once=new.at_once,
        may_use_reserve=new.may_use_reserve,
        ordered_by=work.actor.name,
        ordered_at=work.now,
    )
    refuse_beyond_stock(directive, stock_of(work.session, directive, work.today))
    directive.code = next_code(work.session, NUMBER_SERIES, work.today)
    work.session.add(directive)
    work.session.flush()
    record_directive(work, directive, "DIRECTIVE_ORDERED")
    return directive


def _wish(said: NewDirective | Directive, pack_units: int) -> Wish:
    return Wish(
        item=said.item if isinstance(said.item, str) else said.item.code,
        facility=said.facility if isinstance(said.facility, str) else said.facility.code,
        quantity=said.quantity,
        pack_units=pack_units,
        needed_by=said.needed_by,
        at_once=said.at_once,
        may_use_reserve=said.may_use_reserve,
    )


def stock_of(session: Session, directive: Directive, today: date) -> Stock:
    """What there is for a directive now."""
    policy = policy_in_force(session, directive.item.program)
    return stock_for(session, policy, directive.facility, directive.item, today=today, needed_by=directive.needed_by)


def directive_by_code(session: Session, code: str) -> Directive:
    """The directive with this code; raises `NotFoundError`."""
    return row_by_code(session, Directive, "directive", code)


def lock_directive(session: Session, code: str) -> Directive:
    """The directive with this code, locked; raises `NotFoundError`."""
    return lock_row_by_code(session, Directive, "directive", code)


def lock_to_confirm(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> Directive:
    """The directive, locked, where the actor may be its second leader.

    Raises `OwnDirectiveError` for whoever proposed it, `ConflictError` where it is confirmed, ended or late.
    """
    directive = if_match.check(lock_directive(work.session, code))
    refuse_if_ended(directive)
    if directive.confirmation is not None:
        message = "Directive {directive} was confirmed already, by {actor}."
        params = {"directive": code, "actor": directive.confirmation.confirmed_by}
        raise ConflictError(Fault("already_confirmed", message, "", params))
    if work.actor.name == directive.ordered_by:
        message = "{actor} proposed this directive; another leader must confirm it."
        raise OwnDirectiveError.of(message, actor=work.actor.name)
    if directive.needed_by < work.today:
        message = "Directive {directive} was for {day}; propose a new one."
        raise ConflictError.of(message, code="directive_late", directive=code, day=directive.needed_by.isoformat())
    return directive


def refuse_if_ended(directive: Directive) -> None:
    """Raise `ConflictError` for a directive that was turned down or called off."""
    if directive.ending is not None:
        message = "Directive {directive} was ended by {actor}: {reason}"
        params = {"directive": directive.code, "actor": directive.ending.ended_by, "reason": directive.ending.reason}
        raise ConflictError(Fault("directive_ended", message, "", params))


def confirm_for_plan(work: Work, directive: Directive) -> Directive:
    """Stand behind a directive that the next plan serves; the caller holds it. Raises `BeyondStockError`."""
    refuse_beyond_stock(directive, stock_of(work.session, directive, work.today))
    lock_series(work.session, REQUISITION_SERIES, work.today)
    keep_confirmation(work, directive, need_of(work, directive), None)
    return directive


def refuse_beyond_stock(directive: Directive, stock: Stock) -> None:
    """Raise `BeyondStockError` where there is not as much as the directive asks for."""
    BeyondStockError.raise_if(rules.stock_faults(_wish(directive, directive.item.pack_units), stock))


def need_of(work: Work, directive: Directive) -> RequisitionLine:
    """Make the need of a directive: a reviewed requisition of one line, beside all that the facility asks for."""
    title = f"{directive.code}: {directive.reason}"[:2000]
    new = NewRequisition(
        facility=directive.facility.code,
        program=directive.item.program,
        reported_on=work.today,
        kind=RequisitionKind.EXTRA,
        extra_reason=title,
        note=title,
        lines=[
            NewRequisitionLine(
                item=directive.item.code,
                requested_units=directive.quantity,
                needed_by=directive.needed_by,
                reason=title,
            )
        ],
    )
    requisition = create_requisition(work, new)
    work.session.flush()
    submit(work, requisition.code)
    line = ReviewLine(
        item=directive.item.code, needed_by=directive.needed_by, approved_units=directive.quantity, reason=title
    )
    review(work, requisition.code, Review(lines=[line]))
    return requisition.lines[0]


def keep_confirmation(work: Work, directive: Directive, need: RequisitionLine, plan: AllocationPlan | None) -> None:
    """Write down who stands behind a directive and what it became."""
    directive.touch()
    directive.confirmation = DirectiveConfirmation(
        ordered_by=directive.ordered_by,
        confirmed_by=work.actor.name,
        confirmed_at=work.now,
        requisition_line=need,
        plan_id=plan.id if plan is not None else None,
    )
    work.session.flush()
    record_directive(work, directive, "DIRECTIVE_CONFIRMED")


def end_directive(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> Directive:
    """Turn a directive down before it counts, or call it off afterwards: its need is withdrawn.

    Raises `ConflictError` the second time, once it is carried out, and where an approved plan has promised something to
    it: then the plan or its transfer order is called off first.
    """
    directive = if_match.check(lock_directive(work.session, code))
    refuse_if_ended(directive)
    if directive.confirmation is not None:
        [requisition] = lock_by_lines(work.session, [directive.confirmation.requisition_line_id])
        if requisition.state is RequisitionState.PLANNED:
            message = "What directive {directive} gives is promised already: call off its plan or transfer order first."
            raise ConflictError.of(message, code="directive_promised", directive=code)
        if requisition.state is RequisitionState.FULFILLED:
            raise ConflictError.of("Directive {directive} has been carried out.", code="directive_done", directive=code)
        if requisition.state is RequisitionState.REVIEWED:
            withdraw(work, requisition.code, reason)
    directive.touch()
    directive.ending = DirectiveEnding(ended_by=work.actor.name, ended_at=work.now, reason=reason)
    work.session.flush()
    record_directive(work, directive, "DIRECTIVE_ENDED")
    return directive


def record_directive(work: Work, directive: Directive, action: str) -> None:
    """Append what was done to a directive to the audit trail."""
    work.record(action, "directive", directive.code, after=directive_view(directive).model_dump(mode="json"))


def select_directives(*, program: Program | None = None, facility: str | None = None) -> Select[Directive]:
    """Directives by what they are for, in the order in which they were proposed."""
    query = select(Directive)
    if program is not None:
        query = query.where(Directive.item.has(Item.program == program))
    if facility is not None:
        query = query.where(Directive.facility.has(Facility.code == facility))
    return query


def directive_view(directive: Directive) -> DirectiveView:
    """A directive as it is shown."""
    confirmed, ended = directive.confirmation, directive.ending
    need = confirmed.requisition_line if confirmed is not None else None
    values: dict[str, Any] = {
        name: getattr(directive, name)
        for name in (
            "code",
            "quantity",
            "needed_by",
            "reason",
            "at_once",
            "may_use_reserve",
            "ordered_by",
            "ordered_at",
        )
    }
    return DirectiveView(
        **values,
        program=directive.item.program,
        facility=directive.facility.code,
        item=directive.item.code,
        unit=directive.item.base_unit,
        state=DirectiveState(directive.state),
        confirmed_by=confirmed.confirmed_by if confirmed is not None else None,
        confirmed_at=confirmed.confirmed_at if confirmed is not None else None,
        requisition=need.requisition.code if need is not None else None,
        ended_by=ended.ended_by if ended is not None else None,
        ended_at=ended.ended_at if ended is not None else None,
        ending_reason=ended.reason if ended is not None else None,
    )
