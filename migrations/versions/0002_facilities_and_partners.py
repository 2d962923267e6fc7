"""facilities and partners

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('geographic_zone',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.Enum('city', 'district', 'county', 'special', name='zone_kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('residents', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('longitude_e6', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('latitude_e6', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('tile_column', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('tile_row', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('residents >= 0', name=op.f('ck_geographic_zone_residents')),
    sa.ForeignKeyConstraint(['parent_id'], ['geographic_zone.id'], name=op.f('fk_geographic_zone_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_geographic_zone')),
    sa.UniqueConstraint('code', name=op.f('uq_geographic_zone_code'))
    )
    op.create_table('partner',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.Enum('supplier', 'donor', 'authority', name='partner_kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('synthetic', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner')),
    sa.UniqueConstraint('code', name=op.f('uq_partner_code'))
    )
    op.create_table('facility',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('facility_type_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('zone_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('beds', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('isolation_beds', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('staff', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('residents_served', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('visits_per_day', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('longitude_e6', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('latitude_e6', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('synthetic', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint('beds >= 0 AND isolation_beds >= 0 AND staff >= 0 AND residents_served >= 0 AND visits_per_day >= 0', name=op.f('ck_facility_counts')),
    sa.ForeignKeyConstraint(['facility_type_id'], ['facility_type.id'], name=op.f('fk_facility_facility_type_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['geographic_zone.id'], name=op.f('fk_facility_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_facility')),
    sa.UniqueConstraint('code', name=op.f('uq_facility_code'))
    )
    op.create_index(op.f('ix_facility_facility_type_id'), 'facility', ['facility_type_id'], unique=False)
    op.create_index(op.f('ix_facility_zone_id'), 'facility', ['zone_id'], unique=False)
    op.create_table('dispatch_capacity',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('warehouse_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('volume_litres', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('volume_litres >= 0', name=op.f('ck_dispatch_capacity_volume')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['facility.id'], name=op.f('fk_dispatch_capacity_warehouse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispatch_capacity')),
    sa.UniqueConstraint('warehouse_id', 'day', name=op.f('uq_dispatch_capacity_warehouse_id_day'))
    )
    op.create_table('lane',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('warehouse_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facility_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lead_days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cost_microyuan_per_piece', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cost_microyuan_per_kg', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('vehicle_class', sa.String(length=64), nullable=True),
    sa.CheckConstraint('cost_microyuan_per_piece >= 0 AND cost_microyuan_per_kg >= 0', name=op.f('ck_lane_cost')),
    sa.CheckConstraint('lead_days >= 0', name=op.f('ck_lane_lead_days')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_lane_facility_id')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['facility.id'], name=op.f('fk_lane_warehouse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lane')),
    sa.UniqueConstraint('warehouse_id', 'facility_id', name=op.f('uq_lane_warehouse_id_facility_id'))
    )
    op.create_index(op.f('ix_lane_facility_id'), 'lane', ['facility_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_lane_facility_id'), table_name='lane')
    op.drop_table('lane')
    op.drop_table('dispatch_capacity')
    op.drop_index(op.f('ix_facility_zone_id'), table_name='facility')
    op.drop_index(op.f('ix_facility_facility_type_id'), table_name='facility')
    op.drop_table('facility')
    op.drop_table('partner')
    op.drop_table('geographic_zone')
