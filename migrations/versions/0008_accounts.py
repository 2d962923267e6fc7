"""accounts

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('role', sa.Enum('supplies_group', 'facility', 'procurement', 'warehouse', 'leader', 'auditor', 'administrator', name='role', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.CheckConstraint('login = lower(login)', name=op.f('ck_account_login')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('login', name=op.f('uq_account_login'))
    )
    op.create_table('api_key',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=2000), nullable=False),
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('role', sa.Enum('supplies_group', 'facility', 'procurement', 'warehouse', 'leader', 'auditor', 'administrator', name='role', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key')),
    sa.UniqueConstraint('code', name=op.f('uq_api_key_code')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_api_key_token_digest'))
    )
    op.create_table('login_throttle',
    sa.Column('subject', sa.String(length=100), nullable=False),
    sa.Column('attempts', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_login_throttle_attempts')),
    sa.PrimaryKeyConstraint('subject', name=op.f('pk_login_throttle'))
    )
    op.create_index(op.f('ix_login_throttle_last_at'), 'login_throttle', ['last_at'], unique=False)
    op.create_table('api_key_right',
    sa.Column('api_key_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('right_name', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_key.id'], name=op.f('fk_api_key_right_api_key_id')),
    sa.PrimaryKeyConstraint('api_key_id', 'right_name', name=op.f('pk_api_key_right'))
    )
    op.create_table('login_session',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_login_session_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_session')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_login_session_token_digest'))
    )
    op.create_index(op.f('ix_login_session_account_id'), 'login_session', ['account_id'], unique=False)
    op.create_index(op.f('ix_login_session_ends_at'), 'login_session', ['ends_at'], unique=False)
    op.create_table('account_place',
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_account_place_account_id')),
    sa.ForeignKeyConstraint(['place'], ['facility.code'], name=op.f('fk_account_place_place')),
    sa.PrimaryKeyConstraint('account_id', 'place', name=op.f('pk_account_place'))
    )
    op.create_table('api_key_place',
    sa.Column('api_key_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_key.id'], name=op.f('fk_api_key_place_api_key_id')),
    sa.ForeignKeyConstraint(['place'], ['facility.code'], name=op.f('fk_api_key_place_place')),
    sa.PrimaryKeyConstraint('api_key_id', 'place', name=op.f('pk_api_key_place'))
    )


def downgrade() -> None:
    op.drop_table('api_key_place')
    op.drop_table('account_place')
    op.drop_index(op.f('ix_login_session_ends_at'), table_name='login_session')
    op.drop_index(op.f('ix_login_session_account_id'), table_name='login_session')
    op.drop_table('login_session')
    op.drop_table('api_key_right')
    op.drop_index(op.f('ix_login_throttle_last_at'), table_name='login_throttle')
    op.drop_table('login_throttle')
    op.drop_table('api_key')
    op.drop_table('account')
