"""Second factors of accounts, and sessions that wait for a code.

Revision: 0020_second_factor
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_second_factor"
down_revision = "0019_market"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nobody has a second factor yet, and no session waits."""
    op.create_table(
        "second_factor",
        sa.Column("account_id", NUMBER, nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("last_step", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id")),
    )
    for table, column in (("account", "second_factor"), ("login_session", "code_asked")):
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
        with op.batch_alter_table(table) as changed:
            changed.alter_column(column, server_default=None)


def downgrade() -> None:
    """Passwords alone are enough again; sessions that wait for a code end."""
    op.execute("DELETE FROM login_session WHERE code_asked")
    with op.batch_alter_table("login_session") as table:
        table.drop_column("code_asked")
    with op.batch_alter_table("account") as table:
        table.drop_column("second_factor")
    op.drop_table("second_factor")
