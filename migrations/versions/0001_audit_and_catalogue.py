"""audit and catalogue

Revision: 0001, after 
"""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_head',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_audit_head_single_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    op.create_table('audit_record',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('subject_kind', sa.String(length=64), nullable=False),
    sa.Column('subject_key', sa.String(length=200), nullable=False),
    sa.Column('before', sa.Text(), nullable=False),
    sa.Column('after', sa.Text(), nullable=False),
    sa.Column('previous_digest', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.CheckConstraint('seq >= 1', name=op.f('ck_audit_record_seq')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_audit_record')),
    sa.UniqueConstraint('digest', name=op.f('uq_audit_record_digest'))
    )
    op.create_index(op.f('ix_audit_record_action'), 'audit_record', ['action'], unique=False)
    op.create_index(op.f('ix_audit_record_subject_key'), 'audit_record', ['subject_key'], unique=False)
    op.create_table('facility_type',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('keeps_stock', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_facility_type')),
    sa.UniqueConstraint('code', name=op.f('uq_facility_type_code'))
    )
    op.create_table('item',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('program', sa.Enum('medical', 'living', name='program', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('product_grade', sa.String(length=64), nullable=True),
    sa.Column('base_unit', sa.Enum('piece', 'pair', 'bottle', 'gram', name='base_unit', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('pack_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('shelf_life_days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('cold_chain', sa.Boolean(), nullable=False),
    sa.Column('volume_mm3_per_unit', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('value_microyuan_per_unit', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint('pack_units >= 1', name=op.f('ck_item_pack')),
    sa.CheckConstraint('shelf_life_days IS NULL OR shelf_life_days >= 1', name=op.f('ck_item_shelf_life')),
    sa.CheckConstraint('value_microyuan_per_unit >= 0', name=op.f('ck_item_value')),
    sa.CheckConstraint('volume_mm3_per_unit >= 0', name=op.f('ck_item_volume')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item')),
    sa.UniqueConstraint('code', name=op.f('uq_item_code'))
    )
    op.create_table('norm_set',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('source', sa.String(length=2000), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_norm_set')),
    sa.UniqueConstraint('code', name=op.f('uq_norm_set_code'))
    )
    op.create_table('number_series',
    sa.Column('series', sa.String(length=32), nullable=False),
    sa.Column('last', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('series', name=op.f('pk_number_series'))
    )
    op.create_table('item_alias',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('alias', sa.String(length=200), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_item_alias_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_alias')),
    sa.UniqueConstraint('alias', name=op.f('uq_item_alias_alias'))
    )
    op.create_table('norm',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('norm_set_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facility_type_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('basis', sa.Enum('isolation_bed', 'bed', 'staff', 'resident', 'visit', name='norm_basis', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('daily_use_milliunits', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.String(length=2000), nullable=False),
    sa.CheckConstraint('daily_use_milliunits >= 0', name=op.f('ck_norm_daily_use')),
    sa.ForeignKeyConstraint(['facility_type_id'], ['facility_type.id'], name=op.f('fk_norm_facility_type_id')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_norm_item_id')),
    sa.ForeignKeyConstraint(['norm_set_id'], ['norm_set.id'], name=op.f('fk_norm_norm_set_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_norm')),
    sa.UniqueConstraint('norm_set_id', 'facility_type_id', 'item_id', 'basis', name=op.f('uq_norm_norm_set_id_facility_type_id_item_id_basis'))
    )
    op.create_table('substitution',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('serves_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ratio_permille', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('penalty_microyuan_per_unit', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('item_id <> serves_item_id', name=op.f('ck_substitution_other_item')),
    sa.CheckConstraint('penalty_microyuan_per_unit >= 0', name=op.f('ck_substitution_penalty')),
    sa.CheckConstraint('ratio_permille BETWEEN 1 AND 1000000', name=op.f('ck_substitution_ratio')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_substitution_item_id')),
    sa.ForeignKeyConstraint(['serves_item_id'], ['item.id'], name=op.f('fk_substitution_serves_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_substitution')),
    sa.UniqueConstraint('item_id', 'serves_item_id', name=op.f('uq_substitution_item_id_serves_item_id'))
    )
    op.create_table('substitution_facility_type',
    sa.Column('substitution_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facility_type_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['facility_type_id'], ['facility_type.id'], name=op.f('fk_substitution_facility_type_facility_type_id')),
    sa.ForeignKeyConstraint(['substitution_id'], ['substitution.id'], name=op.f('fk_substitution_facility_type_substitution_id')),
    sa.PrimaryKeyConstraint('substitution_id', 'facility_type_id', name=op.f('pk_substitution_facility_type'))
    )
    op.execute(f"INSERT INTO audit_head (id, seq, digest) VALUES (1, 0, '{'0' * 64}')")


def downgrade() -> None:
    op.drop_table('substitution_facility_type')
    op.drop_table('substitution')
    op.drop_table('norm')
    op.drop_table('item_alias')
    op.drop_table('number_series')
    op.drop_table('norm_set')
    op.drop_table('item')
    op.drop_table('facility_type')
    op.drop_index(op.f('ix_audit_record_subject_key'), table_name='audit_record')
    op.drop_index(op.f('ix_audit_record_action'), table_name='audit_record')
    op.drop_table('audit_record')
    op.drop_table('audit_head')
