"""append-only ledger and audit trail

Revision: 0007, after 0006
"""

from migrations.append_only import create_guards, drop_guards

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_guards()


def downgrade() -> None:
    drop_guards()
