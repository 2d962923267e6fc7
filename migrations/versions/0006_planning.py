"""planning

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('policy',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('program', sa.Enum('medical', 'living', name='program', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('version', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title_zh', sa.String(length=200), nullable=False),
    sa.Column('title_en', sa.String(length=200), nullable=False),
    sa.Column('horizon_days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('norm_set_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.CheckConstraint('horizon_days BETWEEN 1 AND 60', name=op.f('ck_policy_horizon')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_policy_version')),
    sa.ForeignKeyConstraint(['norm_set_id'], ['norm_set.id'], name=op.f('fk_policy_norm_set_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy')),
    sa.UniqueConstraint('program', 'version', name=op.f('uq_policy_program_version'))
    )
    op.create_table('allocation_plan',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('program', sa.Enum('medical', 'living', name='program', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.Enum('QUEUED', 'SOLVING', 'PROPOSED', 'APPROVED', 'DISPATCHING', 'CLOSED', 'FAILED', 'REJECTED', 'SUPERSEDED', 'CANCELLED', name='plan_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('start', sa.Date(), nullable=False),
    sa.Column('horizon_days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('snapshot_digest', sa.String(length=80), nullable=False),
    sa.Column('problem_digest', sa.String(length=80), nullable=False),
    sa.Column('problem_json', sa.Text(), nullable=False),
    sa.Column('plan_json', sa.Text(), nullable=True),
    sa.Column('failure', sa.String(length=2000), nullable=False),
    sa.Column('cost_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('proposed_by', sa.String(length=200), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['allocation_plan.id'], name=op.f('fk_allocation_plan_parent_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['policy.id'], name=op.f('fk_allocation_plan_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation_plan')),
    sa.UniqueConstraint('code', name=op.f('uq_allocation_plan_code'))
    )
    op.create_index(op.f('ix_allocation_plan_program'), 'allocation_plan', ['program'], unique=False)
    op.create_index(op.f('ix_allocation_plan_state'), 'allocation_plan', ['state'], unique=False)
    op.create_table('policy_band',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['policy_id'], ['policy.id'], name=op.f('fk_policy_band_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_band')),
    sa.UniqueConstraint('policy_id', 'position', name=op.f('uq_policy_band_policy_id_position'))
    )
    op.create_table('policy_reserve',
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('quantity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('quantity >= 0', name=op.f('ck_policy_reserve_quantity')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_policy_reserve_item_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['policy.id'], name=op.f('fk_policy_reserve_policy_id')),
    sa.PrimaryKeyConstraint('policy_id', 'item_id', name=op.f('pk_policy_reserve'))
    )
    op.create_table('policy_tier',
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facility_type_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tier', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('tier BETWEEN 1 AND 99', name=op.f('ck_policy_tier_tier')),
    sa.ForeignKeyConstraint(['facility_type_id'], ['facility_type.id'], name=op.f('fk_policy_tier_facility_type_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['policy.id'], name=op.f('fk_policy_tier_policy_id')),
    sa.PrimaryKeyConstraint('policy_id', 'facility_type_id', name=op.f('pk_policy_tier'))
    )
    op.create_table('tier_raise',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('facility_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tier', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.Column('raised_by', sa.String(length=200), nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_tier_raise_reason')),
    sa.CheckConstraint('tier BETWEEN 1 AND 99', name=op.f('ck_tier_raise_tier')),
    sa.CheckConstraint('valid_until >= valid_from', name=op.f('ck_tier_raise_period')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_tier_raise_facility_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tier_raise'))
    )
    op.create_index(op.f('ix_tier_raise_facility_id'), 'tier_raise', ['facility_id'], unique=False)
    op.create_table('plan_help',
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('limit_key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('unit', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('served_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('raised_demands', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('unit >= 1', name=op.f('ck_plan_help_unit')),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_plan_help_plan_id')),
    sa.PrimaryKeyConstraint('plan_id', 'position', name=op.f('pk_plan_help'))
    )
    op.create_table('plan_left_out',
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_key', sa.String(length=200), nullable=False),
    sa.Column('why', sa.String(length=32), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('units >= 0', name=op.f('ck_plan_left_out_units')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_plan_left_out_item_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_plan_left_out_plan_id')),
    sa.PrimaryKeyConstraint('plan_id', 'source_key', name=op.f('pk_plan_left_out'))
    )
    op.create_table('plan_limit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('limit_key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('demand_count', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('gain', sa.JSON(none_as_null=True), nullable=True),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_plan_limit_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_limit')),
    sa.UniqueConstraint('plan_id', 'limit_key', name=op.f('uq_plan_limit_plan_id_limit_key'))
    )
    op.create_table('plan_purchase',
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('offer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('quantity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_plan_purchase_quantity')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_plan_purchase_offer_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_plan_purchase_plan_id')),
    sa.PrimaryKeyConstraint('plan_id', 'offer_id', name=op.f('pk_plan_purchase'))
    )
    op.create_table('policy_band_cap',
    sa.Column('band_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tier', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cap_permille', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('cap_permille BETWEEN 0 AND 1000', name=op.f('ck_policy_band_cap_cap')),
    sa.ForeignKeyConstraint(['band_id'], ['policy_band.id'], name=op.f('fk_policy_band_cap_band_id')),
    sa.PrimaryKeyConstraint('band_id', 'tier', name=op.f('pk_policy_band_cap'))
    )
    op.create_table('plan_demand',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('requisition_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facility_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tier', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('wanted_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('planned_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reasons', sa.JSON(none_as_null=True), nullable=False),
    sa.CheckConstraint('wanted_units >= 1 AND planned_units >= 0', name=op.f('ck_plan_demand_units')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_plan_demand_facility_id')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_plan_demand_item_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_plan_demand_plan_id')),
    sa.ForeignKeyConstraint(['requisition_line_id'], ['requisition_line.id'], name=op.f('fk_plan_demand_requisition_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_demand')),
    sa.UniqueConstraint('plan_id', 'requisition_line_id', name=op.f('uq_plan_demand_plan_id_requisition_line_id'))
    )
    op.create_index(op.f('ix_plan_demand_plan_id'), 'plan_demand', ['plan_id'], unique=False)
    op.create_table('allocation_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_demand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_key', sa.String(length=128), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('offer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('warehouse_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ship_on', sa.Date(), nullable=False),
    sa.Column('quantity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_allocation_line_quantity')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_allocation_line_item_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_allocation_line_lot_id')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_allocation_line_offer_id')),
    sa.ForeignKeyConstraint(['plan_demand_id'], ['plan_demand.id'], name=op.f('fk_allocation_line_plan_demand_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_allocation_line_plan_id')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['facility.id'], name=op.f('fk_allocation_line_warehouse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation_line'))
    )
    op.create_index('ix_allocation_line_plan', 'allocation_line', ['plan_id'], unique=False)
    op.create_table('plan_share',
    sa.Column('plan_demand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('band_position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('share_e9', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('share_e9 BETWEEN 0 AND 1000000000', name=op.f('ck_plan_share_share')),
    sa.ForeignKeyConstraint(['plan_demand_id'], ['plan_demand.id'], name=op.f('fk_plan_share_plan_demand_id')),
    sa.PrimaryKeyConstraint('plan_demand_id', 'band_position', name=op.f('pk_plan_share'))
    )


def downgrade() -> None:
    op.drop_table('plan_share')
    op.drop_index('ix_allocation_line_plan', table_name='allocation_line')
    op.drop_table('allocation_line')
    op.drop_index(op.f('ix_plan_demand_plan_id'), table_name='plan_demand')
    op.drop_table('plan_demand')
    op.drop_table('policy_band_cap')
    op.drop_table('plan_purchase')
    op.drop_table('plan_limit')
    op.drop_table('plan_left_out')
    op.drop_table('plan_help')
    op.drop_index(op.f('ix_tier_raise_facility_id'), table_name='tier_raise')
    op.drop_table('tier_raise')
    op.drop_table('policy_tier')
    op.drop_table('policy_reserve')
    op.drop_table('policy_band')
    op.drop_index(op.f('ix_allocation_plan_state'), table_name='allocation_plan')
    op.drop_index(op.f('ix_allocation_plan_program'), table_name='allocation_plan')
    op.drop_table('allocation_plan')
    op.drop_table('policy')
