"""Lanes proposed from coordinates: for facilities that have none, or for all; entered only when somebody says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.http.payloads import Microyuan, Payload
from app.core.work import Work
from app.facilities.distances import ROAD_FACTOR_PERMILLE, Distance, LaneRule, Place, nearest_warehouses
from app.facilities.models import Facility, Lane
from app.facilities.schemas import NewLane
from app.facilities.service import create_lane, select_facilities

_Km = Annotated[int, Field(ge=0, le=20_000)]


class LaneProposalRule(Payload):
    """How lanes follow from the map; every figure is an assumption that a city may change."""

    road_factor_permille: Annotated[
        int, Field(ge=1000, le=5000, description="Road kilometres in 1,000 kilometres of great circle.")
    ] = ROAD_FACTOR_PERMILLE
    same_day_km: Annotated[_Km, Field(description="What is nearer arrives on the day of departure.")] = 100
    km_a_day: Annotated[int, Field(ge=1, le=20_000, description="Kilometres of each further day.")] = 500
    nearest: Annotated[int, Field(ge=0, le=100, description="From so many of the nearest warehouses; 0: all.")] = 2
    reach_km: Annotated[_Km, Field(description="No lane is longer; 0: no limit.")] = 0
    freight_microyuan_per_piece: Microyuan = 500
    freight_microyuan_per_piece_and_km: Microyuan = 50
    freight_microyuan_per_kg: Microyuan = 20_000
    freight_microyuan_per_kg_and_km: Microyuan = 2_000
    only_without: Annotated[bool, Field(description="Only for facilities that no lane leads to.")] = False

    @property
    def rule(self) -> LaneRule:
        """The rule for the computation."""
        return LaneRule(**self.model_dump(exclude={"only_without"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedLane:
    """A lane that is not there yet."""

    warehouse: Facility
    facility: Facility
    km: int
    lane: NewLane


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneProposals:
    """What the rule proposes, and the places whose position nobody has entered."""

    lanes: Sequence[ProposedLane]
    no_position: Sequence[Facility]
    """Neither the place nor its zone has coordinates."""
    by_zone: int
    """Places whose position is taken from their zone."""


def proposed_lanes(session: Session, given: LaneProposalRule) -> LaneProposals:
    """Lanes that the rule proposes and that are not there; nothing is entered."""
    places = {row.code: row for row in session.scalars(select_facilities(session, active=True).order_by(Facility.id))}
    positions = {code: position for code, row in places.items() if (position := _position(row)) is not None}
    known = {
        (warehouse, facility) for warehouse, facility in session.execute(select(Lane.warehouse_id, Lane.facility_id))
    }
    reached = {facility for _, facility in known}
    stores = [positions[code] for code, row in places.items() if row.facility_type.keeps_stock and code in positions]
    asking = [row for row in places.values() if not row.facility_type.keeps_stock]
    lanes = [
        _proposed(places[one.warehouse], row, one, given.rule)
        for row in asking
        if row.code in positions and not (given.only_without and row.id in reached)
        for one in nearest_warehouses(positions[row.code], stores, given.rule)
        if (places[one.warehouse].id, row.id) not in known
    ]
    return LaneProposals(
        lanes=lanes,
        no_position=[row for code, row in places.items() if code not in positions],
        by_zone=sum(row.longitude_e6 is None for code, row in places.items() if code in positions),
    )


def _position(row: Facility) -> Place | None:
    """Where a place is: as entered, else where its zone is."""
    longitude, latitude = row.longitude_e6, row.latitude_e6
    if longitude is None or latitude is None:
        longitude, latitude = row.zone.longitude_e6, row.zone.latitude_e6
    if longitude is None or latitude is None:
        return None
    return Place(code=row.code, longitude_e6=longitude, latitude_e6=latitude)


def _proposed(warehouse: Facility, facility: Facility, found: Distance, rule: LaneRule) -> ProposedLane:
    lane = NewLane(
        warehouse=warehouse.code,
        facility=facility.code,
        lead_days=found.lead_days(rule),
        cost_microyuan_per_piece=found.cost_microyuan_per_piece(rule),
        cost_microyuan_per_kg=found.cost_microyuan_per_kg(rule),
    )
    return ProposedLane(warehouse=warehouse, facility=facility, km=found.km, lane=lane)


def enter_proposed(work: Work, given: LaneProposalRule) -> list[Lane]:
    """Enter all lanes that the rule proposes now."""
    return [create_lane(work, one.lane) for one in proposed_lanes(work.session, given).lanes]
