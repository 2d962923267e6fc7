"""Tables of the first revision: plans, with the facts they rest on and what they give."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "allocation_plan",
    "plan_demand",
    "plan_left_out",
    "plan_help",
    "plan_limit",
    "plan_purchase",
    "plan_share",
    "allocation_line",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _allocation_plan()
    _plan_demand()
    _plan_left_out()
    _plan_help()
    _plan_limit()
    _plan_purchase()
    _plan_share()
    _allocation_line()


def _allocation_plan() -> None:
    op.create_table(
        "allocation_plan",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("program", sa.String(32), nullable=False),
        sa.Column("policy_id", NUMBER, nullable=False),
        sa.Column("parent_id", NUMBER, nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("horizon_days", NUMBER, nullable=False),
        sa.Column("snapshot_digest", sa.String(80), nullable=False),
        sa.Column("problem_digest", sa.String(80), nullable=False),
        sa.Column("problem_json", sa.Text(), nullable=False),
        sa.Column("plan_json", sa.Text(), nullable=True),
        sa.Column("failure", sa.String(2000), nullable=False),
        sa.Column("cost_fen", NUMBER, nullable=True),
        sa.Column("proposed_by", sa.String(200), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'SOLVING', 'PROPOSED', 'APPROVED', 'DISPATCHING', 'CLOSED', 'FAILED', "
            "'REJECTED', 'SUPERSEDED', 'CANCELLED')",
            name=op.f("ck_allocation_plan_plan_state"),
        ),
        sa.CheckConstraint("program IN ('medical', 'living')", name=op.f("ck_allocation_plan_program")),
        sa.ForeignKeyConstraint(["parent_id"], ["allocation_plan.id"], name=op.f("fk_allocation_plan_parent_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_allocation_plan_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_plan")),
        sa.UniqueConstraint("code", name=op.f("uq_allocation_plan_code")),
    )
    op.create_index(op.f("ix_allocation_plan_program"), "allocation_plan", ["program"])
    op.create_index(op.f("ix_allocation_plan_state"), "allocation_plan", ["state"])


def _plan_demand() -> None:
    op.create_table(
        "plan_demand",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("requisition_line_id", NUMBER, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("tier", NUMBER, nullable=False),
        sa.Column("wanted_units", NUMBER, nullable=False),
        sa.Column("planned_units", NUMBER, nullable=False),
        sa.Column("reasons", sa.JSON(none_as_null=True), nullable=False),
        sa.CheckConstraint("wanted_units >= 1 AND planned_units >= 0", name=op.f("ck_plan_demand_units")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_plan_demand_facility_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_plan_demand_item_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_plan_demand_plan_id")),
        sa.ForeignKeyConstraint(
            ["requisition_line_id"], ["requisition_line.id"], name=op.f("fk_plan_demand_requisition_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_demand")),
        sa.UniqueConstraint("plan_id", "requisition_line_id", name=op.f("uq_plan_demand_plan_id_requisition_line_id")),
    )
    op.create_index(op.f("ix_plan_demand_plan_id"), "plan_demand", ["plan_id"])


def _plan_left_out() -> None:
    op.create_table(
        "plan_left_out",
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("source_key", sa.String(200), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("units", NUMBER, nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_plan_left_out_units")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_plan_left_out_item_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_plan_left_out_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "source_key", name=op.f("pk_plan_left_out")),
    )


def _plan_help() -> None:
    op.create_table(
        "plan_help",
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("limit_key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("unit", NUMBER, nullable=False),
        sa.Column("served_units", NUMBER, nullable=False),
        sa.Column("raised_demands", NUMBER, nullable=False),
        sa.CheckConstraint("unit >= 1", name=op.f("ck_plan_help_unit")),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_plan_help_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "position", name=op.f("pk_plan_help")),
    )


def _plan_limit() -> None:
    op.create_table(
        "plan_limit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("limit_key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("demand_count", NUMBER, nullable=False),
        sa.Column("gain", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_plan_limit_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_limit")),
        sa.UniqueConstraint("plan_id", "limit_key", name=op.f("uq_plan_limit_plan_id_limit_key")),
    )


def _plan_purchase() -> None:
    op.create_table(
        "plan_purchase",
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("offer_id", NUMBER, nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_plan_purchase_quantity")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_plan_purchase_offer_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_plan_purchase_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "offer_id", name=op.f("pk_plan_purchase")),
    )


def _plan_share() -> None:
    op.create_table(
        "plan_share",
        sa.Column("plan_demand_id", NUMBER, nullable=False),
        sa.Column("band_position", NUMBER, nullable=False),
        sa.Column("share_e9", NUMBER, nullable=False),
        sa.CheckConstraint("share_e9 BETWEEN 0 AND 1000000000", name=op.f("ck_plan_share_share")),
        sa.ForeignKeyConstraint(["plan_demand_id"], ["plan_demand.id"], name=op.f("fk_plan_share_plan_demand_id")),
        sa.PrimaryKeyConstraint("plan_demand_id", "band_position", name=op.f("pk_plan_share")),
    )


def _allocation_line() -> None:
    op.create_table(
        "allocation_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("plan_demand_id", NUMBER, nullable=False),
        sa.Column("source_key", sa.String(128), nullable=False),
        sa.Column("lot_id", NUMBER, nullable=True),
        sa.Column("offer_id", NUMBER, nullable=True),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("ship_on", sa.Date(), nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_allocation_line_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_allocation_line_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_allocation_line_lot_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_allocation_line_offer_id")),
        sa.ForeignKeyConstraint(["plan_demand_id"], ["plan_demand.id"], name=op.f("fk_allocation_line_plan_demand_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_allocation_line_plan_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_allocation_line_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_line")),
    )
    op.create_index(op.f("ix_allocation_line_plan"), "allocation_line", ["plan_id"])
