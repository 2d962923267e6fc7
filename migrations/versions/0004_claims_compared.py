"""What is known of a line's claim: other open claims, the last one, peers, repeated and absurd figures.

Revision: 0004_claims_compared
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_claims_compared"
down_revision = "0003_firm_days"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Added one by one: SQLite copies no table for it, so that no constraint and no trigger is lost.
    for column in (
        sa.Column("claimed_units", NUMBER, nullable=False, server_default="0"),
        sa.Column("last_units", NUMBER, nullable=True),
        sa.Column("peer_units", NUMBER, nullable=True),
        sa.Column("repeated", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("absurd", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("requisition_line", column)


def downgrade() -> None:
    for name in ("absurd", "repeated", "peer_units", "last_units", "claimed_units"):
        op.drop_column("requisition_line", name)
