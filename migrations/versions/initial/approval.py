"""Tables of the first revision: approved and ended plans, their orders, and what they promise."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "plan_approval",
    "plan_ending",
    "plan_order",
    "promised_lot",
    "line_promise",
    "waiting_line",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _plan_approval()
    _plan_ending()
    _plan_order()
    _promised_lot()
    _line_promise()
    _waiting_line()


def _plan_approval() -> None:
    op.create_table(
        "plan_approval",
        sa.Column("plan_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("proposed_by", sa.String(200), nullable=False),
        sa.Column("approved_by", sa.String(200), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=False),
        sa.Column("snapshot_digest", sa.String(80), nullable=False),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_plan_approval_other_approver")),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_plan_approval_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan_approval")),
    )


def _plan_ending() -> None:
    op.create_table(
        "plan_ending",
        sa.Column("plan_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("superseded_by_id", NUMBER, nullable=True),
        sa.CheckConstraint(
            "state IN ('CLOSED', 'REJECTED', 'CANCELLED', 'SUPERSEDED')", name=op.f("ck_plan_ending_ending")
        ),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'SOLVING', 'PROPOSED', 'APPROVED', 'DISPATCHING', 'CLOSED', 'FAILED', "
            "'REJECTED', 'SUPERSEDED', 'CANCELLED')",
            name=op.f("ck_plan_ending_ending_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('REJECTED', 'CANCELLED') OR reason <> ''", name=op.f("ck_plan_ending_reason")
        ),
        sa.CheckConstraint(
            "(state = 'SUPERSEDED') = (superseded_by_id IS NOT NULL)", name=op.f("ck_plan_ending_successor")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_plan_ending_plan_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["allocation_plan.id"], name=op.f("fk_plan_ending_superseded_by_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan_ending")),
    )


def _plan_order() -> None:
    op.create_table(
        "plan_order",
        sa.Column("plan_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("offer_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("purchase_order_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_plan_order_offer_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan_approval.plan_id"], name=op.f("fk_plan_order_plan_id")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_plan_order_purchase_order_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", "offer_id", name=op.f("pk_plan_order")),
    )
    op.create_index(op.f("ix_plan_order_purchase_order_id"), "plan_order", ["purchase_order_id"])


def _promised_lot() -> None:
    op.create_table(
        "promised_lot",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("allocation_line_id", NUMBER, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_promised_lot_quantity")),
        sa.ForeignKeyConstraint(
            ["allocation_line_id"], ["allocation_line.id"], name=op.f("fk_promised_lot_allocation_line_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_promised_lot_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promised_lot")),
        sa.UniqueConstraint("allocation_line_id", "lot_id", name=op.f("uq_promised_lot_allocation_line_id_lot_id")),
    )
    op.create_index(op.f("ix_promised_lot_lot_id"), "promised_lot", ["lot_id"])


def _line_promise() -> None:
    op.create_table(
        "line_promise",
        sa.Column("allocation_line_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("ratio_permille", NUMBER, nullable=False),
        sa.Column("on_the_road_units", NUMBER, nullable=False),
        sa.CheckConstraint("ratio_permille BETWEEN 1 AND 1000000", name=op.f("ck_line_promise_ratio")),
        sa.CheckConstraint("on_the_road_units >= 0", name=op.f("ck_line_promise_units")),
        sa.ForeignKeyConstraint(
            ["allocation_line_id"], ["allocation_line.id"], name=op.f("fk_line_promise_allocation_line_id")
        ),
        sa.PrimaryKeyConstraint("allocation_line_id", name=op.f("pk_line_promise")),
    )


def _waiting_line() -> None:
    op.create_table(
        "waiting_line",
        sa.Column("allocation_line_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("waiting_units", NUMBER, nullable=False),
        sa.CheckConstraint("waiting_units >= 0", name=op.f("ck_waiting_line_units")),
        sa.ForeignKeyConstraint(
            ["allocation_line_id"], ["allocation_line.id"], name=op.f("fk_waiting_line_allocation_line_id")
        ),
        sa.PrimaryKeyConstraint("allocation_line_id", name=op.f("pk_waiting_line")),
    )
