"""Permissions for substitutes of a lower grade: given, ended, and those in force on a day."""

from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Substitution
from app.catalog.service import items_by_code
from app.core.errors import ConflictError, Fault, InvalidInputError
from app.core.records import lock_one_row, one_row
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.planning.grades.models import GradePermission
from app.planning.grades.rules import Grade, is_lower
from app.planning.grades.schemas import GradePermissionView, NewGradePermission


def grade_of(item: Item) -> Grade:
    """Where an item stands among those of its use."""
    return Grade(use_group=item.use_group, rank=item.grade_rank)


def permit(work: Work, new: NewGradePermission) -> GradePermission:
    """Permit a substitute of a lower grade at a facility until a day.

    Raises `InvalidInputError` with every fault: unknown codes, days, what is no substitute there, what is no lower.
    """
    faults: list[Fault] = []
    facilities = facilities_by_code(work.session, [new.facility], where="facility", faults=faults)
    items = items_by_code(work.session, [new.item], where="item", faults=faults)
    items |= items_by_code(work.session, [new.serves_item], where="serves_item", faults=faults)
    first = new.valid_from or work.today
    if new.valid_until < max(first, work.today):
        message = "The last day lies before the first, or has gone by."
        faults.append(Fault("period", message, "valid_until"))
    InvalidInputError.raise_if(faults)
    facility, item, serves = facilities[new.facility], items[new.item], items[new.serves_item]
    InvalidInputError.raise_if(_unfit(work.session, facility, item, serves))
    permission = GradePermission(
        facility=facility,
        item=item,
        serves_item=serves,
        reason=new.reason,
        valid_from=first,
        valid_until=new.valid_until,
        given_by=work.actor.name,
        given_at=work.now,
        ended_by="",
        ending_reason="",
    )
    work.session.add(permission)
    work.session.flush()
    _record(work, permission, "GRADE_PERMITTED")
    return permission


def _unfit(session: Session, facility: Facility, item: Item, serves: Item) -> list[Fault]:
    params = {"item": item.code, "asked_item": serves.code, "place": facility.code}
    query = select(Substitution).where(Substitution.item_id == item.id, Substitution.serves_item_id == serves.id)
    substitution = session.scalars(query).unique().one_or_none()
    types = {kind.facility_type_id for kind in substitution.facility_types} if substitution is not None else set()
    if facility.facility_type_id not in types:
        message = "The catalogue does not let {item} serve in place of {asked_item} at {place}."
        return [Fault("no_substitute", message, "item", params)]
    if not is_lower(grade_of(item), grade_of(serves)):
        message = "{item} is of no lower grade than {asked_item}: it needs no permission."
        return [Fault("no_lower_grade", message, "item", params)]
    return []


def permission_by_id(session: Session, permission_id: int) -> GradePermission:
    """The permission; raises `NotFoundError`."""
    return one_row(session, _by_id(permission_id), "permission", permission_id)


def lock_permission(session: Session, permission_id: int) -> GradePermission:
    """The permission, locked; raises `NotFoundError`."""
    return lock_one_row(session, GradePermission, _by_id(permission_id), "permission", permission_id)


def _by_id(permission_id: int) -> Select[GradePermission]:
    return select(GradePermission).where(GradePermission.id == permission_id)


def end_permission(
    work: Work, permission_id: int, reason: str, if_match: Precondition = ANY_VERSION
) -> GradePermission:
    """End a permission before its day; raises `ConflictError` the second time."""
    permission = if_match.check(lock_permission(work.session, permission_id))
    if permission.ended_at is not None:
        message = "This permission was ended by {actor}: {reason}"
        params = {"actor": permission.ended_by, "reason": permission.ending_reason}
        raise ConflictError(Fault("permission_ended", message, "", params))
    permission.ended_at, permission.ended_by, permission.ending_reason = work.now, work.actor.name, reason
    _record(work, permission, "GRADE_PERMISSION_ENDED")
    return permission


def select_permissions(*, valid_on: date | None = None) -> Select[GradePermission]:
    """All permissions, or those in force on a day."""
    query = select(GradePermission)
    if valid_on is not None:
        query = query.where(
            GradePermission.valid_from <= valid_on,
            GradePermission.valid_until >= valid_on,
            GradePermission.ended_at.is_(None),
        )
    return query


def permitted_on(session: Session, day: date) -> set[tuple[int, int, str]]:
    """What is permitted on a day: ids of the item and of what it serves in place of, and the facility's code."""
    rows = session.scalars(select_permissions(valid_on=day)).unique()
    return {(row.item_id, row.serves_item_id, row.facility.code) for row in rows}


def _record(work: Work, permission: GradePermission, action: str) -> None:
    work.session.flush()
    work.record(action, "grade_permission", permission.id, after=GradePermissionView.snapshot(permission))
