"""Facility aliases: other names of facilities, extended by operators and by confirmed sheets."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.rules import alias_faults, fold_name
from app.core.errors import InvalidInputError
from app.core.records import add_row, lock_one_row, one_row, taken
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


def alias_by_name(session: Session, alias: str) -> FacilityAlias:
    """The row of an outside name, however it is spaced or typed; raises `NotFoundError`."""
    return one_row(session, select(FacilityAlias).where(FacilityAlias.alias == fold_name(alias)), "alias", alias)


def lock_alias(session: Session, alias: str) -> FacilityAlias:
    """As `alias_by_name`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select(FacilityAlias).where(FacilityAlias.alias == fold_name(alias))
    return lock_one_row(session, FacilityAlias, query, "alias", alias)


def delete_alias(work: Work, alias: str, if_match: Precondition = ANY_VERSION) -> None:
    """Let a name mean nothing again; raises `NotFoundError`."""
    row = if_match.check(lock_alias(work.session, alias))
    before = FacilityAliasView.snapshot(row)
    work.session.delete(row)
    work.record("FACILITY_ALIAS_DELETED", "facility_alias", row.alias, before=before)
