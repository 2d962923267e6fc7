"""Needs lapse with their days: durable goods, lapsed units, what was needed on days that have passed.

Revision: 0018_past_needs
"""

import sqlalchemy as sa
from alembic import op

revision = "0018_past_needs"
down_revision = "0017_subsidies"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = "'DRAFT', 'SUBMITTED', 'REVIEWED', 'PLANNED', 'FULFILLED', 'REJECTED', 'WITHDRAWN', 'REPLACED'"
TABLE = "past_need"


def upgrade() -> None:
    """Nothing is durable, and nothing has lapsed yet: the first daily step lets old needs lapse."""
    op.add_column("item", sa.Column("durable", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("requisition_line") as line:
        line.add_column(sa.Column("lapsed_units", NUMBER, nullable=False, server_default=sa.text("0")))
        line.create_check_constraint(op.f("ck_requisition_line_lapsed"), "lapsed_units >= 0")
    with op.batch_alter_table("requisition") as requisition:
        requisition.drop_constraint(op.f("ck_requisition_requisition_state"), type_="check")
        requisition.create_check_constraint(op.f("ck_requisition_requisition_state"), f"state IN ({BEFORE}, 'LAPSED')")
    op.create_table(
        TABLE,
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("requisition_line_id", NUMBER, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("approved_units", NUMBER, nullable=False),
        sa.Column("got_units", NUMBER, nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f(f"ck_{TABLE}_days")),
        sa.CheckConstraint("approved_units >= 1", name=op.f(f"ck_{TABLE}_approved")),
        sa.CheckConstraint("got_units BETWEEN 0 AND approved_units", name=op.f(f"ck_{TABLE}_got")),
        sa.ForeignKeyConstraint(
            ["requisition_line_id"], ["requisition_line.id"], name=op.f(f"fk_{TABLE}_requisition_line_id")
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f(f"fk_{TABLE}_facility_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f(f"fk_{TABLE}_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_requisition_line_id"), TABLE, ["requisition_line_id"])
    op.create_index(op.f(f"ix_{TABLE}_last_day"), TABLE, ["last_day"])
    op.create_index("ix_past_need_facility_id_item_id", TABLE, ["facility_id", "item_id"])
    _guard()


def _guard() -> None:
    """The table only grows."""
    if op.get_bind().dialect.name == "sqlite":
        refused = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        op.execute(f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} {refused}")
        op.execute(f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} {refused}")
        # INSERT OR REPLACE deletes without asking the trigger above.
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
            f"WHEN EXISTS (SELECT 1 FROM {TABLE} AS present WHERE present.id = NEW.id) {refused}"
        )
        return
    name = f"{TABLE}_append_only"
    op.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION tongchou_refuse_change()"
    )
    # ALWAYS: also in sessions that replay a replica's changes.
    op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    """What has lapsed is withdrawn: it must not be owed again."""
    op.drop_table(TABLE)
    with op.batch_alter_table("requisition") as requisition:
        requisition.drop_constraint(op.f("ck_requisition_requisition_state"), type_="check")
    op.execute("UPDATE requisition SET state = 'WITHDRAWN', closing_reason = '逾期未满足' WHERE state = 'LAPSED'")
    with op.batch_alter_table("requisition") as requisition:
        requisition.create_check_constraint(op.f("ck_requisition_requisition_state"), f"state IN ({BEFORE})")
    with op.batch_alter_table("requisition_line") as line:
        line.drop_constraint(op.f("ck_requisition_line_lapsed"), type_="check")
        line.drop_column("lapsed_units")
    op.drop_column("item", "durable")
