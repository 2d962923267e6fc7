"""Vehicle classes and trips.

Revision: 0008_trips
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_trips"
down_revision = "0007_recalls_and_notices"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Orders of before are on no trip."""
    op.create_table(
        "vehicle_class",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("volume_litres", NUMBER, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("volume_litres >= 1", name=op.f("ck_vehicle_class_volume")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle_class")),
        sa.UniqueConstraint("code", name=op.f("uq_vehicle_class_code")),
    )
    _trip()
    # A column with a foreign key is added to a copy of the table on SQLite: its constraints have names and are kept.
    with op.batch_alter_table("transfer_order") as order:
        order.add_column(sa.Column("trip_id", NUMBER, nullable=True))
        order.create_foreign_key(op.f("fk_transfer_order_trip_id"), "trip", ["trip_id"], ["id"])
    op.create_index(op.f("ix_transfer_order_trip_id"), "transfer_order", ["trip_id"])


def _trip() -> None:
    op.create_table(
        "trip",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("vehicle_class_id", NUMBER, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("vehicle", sa.String(64), nullable=False),
        sa.Column("driver", sa.String(64), nullable=False),
        sa.Column("pass_number", sa.String(64), nullable=False),
        sa.Column("shipped_on", sa.Date(), nullable=True),
        sa.Column("shipped_at", MOMENT, nullable=True),
        sa.Column("shipped_by", sa.String(200), nullable=False),
        sa.Column("closing_reason", sa.String(2000), nullable=False),
        sa.CheckConstraint(
            "state <> 'SHIPPED' OR (shipped_on IS NOT NULL AND vehicle <> '')", name=op.f("ck_trip_shipped")
        ),
        sa.CheckConstraint("state <> 'CANCELLED' OR closing_reason <> ''", name=op.f("ck_trip_cancelled")),
        sa.CheckConstraint("state IN ('OPEN', 'SHIPPED', 'CANCELLED')", name=op.f("ck_trip_trip_state")),
        sa.ForeignKeyConstraint(["vehicle_class_id"], ["vehicle_class.id"], name=op.f("fk_trip_vehicle_class_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_trip_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trip")),
        sa.UniqueConstraint("code", name=op.f("uq_trip_code")),
    )
    op.create_index(op.f("ix_trip_warehouse_id"), "trip", ["warehouse_id"])
    op.create_index(op.f("ix_trip_day"), "trip", ["day"])


def downgrade() -> None:
    """Trips and vehicle classes go; orders stay."""
    op.drop_index(op.f("ix_transfer_order_trip_id"), "transfer_order")
    with op.batch_alter_table("transfer_order") as order:
        order.drop_constraint(op.f("fk_transfer_order_trip_id"), type_="foreignkey")
        order.drop_column("trip_id")
    op.drop_table("trip")
    op.drop_table("vehicle_class")
