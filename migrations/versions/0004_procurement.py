"""procurement

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('fund_source',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('amount_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('committed_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('on_overspend', sa.Enum('STOP', 'WARN', name='on_overspend', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('source', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("on_overspend = 'WARN' OR committed_fen <= amount_fen", name=op.f('ck_fund_source_no_overspend')),
    sa.CheckConstraint('amount_fen >= 0 AND committed_fen >= 0', name=op.f('ck_fund_source_amounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fund_source')),
    sa.UniqueConstraint('code', name=op.f('uq_fund_source_code'))
    )
    op.create_table('fund_commitment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('fund_source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reference_kind', sa.String(length=64), nullable=False),
    sa.Column('reference_key', sa.String(length=64), nullable=False),
    sa.Column('committed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('amount_fen >= 0', name=op.f('ck_fund_commitment_amount')),
    sa.ForeignKeyConstraint(['fund_source_id'], ['fund_source.id'], name=op.f('fk_fund_commitment_fund_source_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fund_commitment'))
    )
    op.create_index(op.f('ix_fund_commitment_fund_source_id'), 'fund_commitment', ['fund_source_id'], unique=False)
    op.create_index('ix_fund_commitment_reference', 'fund_commitment', ['reference_kind', 'reference_key'], unique=False)
    op.create_table('offer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('partner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('supply_channel', sa.Enum('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', 'LOCAL_PRODUCTION', name='supply_channel', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('warehouse_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fund_source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('quantity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ordered_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_price_microyuan', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lead_days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('OPEN', 'ACCEPTED', 'WITHDRAWN', name='offer_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.CheckConstraint('lead_days >= 0', name=op.f('ck_offer_lead_days')),
    sa.CheckConstraint('ordered_units >= 0 AND ordered_units <= quantity', name=op.f('ck_offer_ordered')),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_offer_quantity')),
    sa.CheckConstraint('unit_price_microyuan >= 0', name=op.f('ck_offer_price')),
    sa.ForeignKeyConstraint(['fund_source_id'], ['fund_source.id'], name=op.f('fk_offer_fund_source_id')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_offer_item_id')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_offer_partner_id')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['facility.id'], name=op.f('fk_offer_warehouse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offer')),
    sa.UniqueConstraint('code', name=op.f('uq_offer_code'))
    )
    op.create_table('pledge',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('partner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('supply_channel', sa.Enum('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', 'LOCAL_PRODUCTION', name='supply_channel', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('warehouse_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('quantity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('received_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('expected_on', sa.Date(), nullable=False),
    sa.Column('expiry_date', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('PROMISED', 'CONFIRMED', 'PARTLY_RECEIVED', 'RECEIVED', 'CANCELLED', name='pledge_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('closing_reason', sa.String(length=2000), nullable=False),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_pledge_quantity')),
    sa.CheckConstraint('received_units >= 0 AND received_units <= quantity', name=op.f('ck_pledge_received')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_pledge_item_id')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_pledge_partner_id')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['facility.id'], name=op.f('fk_pledge_warehouse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pledge')),
    sa.UniqueConstraint('code', name=op.f('uq_pledge_code'))
    )
    op.create_index(op.f('ix_pledge_state'), 'pledge', ['state'], unique=False)
    op.create_table('purchase_order',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('partner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('supply_channel', sa.Enum('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', 'LOCAL_PRODUCTION', name='supply_channel', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('warehouse_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fund_source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.Enum('DRAFT', 'APPROVED', 'ORDERED', 'PARTLY_RECEIVED', 'RECEIVED', 'CANCELLED', name='order_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_by', sa.String(length=200), nullable=True),
    sa.Column('ordered_on', sa.Date(), nullable=True),
    sa.Column('ordered_by', sa.String(length=200), nullable=True),
    sa.Column('expected_on', sa.Date(), nullable=False),
    sa.Column('total_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('closing_reason', sa.String(length=2000), nullable=False),
    sa.Column('legal_basis', sa.String(length=2000), nullable=False),
    sa.Column('special_reason', sa.String(length=2000), nullable=False),
    sa.Column('review_by', sa.Date(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_by', sa.String(length=200), nullable=True),
    sa.Column('review_outcome', sa.Enum('JUSTIFIED', 'NOT_JUSTIFIED', name='review_outcome', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('review_note', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("state NOT IN ('ORDERED', 'PARTLY_RECEIVED', 'RECEIVED') OR (ordered_on IS NOT NULL AND ordered_by IS NOT NULL)", name=op.f('ck_purchase_order_placed')),
    sa.CheckConstraint("supply_channel <> 'SPECIAL_HANDLING' OR (legal_basis <> '' AND special_reason <> '' AND review_by IS NOT NULL)", name=op.f('ck_purchase_order_special_handling')),
    sa.CheckConstraint('(reviewed_at IS NULL) = (review_outcome IS NULL)', name=op.f('ck_purchase_order_review')),
    sa.CheckConstraint('reviewed_by IS NULL OR reviewed_by <> ordered_by', name=op.f('ck_purchase_order_other_reviewer')),
    sa.CheckConstraint('total_fen >= 0', name=op.f('ck_purchase_order_total')),
    sa.ForeignKeyConstraint(['fund_source_id'], ['fund_source.id'], name=op.f('fk_purchase_order_fund_source_id')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_purchase_order_partner_id')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['facility.id'], name=op.f('fk_purchase_order_warehouse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purchase_order')),
    sa.UniqueConstraint('code', name=op.f('uq_purchase_order_code'))
    )
    op.create_index(op.f('ix_purchase_order_state'), 'purchase_order', ['state'], unique=False)
    op.create_table('pledge_earmark',
    sa.Column('pledge_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facility_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_pledge_earmark_facility_id')),
    sa.ForeignKeyConstraint(['pledge_id'], ['pledge.id'], name=op.f('fk_pledge_earmark_pledge_id')),
    sa.PrimaryKeyConstraint('pledge_id', 'facility_id', name=op.f('pk_pledge_earmark'))
    )
    op.create_table('purchase_order_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('purchase_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('offer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ordered_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('accepted_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rejected_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_price_microyuan', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reference_price_microyuan', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('accepted_units <= ordered_units', name=op.f('ck_purchase_order_line_accepted')),
    sa.CheckConstraint('accepted_units >= 0 AND rejected_units >= 0', name=op.f('ck_purchase_order_line_received')),
    sa.CheckConstraint('ordered_units >= 1', name=op.f('ck_purchase_order_line_ordered')),
    sa.CheckConstraint('unit_price_microyuan >= 0', name=op.f('ck_purchase_order_line_price')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_purchase_order_line_item_id')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_purchase_order_line_offer_id')),
    sa.ForeignKeyConstraint(['purchase_order_id'], ['purchase_order.id'], name=op.f('fk_purchase_order_line_purchase_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purchase_order_line')),
    sa.UniqueConstraint('purchase_order_id', 'item_id', name=op.f('uq_purchase_order_line_purchase_order_id_item_id'))
    )
    op.create_table('receipt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('warehouse_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('partner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('supply_channel', sa.Enum('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', 'LOCAL_PRODUCTION', name='supply_channel', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('purchase_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('pledge_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_by', sa.String(length=200), nullable=False),
    sa.CheckConstraint('purchase_order_id IS NULL OR pledge_id IS NULL', name=op.f('ck_receipt_one_origin')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_receipt_partner_id')),
    sa.ForeignKeyConstraint(['pledge_id'], ['pledge.id'], name=op.f('fk_receipt_pledge_id')),
    sa.ForeignKeyConstraint(['purchase_order_id'], ['purchase_order.id'], name=op.f('fk_receipt_purchase_order_id')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['facility.id'], name=op.f('fk_receipt_warehouse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
    sa.UniqueConstraint('code', name=op.f('uq_receipt_code'))
    )
    op.create_index('ix_receipt_partner_day', 'receipt', ['partner_id', 'received_on'], unique=False)
    op.create_index(op.f('ix_receipt_pledge_id'), 'receipt', ['pledge_id'], unique=False)
    op.create_index(op.f('ix_receipt_purchase_order_id'), 'receipt', ['purchase_order_id'], unique=False)
    op.create_table('receipt_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('receipt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('accepted_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rejected_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rejection_reason', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("rejected_units = 0 OR rejection_reason <> ''", name=op.f('ck_receipt_line_reason')),
    sa.CheckConstraint('accepted_units + rejected_units >= 1', name=op.f('ck_receipt_line_something')),
    sa.CheckConstraint('accepted_units >= 0 AND rejected_units >= 0', name=op.f('ck_receipt_line_units')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_receipt_line_lot_id')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_receipt_line_receipt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_line'))
    )
    op.create_index(op.f('ix_receipt_line_receipt_id'), 'receipt_line', ['receipt_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_receipt_line_receipt_id'), table_name='receipt_line')
    op.drop_table('receipt_line')
    op.drop_index(op.f('ix_receipt_purchase_order_id'), table_name='receipt')
    op.drop_index(op.f('ix_receipt_pledge_id'), table_name='receipt')
    op.drop_index('ix_receipt_partner_day', table_name='receipt')
    op.drop_table('receipt')
    op.drop_table('purchase_order_line')
    op.drop_table('pledge_earmark')
    op.drop_index(op.f('ix_purchase_order_state'), table_name='purchase_order')
    op.drop_table('purchase_order')
    op.drop_index(op.f('ix_pledge_state'), table_name='pledge')
    op.drop_table('pledge')
    op.drop_table('offer')
    op.drop_index('ix_fund_commitment_reference', table_name='fund_commitment')
    op.drop_index(op.f('ix_fund_commitment_fund_source_id'), table_name='fund_commitment')
    op.drop_table('fund_commitment')
    op.drop_table('fund_source')
