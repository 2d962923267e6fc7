"""Ranks of items of one use; permissions for substitutes of a lower grade.

Revision: 0012_grades
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_grades"
down_revision = "0011_history"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLE = "grade_permission"


def upgrade() -> None:
    """Items of before have no rank: nothing needs a permission."""
    with op.batch_alter_table("item") as item:
        item.add_column(sa.Column("use_group", sa.String(64), nullable=True))
        item.add_column(sa.Column("grade_rank", NUMBER, nullable=True))
        item.create_check_constraint(op.f("ck_item_grade"), "(use_group IS NULL) = (grade_rank IS NULL)")
        item.create_check_constraint(op.f("ck_item_grade_rank"), "grade_rank IS NULL OR grade_rank BETWEEN 1 AND 99")
    op.create_table(
        TABLE,
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("serves_item_id", NUMBER, nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("given_by", sa.String(200), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.Column("ending_reason", sa.String(2000), nullable=False),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f(f"ck_{TABLE}_period")),
        sa.CheckConstraint("reason <> ''", name=op.f(f"ck_{TABLE}_reason")),
        sa.CheckConstraint("item_id <> serves_item_id", name=op.f(f"ck_{TABLE}_items")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name=op.f(f"ck_{TABLE}_ended")),
        sa.CheckConstraint("(ended_at IS NULL) = (ending_reason = '')", name=op.f(f"ck_{TABLE}_ending_reason")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f(f"fk_{TABLE}_facility_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f(f"fk_{TABLE}_item_id")),
        sa.ForeignKeyConstraint(["serves_item_id"], ["item.id"], name=op.f(f"fk_{TABLE}_serves_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_facility_id"), TABLE, ["facility_id"])


def downgrade() -> None:
    """Ranks and permissions go."""
    op.drop_table(TABLE)
    with op.batch_alter_table("item") as item:
        item.drop_constraint(op.f("ck_item_grade_rank"), type_="check")
        item.drop_constraint(op.f("ck_item_grade"), type_="check")
        item.drop_column("grade_rank")
        item.drop_column("use_group")
