"""Recalls of lots with the answers of facilities; notices to roles and places.

Revision: 0007_recalls_and_notices
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_recalls_and_notices"
down_revision = "0006_delivery_days"
branch_labels = None
depends_on = None

ROLES = "'supplies_group', 'facility', 'procurement', 'warehouse', 'leader', 'auditor', 'administrator'"
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Lots that were blocked before have no recall."""
    op.create_table(
        "lot_recall",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("outcome", sa.String(2000), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(200), nullable=False),
        sa.CheckConstraint("(state = 'OPEN') = (closed_at IS NULL)", name=op.f("ck_lot_recall_closed")),
        sa.CheckConstraint("state = 'OPEN' OR outcome <> ''", name=op.f("ck_lot_recall_outcome")),
        sa.CheckConstraint("state IN ('OPEN', 'CLOSED', 'LIFTED')", name=op.f("ck_lot_recall_recall_state")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_recall_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_recall")),
        sa.UniqueConstraint("code", name=op.f("uq_lot_recall_code")),
    )
    op.create_index(op.f("ix_lot_recall_lot_id"), "lot_recall", ["lot_id"])
    op.create_table(
        "recall_answer",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("recall_id", NUMBER, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("quarantined_units", NUMBER, nullable=False),
        sa.Column("used_units", NUMBER, nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.String(200), nullable=False),
        sa.CheckConstraint("quarantined_units >= 0 AND used_units >= 0", name=op.f("ck_recall_answer_units")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_recall_answer_facility_id")),
        sa.ForeignKeyConstraint(["recall_id"], ["lot_recall.id"], name=op.f("fk_recall_answer_recall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_answer")),
        sa.UniqueConstraint("recall_id", "facility_id", name=op.f("uq_recall_answer_recall_id_facility_id")),
    )
    _notice()


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("message", sa.String(2000), nullable=False),
        sa.Column("params", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("place_id", NUMBER, nullable=True),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_by", sa.String(200), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_by", sa.String(200), nullable=False),
        sa.CheckConstraint("(place_id IS NULL) <> (role IS NULL)", name=op.f("ck_notice_audience")),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_notice_notice_role")),
        sa.CheckConstraint("(read_at IS NULL) = (read_by = '')", name=op.f("ck_notice_read")),
        sa.ForeignKeyConstraint(["place_id"], ["facility.id"], name=op.f("fk_notice_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    for column in ("kind", "place_id", "role"):
        op.create_index(op.f(f"ix_notice_{column}"), "notice", [column])


def downgrade() -> None:
    """Recalls and notices go; the lots stay blocked."""
    op.drop_table("notice")
    op.drop_table("recall_answer")
    op.drop_table("lot_recall")
