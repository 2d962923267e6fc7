"""Tables of the first revision: items, their other names, norms and substitutes."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import NUMBER

TABLES = (
    "facility_type",
    "item",
    "item_alias",
    "norm_set",
    "norm",
    "substitution",
    "substitution_facility_type",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _facility_type()
    _item()
    _item_alias()
    _norm_set()
    _norm()
    _substitution()
    _substitution_facility_type()


def _facility_type() -> None:
    op.create_table(
        "facility_type",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("keeps_stock", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_type")),
        sa.UniqueConstraint("code", name=op.f("uq_facility_type_code")),
    )


def _item() -> None:
    op.create_table(
        "item",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("program", sa.String(32), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("product_grade", sa.String(64), nullable=True),
        sa.Column("base_unit", sa.String(32), nullable=False),
        sa.Column("pack_units", NUMBER, nullable=False),
        sa.Column("shelf_life_days", NUMBER, nullable=True),
        sa.Column("cold_chain", sa.Boolean(), nullable=False),
        sa.Column("volume_mm3_per_unit", NUMBER, nullable=False),
        sa.Column("value_microyuan_per_unit", NUMBER, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("base_unit IN ('piece', 'pair', 'bottle', 'gram')", name=op.f("ck_item_base_unit")),
        sa.CheckConstraint("pack_units >= 1", name=op.f("ck_item_pack")),
        sa.CheckConstraint("program IN ('medical', 'living')", name=op.f("ck_item_program")),
        sa.CheckConstraint("shelf_life_days IS NULL OR shelf_life_days >= 1", name=op.f("ck_item_shelf_life")),
        sa.CheckConstraint("value_microyuan_per_unit >= 0", name=op.f("ck_item_value")),
        sa.CheckConstraint("volume_mm3_per_unit >= 0", name=op.f("ck_item_volume")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("code", name=op.f("uq_item_code")),
    )


def _item_alias() -> None:
    op.create_table(
        "item_alias",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("alias", sa.String(200), nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_alias_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_alias")),
        sa.UniqueConstraint("alias", name=op.f("uq_item_alias_alias")),
        sqlite_autoincrement=True,
    )


def _norm_set() -> None:
    op.create_table(
        "norm_set",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("source", sa.String(2000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm_set")),
        sa.UniqueConstraint("code", name=op.f("uq_norm_set_code")),
    )


def _norm() -> None:
    op.create_table(
        "norm",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("norm_set_id", NUMBER, nullable=False),
        sa.Column("facility_type_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("basis", sa.String(32), nullable=False),
        sa.Column("daily_use_milliunits", NUMBER, nullable=False),
        sa.Column("source", sa.String(2000), nullable=False),
        sa.CheckConstraint("daily_use_milliunits >= 0", name=op.f("ck_norm_daily_use")),
        sa.CheckConstraint(
            "basis IN ('isolation_bed', 'bed', 'staff', 'resident', 'visit')", name=op.f("ck_norm_norm_basis")
        ),
        sa.ForeignKeyConstraint(["facility_type_id"], ["facility_type.id"], name=op.f("fk_norm_facility_type_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_norm_item_id")),
        sa.ForeignKeyConstraint(["norm_set_id"], ["norm_set.id"], name=op.f("fk_norm_norm_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm")),
        sa.UniqueConstraint(
            "norm_set_id",
            "facility_type_id",
            "item_id",
            "basis",
            name=op.f("uq_norm_norm_set_id_facility_type_id_item_id_basis"),
        ),
        sqlite_autoincrement=True,
    )


def _substitution() -> None:
    op.create_table(
        "substitution",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("serves_item_id", NUMBER, nullable=False),
        sa.Column("ratio_permille", NUMBER, nullable=False),
        sa.Column("penalty_microyuan_per_unit", NUMBER, nullable=False),
        sa.CheckConstraint("item_id <> serves_item_id", name=op.f("ck_substitution_other_item")),
        sa.CheckConstraint("penalty_microyuan_per_unit >= 0", name=op.f("ck_substitution_penalty")),
        sa.CheckConstraint("ratio_permille BETWEEN 1 AND 1000000", name=op.f("ck_substitution_ratio")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_substitution_item_id")),
        sa.ForeignKeyConstraint(["serves_item_id"], ["item.id"], name=op.f("fk_substitution_serves_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
        sa.UniqueConstraint("item_id", "serves_item_id", name=op.f("uq_substitution_item_id_serves_item_id")),
        sqlite_autoincrement=True,
    )


def _substitution_facility_type() -> None:
    op.create_table(
        "substitution_facility_type",
        sa.Column("substitution_id", NUMBER, nullable=False),
        sa.Column("facility_type_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_type_id"], ["facility_type.id"], name=op.f("fk_substitution_facility_type_facility_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["substitution_id"], ["substitution.id"], name=op.f("fk_substitution_facility_type_substitution_id")
        ),
        sa.PrimaryKeyConstraint("substitution_id", "facility_type_id", name=op.f("pk_substitution_facility_type")),
    )
