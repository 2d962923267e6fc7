"""The register of partners."""

from collections.abc import Iterable

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.core.errors import Fault
from app.core.records import add_row, lock_row_by_code, refuse_merged, row_by_code, rows_by_code, set_fields, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.partners.models import Partner
from app.partners.schemas import NewPartner, PartnerChange, PartnerView
from app.partners.types import PartnerKind


def partner_by_code(session: Session, code: str) -> Partner:
    """The partner with this code; raises `NotFoundError`."""
    return row_by_code(session, Partner, "partner", code)


def lock_partner(session: Session, code: str) -> Partner:
    """As `partner_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, Partner, "partner", code)


def partners_by_code(
    session: Session, codes: Iterable[str], *, where: str = "partner", faults: list[Fault] | None = None
) -> dict[str, Partner]:
    """The partners with these codes; every unknown code is a fault (see `records.rows_by_code`)."""
    return rows_by_code(session, Partner, "partner", codes, where=where, faults=faults)


def select_partners(
    *, kind: PartnerKind | None = None, active: bool | None = None, q: str | None = None
) -> Select[Partner]:
    """The partners that all the filters given let pass; `q` is a part of the code or of a name."""
    query = select(Partner)
    if kind is not None:
        query = query.where(Partner.kind == kind)
    if active is not None:
        query = query.where(Partner.active == active)
    if q is not None:
        parts = (Partner.code, Partner.name_zh, Partner.name_en)
        query = query.where(or_(*(part.icontains(q, autoescape=True) for part in parts)))
    return query


def create_partner(work: Work, new: NewPartner) -> Partner:
    """Enter a partner; raises `ConflictError` when its code is taken."""
    partner = Partner(**dict(new))
    add_row(work.session, partner, taken("partner", new.code))
    work.record("PARTNER_CREATED", "partner", new.code, after=PartnerView.snapshot(partner))
    return partner


def change_partner(work: Work, code: str, change: PartnerChange, if_match: Precondition = ANY_VERSION) -> Partner:
    """Change the fields named of a partner."""
    partner = if_match.check(lock_partner(work.session, code))
    refuse_merged(partner)
    before = PartnerView.snapshot(partner)
    set_fields(partner, change.given())
    work.record_change("PARTNER_CHANGED", "partner", code, before=before, after=PartnerView.snapshot(partner))
    return partner
