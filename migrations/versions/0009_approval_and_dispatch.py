"""approval and dispatch

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('plan_approval',
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('proposed_by', sa.String(length=200), nullable=False),
    sa.Column('approved_by', sa.String(length=200), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('snapshot_digest', sa.String(length=80), nullable=False),
    sa.CheckConstraint('approved_by <> proposed_by', name=op.f('ck_plan_approval_other_approver')),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_plan_approval_plan_id')),
    sa.PrimaryKeyConstraint('plan_id', name=op.f('pk_plan_approval'))
    )
    op.create_table('plan_ending',
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('state', sa.Enum('QUEUED', 'SOLVING', 'PROPOSED', 'APPROVED', 'DISPATCHING', 'CLOSED', 'FAILED', 'REJECTED', 'SUPERSEDED', 'CANCELLED', name='ending_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('ended_by', sa.String(length=200), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('superseded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(state = 'SUPERSEDED') = (superseded_by_id IS NOT NULL)", name=op.f('ck_plan_ending_successor')),
    sa.CheckConstraint("state IN ('CLOSED', 'REJECTED', 'CANCELLED', 'SUPERSEDED')", name=op.f('ck_plan_ending_ending')),
    sa.CheckConstraint("state NOT IN ('REJECTED', 'CANCELLED') OR reason <> ''", name=op.f('ck_plan_ending_reason')),
    sa.ForeignKeyConstraint(['plan_id'], ['allocation_plan.id'], name=op.f('fk_plan_ending_plan_id')),
    sa.ForeignKeyConstraint(['superseded_by_id'], ['allocation_plan.id'], name=op.f('fk_plan_ending_superseded_by_id')),
    sa.PrimaryKeyConstraint('plan_id', name=op.f('pk_plan_ending'))
    )
    op.create_table('plan_order',
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('offer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('purchase_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_plan_order_offer_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan_approval.plan_id'], name=op.f('fk_plan_order_plan_id')),
    sa.ForeignKeyConstraint(['purchase_order_id'], ['purchase_order.id'], name=op.f('fk_plan_order_purchase_order_id')),
    sa.PrimaryKeyConstraint('plan_id', 'offer_id', name=op.f('pk_plan_order'))
    )
    op.create_index(op.f('ix_plan_order_purchase_order_id'), 'plan_order', ['purchase_order_id'], unique=False)
    op.create_table('transfer_order',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('warehouse_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facility_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ship_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('OPEN', 'SHIPPED', 'DELIVERED', 'DELIVERED_WITH_DISCREPANCY', 'CANCELLED', name='transfer_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('vehicle', sa.String(length=64), nullable=False),
    sa.Column('driver', sa.String(length=64), nullable=False),
    sa.Column('pass_number', sa.String(length=64), nullable=False),
    sa.Column('shipped_on', sa.Date(), nullable=True),
    sa.Column('shipped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('shipped_by', sa.String(length=200), nullable=False),
    sa.Column('delivered_on', sa.Date(), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_by', sa.String(length=200), nullable=False),
    sa.Column('confirmed_by', sa.String(length=200), nullable=False),
    sa.Column('closing_reason', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("state <> 'CANCELLED' OR (shipped_on IS NULL AND closing_reason <> '')", name=op.f('ck_transfer_order_cancelled')),
    sa.CheckConstraint("state IN ('OPEN', 'CANCELLED') OR (shipped_on IS NOT NULL AND shipped_by <> '')", name=op.f('ck_transfer_order_shipped')),
    sa.CheckConstraint("state NOT IN ('DELIVERED', 'DELIVERED_WITH_DISCREPANCY') OR (delivered_on IS NOT NULL AND delivered_on >= shipped_on AND received_by <> '')", name=op.f('ck_transfer_order_delivered')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_transfer_order_facility_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan_approval.plan_id'], name=op.f('fk_transfer_order_plan_id')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['facility.id'], name=op.f('fk_transfer_order_warehouse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer_order')),
    sa.UniqueConstraint('code', name=op.f('uq_transfer_order_code')),
    sa.UniqueConstraint('plan_id', 'warehouse_id', 'facility_id', 'ship_on', name=op.f('uq_transfer_order_plan_id_warehouse_id_facility_id_ship_on'))
    )
    op.create_index(op.f('ix_transfer_order_facility_id'), 'transfer_order', ['facility_id'], unique=False)
    op.create_index(op.f('ix_transfer_order_ship_on'), 'transfer_order', ['ship_on'], unique=False)
    op.create_index(op.f('ix_transfer_order_state'), 'transfer_order', ['state'], unique=False)
    op.create_index(op.f('ix_transfer_order_warehouse_id'), 'transfer_order', ['warehouse_id'], unique=False)
    op.create_table('delivery_case',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('transfer_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.Enum('OPEN', 'HEARD', 'SETTLED', name='case_state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_by', sa.String(length=200), nullable=False),
    sa.Column('warehouse_statement', sa.String(length=2000), nullable=False),
    sa.Column('warehouse_stated_by', sa.String(length=200), nullable=False),
    sa.Column('facility_statement', sa.String(length=2000), nullable=False),
    sa.Column('facility_stated_by', sa.String(length=200), nullable=False),
    sa.Column('outcome', sa.String(length=2000), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.String(length=200), nullable=False),
    sa.CheckConstraint("state <> 'SETTLED' OR (outcome <> '' AND settled_at IS NOT NULL)", name=op.f('ck_delivery_case_settled')),
    sa.CheckConstraint("state = 'OPEN' OR (warehouse_statement <> '' AND facility_statement <> '')", name=op.f('ck_delivery_case_both_heard')),
    sa.ForeignKeyConstraint(['transfer_order_id'], ['transfer_order.id'], name=op.f('fk_delivery_case_transfer_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_case')),
    sa.UniqueConstraint('code', name=op.f('uq_delivery_case_code')),
    sa.UniqueConstraint('transfer_order_id', name=op.f('uq_delivery_case_transfer_order_id'))
    )
    op.create_index(op.f('ix_delivery_case_state'), 'delivery_case', ['state'], unique=False)
    op.create_table('promised_lot',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('allocation_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('quantity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('quantity >= 0', name=op.f('ck_promised_lot_quantity')),
    sa.ForeignKeyConstraint(['allocation_line_id'], ['allocation_line.id'], name=op.f('fk_promised_lot_allocation_line_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_promised_lot_lot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promised_lot')),
    sa.UniqueConstraint('allocation_line_id', 'lot_id', name=op.f('uq_promised_lot_allocation_line_id_lot_id'))
    )
    op.create_index(op.f('ix_promised_lot_lot_id'), 'promised_lot', ['lot_id'], unique=False)
    op.create_table('transfer_order_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('transfer_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('allocation_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('serves_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ratio_permille', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ordered_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('shipped_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('accepted_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rejected_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('missing_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('accepted_units + rejected_units + missing_units <= shipped_units', name=op.f('ck_transfer_order_line_delivered')),
    sa.CheckConstraint('accepted_units >= 0 AND rejected_units >= 0 AND missing_units >= 0', name=op.f('ck_transfer_order_line_signs')),
    sa.CheckConstraint('ordered_units >= 1', name=op.f('ck_transfer_order_line_ordered')),
    sa.CheckConstraint('ratio_permille BETWEEN 1 AND 1000000', name=op.f('ck_transfer_order_line_ratio')),
    sa.CheckConstraint('shipped_units >= 0 AND shipped_units <= ordered_units', name=op.f('ck_transfer_order_line_shipped')),
    sa.ForeignKeyConstraint(['allocation_line_id'], ['allocation_line.id'], name=op.f('fk_transfer_order_line_allocation_line_id')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_transfer_order_line_item_id')),
    sa.ForeignKeyConstraint(['serves_item_id'], ['item.id'], name=op.f('fk_transfer_order_line_serves_item_id')),
    sa.ForeignKeyConstraint(['transfer_order_id'], ['transfer_order.id'], name=op.f('fk_transfer_order_line_transfer_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer_order_line')),
    sa.UniqueConstraint('allocation_line_id', name=op.f('uq_transfer_order_line_allocation_line_id')),
    sa.UniqueConstraint('transfer_order_id', 'position', name=op.f('uq_transfer_order_line_transfer_order_id_position'))
    )
    op.create_table('waiting_line',
    sa.Column('allocation_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('waiting_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('waiting_units >= 0', name=op.f('ck_waiting_line_units')),
    sa.ForeignKeyConstraint(['allocation_line_id'], ['allocation_line.id'], name=op.f('fk_waiting_line_allocation_line_id')),
    sa.PrimaryKeyConstraint('allocation_line_id', name=op.f('pk_waiting_line'))
    )
    op.create_table('shipped_lot',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('quantity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('accepted_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rejected_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rejected_goods', sa.Enum('BACK_TO_WAREHOUSE', 'WRITTEN_OFF', name='rejected_goods', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('rejection_reason', sa.String(length=2000), nullable=False),
    sa.Column('missing_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('missing_reason', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("missing_units = 0 OR missing_reason <> ''", name=op.f('ck_shipped_lot_missing')),
    sa.CheckConstraint("rejected_units = 0 OR rejection_reason <> ''", name=op.f('ck_shipped_lot_rejection')),
    sa.CheckConstraint('accepted_units + rejected_units + missing_units <= quantity', name=op.f('ck_shipped_lot_delivered')),
    sa.CheckConstraint('accepted_units >= 0 AND rejected_units >= 0 AND missing_units >= 0', name=op.f('ck_shipped_lot_signs')),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_shipped_lot_quantity')),
    sa.ForeignKeyConstraint(['line_id'], ['transfer_order_line.id'], name=op.f('fk_shipped_lot_line_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_shipped_lot_lot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shipped_lot')),
    sa.UniqueConstraint('line_id', 'lot_id', name=op.f('uq_shipped_lot_line_id_lot_id'))
    )
    op.create_index(op.f('ix_shipped_lot_lot_id'), 'shipped_lot', ['lot_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_shipped_lot_lot_id'), table_name='shipped_lot')
    op.drop_table('shipped_lot')
    op.drop_table('waiting_line')
    op.drop_table('transfer_order_line')
    op.drop_index(op.f('ix_promised_lot_lot_id'), table_name='promised_lot')
    op.drop_table('promised_lot')
    op.drop_index(op.f('ix_delivery_case_state'), table_name='delivery_case')
    op.drop_table('delivery_case')
    op.drop_index(op.f('ix_transfer_order_warehouse_id'), table_name='transfer_order')
    op.drop_index(op.f('ix_transfer_order_state'), table_name='transfer_order')
    op.drop_index(op.f('ix_transfer_order_ship_on'), table_name='transfer_order')
    op.drop_index(op.f('ix_transfer_order_facility_id'), table_name='transfer_order')
    op.drop_table('transfer_order')
    op.drop_index(op.f('ix_plan_order_purchase_order_id'), table_name='plan_order')
    op.drop_table('plan_order')
    op.drop_table('plan_ending')
    op.drop_table('plan_approval')
