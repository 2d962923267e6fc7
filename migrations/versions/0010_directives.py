"""Directives of leaders: the second leader, the end, what plans give to them and what that costs; in disclosures.

Revision: 0010_directives
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_directives"
down_revision = "0009_unknown_expiry"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "directive",
    "directive_confirmation",
    "directive_ending",
    "plan_directive",
    "plan_directive_cost",
    "disclosure_directive",
)


def upgrade() -> None:
    """Nobody has given a directive before."""
    _directive()
    _confirmation()
    _ending()
    _plan_directive()
    _disclosure_directive()


def downgrade() -> None:
    """Directives go; the needs that they became stay."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _directive() -> None:
    op.create_table(
        "directive",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.Column("may_use_reserve", sa.Boolean(), nullable=False),
        sa.Column("ordered_by", sa.String(200), nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_directive_quantity")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_directive_reason")),
        _reference("directive", "facility_id", "facility.id"),
        _reference("directive", "item_id", "item.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directive")),
        sa.UniqueConstraint("code", name=op.f("uq_directive_code")),
    )
    for column in ("facility_id", "item_id"):
        op.create_index(op.f(f"ix_directive_{column}"), "directive", [column])


def _confirmation() -> None:
    table = "directive_confirmation"
    op.create_table(
        table,
        sa.Column("directive_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("ordered_by", sa.String(200), nullable=False),
        sa.Column("confirmed_by", sa.String(200), nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=False),
        sa.Column("requisition_line_id", NUMBER, nullable=False),
        sa.Column("plan_id", NUMBER, nullable=True),
        sa.CheckConstraint("confirmed_by <> ordered_by", name=op.f(f"ck_{table}_second_leader")),
        _reference(table, "directive_id", "directive.id"),
        _reference(table, "plan_id", "plan_approval.plan_id"),
        _reference(table, "requisition_line_id", "requisition_line.id"),
        sa.PrimaryKeyConstraint("directive_id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("plan_id", name=op.f(f"uq_{table}_plan_id")),
        sa.UniqueConstraint("requisition_line_id", name=op.f(f"uq_{table}_requisition_line_id")),
    )


def _ending() -> None:
    table = "directive_ending"
    op.create_table(
        table,
        sa.Column("directive_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f(f"ck_{table}_reason")),
        _reference(table, "directive_id", "directive.id"),
        sa.PrimaryKeyConstraint("directive_id", name=op.f(f"pk_{table}")),
    )


def _plan_directive() -> None:
    table = "plan_directive"
    op.create_table(
        table,
        sa.Column("plan_demand_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("directive_id", NUMBER, nullable=False),
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("has_costs", sa.Boolean(), nullable=False),
        _reference(table, "directive_id", "directive.id"),
        _reference(table, "plan_demand_id", "plan_demand.id"),
        _reference(table, "plan_id", "allocation_plan.id"),
        sa.PrimaryKeyConstraint("plan_demand_id", name=op.f(f"pk_{table}")),
    )
    for column in ("directive_id", "plan_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    table = "plan_directive_cost"
    op.create_table(
        table,
        sa.Column("plan_demand_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("units_without", NUMBER, nullable=False),
        sa.CheckConstraint("units_without >= 0", name=op.f(f"ck_{table}_units")),
        _reference(table, "plan_demand_id", "plan_demand.id"),
        sa.PrimaryKeyConstraint("plan_demand_id", name=op.f(f"pk_{table}")),
    )


def _disclosure_directive() -> None:
    table = "disclosure_directive"
    op.create_table(
        table,
        sa.Column("disclosure_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("directive_id", NUMBER, autoincrement=False, nullable=False),
        _reference(table, "directive_id", "directive.id"),
        _reference(table, "disclosure_id", "disclosure.id"),
        sa.PrimaryKeyConstraint("disclosure_id", "directive_id", name=op.f(f"pk_{table}")),
    )
    if op.get_bind().dialect.name == "sqlite":
        refused = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refused}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refused}")
        # INSERT OR REPLACE deletes without asking the trigger above.
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} AS present "
            f"WHERE present.disclosure_id = NEW.disclosure_id AND present.directive_id = NEW.directive_id) {refused}"
        )
        return
    name = f"{table}_append_only"
    op.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION tongchou_refuse_change()"
    )
    # ALWAYS: also in sessions that replay a replica's changes.
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
