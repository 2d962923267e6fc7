"""Versions of the rows that people change after they have seen them.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = (
    "account", "allocation_plan", "api_key", "delivery_case", "dispatch_capacity", "facility", "facility_type",
    "fund_source", "geographic_zone", "item", "item_alias", "lane", "lot", "norm", "norm_set", "offer", "partner",
    "physical_inventory", "plan_run", "pledge", "purchase_order", "receipt", "requisition", "substitution",
    "tier_raise", "transfer_order",
)  # fmt: skip


def upgrade() -> None:
    for table in TABLES:
        kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
        op.add_column(table, sa.Column("version", kind, server_default=sa.text("1"), nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "version")
