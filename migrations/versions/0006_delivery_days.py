"""Delivery days of lanes; address, contact and telephone of facilities.

Revision: 0006_delivery_days
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_delivery_days"
down_revision = "0005_partial_plans"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Lanes of before are driven every day."""
    # Added one by one: SQLite copies no table for it.
    for name, length in (("address", 200), ("contact", 200), ("telephone", 64)):
        op.add_column("facility", sa.Column(name, sa.String(length), nullable=False, server_default=sa.text("''")))
    with op.batch_alter_table("lane", table_kwargs={"sqlite_autoincrement": True}) as lane:
        lane.add_column(sa.Column("departure_bits", NUMBER, nullable=False, server_default=sa.text("127")))
        lane.create_check_constraint(op.f("ck_lane_departures"), "departure_bits BETWEEN 1 AND 127")


def downgrade() -> None:
    """Only the columns go."""
    with op.batch_alter_table("lane", table_kwargs={"sqlite_autoincrement": True}) as lane:
        lane.drop_constraint(op.f("ck_lane_departures"), type_="check")
        lane.drop_column("departure_bits")
    for name in ("telephone", "contact", "address"):
        op.drop_column("facility", name)
