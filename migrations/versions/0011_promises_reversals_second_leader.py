"""what plans owe to needs; receipts undone, rejected goods disposed of; the second leader behind a tier raise

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

# Of plans approved before: what is on the road, and the ratio of their transfer order or else of the catalogue.
_PROMISES_SO_FAR = """
INSERT INTO line_promise (allocation_line_id, ratio_permille, on_the_road_units)
SELECT line.id,
       COALESCE(sent.ratio_permille,
                CASE WHEN line.item_id = demand.item_id THEN 1000 END,
                (SELECT substitution.ratio_permille FROM substitution
                 WHERE substitution.item_id = line.item_id AND substitution.serves_item_id = demand.item_id),
                1000),
       CASE WHEN transfer_order.state = 'SHIPPED' THEN sent.shipped_units ELSE 0 END
FROM allocation_line AS line
JOIN plan_approval ON plan_approval.plan_id = line.plan_id
JOIN plan_demand AS demand ON demand.id = line.plan_demand_id
LEFT JOIN transfer_order_line AS sent ON sent.allocation_line_id = line.id
LEFT JOIN transfer_order ON transfer_order.id = sent.transfer_order_id
"""


def upgrade() -> None:
    op.create_table('tier_raise_confirmation',
    sa.Column('tier_raise_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('raised_by', sa.String(length=200), nullable=False),
    sa.Column('confirmed_by', sa.String(length=200), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('confirmed_by <> raised_by', name=op.f('ck_tier_raise_confirmation_second_leader')),
    sa.ForeignKeyConstraint(['tier_raise_id'], ['tier_raise.id'], name=op.f('fk_tier_raise_confirmation_tier_raise_id')),
    sa.PrimaryKeyConstraint('tier_raise_id', name=op.f('pk_tier_raise_confirmation'))
    )
    op.create_table('tier_raise_ending',
    sa.Column('tier_raise_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('ended_by', sa.String(length=200), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_tier_raise_ending_reason')),
    sa.ForeignKeyConstraint(['tier_raise_id'], ['tier_raise.id'], name=op.f('fk_tier_raise_ending_tier_raise_id')),
    sa.PrimaryKeyConstraint('tier_raise_id', name=op.f('pk_tier_raise_ending'))
    )
    op.create_table('receipt_reversal',
    sa.Column('receipt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('reversed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reversed_by', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_receipt_reversal_reason')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_receipt_reversal_receipt_id')),
    sa.PrimaryKeyConstraint('receipt_id', name=op.f('pk_receipt_reversal'))
    )
    op.create_table('rejected_disposal',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('receipt_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('disposal', sa.Enum('RETURNED', 'DESTROYED', name='disposal', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('occurred_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('recorded_by', sa.String(length=200), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("note <> ''", name=op.f('ck_rejected_disposal_note')),
    sa.CheckConstraint('units >= 1', name=op.f('ck_rejected_disposal_units')),
    sa.ForeignKeyConstraint(['receipt_line_id'], ['receipt_line.id'], name=op.f('fk_rejected_disposal_receipt_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rejected_disposal'))
    )
    op.create_index(op.f('ix_rejected_disposal_receipt_line_id'), 'rejected_disposal', ['receipt_line_id'], unique=False)
    op.create_table('line_promise',
    sa.Column('allocation_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('ratio_permille', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('on_the_road_units', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('on_the_road_units >= 0', name=op.f('ck_line_promise_units')),
    sa.CheckConstraint('ratio_permille BETWEEN 1 AND 1000000', name=op.f('ck_line_promise_ratio')),
    sa.ForeignKeyConstraint(['allocation_line_id'], ['allocation_line.id'], name=op.f('fk_line_promise_allocation_line_id')),
    sa.PrimaryKeyConstraint('allocation_line_id', name=op.f('pk_line_promise'))
    )
    op.execute(_PROMISES_SO_FAR)


def downgrade() -> None:
    op.drop_table('line_promise')
    op.drop_index(op.f('ix_rejected_disposal_receipt_line_id'), table_name='rejected_disposal')
    op.drop_table('rejected_disposal')
    op.drop_table('receipt_reversal')
    op.drop_table('tier_raise_ending')
    op.drop_table('tier_raise_confirmation')
