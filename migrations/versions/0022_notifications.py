"""Notification rules, and the outbox of their messages.

Revision: 0022_notifications
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_notifications"
down_revision = "0021_worker_signs"
branch_labels = None
depends_on = None

ROLES = "'supplies_group', 'facility', 'procurement', 'warehouse', 'leader', 'auditor', 'administrator'"
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nothing is told to anybody until somebody makes a rule."""
    op.create_table(
        "notification_rule",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("target", sa.String(1000), nullable=False),
        sa.Column("secret", sa.String(200), nullable=False),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("account_id", NUMBER, nullable=True),
        sa.Column("place_id", NUMBER, nullable=True),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("tells_notices", sa.Boolean(), nullable=False),
        sa.Column("tells_work", sa.Boolean(), nullable=False),
        sa.Column("tells_late", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", NUMBER, nullable=True),
        sa.Column("quiet_until", NUMBER, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("active_since", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.CheckConstraint("(role IS NULL) <> (account_id IS NULL)", name=op.f("ck_notification_rule_audience")),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name=op.f("ck_notification_rule_quiet")),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23", name=op.f("ck_notification_rule_hours")
        ),
        sa.CheckConstraint("language IN ('zh-CN', 'en')", name=op.f("ck_notification_rule_language")),
        sa.CheckConstraint(
            "channel IN ('EMAIL', 'WEBHOOK', 'WECOM', 'DINGTALK')",
            name=op.f("ck_notification_rule_notification_channel"),
        ),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_notification_rule_notification_role")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notification_rule_account_id")),
        sa.ForeignKeyConstraint(["place_id"], ["facility.id"], name=op.f("fk_notification_rule_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_rule")),
    )
    for column in ("account_id", "place_id"):
        op.create_index(op.f(f"ix_notification_rule_{column}"), "notification_rule", [column])
    _outbox()


def _outbox() -> None:
    op.create_table(
        "notification",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("rule_id", NUMBER, nullable=False),
        sa.Column("event_key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("text", sa.String(4000), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("send_at", MOMENT, nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("fault_message", sa.String(500), nullable=False),
        sa.Column("fault_params", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint("(state = 'SENT') = (sent_at IS NOT NULL)", name=op.f("ck_notification_sent")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_notification_attempts")),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'SENT', 'FAILED', 'DROPPED')", name=op.f("ck_notification_notification_state")
        ),
        sa.ForeignKeyConstraint(["rule_id"], ["notification_rule.id"], name=op.f("fk_notification_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notification_message_id")),
        sa.UniqueConstraint("rule_id", "event_key", name=op.f("uq_notification_rule_id_event_key")),
    )
    for column in ("state", "send_at"):
        op.create_index(op.f(f"ix_notification_{column}"), "notification", [column])


def downgrade() -> None:
    """Rules and messages go."""
    op.drop_table("notification")
    op.drop_table("notification_rule")
