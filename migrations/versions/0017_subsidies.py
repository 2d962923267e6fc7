"""Linked price subsidies: regions, index figures, people entitled, schemes, runs.

Revision: 0017_subsidies
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0017_subsidies"
down_revision = "0016_merged"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
GROUPS = (
    "URBAN_MINIMUM", "RURAL_MINIMUM", "EXTREME_HARDSHIP", "UNEMPLOYMENT", "PRIVILEGED", "ORPHANS",
    "UNATTENDED_CHILDREN", "POOR_STUDENTS",
)  # fmt: skip
STATES = ("DRAFT", "APPROVED", "COMMITTED", "PAID", "REJECTED")
LIVE = sa.text("state <> 'REJECTED'")
TABLES = (
    "index_region", "index_figure", "entitled_count", "subsidy_scheme", "subsidy_base", "subsidy_run", "subsidy_line",
)  # fmt: skip


def upgrade() -> None:
    """No subsidy was computed before."""
    _index_region()
    _index_figure()
    _entitled_count()
    _subsidy_scheme()
    _subsidy_run()
    _subsidy_line()


def downgrade() -> None:
    """All of it goes; commitments of funds stay."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _key(table: str) -> list[SchemaItem]:
    return [
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _version() -> sa.Column[int]:
    return sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _choice(column: str, name: str, table: str, values: tuple[str, ...]) -> list[SchemaItem]:
    allowed = ", ".join(f"'{value}'" for value in values)
    return [sa.Column(column, sa.String(32), nullable=False), _check(table, name, f"{column} IN ({allowed})")]


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, NUMBER, nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _index_region() -> None:
    table = "index_region"
    op.create_table(
        table,
        *_key(table),
        _text("code", 64),
        _text("name_zh", 200),
        _text("name_en", 200),
        _number("parent_id", nullable=True),
        _reference(table, "parent_id", "index_region.id"),
        sa.UniqueConstraint("code", name=op.f(f"uq_{table}_code")),
    )


def _index_figure() -> None:
    table = "index_figure"
    op.create_table(
        table,
        *_key(table),
        _number("region_id"),
        _text("month", 7),
        _number("revision"),
        _number("cpi_permille"),
        _number("food_permille"),
        _number("scpi_permille", nullable=True),
        sa.Column("published_on", sa.Date(), nullable=False),
        _text("source", 2000),
        _text("reason", 2000),
        _text("entered_by", 200),
        sa.Column("entered_at", MOMENT, nullable=False),
        _check(table, "reason", "(revision = 1) = (reason = '')"),
        _check(table, "month", "length(month) = 7"),
        _reference(table, "region_id", "index_region.id"),
        sa.UniqueConstraint("region_id", "month", "revision", name=op.f(f"uq_{table}_region_id_month_revision")),
    )


def _entitled_count() -> None:
    table = "entitled_count"
    op.create_table(
        table,
        *_key(table),
        *_choice("entitled_group", "entitled_group", table, GROUPS),
        _number("zone_id"),
        _text("month", 7),
        _number("revision"),
        _number("people"),
        _text("source", 2000),
        _text("reason", 2000),
        _text("entered_by", 200),
        sa.Column("entered_at", MOMENT, nullable=False),
        _check(table, "people", "people >= 0"),
        _check(table, "reason", "(revision = 1) = (reason = '')"),
        _check(table, "month", "length(month) = 7"),
        _reference(table, "zone_id", "geographic_zone.id"),
        sa.UniqueConstraint(
            "entitled_group",
            "zone_id",
            "month",
            "revision",
            name=op.f(f"uq_{table}_entitled_group_zone_id_month_revision"),
        ),
    )


def _subsidy_scheme() -> None:
    table = "subsidy_scheme"
    op.create_table(
        table,
        *_key(table),
        _version(),
        _text("code", 64),
        _text("name_zh", 200),
        _text("name_en", 200),
        *_choice("kind", "subsidy_kind", table, ("LINKED",)),
        _number("region_id"),
        _number("fund_source_id"),
        _number("cpi_trigger_permille"),
        _number("food_trigger_permille"),
        _number("minimum_fen"),
        _number("factor_permille"),
        _text("source", 2000),
        _check(table, "amounts", "minimum_fen >= 0 AND factor_permille >= 1"),
        _check(table, "triggers", "cpi_trigger_permille >= 1 AND food_trigger_permille >= 1"),
        _reference(table, "region_id", "index_region.id"),
        _reference(table, "fund_source_id", "fund_source.id"),
        sa.UniqueConstraint("code", name=op.f(f"uq_{table}_code")),
    )
    table = "subsidy_base"
    op.create_table(
        table,
        _number("subsidy_scheme_id"),
        _number("zone_id"),
        _number("base_fen"),
        _check(table, "base", "base_fen >= 1"),
        _reference(table, "subsidy_scheme_id", "subsidy_scheme.id"),
        _reference(table, "zone_id", "geographic_zone.id"),
        sa.PrimaryKeyConstraint("subsidy_scheme_id", "zone_id", name=op.f(f"pk_{table}")),
    )


def _subsidy_run() -> None:
    table = "subsidy_run"
    op.create_table(
        table,
        *_key(table),
        _version(),
        _text("code", 64),
        _number("subsidy_scheme_id"),
        _text("month", 7),
        *_choice("state", "subsidy_run_state", table, STATES),
        _number("index_figure_id"),
        sa.Column("due_by_cpi", sa.Boolean(), nullable=False),
        sa.Column("due_by_food", sa.Boolean(), nullable=False),
        *(_number(name) for name in ("cpi_trigger_permille", "food_trigger_permille", "minimum_fen")),
        *(_number(name) for name in ("factor_permille", "people", "total_fen")),
        sa.Column("pay_by", sa.Date(), nullable=False),
        _text("drafted_by", 200),
        sa.Column("drafted_at", MOMENT, nullable=False),
        _text("approved_by", 200, nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("committed_at", MOMENT, nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        _text("paid_by", 200, nullable=True),
        _text("evidence", 2000),
        _text("rejected_by", 200, nullable=True),
        _text("rejection_reason", 2000),
        _check(table, "amounts", "total_fen >= 1 AND people >= 1"),
        _check(table, "due", "due_by_cpi OR due_by_food"),
        _check(table, "second_person", "approved_by IS NULL OR approved_by <> drafted_by"),
        _check(table, "approved", "state NOT IN ('APPROVED', 'COMMITTED', 'PAID') OR approved_by IS NOT NULL"),
        _check(table, "paid", "(state = 'PAID') = (paid_on IS NOT NULL)"),
        _check(table, "rejected", "(state = 'REJECTED') = (rejection_reason <> '')"),
        _reference(table, "subsidy_scheme_id", "subsidy_scheme.id"),
        _reference(table, "index_figure_id", "index_figure.id"),
        sa.UniqueConstraint("code", name=op.f(f"uq_{table}_code")),
    )
    for column in ("subsidy_scheme_id", "state"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index(
        "uq_subsidy_run_live",
        table,
        ["subsidy_scheme_id", "month"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _subsidy_line() -> None:
    table = "subsidy_line"
    op.create_table(
        table,
        *_key(table),
        _number("subsidy_run_id"),
        *_choice("entitled_group", "entitled_group", table, GROUPS),
        _number("zone_id"),
        _text("count_month", 7),
        *(_number(name) for name in ("people", "base_fen", "a_head_fen", "amount_fen")),
        _check(table, "amount", "amount_fen = people * a_head_fen"),
        _check(table, "people", "people >= 1 AND a_head_fen >= 0"),
        _reference(table, "subsidy_run_id", "subsidy_run.id"),
        _reference(table, "zone_id", "geographic_zone.id"),
        sa.UniqueConstraint(
            "subsidy_run_id",
            "entitled_group",
            "zone_id",
            name=op.f(f"uq_{table}_subsidy_run_id_entitled_group_zone_id"),
        ),
    )
