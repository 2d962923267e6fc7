"""Tables of the geography: zones, facilities (warehouses among them), lanes, dispatch capacities."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import FacilityType
from app.core.database import Base, Key, enum_column
from app.core.versioned import NEVER_REUSES_IDS, Versioned
from app.facilities.rules import EVERY_DAY, bits_of, weekdays_of
from app.facilities.types import Weekday, ZoneKind


class GeographicZone(Versioned, Base):
    """A zone in the tree: the city, below it districts, counties and special zones."""

    __tablename__ = "geographic_zone"
    __table_args__ = (CheckConstraint("residents >= 0", name="residents"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    kind: Mapped[ZoneKind] = mapped_column(enum_column(ZoneKind, "zone_kind"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("geographic_zone.id"))
    residents: Mapped[int] = mapped_column(default=0)
    longitude_e6: Mapped[int | None]
    latitude_e6: Mapped[int | None]
    tile_column: Mapped[int | None]
    """Place of the zone on the tile map, counted from the west."""
    tile_row: Mapped[int | None]
    """Place of the zone on the tile map, counted from the north."""
    parent: Mapped["GeographicZone | None"] = relationship(remote_side="GeographicZone.id")


class Facility(Versioned, Base):
    """A place that asks for supplies or keeps them."""

    __tablename__ = "facility"
    __table_args__ = (
        CheckConstraint(
            "beds >= 0 AND isolation_beds >= 0 AND staff >= 0 AND residents_served >= 0 AND visits_per_day >= 0",
            name="counts",
        ),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    facility_type_id: Mapped[int] = mapped_column(ForeignKey("facility_type.id"), index=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("geographic_zone.id"), index=True)
    beds: Mapped[int] = mapped_column(default=0)
    isolation_beds: Mapped[int] = mapped_column(default=0)
    """Beds set aside for cases; the bed norms of an epidemic count these."""
    staff: Mapped[int] = mapped_column(default=0)
    residents_served: Mapped[int] = mapped_column(default=0)
    visits_per_day: Mapped[int] = mapped_column(default=0)
    longitude_e6: Mapped[int | None]
    latitude_e6: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    contact: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    """Who receives goods or answers questions there."""
    telephone: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    synthetic: Mapped[bool] = mapped_column(default=False)
    """Made up for a demonstration; shown as such wherever it matters."""
    active: Mapped[bool] = mapped_column(default=True)
    merged_into: Mapped[str | None] = mapped_column(String(64))
    """Code of the one that it became when the two were found to be the same; it is never in use again."""
    facility_type: Mapped[FacilityType] = relationship(lazy="joined")
    zone: Mapped[GeographicZone] = relationship(lazy="joined")


class FacilityAlias(Versioned, Base):
    """A name by which people outside call a facility; operators add to it, and confirm what sheets call it."""

    __tablename__ = "facility_alias"
    __table_args__ = NEVER_REUSES_IDS

    id: Mapped[Key]
    alias: Mapped[str] = mapped_column(String(200), unique=True)
    """Folded as `catalog.rules.fold_name` does."""
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    facility: Mapped[Facility] = relationship(lazy="joined")


class Lane(Versioned, Base):
    """A way from a warehouse to a facility; where there is none, nothing can be sent."""

    __tablename__ = "lane"
    __table_args__ = (
        UniqueConstraint("warehouse_id", "facility_id"),
        CheckConstraint("lead_days >= 0", name="lead_days"),
        CheckConstraint("cost_microyuan_per_piece >= 0 AND cost_microyuan_per_kg >= 0", name="cost"),
        CheckConstraint("departure_bits BETWEEN 1 AND 127", name="departures"),
        NEVER_REUSES_IDS,
    )

    id: Mapped[Key]
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    lead_days: Mapped[int] = mapped_column(default=0)
    cost_microyuan_per_piece: Mapped[int] = mapped_column(default=0)
    """For the medical program, whose items are counted."""
    cost_microyuan_per_kg: Mapped[int] = mapped_column(default=0)
    """For the living program, whose items are weighed."""
    vehicle_class: Mapped[str | None] = mapped_column(String(64))
    departure_bits: Mapped[int] = mapped_column(default=EVERY_DAY, server_default=text("127"))
    """The weekdays on which it is driven, as bits; Monday is the lowest."""
    warehouse: Mapped[Facility] = relationship(foreign_keys=[warehouse_id], lazy="joined")
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id], lazy="joined")

    @property
    def departs_on(self) -> list[Weekday]:
        """The weekdays on which it is driven, Monday first."""
        return weekdays_of(self.departure_bits)

    @departs_on.setter
    def departs_on(self, days: list[Weekday]) -> None:
        self.departure_bits = bits_of(days)


class VehicleClass(Versioned, Base):
    """A class of vehicles and the volume that one of them carries; lanes name it by its code."""

    __tablename__ = "vehicle_class"
    __table_args__ = (CheckConstraint("volume_litres >= 1", name="volume"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    volume_litres: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)


class DispatchCapacity(Versioned, Base):
    """Volume that can leave a warehouse on a day; a day without a row has no limit."""

    __tablename__ = "dispatch_capacity"
    __table_args__ = (
        UniqueConstraint("warehouse_id", "day"),
        CheckConstraint("volume_litres >= 0", name="volume"),
        NEVER_REUSES_IDS,
    )

    id: Mapped[Key]
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    day: Mapped[date]
    volume_litres: Mapped[int]
    warehouse: Mapped[Facility] = relationship(lazy="joined")
