"""The needs census: what is asked, supported, approved and delivered, by item, zone and tier."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from app.catalog.models import FacilityType, Item
from app.catalog.types import Program
from app.facilities.models import Facility, GeographicZone
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import COUNTED_STATES, State
from app.requisitions.schemas import CensusRow

NEEDED_STATES = COUNTED_STATES - {State.LAPSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over requisition lines, in base units of their item; a line without a figure adds nothing."""

    line_count: int = 0
    lines_without_norm: int = 0
    requested_units: int = 0
    assessed_units: int = 0
    approved_units: int = 0
    delivered_units: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        names = [field.name for field in fields(self)]
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})


class FacilityTally(NamedTuple):
    """What one facility asks for of one item; items and zones by their ids."""

    item_id: int
    zone_id: int
    facility: str
    facility_type: str
    tally: Tally


class CensusCell(NamedTuple):
    """Where a need is counted; the tier is None where none was given."""

    item_id: int
    zone_id: int
    tier: int | None


def fold_by_tier(
    tallies: Iterable[FacilityTally], tiers: Mapping[str, int], raised: Mapping[str, int]
) -> dict[CensusCell, tuple[Tally, int]]:
    """The sums and the number of facilities by item, zone and tier.

    `tiers` gives the tier of a facility type, `raised` that of a single facility, which goes first.
    """
    cells: dict[CensusCell, tuple[Tally, int]] = {}
    for one in tallies:
        tier = raised.get(one.facility, tiers.get(one.facility_type))
        cell = CensusCell(one.item_id, one.zone_id, tier)
        tally, facilities = cells.get(cell, (Tally(), 0))
        cells[cell] = (tally + one.tally, facilities + 1)
    return cells


def needs_census(
    session: Session,
    program: Program,
    *,
    tiers: Mapping[str, int],
    raised: Mapping[str, int] | None = None,
    needed_from: date | None = None,
    needed_to: date | None = None,
) -> list[CensusRow]:
    """What is needed in a program by item, zone and tier, sorted by their codes; drafts and refusals do not count.

    `tiers` gives the tier of each facility type by its code, `raised` of single facilities by theirs.
    """
    cells = fold_by_tier(_facility_tallies(session, program, needed_from, needed_to), tiers, raised or {})
    items = {item.id: item for item in session.scalars(select(Item).where(Item.program == program))}
    zones = {zone.id: zone for zone in session.scalars(select(GeographicZone))}
    rows = [
        CensusRow(
            item=items[cell.item_id].code,
            item_name_zh=items[cell.item_id].name_zh,
            item_name_en=items[cell.item_id].name_en,
            unit=items[cell.item_id].base_unit,
            zone=zones[cell.zone_id].code,
            zone_name_zh=zones[cell.zone_id].name_zh,
            zone_name_en=zones[cell.zone_id].name_en,
            tier=cell.tier,
            facility_count=facilities,
            **{field.name: getattr(tally, field.name) for field in fields(tally)},
        )
        for cell, (tally, facilities) in cells.items()
    ]
    return sorted(rows, key=lambda row: (row.item, row.zone, row.tier is None, row.tier or 0))


def _facility_tallies(
    session: Session, program: Program, needed_from: date | None, needed_to: date | None
) -> Iterable[FacilityTally]:
    line = RequisitionLine
    query = (
        select(
            line.item_id,
            Facility.zone_id,
            Facility.code,
            FacilityType.code,
            func.count(line.id),
            func.count(line.id) - func.count(line.assessed_units),
            *map(_whole_sum, _SUMMED),
        )
        .join(Requisition, line.requisition_id == Requisition.id)
        .join(Facility, Requisition.facility_id == Facility.id)
        .join(FacilityType, Facility.facility_type_id == FacilityType.id)
        .where(Requisition.program == program, Requisition.state.in_(sorted(NEEDED_STATES)), line.lapsed_units == 0)
        .group_by(line.item_id, Facility.zone_id, Facility.code, FacilityType.code)
    )
    if needed_from is not None:
        query = query.where(line.needed_by >= needed_from)
    if needed_to is not None:
        query = query.where(line.needed_by <= needed_to)
    for item_id, zone_id, facility, facility_type, lines, without_norm, *sums in session.execute(query):
        requested, assessed, approved, delivered = map(int, sums)
        tally = Tally(
            line_count=lines,
            lines_without_norm=without_norm,
            requested_units=requested,
            assessed_units=assessed,
            approved_units=approved,
            delivered_units=delivered,
        )
        yield FacilityTally(item_id, zone_id, facility, facility_type, tally)


_SUMMED = (
    RequisitionLine.requested_units,
    RequisitionLine.assessed_units,
    RequisitionLine.approved_units,
    RequisitionLine.delivered_units + RequisitionLine.carried_units,
)


def _whole_sum(column: SQLColumnExpression[Any]) -> ColumnElement[int]:
    # PostgreSQL adds 64-bit integers up to a decimal number; the caller makes it an int again.
    return func.coalesce(func.sum(column), 0)
