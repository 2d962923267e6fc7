"""reminders to facilities that have not reported

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('reporting_reminder',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('facility_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('program', sa.Enum('medical', 'living', name='program', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('last_reported_on', sa.Date(), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reminded_by', sa.String(length=200), nullable=False),
    sa.Column('addressee', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("addressee <> ''", name=op.f('ck_reporting_reminder_addressee')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_reporting_reminder_facility_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reporting_reminder'))
    )
    op.create_index(op.f('ix_reporting_reminder_facility_id'), 'reporting_reminder', ['facility_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_reporting_reminder_facility_id'), table_name='reporting_reminder')
    op.drop_table('reporting_reminder')
