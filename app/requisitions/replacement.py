"""A newer report takes the place of an older one: which are concerned, and what of the older ones still counts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.errors import ConflictError, Fault
from app.core.work import Work
from app.requisitions.lapsing import remember_replaced
from app.requisitions.lifecycle import lock_by_codes, lock_by_ids, parts_of, take_step
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import COUNTED_STATES, REPLACEABLE_STATES, State, Step
from app.requisitions.types import RequisitionKind

_FIRST = datetime.min.replace(tzinfo=UTC)


def lock_with_other_reports(session: Session, codes: Sequence[str], *, actor: Actor) -> dict[str, Requisition]:
    """The named requisitions and all counted reports of the same facilities and programs, locked in id order.

    Raises `NotFoundError` naming every code unknown to the actor.
    """
    places = session.execute(
        select(Requisition.facility_id, Requisition.program)
        .where(Requisition.code.in_(codes), Requisition.kind == RequisitionKind.REPORT)
        .distinct()
    ).all()
    others = set(codes)
    for part in parts_of({facility for facility, _ in places}):
        rows = session.execute(
            select(Requisition.code, Requisition.facility_id, Requisition.program).where(
                Requisition.kind == RequisitionKind.REPORT,
                Requisition.state.in_(sorted({State.SUBMITTED, State.REVIEWED, State.PLANNED})),
                Requisition.facility_id.in_(part),
            )
        )
        others |= {code for code, facility, program in rows if (facility, program) in {tuple(one) for one in places}}
    return lock_by_codes(session, sorted(others), actor=actor)


def age_of(requisition: Requisition) -> tuple[object, ...]:
    """Sorts requisitions by the day that they describe, then by when they were handed in."""
    return requisition.reported_on, requisition.submitted_at or _FIRST, requisition.id


def newer_report_faults(session: Session, requisitions: Iterable[Requisition]) -> list[Fault]:
    """A fault for every report that comes after a newer one of its facility and program has been reviewed."""
    faults = []
    for one in requisitions:
        if one.kind is not RequisitionKind.REPORT:
            continue
        newer = session.scalars(
            select(Requisition.code)
            .where(
                Requisition.id != one.id,
                Requisition.kind == RequisitionKind.REPORT,
                Requisition.facility_id == one.facility_id,
                Requisition.program == one.program,
                Requisition.state.in_(sorted(COUNTED_STATES - {State.SUBMITTED})),
                or_(
                    Requisition.reported_on > one.reported_on,
                    and_(Requisition.reported_on == one.reported_on, Requisition.submitted_at > one.submitted_at),
                ),
            )
            .order_by(Requisition.id.desc())
            .limit(1)
        ).first()
        if newer is not None:
            message = "The newer report {newer} has been reviewed already: {requisition} is out of date."
            faults.append(Fault("newer_report", message, params={"newer": newer, "requisition": one.code}))
    return faults


def refuse_older_than_reviewed(session: Session, requisitions: Iterable[Requisition]) -> None:
    """Raise `ConflictError` naming every report that comes after a newer one has been reviewed."""
    ConflictError.raise_if(newer_report_faults(session, requisitions))


def replace_older(work: Work, newer: Requisition, locked: Iterable[Requisition]) -> None:
    """Close the open rest of the older reports among the locked ones, before the newer one is reviewed.

    What was promised to them and what is on its way stays: see `on_its_way` and `carry_over`.
    """
    if newer.kind is not RequisitionKind.REPORT:
        return
    for older in locked:
        if (
            older.kind is RequisitionKind.REPORT
            and older.id != newer.id
            and (older.facility_id, older.program) == (newer.facility_id, newer.program)
            and older.state in REPLACEABLE_STATES
            and age_of(older) < age_of(newer)
        ):
            older.replaced_by = newer.code
            remember_replaced(work, older, newer)
            take_step(work, older, Step.REPLACE, "REQUISITION_REPLACED", details={"replaced_by": newer.code})
    work.session.flush()  # at most one report may be reviewed and open: the older must be closed first


def on_its_way(session: Session, promised_units: Mapping[int, int]) -> dict[tuple[int, int], int]:
    """What plans still owe to lines of replaced reports, by the ids of facility and item."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for part in parts_of(promised_units):
        rows = session.execute(
            select(RequisitionLine.id, Requisition.facility_id, RequisitionLine.item_id)
            .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
            .where(RequisitionLine.id.in_(part), Requisition.state == State.REPLACED)
        )
        for line, facility, item in rows:
            found[facility, item] += promised_units[line]
    return found


def lock_with_successors(session: Session, requisitions: Collection[int]) -> list[Requisition]:
    """These requisitions by their ids, and the open reports that stand in the place of replaced ones, locked."""
    ids = set(requisitions)
    for part in parts_of(requisitions):
        replaced = (
            select(Requisition.facility_id, Requisition.program)
            .where(Requisition.id.in_(part), Requisition.state == State.REPLACED)
            .subquery()
        )
        ids |= set(
            session.scalars(
                select(Requisition.id)
                .join(
                    replaced,
                    (Requisition.facility_id == replaced.c.facility_id) & (Requisition.program == replaced.c.program),
                )
                .where(
                    Requisition.kind == RequisitionKind.REPORT,
                    Requisition.state.in_([State.REVIEWED, State.PLANNED]),
                )
            )
        )
    return lock_by_ids(session, ids)


def carry_over(replaced: Requisition, delivered_units: Mapping[int, int], locked: Iterable[Requisition]) -> None:
    """Count what comes to a replaced report for the report in its place, whose figures include it."""
    for newer in locked:
        if newer.kind is not RequisitionKind.REPORT or newer.state not in (State.REVIEWED, State.PLANNED):
            continue
        if (newer.facility_id, newer.program) != (replaced.facility_id, replaced.program):
            continue
        for line in replaced.lines:
            left = delivered_units.get(line.id, 0)
            for heir in sorted(newer.lines, key=lambda one: one.needed_by):
                if heir.item_id == line.item_id and left > 0:
                    taken = min(left, max(0, heir.open_units))
                    heir.carried_units += taken
                    left -= taken
        newer.touch()
