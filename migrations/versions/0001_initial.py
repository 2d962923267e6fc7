"""The first revision: all tables, and the triggers that guard the stock ledger and the audit trail.

Revision: 0001_initial
"""

from alembic import op

from migrations.versions.initial import (
    accounts,
    approval,
    catalog,
    disclosure,
    dispatch,
    facilities,
    guards,
    plans,
    policies,
    procurement,
    receipts,
    records,
    requisitions,
    runs,
    stock,
)

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None

# In the order of their foreign keys.
PARTS = (
    records,
    catalog,
    facilities,
    accounts,
    stock,
    procurement,
    receipts,
    requisitions,
    policies,
    plans,
    runs,
    approval,
    dispatch,
    disclosure,
)


def upgrade() -> None:
    for part in PARTS:
        part.create_tables()
    guards.create_guards()


def downgrade() -> None:
    for part in reversed(PARTS):
        for table in reversed(part.TABLES):
            op.drop_table(table)
    guards.drop_guards()
