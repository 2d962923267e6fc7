"""Tables of the first revision: zones, facilities, partners, lanes and capacities of dispatch."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import NUMBER

TABLES = (
    "geographic_zone",
    "partner",
    "facility",
    "lane",
    "dispatch_capacity",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _geographic_zone()
    _partner()
    _facility()
    _lane()
    _dispatch_capacity()


def _geographic_zone() -> None:
    op.create_table(
        "geographic_zone",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("parent_id", NUMBER, nullable=True),
        sa.Column("residents", NUMBER, nullable=False),
        sa.Column("longitude_e6", NUMBER, nullable=True),
        sa.Column("latitude_e6", NUMBER, nullable=True),
        sa.Column("tile_column", NUMBER, nullable=True),
        sa.Column("tile_row", NUMBER, nullable=True),
        sa.CheckConstraint("residents >= 0", name=op.f("ck_geographic_zone_residents")),
        sa.CheckConstraint(
            "kind IN ('city', 'district', 'county', 'special')", name=op.f("ck_geographic_zone_zone_kind")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["geographic_zone.id"], name=op.f("fk_geographic_zone_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_geographic_zone")),
        sa.UniqueConstraint("code", name=op.f("uq_geographic_zone_code")),
    )


def _partner() -> None:
    op.create_table(
        "partner",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('supplier', 'donor', 'authority')", name=op.f("ck_partner_partner_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("code", name=op.f("uq_partner_code")),
    )


def _facility() -> None:
    op.create_table(
        "facility",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("facility_type_id", NUMBER, nullable=False),
        sa.Column("zone_id", NUMBER, nullable=False),
        sa.Column("beds", NUMBER, nullable=False),
        sa.Column("isolation_beds", NUMBER, nullable=False),
        sa.Column("staff", NUMBER, nullable=False),
        sa.Column("residents_served", NUMBER, nullable=False),
        sa.Column("visits_per_day", NUMBER, nullable=False),
        sa.Column("longitude_e6", NUMBER, nullable=True),
        sa.Column("latitude_e6", NUMBER, nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "beds >= 0 AND isolation_beds >= 0 AND staff >= 0 AND residents_served >= 0 AND visits_per_day >= 0",
            name=op.f("ck_facility_counts"),
        ),
        sa.ForeignKeyConstraint(["facility_type_id"], ["facility_type.id"], name=op.f("fk_facility_facility_type_id")),
        sa.ForeignKeyConstraint(["zone_id"], ["geographic_zone.id"], name=op.f("fk_facility_zone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("code", name=op.f("uq_facility_code")),
    )
    op.create_index(op.f("ix_facility_facility_type_id"), "facility", ["facility_type_id"])
    op.create_index(op.f("ix_facility_zone_id"), "facility", ["zone_id"])


def _lane() -> None:
    op.create_table(
        "lane",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("lead_days", NUMBER, nullable=False),
        sa.Column("cost_microyuan_per_piece", NUMBER, nullable=False),
        sa.Column("cost_microyuan_per_kg", NUMBER, nullable=False),
        sa.Column("vehicle_class", sa.String(64), nullable=True),
        sa.CheckConstraint("cost_microyuan_per_piece >= 0 AND cost_microyuan_per_kg >= 0", name=op.f("ck_lane_cost")),
        sa.CheckConstraint("lead_days >= 0", name=op.f("ck_lane_lead_days")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_lane_facility_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_lane_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane")),
        sa.UniqueConstraint("warehouse_id", "facility_id", name=op.f("uq_lane_warehouse_id_facility_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_lane_facility_id"), "lane", ["facility_id"])


def _dispatch_capacity() -> None:
    op.create_table(
        "dispatch_capacity",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("volume_litres", NUMBER, nullable=False),
        sa.CheckConstraint("volume_litres >= 0", name=op.f("ck_dispatch_capacity_volume")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_dispatch_capacity_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_capacity")),
        sa.UniqueConstraint("warehouse_id", "day", name=op.f("uq_dispatch_capacity_warehouse_id_day")),
        sqlite_autoincrement=True,
    )
