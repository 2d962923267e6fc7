"""Facilities, items and partners that were merged: into which one.

Revision: 0016_merged
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_merged"
down_revision = "0015_reports_replace"
branch_labels = None
depends_on = None

TABLES = ("facility", "item", "partner")


def upgrade() -> None:
    """Nothing has been merged before."""
    for table in TABLES:
        op.add_column(table, sa.Column("merged_into", sa.String(64), nullable=True))


def downgrade() -> None:
    """What was merged stays closed; into which one is in the audit trail."""
    for table in TABLES:
        op.drop_column(table, "merged_into")
