"""Tables of the first revision: accounts, sessions, API keys and throttles of log-in."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "account",
    "account_place",
    "login_session",
    "login_throttle",
    "api_key",
    "api_key_place",
    "api_key_right",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _account()
    _account_place()
    _login_session()
    _login_throttle()
    _api_key()
    _api_key_place()
    _api_key_right()


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.CheckConstraint("login = lower(login)", name=op.f("ck_account_login")),
        sa.CheckConstraint(
            "role IN ('supplies_group', 'facility', 'procurement', 'warehouse', 'leader', 'auditor', 'administrator')",
            name=op.f("ck_account_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )


def _account_place() -> None:
    op.create_table(
        "account_place",
        sa.Column("account_id", NUMBER, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_place_account_id")),
        sa.ForeignKeyConstraint(["place"], ["facility.code"], name=op.f("fk_account_place_place")),
        sa.PrimaryKeyConstraint("account_id", "place", name=op.f("pk_account_place")),
    )


def _login_session() -> None:
    op.create_table(
        "login_session",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("account_id", NUMBER, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_login_session_token_digest")),
    )
    op.create_index(op.f("ix_login_session_account_id"), "login_session", ["account_id"])
    op.create_index(op.f("ix_login_session_ends_at"), "login_session", ["ends_at"])


def _login_throttle() -> None:
    op.create_table(
        "login_throttle",
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_login_throttle_attempts")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_throttle")),
    )
    op.create_index(op.f("ix_login_throttle_last_at"), "login_throttle", ["last_at"])


def _api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(2000), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "role IN ('supplies_group', 'facility', 'procurement', 'warehouse', 'leader', 'auditor', 'administrator')",
            name=op.f("ck_api_key_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("code", name=op.f("uq_api_key_code")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_api_key_token_digest")),
    )


def _api_key_place() -> None:
    op.create_table(
        "api_key_place",
        sa.Column("api_key_id", NUMBER, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_api_key_place_api_key_id")),
        sa.ForeignKeyConstraint(["place"], ["facility.code"], name=op.f("fk_api_key_place_place")),
        sa.PrimaryKeyConstraint("api_key_id", "place", name=op.f("pk_api_key_place")),
    )


def _api_key_right() -> None:
    op.create_table(
        "api_key_right",
        sa.Column("api_key_id", NUMBER, nullable=False),
        sa.Column("right_name", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_api_key_right_api_key_id")),
        sa.PrimaryKeyConstraint("api_key_id", "right_name", name=op.f("pk_api_key_right")),
    )
