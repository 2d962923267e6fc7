"""Units of items, other names of facilities, headings of sheets, and what senders of sheets answered.

Revision: 0002_item_units_and_headings
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_item_units_and_headings"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIELDS = "'item', 'item_code', 'quantity', 'unit', 'needed_by', 'facility', 'district', 'on_hand', 'reason', 'unused'"
TABLES = ("item_unit", "facility_alias", "sheet_heading", "sheet_answer")


def upgrade() -> None:
    op.create_table(
        "item_unit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("name_zh", sa.String(32), nullable=False),
        sa.Column("name_en", sa.String(32), nullable=False),
        sa.Column("base_units", NUMBER, nullable=False),
        sa.CheckConstraint("base_units >= 1", name=op.f("ck_item_unit_base_units")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_unit_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_unit")),
        sa.UniqueConstraint("item_id", "name_en", name=op.f("uq_item_unit_item_id_name_en")),
        sa.UniqueConstraint("item_id", "name_zh", name=op.f("uq_item_unit_item_id_name_zh")),
    )
    op.create_table(
        "facility_alias",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("alias", sa.String(200), nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_facility_alias_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_alias")),
        sa.UniqueConstraint("alias", name=op.f("uq_facility_alias_alias")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sheet_heading",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("heading", sa.String(100), nullable=False),
        sa.Column("field", sa.String(32), nullable=False),
        sa.CheckConstraint(f"field IN ({FIELDS})", name=op.f("ck_sheet_heading_sheet_field")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_heading")),
        sa.UniqueConstraint("heading", name=op.f("uq_sheet_heading_heading")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sheet_answer",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("said", sa.String(300), nullable=False),
        sa.Column("meaning", sa.String(64), nullable=False),
        sa.CheckConstraint(
            "kind IN ('HEADING', 'ITEM', 'FACILITY', 'UNIT')", name=op.f("ck_sheet_answer_sheet_answer_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_answer")),
        sa.UniqueConstraint("sender", "kind", "said", name=op.f("uq_sheet_answer_sender_kind_said")),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
