"""More than ordered or pledged: why it was taken in, whether it is paid, and how much of each line it is.

Revision: 0014_more_than_ordered
"""

import sqlalchemy as sa
from alembic import op

revision = "0014_more_than_ordered"
down_revision = "0013_ways_back"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing more than ordered was taken in before."""
    # Added one by one: SQLite copies no table for it.
    op.add_column(
        "receipt", sa.Column("over_receipt_reason", sa.String(2000), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("receipt", sa.Column("extra_charged", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("receipt_line") as line:
        line.add_column(sa.Column("extra_units", NUMBER, nullable=False, server_default=sa.text("0")))
        line.create_check_constraint(op.f("ck_receipt_line_extra"), "extra_units BETWEEN 0 AND accepted_units")


def downgrade() -> None:
    """Documents stay as large as they have become."""
    with op.batch_alter_table("receipt_line") as line:
        line.drop_constraint(op.f("ck_receipt_line_extra"), type_="check")
        line.drop_column("extra_units")
    op.drop_column("receipt", "extra_charged")
    op.drop_column("receipt", "over_receipt_reason")
