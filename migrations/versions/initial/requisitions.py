"""Tables of the first revision: requisitions, and reminders to facilities that have not reported."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "requisition",
    "requisition_line",
    "reporting_reminder",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _requisition()
    _requisition_line()
    _reporting_reminder()


def _requisition() -> None:
    op.create_table(
        "requisition",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("program", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("reviewed_by", sa.String(200), nullable=True),
        sa.Column("closing_reason", sa.String(2000), nullable=False),
        sa.CheckConstraint("program IN ('medical', 'living')", name=op.f("ck_requisition_program")),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'SUBMITTED', 'REVIEWED', 'PLANNED', 'FULFILLED', 'REJECTED', 'WITHDRAWN')",
            name=op.f("ck_requisition_requisition_state"),
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_requisition_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requisition")),
        sa.UniqueConstraint("code", name=op.f("uq_requisition_code")),
    )
    op.create_index(op.f("ix_requisition_facility_id"), "requisition", ["facility_id"])
    op.create_index(op.f("ix_requisition_state"), "requisition", ["state"])


def _requisition_line() -> None:
    op.create_table(
        "requisition_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("requisition_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("requested_units", NUMBER, nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("on_hand_units", NUMBER, nullable=True),
        sa.Column("assessed_units", NUMBER, nullable=True),
        sa.Column("approved_units", NUMBER, nullable=True),
        sa.Column("approval_reason", sa.String(2000), nullable=False),
        sa.Column("delivered_units", NUMBER, nullable=False),
        sa.CheckConstraint("approved_units IS NULL OR approved_units >= 0", name=op.f("ck_requisition_line_approved")),
        sa.CheckConstraint("assessed_units IS NULL OR assessed_units >= 0", name=op.f("ck_requisition_line_assessed")),
        sa.CheckConstraint("delivered_units >= 0", name=op.f("ck_requisition_line_delivered")),
        sa.CheckConstraint("on_hand_units IS NULL OR on_hand_units >= 0", name=op.f("ck_requisition_line_on_hand")),
        sa.CheckConstraint(
            "approved_units IS NULL OR approved_units = requested_units OR approval_reason <> ''",
            name=op.f("ck_requisition_line_reason"),
        ),
        sa.CheckConstraint("requested_units >= 1", name=op.f("ck_requisition_line_requested")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_requisition_line_item_id")),
        sa.ForeignKeyConstraint(
            ["requisition_id"], ["requisition.id"], name=op.f("fk_requisition_line_requisition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requisition_line")),
        sa.UniqueConstraint(
            "requisition_id", "item_id", "needed_by", name=op.f("uq_requisition_line_requisition_id_item_id_needed_by")
        ),
    )
    op.create_index(op.f("ix_requisition_line_item_id"), "requisition_line", ["item_id"])
    op.create_index(op.f("ix_requisition_line_requisition_id"), "requisition_line", ["requisition_id"])


def _reporting_reminder() -> None:
    op.create_table(
        "reporting_reminder",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("program", sa.String(32), nullable=False),
        sa.Column("last_reported_on", sa.Date(), nullable=True),
        sa.Column("reminded_at", MOMENT, nullable=False),
        sa.Column("reminded_by", sa.String(200), nullable=False),
        sa.Column("addressee", sa.String(200), nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.CheckConstraint("addressee <> ''", name=op.f("ck_reporting_reminder_addressee")),
        sa.CheckConstraint("program IN ('medical', 'living')", name=op.f("ck_reporting_reminder_program")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_reporting_reminder_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_reminder")),
    )
    op.create_index(op.f("ix_reporting_reminder_facility_id"), "reporting_reminder", ["facility_id"])
