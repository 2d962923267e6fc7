"""Finds and locks requisitions and moves them from state to state, with a record of each move."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from app.auth.deps import Actor
from app.core.errors import ConflictError, Fault, NotFoundError, missing
from app.core.work import Work
from app.facilities.models import Facility
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import Step, next_state

IDS_PER_QUERY = 5_000
"""Databases limit the parameters of a statement; longer lists are asked for in parts."""


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """Only requisitions that the actor may know of: a facility's people know of their own facilities' alone."""
    if actor.facilities is None:
        return true()
    return Requisition.facility_id.in_(select(Facility.id).where(Facility.code.in_(sorted(actor.facilities))))


def requisition_by_code(session: Session, code: str, *, actor: Actor) -> Requisition:
    """The requisition with this code; raises `NotFoundError`, also where it is beyond the actor's reach."""
    query = select(Requisition).where(Requisition.code == code, within_reach(actor))
    found = session.scalars(query).unique().one_or_none()
    if found is None:
        raise NotFoundError(missing("requisition", code))
    return found


def lock_by_codes(session: Session, codes: Sequence[str], *, actor: Actor) -> dict[str, Requisition]:
    """The requisitions with these codes, locked; raises `NotFoundError` naming every code unknown to the actor."""
    query = select(Requisition.code, Requisition.id).where(Requisition.code.in_(codes), within_reach(actor))
    keys = dict(session.execute(query).all())
    NotFoundError.raise_if([missing("requisition", code) for code in codes if code not in keys])
    return {requisition.code: requisition for requisition in lock_by_ids(session, keys.values())}


def lock_by_lines(session: Session, line_ids: Collection[int]) -> list[Requisition]:
    """The requisitions of these lines, locked; raises `NotFoundError` naming every unknown line."""
    return lock_by_ids(session, owners_of(session, line_ids))


def owners_of(session: Session, line_ids: Collection[int]) -> set[int]:
    """Ids of the requisitions of these lines; raises `NotFoundError` naming every unknown line."""
    owners: dict[int, int] = {}
    for part in parts_of(line_ids):
        query = select(RequisitionLine.id, RequisitionLine.requisition_id).where(RequisitionLine.id.in_(part))
        owners.update(session.execute(query).all())
    NotFoundError.raise_if([missing("requisition line", key) for key in sorted(line_ids) if key not in owners])
    return set(owners.values())


def lock_by_ids(session: Session, ids: Collection[int]) -> list[Requisition]:
    """The requisitions with these ids as they are now, locked one after the other in the order of their ids."""
    locked: list[Requisition] = []
    for part in parts_of(ids):
        query = select(Requisition).where(Requisition.id.in_(part)).order_by(Requisition.id)
        # Read again what the session may know already: somebody may have changed it before the lock was ours.
        query = query.with_for_update(of=Requisition).execution_options(populate_existing=True)
        locked += session.scalars(query).unique()
    return locked


def parts_of(ids: Iterable[int]) -> Iterator[list[int]]:
    """The ids in their order, in parts that a statement can take."""
    ordered = sorted(ids)
    for begin in range(0, len(ordered), IDS_PER_QUERY):
        yield ordered[begin : begin + IDS_PER_QUERY]


def refuse_impossible(requisitions: Collection[Requisition], step: Step) -> None:
    """Raise `ConflictError` naming every requisition whose state does not allow the step."""
    message = "Requisition {requisition} is {state}: it cannot take the step {step}."
    ConflictError.raise_if(
        [
            Fault("wrong_state", message, "", {"requisition": one.code, "state": one.state.value, "step": step.value})
            for one in requisitions
            if next_state(one.state, step) is None
        ]
    )


def take_step(
    work: Work, requisition: Requisition, step: Step, action: str, *, details: Mapping[str, Any] | None = None
) -> None:
    """Move a locked requisition on and record it; the caller has refused impossible steps."""
    before = requisition.state
    after = next_state(before, step)
    assert after is not None, "an impossible step was not refused"
    requisition.state = after
    work.record(
        action, "requisition", requisition.code, before={"state": before}, after={"state": after, **(details or {})}
    )
