"""Forecasts of the market's series, one a series and day.

Revision: 0023_market_forecast
"""

import sqlalchemy as sa
from alembic import op

revision = "0023_market_forecast"
down_revision = "0022_notifications"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing was foreseen before."""
    op.create_table(
        "market_forecast",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("series_id", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("refusal", sa.String(2000), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("mase_permille", NUMBER, nullable=True),
        sa.Column("naive_mase_permille", NUMBER, nullable=True),
        sa.Column("coverage_permille", NUMBER, nullable=True),
        sa.CheckConstraint("(method = '') <> (refusal = '')", name=op.f("ck_market_forecast_answer")),
        sa.ForeignKeyConstraint(["series_id"], ["market_series.id"], name=op.f("fk_market_forecast_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_forecast")),
        sa.UniqueConstraint("series_id", "day", name=op.f("uq_market_forecast_series_id_day")),
    )


def downgrade() -> None:
    """The forecasts go."""
    op.drop_table("market_forecast")
