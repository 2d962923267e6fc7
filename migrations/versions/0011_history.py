"""Days of history in the policy; what facilities had been approved and got before a plan.

Revision: 0011_history
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_history"
down_revision = "0010_directives"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Policies of before look back as new ones do by default; plans of before have no history."""
    with op.batch_alter_table("policy") as policy:
        policy.add_column(sa.Column("history_days", NUMBER, nullable=False, server_default=sa.text("14")))
        policy.create_check_constraint(op.f("ck_policy_history_days"), "history_days BETWEEN 0 AND 366")
    table = "plan_history"
    op.create_table(
        table,
        sa.Column("plan_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("facility_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("item_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("asked_units", NUMBER, nullable=False),
        sa.Column("received_units", NUMBER, nullable=False),
        sa.CheckConstraint("asked_units >= 1", name=op.f(f"ck_{table}_asked")),
        sa.CheckConstraint("received_units >= 0 AND received_units <= asked_units", name=op.f(f"ck_{table}_received")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f(f"fk_{table}_facility_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f(f"fk_{table}_item_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f(f"fk_{table}_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "facility_id", "item_id", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    """Only what plans had looked back on goes."""
    op.drop_table("plan_history")
    with op.batch_alter_table("policy") as policy:
        policy.drop_constraint(op.f("ck_policy_history_days"), type_="check")
        policy.drop_column("history_days")
