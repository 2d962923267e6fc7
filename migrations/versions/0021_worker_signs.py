"""Signs of life of worker processes.

Revision: 0021_worker_signs
"""

import sqlalchemy as sa
from alembic import op

revision = "0021_worker_signs"
down_revision = "0020_second_factor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Workers sign within a minute."""
    op.create_table(
        "worker_sign",
        sa.Column("worker", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_sign")),
    )


def downgrade() -> None:
    """Nobody watches any more."""
    op.drop_table("worker_sign")
