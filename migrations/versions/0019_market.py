"""The market watch: series, their values and baselines, alert rules, alarms.

Revision: 0019_market
"""

import sqlalchemy as sa
from alembic import op

revision = "0019_market"
down_revision = "0018_past_needs"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("alert_rule", "market_series", "market_alert", "market_observation", "price_baseline")


def upgrade() -> None:
    """No market was watched before."""
    _alert_rule()
    _market_series()
    _market_alert()
    _market_observation()
    _price_baseline()


def downgrade() -> None:
    """All that was observed goes."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _one_of(table: str, column: str, name: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{name}"))


def _alert_rule() -> None:
    op.create_table(
        "alert_rule",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("measure", sa.String(32), nullable=False),
        sa.Column("supply_group", sa.String(32), nullable=True),
        sa.Column("window_days", NUMBER, nullable=False),
        sa.Column("yellow_permille", NUMBER, nullable=True),
        sa.Column("red_permille", NUMBER, nullable=True),
        sa.Column("source", sa.String(2000), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(yellow_permille IS NULL OR yellow_permille >= 0) AND (red_permille IS NULL OR red_permille >= 0)",
            name=op.f("ck_alert_rule_limits"),
        ),
        sa.CheckConstraint("window_days BETWEEN 1 AND 366", name=op.f("ck_alert_rule_window")),
        _one_of(
            "alert_rule",
            "measure",
            "measure",
            "rise",
            "rise_on_year",
            "fall",
            "fall_on_year",
            "baseline",
            "spread",
            "outlets",
            "no_report",
            "early",
        ),
        _one_of(
            "alert_rule",
            "supply_group",
            "rule_group",
            "vegetables",
            "pork",
            "chicken",
            "eggs",
            "grain",
            "oil",
            "medical",
            "outlets",
            "other",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
        sa.UniqueConstraint("code", name=op.f("uq_alert_rule_code")),
    )


def _market_series() -> None:
    op.create_table(
        "market_series",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("market_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("supply_group", sa.String(32), nullable=False),
        sa.Column("out_of", NUMBER, nullable=True),
        sa.Column("due_hour", NUMBER, nullable=True),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("(item_id IS NULL) = (kind = 'outlets_open')", name=op.f("ck_market_series_item")),
        sa.CheckConstraint(
            "(kind = 'outlets_open') <= (out_of IS NOT NULL)", name=op.f("ck_market_series_out_of_known")
        ),
        sa.CheckConstraint("due_hour IS NULL OR due_hour BETWEEN 0 AND 23", name=op.f("ck_market_series_due_hour")),
        sa.CheckConstraint("out_of IS NULL OR out_of >= 1", name=op.f("ck_market_series_out_of")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_market_series_item_id")),
        sa.ForeignKeyConstraint(["market_id"], ["facility.id"], name=op.f("fk_market_series_market_id")),
        _one_of(
            "market_series",
            "kind",
            "series_kind",
            "wholesale_price",
            "retail_price",
            "farm_price",
            "traded",
            "outlets_open",
            "producer_output",
        ),
        _one_of(
            "market_series",
            "supply_group",
            "supply_group",
            "vegetables",
            "pork",
            "chicken",
            "eggs",
            "grain",
            "oil",
            "medical",
            "outlets",
            "other",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_series")),
        sa.UniqueConstraint("code", name=op.f("uq_market_series_code")),
        sa.UniqueConstraint("market_id", "item_id", "kind", name=op.f("uq_market_series_market_id_item_id_kind")),
    )
    op.create_index(op.f("ix_market_series_item_id"), "market_series", ["item_id"], unique=False)
    op.create_index(op.f("ix_market_series_market_id"), "market_series", ["market_id"], unique=False)
    op.create_index(op.f("ix_market_series_supply_group"), "market_series", ["supply_group"], unique=False)


def _market_alert() -> None:
    op.create_table(
        "market_alert",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("rule_id", NUMBER, nullable=False),
        sa.Column("series_id", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("message", sa.String(2000), nullable=False),
        sa.Column("params", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("escalated_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.String(200), nullable=False),
        sa.Column("answer", sa.String(2000), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("(state = 'CLOSED') = (closed_at IS NOT NULL)", name=op.f("ck_market_alert_closed")),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rule.id"], name=op.f("fk_market_alert_rule_id")),
        sa.ForeignKeyConstraint(["series_id"], ["market_series.id"], name=op.f("fk_market_alert_series_id")),
        _one_of("market_alert", "level", "alert_level", "yellow", "red"),
        _one_of("market_alert", "state", "alert_state", "OPEN", "ACKNOWLEDGED", "CLOSED"),
        _one_of(
            "market_alert",
            "owner",
            "alert_owner",
            "supplies_group",
            "facility",
            "procurement",
            "warehouse",
            "leader",
            "auditor",
            "administrator",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_alert")),
        sa.UniqueConstraint("rule_id", "series_id", "day", name=op.f("uq_market_alert_rule_id_series_id_day")),
    )
    op.create_index(op.f("ix_market_alert_series_id"), "market_alert", ["series_id"], unique=False)
    op.create_index(op.f("ix_market_alert_state"), "market_alert", ["state"], unique=False)


def _market_observation() -> None:
    op.create_table(
        "market_observation",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("series_id", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("is_newest", sa.Boolean(), nullable=False),
        sa.Column("value", NUMBER, nullable=False),
        sa.Column("cost_fen", NUMBER, nullable=True),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("question", sa.String(32), nullable=True),
        sa.Column("usual", NUMBER, nullable=True),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by", sa.String(200), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state = 'QUESTIONED') <= (question IS NOT NULL)", name=op.f("ck_market_observation_questioned")
        ),
        sa.CheckConstraint(
            "value >= 0 AND (cost_fen IS NULL OR cost_fen >= 0)", name=op.f("ck_market_observation_value")
        ),
        sa.ForeignKeyConstraint(["series_id"], ["market_series.id"], name=op.f("fk_market_observation_series_id")),
        _one_of("market_observation", "state", "observation_state", "ACCEPTED", "QUESTIONED", "REJECTED"),
        _one_of(
            "market_observation",
            "question",
            "question",
            "per_jin",
            "doubled",
            "ten_times",
            "far_off",
            "below_wholesale",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_observation")),
        sa.UniqueConstraint("series_id", "day", "revision", name=op.f("uq_market_observation_series_id_day_revision")),
    )
    op.create_index(
        "ix_market_observation_newest", "market_observation", ["series_id", "is_newest", "day"], unique=False
    )
    op.create_index(op.f("ix_market_observation_state"), "market_observation", ["state"], unique=False)


def _price_baseline() -> None:
    op.create_table(
        "price_baseline",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("series_id", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("price_fen", NUMBER, nullable=False),
        sa.Column("cost_fen", NUMBER, nullable=True),
        sa.Column("source", sa.String(2000), nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "price_fen >= 1 AND (cost_fen IS NULL OR cost_fen >= 0)", name=op.f("ck_price_baseline_amounts")
        ),
        sa.ForeignKeyConstraint(["series_id"], ["market_series.id"], name=op.f("fk_price_baseline_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_baseline")),
        sa.UniqueConstraint("series_id", name=op.f("uq_price_baseline_series_id")),
    )
