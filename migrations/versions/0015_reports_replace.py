"""Reports and extras: a newer report closes the open rest of the one before.

Revision: 0015_reports_replace
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_reports_replace"
down_revision = "0014_more_than_ordered"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = "'DRAFT', 'SUBMITTED', 'REVIEWED', 'PLANNED', 'FULFILLED', 'REJECTED', 'WITHDRAWN'"
OPEN_REPORT = "kind = 'REPORT' AND state IN ('REVIEWED', 'PLANNED')"


def upgrade() -> None:
    """Of several open requisitions of before the newest stays a report; the others become extras that it leaves."""
    with op.batch_alter_table("requisition") as requisition:
        requisition.add_column(sa.Column("kind", sa.String(32), nullable=False, server_default="REPORT"))
        requisition.add_column(sa.Column("extra_reason", sa.String(2000), nullable=False, server_default=""))
        requisition.add_column(sa.Column("replaced_by", sa.String(64), nullable=True))
        requisition.drop_constraint(op.f("ck_requisition_requisition_state"), type_="check")
    op.execute(
        "UPDATE requisition SET kind = 'EXTRA', extra_reason = '此前单独提出' WHERE state IN ('REVIEWED', 'PLANNED') "
        "AND EXISTS (SELECT 1 FROM requisition AS newer WHERE newer.facility_id = requisition.facility_id "
        "AND newer.program = requisition.program AND newer.state IN ('REVIEWED', 'PLANNED') "
        "AND newer.id > requisition.id)"
    )
    with op.batch_alter_table("requisition") as requisition:
        requisition.alter_column("kind", server_default=None, existing_type=sa.String(32))
        requisition.alter_column("extra_reason", server_default=None, existing_type=sa.String(2000))
        requisition.create_check_constraint(
            op.f("ck_requisition_requisition_state"), f"state IN ({BEFORE}, 'REPLACED')"
        )
        requisition.create_check_constraint(op.f("ck_requisition_requisition_kind"), "kind IN ('REPORT', 'EXTRA')")
        requisition.create_check_constraint(
            op.f("ck_requisition_extra_reason"), "kind = 'REPORT' OR extra_reason <> ''"
        )
        requisition.create_check_constraint(
            op.f("ck_requisition_replaced_by"), "(state = 'REPLACED') = (replaced_by IS NOT NULL)"
        )
        requisition.create_foreign_key(op.f("fk_requisition_replaced_by"), "requisition", ["replaced_by"], ["code"])
    op.create_index(
        "uq_requisition_open_report",
        "requisition",
        ["facility_id", "program"],
        unique=True,
        sqlite_where=sa.text(OPEN_REPORT),
        postgresql_where=sa.text(OPEN_REPORT),
    )
    with op.batch_alter_table("requisition_line") as line:
        line.add_column(sa.Column("carried_units", NUMBER, nullable=False, server_default="0"))
        line.create_check_constraint(op.f("ck_requisition_line_carried"), "carried_units >= 0")
    with op.batch_alter_table("requisition_line") as line:
        line.alter_column("carried_units", server_default=None)


def downgrade() -> None:
    """Replaced reports become withdrawn ones, with the newer report as the reason."""
    with op.batch_alter_table("requisition_line") as line:
        line.drop_constraint(op.f("ck_requisition_line_carried"), type_="check")
        line.drop_column("carried_units")
    op.drop_index("uq_requisition_open_report", "requisition")
    with op.batch_alter_table("requisition") as requisition:
        requisition.drop_constraint(op.f("fk_requisition_replaced_by"), type_="foreignkey")
        for name in ("replaced_by", "extra_reason", "requisition_kind", "requisition_state"):
            requisition.drop_constraint(op.f(f"ck_requisition_{name}"), type_="check")
    op.execute("UPDATE requisition SET state = 'WITHDRAWN', closing_reason = replaced_by WHERE state = 'REPLACED'")
    with op.batch_alter_table("requisition") as requisition:
        for name in ("replaced_by", "extra_reason", "kind"):
            requisition.drop_column(name)
        requisition.create_check_constraint(op.f("ck_requisition_requisition_state"), f"state IN ({BEFORE})")
