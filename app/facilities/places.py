"""Facilities as the places that accounts and API keys are bound to."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import FacilityType
from app.facilities.models import Facility


def keeps_stock_by_code(session: Session, codes: Sequence[str]) -> dict[str, bool]:
    """Whether each of these facilities keeps stock; unknown codes are left out. See `app.auth.places`."""
    query = select(Facility.code, FacilityType.keeps_stock).join(Facility.facility_type).where(Facility.code.in_(codes))
    return {row.code: row.keeps_stock for row in session.execute(query)}
