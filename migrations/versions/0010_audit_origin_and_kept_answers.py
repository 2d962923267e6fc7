"""audit records say from where; answers kept for repeats

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No row is changed: the digests of older records do not cover an origin, and theirs stays empty.
    op.add_column('audit_record', sa.Column('origin', sa.String(length=200), server_default=sa.text("''"), nullable=False))
    op.create_table('kept_answer',
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('idempotency_key', sa.String(length=200), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('etag', sa.String(length=80), nullable=True),
    sa.CheckConstraint('status IS NULL OR status BETWEEN 200 AND 299', name=op.f('ck_kept_answer_status')),
    sa.PrimaryKeyConstraint('actor', 'idempotency_key', name=op.f('pk_kept_answer'))
    )
    op.create_index(op.f('ix_kept_answer_begun_at'), 'kept_answer', ['begun_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_kept_answer_begun_at'), table_name='kept_answer')
    op.drop_table('kept_answer')
    op.drop_column('audit_record', 'origin')
