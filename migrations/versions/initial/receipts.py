"""Tables of the first revision: receipts, their reversals, and what became of rejected goods."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "receipt",
    "receipt_line",
    "receipt_reversal",
    "rejected_disposal",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _receipt()
    _receipt_line()
    _receipt_reversal()
    _rejected_disposal()


def _receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("partner_id", NUMBER, nullable=False),
        sa.Column("supply_channel", sa.String(32), nullable=False),
        sa.Column("purchase_order_id", NUMBER, nullable=True),
        sa.Column("pledge_id", NUMBER, nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("received_by", sa.String(200), nullable=False),
        sa.CheckConstraint("purchase_order_id IS NULL OR pledge_id IS NULL", name=op.f("ck_receipt_one_origin")),
        sa.CheckConstraint(
            "supply_channel IN ('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', "
            "'LOCAL_PRODUCTION')",
            name=op.f("ck_receipt_supply_channel"),
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_receipt_partner_id")),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("fk_receipt_pledge_id")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_receipt_purchase_order_id")
        ),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_receipt_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("code", name=op.f("uq_receipt_code")),
    )
    op.create_index(op.f("ix_receipt_partner_day"), "receipt", ["partner_id", "received_on"])
    op.create_index(op.f("ix_receipt_pledge_id"), "receipt", ["pledge_id"])
    op.create_index(op.f("ix_receipt_purchase_order_id"), "receipt", ["purchase_order_id"])


def _receipt_line() -> None:
    op.create_table(
        "receipt_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("receipt_id", NUMBER, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("accepted_units", NUMBER, nullable=False),
        sa.Column("rejected_units", NUMBER, nullable=False),
        sa.Column("rejection_reason", sa.String(2000), nullable=False),
        sa.CheckConstraint("rejected_units = 0 OR rejection_reason <> ''", name=op.f("ck_receipt_line_reason")),
        sa.CheckConstraint("accepted_units + rejected_units >= 1", name=op.f("ck_receipt_line_something")),
        sa.CheckConstraint("accepted_units >= 0 AND rejected_units >= 0", name=op.f("ck_receipt_line_units")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_receipt_line_lot_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_line_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_line")),
    )
    op.create_index(op.f("ix_receipt_line_receipt_id"), "receipt_line", ["receipt_id"])


def _receipt_reversal() -> None:
    op.create_table(
        "receipt_reversal",
        sa.Column("receipt_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("reversed_at", MOMENT, nullable=False),
        sa.Column("reversed_by", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_receipt_reversal_reason")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_reversal_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt_reversal")),
    )


def _rejected_disposal() -> None:
    op.create_table(
        "rejected_disposal",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("receipt_line_id", NUMBER, nullable=False),
        sa.Column("disposal", sa.String(32), nullable=False),
        sa.Column("units", NUMBER, nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.Column("recorded_by", sa.String(200), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("disposal IN ('RETURNED', 'DESTROYED')", name=op.f("ck_rejected_disposal_disposal")),
        sa.CheckConstraint("note <> ''", name=op.f("ck_rejected_disposal_note")),
        sa.CheckConstraint("units >= 1", name=op.f("ck_rejected_disposal_units")),
        sa.ForeignKeyConstraint(
            ["receipt_line_id"], ["receipt_line.id"], name=op.f("fk_rejected_disposal_receipt_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_disposal")),
    )
    op.create_index(op.f("ix_rejected_disposal_receipt_line_id"), "rejected_disposal", ["receipt_line_id"])
