"""Firm days: a plan promises its first days and foresees the others.

Revision: 0003_firm_days
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_firm_days"
down_revision = "0002_item_units_and_headings"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Policies of before get the defaults; every line of a plan of before was promised."""
    with op.batch_alter_table("policy") as policy:
        policy.add_column(sa.Column("firm_days", NUMBER, nullable=False, server_default="2"))
        policy.add_column(sa.Column("max_age_hours", NUMBER, nullable=False, server_default="24"))
        policy.create_check_constraint(op.f("ck_policy_firm_days"), "firm_days BETWEEN 1 AND 60")
        policy.create_check_constraint(op.f("ck_policy_max_age_hours"), "max_age_hours BETWEEN 1 AND 1440")
    with op.batch_alter_table("policy") as policy:
        policy.alter_column("firm_days", server_default=None)
        policy.alter_column("max_age_hours", server_default=None)
    with op.batch_alter_table("allocation_line") as line:
        line.add_column(sa.Column("firm", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("allocation_line") as line:
        line.alter_column("firm", server_default=None)


def downgrade() -> None:
    """Only the columns go."""
    with op.batch_alter_table("allocation_line") as line:
        line.drop_column("firm")
    with op.batch_alter_table("policy") as policy:
        policy.drop_constraint(op.f("ck_policy_max_age_hours"), type_="check")
        policy.drop_constraint(op.f("ck_policy_firm_days"), type_="check")
        policy.drop_column("max_age_hours")
        policy.drop_column("firm_days")
