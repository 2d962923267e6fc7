"""Ways back: shipments that return whole, goods that facilities give back; published days whose next version is due.

Revision: 0013_ways_back
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_ways_back"
down_revision = "0012_grades"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STATES = "'OPEN', 'SHIPPED', 'DELIVERED', 'DELIVERED_WITH_DISCREPANCY', 'CANCELLED'"


def upgrade() -> None:
    """Days published before are known as such; nothing is due for them until something changes."""
    with op.batch_alter_table("transfer_order") as order:
        order.drop_constraint(op.f("ck_transfer_order_transfer_state"), type_="check")
        order.create_check_constraint(op.f("ck_transfer_order_transfer_state"), f"state IN ({STATES}, 'RETURNED')")
        order.create_check_constraint(op.f("ck_transfer_order_returned"), "state <> 'RETURNED' OR closing_reason <> ''")
    _facility_return()
    op.create_table(
        "published_day",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("due_since", MOMENT, nullable=True),
        sa.Column("due_event_id", NUMBER, nullable=True),
        sa.CheckConstraint("(due_since IS NULL) = (due_event_id IS NULL)", name=op.f("ck_published_day_due")),
        sa.ForeignKeyConstraint(["due_event_id"], ["stock_event.id"], name=op.f("fk_published_day_due_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_day")),
        sa.UniqueConstraint("as_of", name=op.f("uq_published_day_as_of")),
    )
    op.execute(
        "INSERT INTO published_day (as_of, published_at) "
        "SELECT as_of, MAX(published_at) FROM disclosure GROUP BY as_of ORDER BY as_of"
    )


def _facility_return() -> None:
    op.create_table(
        "facility_return",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String(200), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_facility_return_reason")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_facility_return_facility_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_facility_return_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_return")),
        sa.UniqueConstraint("code", name=op.f("uq_facility_return_code")),
    )
    op.create_index(op.f("ix_facility_return_facility_id"), "facility_return", ["facility_id"])
    op.create_table(
        "facility_return_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("facility_return_id", NUMBER, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("usable_units", NUMBER, nullable=False),
        sa.Column("destroyed_units", NUMBER, nullable=False),
        sa.CheckConstraint("usable_units >= 0 AND destroyed_units >= 0", name=op.f("ck_facility_return_line_signs")),
        sa.CheckConstraint("usable_units + destroyed_units >= 1", name=op.f("ck_facility_return_line_something")),
        sa.ForeignKeyConstraint(
            ["facility_return_id"], ["facility_return.id"], name=op.f("fk_facility_return_line_facility_return_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_facility_return_line_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_return_line")),
        sa.UniqueConstraint(
            "facility_return_id", "lot_id", name=op.f("uq_facility_return_line_facility_return_id_lot_id")
        ),
    )


def downgrade() -> None:
    """Returned orders become deliveries with a discrepancy on the day of their shipment: the ledger says the rest."""
    op.execute(
        "UPDATE transfer_order SET state = 'DELIVERED_WITH_DISCREPANCY', delivered_on = shipped_on, "
        "received_by = 'returned' WHERE state = 'RETURNED'"
    )
    op.drop_table("published_day")
    op.drop_table("facility_return_line")
    op.drop_table("facility_return")
    with op.batch_alter_table("transfer_order") as order:
        order.drop_constraint(op.f("ck_transfer_order_returned"), type_="check")
        order.drop_constraint(op.f("ck_transfer_order_transfer_state"), type_="check")
        order.create_check_constraint(op.f("ck_transfer_order_transfer_state"), f"state IN ({STATES})")
