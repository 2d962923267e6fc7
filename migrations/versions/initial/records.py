"""Tables of the first revision: the audit trail, number series, and answers kept for repeated requests."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

FIRST_DIGEST = "0" * 64
TABLES = (
    "audit_head",
    "audit_record",
    "number_series",
    "kept_answer",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _audit_head()
    _audit_record()
    _number_series()
    _kept_answer()


def _audit_head() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.execute(f"INSERT INTO audit_head (id, seq, digest) VALUES (1, 0, '{FIRST_DIGEST}')")


def _audit_record() -> None:
    op.create_table(
        "audit_record",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("origin", sa.String(200), server_default=sa.text("''"), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject_kind", sa.String(64), nullable=False),
        sa.Column("subject_key", sa.String(200), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("previous_digest", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_audit_record_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_record")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_record_digest")),
    )
    op.create_index(op.f("ix_audit_record_action"), "audit_record", ["action"])
    op.create_index(op.f("ix_audit_record_subject_key"), "audit_record", ["subject_key"])


def _number_series() -> None:
    op.create_table(
        "number_series",
        sa.Column("series", sa.String(32), nullable=False),
        sa.Column("last", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_number_series")),
    )


def _kept_answer() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("status", NUMBER, nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("etag", sa.String(80), nullable=True),
        sa.CheckConstraint("status IS NULL OR status BETWEEN 200 AND 299", name=op.f("ck_kept_answer_status")),
        sa.PrimaryKeyConstraint("actor", "idempotency_key", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_begun_at"), "kept_answer", ["begun_at"])
