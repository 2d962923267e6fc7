"""Tables of the first revision: transfer orders, shipped lots and cases of delivery."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "transfer_order",
    "transfer_order_line",
    "shipped_lot",
    "delivery_case",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _transfer_order()
    _transfer_order_line()
    _shipped_lot()
    _delivery_case()


def _transfer_order() -> None:
    op.create_table(
        "transfer_order",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("ship_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("vehicle", sa.String(64), nullable=False),
        sa.Column("driver", sa.String(64), nullable=False),
        sa.Column("pass_number", sa.String(64), nullable=False),
        sa.Column("shipped_on", sa.Date(), nullable=True),
        sa.Column("shipped_at", MOMENT, nullable=True),
        sa.Column("shipped_by", sa.String(200), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("received_by", sa.String(200), nullable=False),
        sa.Column("confirmed_by", sa.String(200), nullable=False),
        sa.Column("closing_reason", sa.String(2000), nullable=False),
        sa.CheckConstraint(
            "state <> 'CANCELLED' OR (shipped_on IS NULL AND closing_reason <> '')",
            name=op.f("ck_transfer_order_cancelled"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('DELIVERED', 'DELIVERED_WITH_DISCREPANCY') "
            "OR (delivered_on IS NOT NULL AND delivered_on >= shipped_on AND received_by <> '')",
            name=op.f("ck_transfer_order_delivered"),
        ),
        sa.CheckConstraint(
            "state IN ('OPEN', 'CANCELLED') OR (shipped_on IS NOT NULL AND shipped_by <> '')",
            name=op.f("ck_transfer_order_shipped"),
        ),
        sa.CheckConstraint(
            "state IN ('OPEN', 'SHIPPED', 'DELIVERED', 'DELIVERED_WITH_DISCREPANCY', 'CANCELLED')",
            name=op.f("ck_transfer_order_transfer_state"),
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_transfer_order_facility_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan_approval.plan_id"], name=op.f("fk_transfer_order_plan_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_transfer_order_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_order")),
        sa.UniqueConstraint("code", name=op.f("uq_transfer_order_code")),
        sa.UniqueConstraint(
            "plan_id",
            "warehouse_id",
            "facility_id",
            "ship_on",
            name=op.f("uq_transfer_order_plan_id_warehouse_id_facility_id_ship_on"),
        ),
    )
    op.create_index(op.f("ix_transfer_order_facility_id"), "transfer_order", ["facility_id"])
    op.create_index(op.f("ix_transfer_order_ship_on"), "transfer_order", ["ship_on"])
    op.create_index(op.f("ix_transfer_order_state"), "transfer_order", ["state"])
    op.create_index(op.f("ix_transfer_order_warehouse_id"), "transfer_order", ["warehouse_id"])


def _transfer_order_line() -> None:
    op.create_table(
        "transfer_order_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("transfer_order_id", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("allocation_line_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("serves_item_id", NUMBER, nullable=False),
        sa.Column("ratio_permille", NUMBER, nullable=False),
        sa.Column("ordered_units", NUMBER, nullable=False),
        sa.Column("shipped_units", NUMBER, nullable=False),
        sa.Column("accepted_units", NUMBER, nullable=False),
        sa.Column("rejected_units", NUMBER, nullable=False),
        sa.Column("missing_units", NUMBER, nullable=False),
        sa.CheckConstraint(
            "accepted_units + rejected_units + missing_units <= shipped_units",
            name=op.f("ck_transfer_order_line_delivered"),
        ),
        sa.CheckConstraint("ordered_units >= 1", name=op.f("ck_transfer_order_line_ordered")),
        sa.CheckConstraint("ratio_permille BETWEEN 1 AND 1000000", name=op.f("ck_transfer_order_line_ratio")),
        sa.CheckConstraint(
            "shipped_units >= 0 AND shipped_units <= ordered_units", name=op.f("ck_transfer_order_line_shipped")
        ),
        sa.CheckConstraint(
            "accepted_units >= 0 AND rejected_units >= 0 AND missing_units >= 0",
            name=op.f("ck_transfer_order_line_signs"),
        ),
        sa.ForeignKeyConstraint(
            ["allocation_line_id"], ["allocation_line.id"], name=op.f("fk_transfer_order_line_allocation_line_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_transfer_order_line_item_id")),
        sa.ForeignKeyConstraint(["serves_item_id"], ["item.id"], name=op.f("fk_transfer_order_line_serves_item_id")),
        sa.ForeignKeyConstraint(
            ["transfer_order_id"], ["transfer_order.id"], name=op.f("fk_transfer_order_line_transfer_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_order_line")),
        sa.UniqueConstraint("allocation_line_id", name=op.f("uq_transfer_order_line_allocation_line_id")),
        sa.UniqueConstraint(
            "transfer_order_id", "position", name=op.f("uq_transfer_order_line_transfer_order_id_position")
        ),
    )


def _shipped_lot() -> None:
    op.create_table(
        "shipped_lot",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("line_id", NUMBER, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.Column("accepted_units", NUMBER, nullable=False),
        sa.Column("rejected_units", NUMBER, nullable=False),
        sa.Column("rejected_goods", sa.String(32), nullable=True),
        sa.Column("rejection_reason", sa.String(2000), nullable=False),
        sa.Column("missing_units", NUMBER, nullable=False),
        sa.Column("missing_reason", sa.String(2000), nullable=False),
        sa.CheckConstraint(
            "accepted_units + rejected_units + missing_units <= quantity", name=op.f("ck_shipped_lot_delivered")
        ),
        sa.CheckConstraint("missing_units = 0 OR missing_reason <> ''", name=op.f("ck_shipped_lot_missing")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_shipped_lot_quantity")),
        sa.CheckConstraint(
            "rejected_goods IN ('BACK_TO_WAREHOUSE', 'WRITTEN_OFF')", name=op.f("ck_shipped_lot_rejected_goods")
        ),
        sa.CheckConstraint("rejected_units = 0 OR rejection_reason <> ''", name=op.f("ck_shipped_lot_rejection")),
        sa.CheckConstraint(
            "accepted_units >= 0 AND rejected_units >= 0 AND missing_units >= 0", name=op.f("ck_shipped_lot_signs")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["transfer_order_line.id"], name=op.f("fk_shipped_lot_line_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_shipped_lot_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipped_lot")),
        sa.UniqueConstraint("line_id", "lot_id", name=op.f("uq_shipped_lot_line_id_lot_id")),
    )
    op.create_index(op.f("ix_shipped_lot_lot_id"), "shipped_lot", ["lot_id"])


def _delivery_case() -> None:
    op.create_table(
        "delivery_case",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("transfer_order_id", NUMBER, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("warehouse_statement", sa.String(2000), nullable=False),
        sa.Column("warehouse_stated_by", sa.String(200), nullable=False),
        sa.Column("facility_statement", sa.String(2000), nullable=False),
        sa.Column("facility_stated_by", sa.String(200), nullable=False),
        sa.Column("outcome", sa.String(2000), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", sa.String(200), nullable=False),
        sa.CheckConstraint(
            "state = 'OPEN' OR (warehouse_statement <> '' AND facility_statement <> '')",
            name=op.f("ck_delivery_case_both_heard"),
        ),
        sa.CheckConstraint("state IN ('OPEN', 'HEARD', 'SETTLED')", name=op.f("ck_delivery_case_case_state")),
        sa.CheckConstraint(
            "state <> 'SETTLED' OR (outcome <> '' AND settled_at IS NOT NULL)", name=op.f("ck_delivery_case_settled")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_order_id"], ["transfer_order.id"], name=op.f("fk_delivery_case_transfer_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_case")),
        sa.UniqueConstraint("code", name=op.f("uq_delivery_case_code")),
        sa.UniqueConstraint("transfer_order_id", name=op.f("uq_delivery_case_transfer_order_id")),
    )
    op.create_index(op.f("ix_delivery_case_state"), "delivery_case", ["state"])
