"""Tables of the first revision: published balances."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "disclosure",
    "disclosure_line",
    "disclosure_issue",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _disclosure()
    _disclosure_line()
    _disclosure_issue()


def _disclosure() -> None:
    op.create_table(
        "disclosure",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("published_by", sa.String(200), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.CheckConstraint("(version = 1) = (reason = '')", name=op.f("ck_disclosure_reason")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_disclosure_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
        sa.UniqueConstraint("as_of", "version", name=op.f("uq_disclosure_as_of_version")),
        sa.UniqueConstraint("code", name=op.f("uq_disclosure_code")),
    )


def _disclosure_line() -> None:
    op.create_table(
        "disclosure_line",
        sa.Column("disclosure_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("received", NUMBER, nullable=False),
        sa.Column("issued", NUMBER, nullable=False),
        sa.Column("in_transit", NUMBER, nullable=False),
        sa.Column("on_hand", NUMBER, nullable=False),
        sa.Column("lost", NUMBER, nullable=False),
        sa.Column("returned", NUMBER, nullable=False),
        sa.CheckConstraint(
            "received = issued + in_transit + on_hand + lost + returned", name=op.f("ck_disclosure_line_balance")
        ),
        sa.CheckConstraint(
            "channel IN ('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', "
            "'LOCAL_PRODUCTION')",
            name=op.f("ck_disclosure_line_channel"),
        ),
        sa.CheckConstraint(
            "issued >= 0 AND in_transit >= 0 AND on_hand >= 0 AND lost >= 0 AND returned >= 0",
            name=op.f("ck_disclosure_line_units"),
        ),
        sa.ForeignKeyConstraint(["disclosure_id"], ["disclosure.id"], name=op.f("fk_disclosure_line_disclosure_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_disclosure_line_item_id")),
        sa.PrimaryKeyConstraint("disclosure_id", "item_id", "channel", name=op.f("pk_disclosure_line")),
    )


def _disclosure_issue() -> None:
    op.create_table(
        "disclosure_issue",
        sa.Column("disclosure_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("issued", NUMBER, nullable=False),
        sa.CheckConstraint("issued >= 1", name=op.f("ck_disclosure_issue_issued")),
        sa.ForeignKeyConstraint(["disclosure_id"], ["disclosure.id"], name=op.f("fk_disclosure_issue_disclosure_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_disclosure_issue_facility_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_disclosure_issue_item_id")),
        sa.PrimaryKeyConstraint("disclosure_id", "item_id", "facility_id", name=op.f("pk_disclosure_issue")),
    )
