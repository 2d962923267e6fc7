"""Lots of which nobody knows how long they keep; room for the names of lots as they are printed.

Revision: 0009_unknown_expiry
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_unknown_expiry"
down_revision = "0008_trips"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of lots of before it is known, or they keep for ever."""
    with op.batch_alter_table("lot") as lot:
        lot.add_column(sa.Column("expiry_unknown", sa.Boolean(), nullable=False, server_default=sa.false()))
        lot.create_check_constraint(op.f("ck_lot_expiry"), "NOT (expiry_unknown AND expiry_date IS NOT NULL)")
    with op.batch_alter_table("allocation_line") as line:
        line.alter_column("source_key", existing_type=sa.String(128), type_=sa.String(200), existing_nullable=False)


def downgrade() -> None:
    """Lots of unknown expiry become lots that keep for ever; they are blocked, so that nobody uses them by that."""
    op.execute(
        "UPDATE lot SET blocked_reason = 'the last day of use is not known' "
        "WHERE expiry_unknown AND blocked_reason IS NULL"
    )
    with op.batch_alter_table("allocation_line") as line:
        line.alter_column("source_key", existing_type=sa.String(200), type_=sa.String(128), existing_nullable=False)
    with op.batch_alter_table("lot") as lot:
        lot.drop_constraint(op.f("ck_lot_expiry"), type_="check")
        lot.drop_column("expiry_unknown")
