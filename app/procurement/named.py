"""What a document names by code, looked up in one go, so that all that does not exist is told at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.service import items_by_code
from app.core.errors import Fault, InvalidInputError
from app.core.records import rows_by_code
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code, warehouses_by_code
from app.partners.models import Partner
from app.partners.service import partners_by_code
from app.procurement.models import FundSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The rows behind the codes of a document."""

    partner: Partner
    warehouse: Facility
    items: Mapping[str, Item]
    fund: FundSource | None
    facilities: Mapping[str, Facility]


def look_up(
    session: Session,
    *,
    partner: str,
    warehouse: str,
    items: Sequence[str],
    items_where: str = "item",
    fund: str | None = None,
    earmark: Sequence[str] = (),
    faults: Sequence[Fault] = (),
) -> Named:
    """The rows that a new document names; partner, warehouse and items must be active.

    Raises `InvalidInputError` with `faults`, which the caller found already, and every code that is unknown or
    retired.
    """
    found = list(faults)
    partners = partners_by_code(session, [partner], faults=found)
    warehouses = warehouses_by_code(session, [warehouse], faults=found)
    known_items = items_by_code(session, items, where=items_where, faults=found)
    funds = rows_by_code(session, FundSource, "fund", [fund] if fund else [], where="fund", faults=found)
    facilities = facilities_by_code(session, earmark, where="earmark.{n}", faults=found)
    found += _retired_faults([partner], partners, "partner")
    found += _retired_faults([warehouse], warehouses, "warehouse")
    found += _retired_faults(items, known_items, items_where)
    InvalidInputError.raise_if(found)
    return Named(
        partner=partners[partner],
        warehouse=warehouses[warehouse],
        items=known_items,
        fund=funds[fund] if fund else None,
        facilities=facilities,
    )


def _retired_faults(codes: Sequence[str], rows: Mapping[str, Partner | Facility | Item], where: str) -> list[Fault]:
    return [
        Fault("retired", "“{key}” is no longer in use.", where.replace("{n}", str(n)), {"key": code})
        for n, code in enumerate(codes)
        if code in rows and not rows[code].active
    ]
