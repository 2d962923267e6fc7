"""Partial plans, the price of fairness, and plans that a leader asked to have computed anew.

Revision: 0005_partial_plans
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_partial_plans"
down_revision = "0004_claims_compared"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No policy of before allows partial plans, no plan of before is one, and no run was asked for by a leader.

    The defaults stay, and columns are added and dropped in place: SQLite would have to build the tables anew.
    """
    op.add_column("policy", sa.Column("allows_partial", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("allocation_plan", sa.Column("is_partial", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("allocation_plan", sa.Column("fairness_prices", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("plan_run", sa.Column("brought_to", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Only the columns go."""
    op.drop_column("plan_run", "brought_to")
    op.drop_column("allocation_plan", "fairness_prices")
    op.drop_column("allocation_plan", "is_partial")
    op.drop_column("policy", "allows_partial")
