"""What people outside call facilities: a table that operators extend, and that confirmed sheets add to."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.rules import alias_faults, fold_name
from app.core.errors import InvalidInputError, NotFoundError, missing
from app.core.records import add_row, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility, FacilityAlias
from app.facilities.schemas import FacilityAliasView, NewFacilityAlias
from app.facilities.service import facilities_by_code


def select_aliases(*, facility: str | None = None, q: str | None = None) -> Select[FacilityAlias]:
    """The aliases of a facility, and those that contain a text, as far as given."""
    query = select(FacilityAlias)
    if facility is not None:
        query = query.where(FacilityAlias.facility.has(Facility.code == facility))
    if q is not None:
        query = query.where(FacilityAlias.alias.contains(fold_name(q), autoescape=True))
    return query


def add_alias(work: Work, new: NewFacilityAlias) -> FacilityAlias:
    """Let an outside name mean a facility; all faults at once, `ConflictError` when it means one already."""
    alias = fold_name(new.alias)
    faults = alias_faults(alias)
    found = facilities_by_code(work.session, [new.facility], faults=faults)
    InvalidInputError.raise_if(faults)
    row = FacilityAlias(alias=alias, facility=found[new.facility])
    add_row(work.session, row, taken("alias", alias, where="alias"))
    work.record("FACILITY_ALIAS_CREATED", "facility_alias", alias, after=FacilityAliasView.snapshot(row))
    return row


def alias_by_name(session: Session, alias: str, *, lock: bool = False) -> FacilityAlias:
    """The row of an outside name, however it is spaced or typed; raises `NotFoundError`."""
    query = select(FacilityAlias).where(FacilityAlias.alias == fold_name(alias))
    row = session.scalars(query.with_for_update(of=FacilityAlias) if lock else query).one_or_none()
    if row is None:
        raise NotFoundError(missing("alias", alias))
    return row


def delete_alias(work: Work, alias: str, if_match: Precondition = ANY_VERSION) -> None:
    """Let a name mean nothing again; raises `NotFoundError`."""
    row = if_match.check(alias_by_name(work.session, alias, lock=True))
    before = FacilityAliasView.snapshot(row)
    work.session.delete(row)
    work.record("FACILITY_ALIAS_DELETED", "facility_alias", row.alias, before=before)
