"""requisitions

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('requisition',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('facility_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('program', sa.Enum('medical', 'living', name='program', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('state', sa.Enum('DRAFT', 'SUBMITTED', 'REVIEWED', 'PLANNED', 'FULFILLED', 'REJECTED', 'WITHDRAWN', name='requisition_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('reported_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_by', sa.String(length=200), nullable=True),
    sa.Column('closing_reason', sa.String(length=2000), nullable=False),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_requisition_facility_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_requisition')),
    sa.UniqueConstraint('code', name=op.f('uq_requisition_code'))
    )
    op.create_index(op.f('ix_requisition_facility_id'), 'requisition', ['facility_id'], unique=False)
    op.create_index(op.f('ix_requisition_state'), 'requisition', ['state'], unique=False)
    op.create_table('requisition_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('requisition_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('requested_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('needed_by', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('on_hand_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('assessed_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approval_reason', sa.String(length=2000), nullable=False),
    sa.Column('delivered_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("approved_units IS NULL OR approved_units = requested_units OR approval_reason <> ''", name=op.f('ck_requisition_line_reason')),
    sa.CheckConstraint('approved_units IS NULL OR approved_units >= 0', name=op.f('ck_requisition_line_approved')),
    sa.CheckConstraint('assessed_units IS NULL OR assessed_units >= 0', name=op.f('ck_requisition_line_assessed')),
    sa.CheckConstraint('delivered_units >= 0', name=op.f('ck_requisition_line_delivered')),
    sa.CheckConstraint('on_hand_units IS NULL OR on_hand_units >= 0', name=op.f('ck_requisition_line_on_hand')),
    sa.CheckConstraint('requested_units >= 1', name=op.f('ck_requisition_line_requested')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_requisition_line_item_id')),
    sa.ForeignKeyConstraint(['requisition_id'], ['requisition.id'], name=op.f('fk_requisition_line_requisition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_requisition_line')),
    sa.UniqueConstraint('requisition_id', 'item_id', 'needed_by', name=op.f('uq_requisition_line_requisition_id_item_id_needed_by'))
    )
    op.create_index(op.f('ix_requisition_line_item_id'), 'requisition_line', ['item_id'], unique=False)
    op.create_index(op.f('ix_requisition_line_requisition_id'), 'requisition_line', ['requisition_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_requisition_line_requisition_id'), table_name='requisition_line')
    op.drop_index(op.f('ix_requisition_line_item_id'), table_name='requisition_line')
    op.drop_table('requisition_line')
    op.drop_index(op.f('ix_requisition_state'), table_name='requisition')
    op.drop_index(op.f('ix_requisition_facility_id'), table_name='requisition')
    op.drop_table('requisition')
