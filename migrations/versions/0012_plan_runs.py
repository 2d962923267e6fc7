"""plan runs: the queue of what is computed in the background

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('plan_run',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('PLAN', 'SCENARIO', name='run_kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('state', sa.Enum('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED', name='run_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('program', sa.Enum('medical', 'living', name='program', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('start', sa.Date(), nullable=False),
    sa.Column('follows_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('asked_by', sa.String(length=200), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('worker', sa.String(length=200), nullable=False),
    sa.Column('attempts', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heartbeat_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(length=200), nullable=False),
    sa.Column('stage', sa.String(length=32), nullable=False),
    sa.Column('band', sa.String(length=200), nullable=False),
    sa.Column('component', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('components', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('done_permille', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('faults', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(ended_at IS NOT NULL) = (state IN ('DONE', 'FAILED', 'CANCELLED'))", name=op.f('ck_plan_run_ended')),
    sa.CheckConstraint("(state = 'RUNNING') = (token <> '')", name=op.f('ck_plan_run_token')),
    sa.CheckConstraint("state <> 'DONE' OR kind = 'SCENARIO' OR plan_id IS NOT NULL", name=op.f('ck_plan_run_result')),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_plan_run_attempts')),
    sa.CheckConstraint('done_permille BETWEEN 0 AND 1000', name=op.f('ck_plan_run_done')),
    sa.ForeignKeyConstraint(['follows_id'], ['allocation_plan.id'], name=op.f('fk_plan_run_follows_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_plan_run_plan_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['policy.id'], name=op.f('fk_plan_run_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_run')),
    sa.UniqueConstraint('code', name=op.f('uq_plan_run_code'))
    )
    op.create_index('ix_plan_run_state_id', 'plan_run', ['state', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_plan_run_state_id', table_name='plan_run')
    op.drop_table('plan_run')
