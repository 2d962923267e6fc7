"""Tables of the first revision: policies of allocation, and raises of a tier."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "policy",
    "policy_tier",
    "policy_band",
    "policy_band_cap",
    "policy_reserve",
    "tier_raise",
    "tier_raise_confirmation",
    "tier_raise_ending",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _policy()
    _policy_tier()
    _policy_band()
    _policy_band_cap()
    _policy_reserve()
    _tier_raise()
    _tier_raise_confirmation()
    _tier_raise_ending()


def _policy() -> None:
    op.create_table(
        "policy",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("program", sa.String(32), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("title_zh", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=False),
        sa.Column("horizon_days", NUMBER, nullable=False),
        sa.Column("norm_set_id", NUMBER, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 60", name=op.f("ck_policy_horizon")),
        sa.CheckConstraint("program IN ('medical', 'living')", name=op.f("ck_policy_program")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_policy_version")),
        sa.ForeignKeyConstraint(["norm_set_id"], ["norm_set.id"], name=op.f("fk_policy_norm_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("program", "version", name=op.f("uq_policy_program_version")),
    )


def _policy_tier() -> None:
    op.create_table(
        "policy_tier",
        sa.Column("policy_id", NUMBER, nullable=False),
        sa.Column("facility_type_id", NUMBER, nullable=False),
        sa.Column("tier", NUMBER, nullable=False),
        sa.CheckConstraint("tier BETWEEN 1 AND 99", name=op.f("ck_policy_tier_tier")),
        sa.ForeignKeyConstraint(
            ["facility_type_id"], ["facility_type.id"], name=op.f("fk_policy_tier_facility_type_id")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_tier_policy_id")),
        sa.PrimaryKeyConstraint("policy_id", "facility_type_id", name=op.f("pk_policy_tier")),
    )


def _policy_band() -> None:
    op.create_table(
        "policy_band",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("policy_id", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_band_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_band")),
        sa.UniqueConstraint("policy_id", "position", name=op.f("uq_policy_band_policy_id_position")),
    )


def _policy_band_cap() -> None:
    op.create_table(
        "policy_band_cap",
        sa.Column("band_id", NUMBER, nullable=False),
        sa.Column("tier", NUMBER, nullable=False),
        sa.Column("cap_permille", NUMBER, nullable=False),
        sa.CheckConstraint("cap_permille BETWEEN 0 AND 1000", name=op.f("ck_policy_band_cap_cap")),
        sa.ForeignKeyConstraint(["band_id"], ["policy_band.id"], name=op.f("fk_policy_band_cap_band_id")),
        sa.PrimaryKeyConstraint("band_id", "tier", name=op.f("pk_policy_band_cap")),
    )


def _policy_reserve() -> None:
    op.create_table(
        "policy_reserve",
        sa.Column("policy_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_policy_reserve_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_policy_reserve_item_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_reserve_policy_id")),
        sa.PrimaryKeyConstraint("policy_id", "item_id", name=op.f("pk_policy_reserve")),
    )


def _tier_raise() -> None:
    op.create_table(
        "tier_raise",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("tier", NUMBER, nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("raised_by", sa.String(200), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_tier_raise_period")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_tier_raise_reason")),
        sa.CheckConstraint("tier BETWEEN 1 AND 99", name=op.f("ck_tier_raise_tier")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_tier_raise_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_raise")),
    )
    op.create_index(op.f("ix_tier_raise_facility_id"), "tier_raise", ["facility_id"])


def _tier_raise_confirmation() -> None:
    op.create_table(
        "tier_raise_confirmation",
        sa.Column("tier_raise_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("raised_by", sa.String(200), nullable=False),
        sa.Column("confirmed_by", sa.String(200), nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=False),
        sa.CheckConstraint("confirmed_by <> raised_by", name=op.f("ck_tier_raise_confirmation_second_leader")),
        sa.ForeignKeyConstraint(
            ["tier_raise_id"], ["tier_raise.id"], name=op.f("fk_tier_raise_confirmation_tier_raise_id")
        ),
        sa.PrimaryKeyConstraint("tier_raise_id", name=op.f("pk_tier_raise_confirmation")),
    )


def _tier_raise_ending() -> None:
    op.create_table(
        "tier_raise_ending",
        sa.Column("tier_raise_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_tier_raise_ending_reason")),
        sa.ForeignKeyConstraint(["tier_raise_id"], ["tier_raise.id"], name=op.f("fk_tier_raise_ending_tier_raise_id")),
        sa.PrimaryKeyConstraint("tier_raise_id", name=op.f("pk_tier_raise_ending")),
    )
