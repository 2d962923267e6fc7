"""Checks the places that accounts and keys are bound to.

The facilities' own domain lies above this one; of its tables only these columns are read here.
"""

from collections.abc import Sequence

from sqlalchemy import column, select, table
from sqlalchemy.orm import Session

from app.core.errors import Fault, missing
from app.core.rights import Role

_facility = table("facility", column("code"), column("facility_type_id"))
_facility_type = table("facility_type", column("id"), column("keeps_stock"))


def place_faults(session: Session, role: Role, codes: Sequence[str]) -> list[Fault]:
    """A fault for every code named twice or unknown, and for a warehouse role every facility that keeps no stock."""
    query = (
        select(_facility.c.code, _facility_type.c.keeps_stock)
        .join_from(_facility, _facility_type, _facility.c.facility_type_id == _facility_type.c.id)
        .where(_facility.c.code.in_(codes))
    )
    keeps_stock = {code: bool(keeps) for code, keeps in session.execute(query)}
    what = "warehouse" if role is Role.WAREHOUSE else "facility"
    faults = []
    for n, code in enumerate(codes):
        where = f"places.{n}"
        if code in codes[:n]:
            faults.append(Fault("repeated", "“{key}” is named twice.", where, {"key": code}))
        elif code not in keeps_stock or (role is Role.WAREHOUSE and not keeps_stock[code]):
            faults.append(missing(what, code, where=where))
    return faults
