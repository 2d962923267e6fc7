"""scenarios: a plan's facts with changes, and what would then be given

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('scenario',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('base_plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('changes', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('problem_digest', sa.String(length=80), nullable=False),
    sa.Column('problem_json', sa.Text(), nullable=False),
    sa.Column('plan_json', sa.Text(), nullable=True),
    sa.Column('cost_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(plan_json IS NULL) = (cost_fen IS NULL)', name=op.f('ck_scenario_answer')),
    sa.ForeignKeyConstraint(['base_plan_id'], ['allocation_plan.id'], name=op.f('fk_scenario_base_plan_id')),
    sa.ForeignKeyConstraint(['run_id'], ['plan_run.id'], name=op.f('fk_scenario_run_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scenario')),
    sa.UniqueConstraint('code', name=op.f('uq_scenario_code')),
    sa.UniqueConstraint('run_id', name=op.f('uq_scenario_run_id'))
    )
    op.create_index(op.f('ix_scenario_base_plan_id'), 'scenario', ['base_plan_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_scenario_base_plan_id'), table_name='scenario')
    op.drop_table('scenario')
