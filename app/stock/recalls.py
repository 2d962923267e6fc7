"""Recalls: where every unit of a lot is, who was given notice, what facilities say, and how it ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.errors import ConflictError, Fault, ForbiddenError, InvalidInputError, NotFoundError, Param, missing
from app.core.numbering import next_code
from app.core.records import lock_row_by_code, row_by_code
from app.core.rights import Role
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.notices.service import NewNotice, leave_notices
from app.stock.ledger import ENDS_OF_A_FACILITY
from app.stock.models import Lot, LotRecall, RecallAnswer, StockBalance, StockEvent
from app.stock.rules import answer_faults
from app.stock.schemas import RecallAnswerPayload, RecallClosing, RecallView
from app.stock.types import RecallState, StockEnd

SUBJECT = "lot_recall"
NUMBER_SERIES = "RL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Units of a lot at one place: in a warehouse, on the way to a facility, or delivered there."""

    end: StockEnd
    place: Facility
    units: int
    document: str = ""
    """The transfer order with which units on the way left."""


def holders_of(session: Session, lot_id: int, *, actor: Actor | None = None) -> list[Holder]:
    """Where every unit of a lot is now: warehouses, then what is on the way, then facilities, each by its code.

    With an actor who is bound to facilities only these.
    """
    balances = select(StockBalance).where(StockBalance.lot_id == lot_id, StockBalance.on_hand > 0)
    rows = [
        Holder(end=StockEnd.WAREHOUSE, place=one.warehouse, units=one.on_hand)
        for one in session.scalars(balances).unique()
    ]
    away = _units_away(session, lot_id)
    places = {
        one.id: one
        for one in session.scalars(select(Facility).where(Facility.id.in_(sorted({key[1] for key in away})))).unique()
    }
    rows += [
        Holder(end=end, place=places[place_id], units=units, document=document)
        for (end, place_id, document), units in away.items()
    ]
    order = (StockEnd.WAREHOUSE, StockEnd.TRANSIT, StockEnd.FACILITY)
    if actor is not None and actor.facilities is not None:
        rows = [one for one in rows if one.end is not StockEnd.WAREHOUSE and actor.has_facility(one.place.code)]
    return sorted(rows, key=lambda one: (order.index(one.end), one.place.code, one.document))


def _units_away(session: Session, lot_id: int) -> dict[tuple[StockEnd, int, str], int]:
    """Units of a lot on the way, by facility and document, and at facilities, from the events."""
    units = {
        end: func.sum(
            case((StockEvent.to_end == end, StockEvent.quantity), else_=0)
            - case((StockEvent.from_end == end, StockEvent.quantity), else_=0)
        )
        for end in sorted(ENDS_OF_A_FACILITY)
    }
    query = (
        select(StockEvent.facility_id, StockEvent.reference_key, *units.values())
        .where(
            StockEvent.lot_id == lot_id,
            or_(StockEvent.from_end.in_(ENDS_OF_A_FACILITY), StockEvent.to_end.in_(ENDS_OF_A_FACILITY)),
        )
        .group_by(StockEvent.facility_id, StockEvent.reference_key)
    )
    found: dict[tuple[StockEnd, int, str], int] = {}
    for facility_id, document, *sums in session.execute(query):
        for end, count in zip(units, sums, strict=True):
            # What was delivered may come back by another document: at a facility only the sum counts.
            key = (end, facility_id, document if end is StockEnd.TRANSIT else "")
            found[key] = found.get(key, 0) + int(count)
    return {key: count for key, count in found.items() if count > 0}


def open_recall(work: Work, lot: Lot, reason: str) -> LotRecall | None:
    """A recall of a lot that was just blocked, with a notice to all who have units; None where all are in warehouses.

    The caller holds the lot.
    """
    holders = holders_of(work.session, lot.id)
    outside = [one for one in holders if one.end is not StockEnd.WAREHOUSE]
    recall = None
    if outside:
        recall = LotRecall(
            code=next_code(work.session, NUMBER_SERIES, work.today),
            lot=lot,
            state=RecallState.OPEN,
            reason=reason,
            opened_at=work.now,
            opened_by=work.actor.name,
            outcome="",
            closed_by="",
            answers=[],
        )
        work.session.add(recall)
        work.session.flush()
        work.record("RECALL_OPENED", SUBJECT, recall.code, after=RecallView.snapshot(recall))
    leave_notices(work, _notices(lot, reason, holders, recall))
    return recall


_BLOCKED = "Lot {lot} of {item} is blocked: {reason}. {units} lie in {place} and must not leave."
_RECALLED = (
    "Lot {lot} of {item} is recalled: {reason}. {units} are at {place}: set them apart and say how many there are."
)
_ON_THE_WAY = "Lot {lot} of {item} is recalled: {reason}. {units} are on the way to {place}: refuse them at the door."
_OPENED = "Lot {lot} of {item} is recalled: {reason}. {units} are on the road or with {count} facilities."


def _notices(lot: Lot, reason: str, holders: Sequence[Holder], recall: LotRecall | None) -> list[NewNotice]:
    about: dict[str, Param] = {"lot": lot.code, "item": lot.item.code, "reason": reason.rstrip("。.")}
    texts = {
        StockEnd.WAREHOUSE: Fault("lot_blocked", _BLOCKED),
        StockEnd.TRANSIT: Fault("lot_recalled", _ON_THE_WAY),
        StockEnd.FACILITY: Fault("lot_recalled", _RECALLED),
    }
    notices = []
    for one in holders:
        address = f"/lots/{lot.id}" if one.end is StockEnd.WAREHOUSE or recall is None else f"/recalls/{recall.code}"
        text = texts[one.end]
        told = Fault(text.code, text.message, "", {**about, "units": one.units, "place": one.place.code})
        notices.append(NewNotice(told=told, address=address, place_id=one.place.id))
    if recall is not None:
        outside = [one for one in holders if one.end is not StockEnd.WAREHOUSE]
        counts: dict[str, Param] = {
            "units": sum(one.units for one in outside),
            "count": len({one.place.id for one in outside}),
        }
        told = Fault("lot_recalled", _OPENED, "", {**about, **counts})
        notices.append(NewNotice(told=told, address=f"/recalls/{recall.code}", role=Role.SUPPLIES_GROUP))
    return notices


def lift_recalls(work: Work, lot: Lot, reason: str) -> None:
    """End the open recalls of a lot that may be used again, with a notice to those who were given units of it."""
    query = select(LotRecall).where(LotRecall.lot_id == lot.id, LotRecall.state == RecallState.OPEN)
    for recall in work.session.scalars(query.order_by(LotRecall.id).with_for_update(of=LotRecall)).unique():
        _end(work, recall, RecallState.LIFTED, reason)
        message = "Lot {lot} of {item} may be used again: {reason}."
        params: dict[str, Param] = {"lot": lot.code, "item": lot.item.code, "reason": reason.rstrip("。.")}
        places = {one.place.id for one in holders_of(work.session, lot.id)}
        leave_notices(
            work,
            [
                NewNotice(
                    told=Fault("recall_lifted", message, "", params), address=f"/recalls/{recall.code}", place_id=place
                )
                for place in sorted(places)
            ],
        )


def _end(work: Work, recall: LotRecall, state: RecallState, outcome: str) -> None:
    before = RecallView.snapshot(recall)
    recall.state, recall.outcome, recall.closed_at, recall.closed_by = state, outcome, work.now, work.actor.name
    work.session.flush()
    after = RecallView.snapshot(recall)
    work.record_change(f"RECALL_{state.value}", SUBJECT, recall.code, before=before, after=after)


def select_recalls(*, actor: Actor, state: RecallState | None = None, lot_id: int | None = None) -> Select[LotRecall]:
    """The recalls that the filters let pass; for people of facilities only those of lots that came to them."""
    query = select(LotRecall)
    if actor.facilities is not None:
        own = select(Facility.id).where(Facility.code.in_(sorted(actor.facilities)))
        query = query.where(LotRecall.lot_id.in_(select(StockEvent.lot_id).where(StockEvent.facility_id.in_(own))))
    if state is not None:
        query = query.where(LotRecall.state == state)
    if lot_id is not None:
        query = query.where(LotRecall.lot_id == lot_id)
    return query


def recall_by_code(session: Session, code: str, *, actor: Actor) -> LotRecall:
    """The recall with this code; raises `NotFoundError`, also where it is beyond the actor's reach."""
    return _within_reach(session, row_by_code(session, LotRecall, "recall", code), actor)


def lock_recall(session: Session, code: str, *, actor: Actor) -> LotRecall:
    """As `recall_by_code`, with the row locked until the transaction ends; same errors."""
    return _within_reach(session, lock_row_by_code(session, LotRecall, "recall", code), actor)


def _within_reach(session: Session, recall: LotRecall, actor: Actor) -> LotRecall:
    within = select_recalls(actor=actor).where(LotRecall.id == recall.id).with_only_columns(LotRecall.id)
    if session.scalar(within) is None:
        raise NotFoundError(missing("recall", recall.code))
    return recall


def answers_within(recall: LotRecall, actor: Actor) -> list[RecallAnswer]:
    """The answers that an actor may see: people of facilities see their own."""
    return [one for one in recall.answers if actor.has_facility(one.facility.code)]


def delivered_units(holders: Iterable[Holder]) -> dict[int, int]:
    """Units that lie at facilities, by their ids."""
    return {one.place.id: one.units for one in holders if one.end is StockEnd.FACILITY}


def answer_recall(work: Work, code: str, new: RecallAnswerPayload, if_match: Precondition = ANY_VERSION) -> LotRecall:
    """Write down what a facility says of its units; it may say it anew while the recall is open.

    Raises `InvalidInputError` for more than was delivered there, `ForbiddenError` for another's facility, and
    `ConflictError` once the recall has ended.
    """
    recall = if_match.check(lock_recall(work.session, code, actor=work.actor))
    facility = facilities_by_code(work.session, [new.facility], where="facility")[new.facility]
    work.actor.refuse_foreign_facility(facility.code)
    _refuse_if_ended(recall)
    delivered = delivered_units(holders_of(work.session, recall.lot_id)).get(facility.id, 0)
    InvalidInputError.raise_if(
        answer_faults(
            delivered_units=delivered,
            quarantined_units=new.quarantined_units,
            used_units=new.used_units,
            lot=recall.lot.code,
        )
    )
    before = RecallView.snapshot(recall)
    answer = next((one for one in recall.answers if one.facility_id == facility.id), None)
    said = new.quarantined_units, new.used_units, new.note
    if answer is not None and (answer.quarantined_units, answer.used_units, answer.note) == said:
        return recall
    if answer is None:
        answer = RecallAnswer(facility=facility, quarantined_units=0, used_units=0)
        recall.answers.append(answer)
    answer.quarantined_units, answer.used_units, answer.note = said
    answer.answered_at, answer.answered_by = work.now, work.actor.name
    recall.touch()
    work.session.flush()
    after = RecallView.snapshot(recall)
    work.record_change("RECALL_ANSWERED", SUBJECT, recall.code, before=before, after=after)
    return recall


def close_recall(work: Work, code: str, new: RecallClosing, if_match: Precondition = ANY_VERSION) -> LotRecall:
    """End a recall with what became of the lot, which stays blocked.

    Raises `ConflictError` where it has ended, where units are still on the road, and, unless `without_answers`, where
    facilities have not said what became of all their units; each is named. Raises `ForbiddenError` for people of a
    warehouse in which the lot has never been.
    """
    recall = if_match.check(lock_recall(work.session, code, actor=work.actor))
    refuse_foreign_lot(work.session, recall.lot, work.actor)
    _refuse_if_ended(recall)
    holders = holders_of(work.session, recall.lot_id)
    told = {one.facility_id: one.quarantined_units + one.used_units for one in recall.answers}
    moving = "{units} of lot {lot} are still on the way to {place}."
    silent = "{place} has not said what became of {units} of lot {lot}."
    faults = []
    for one in holders:
        params: dict[str, Param] = {"lot": recall.lot.code, "item": recall.lot.item.code, "place": one.place.code}
        if one.end is StockEnd.TRANSIT:
            faults.append(Fault("still_on_the_way", moving, "", {**params, "units": one.units}))
        missing_units = one.units - told.get(one.place.id, 0)
        if one.end is StockEnd.FACILITY and missing_units > 0 and not new.without_answers:
            faults.append(Fault("not_answered", silent, "without_answers", {**params, "units": missing_units}))
    ConflictError.raise_if(faults)
    _end(work, recall, RecallState.CLOSED, new.outcome)
    return recall


def _refuse_if_ended(recall: LotRecall) -> None:
    if recall.state is not RecallState.OPEN:
        message = "Recall {recall} is {state}."
        raise ConflictError.of(message, code="wrong_state", where="state", recall=recall.code, state=recall.state.value)


def refuse_foreign_lot(session: Session, lot: Lot, actor: Actor) -> None:
    """A warehouse's people block and unblock what they have: a lot with a stock card in one of their warehouses."""
    if actor.warehouses is None:
        return
    query = select(StockBalance.lot_id).where(
        StockBalance.lot_id == lot.id, StockBalance.warehouse.has(Facility.code.in_(sorted(actor.warehouses)))
    )
    if session.scalars(query.limit(1)).first() is None:
        message = "Lot “{key}” has never been in one of your warehouses."
        raise ForbiddenError.of(message, code="outside_reach", key=lot.code)
