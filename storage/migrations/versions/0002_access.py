"""API tokens, idempotency keys, callbacks."""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('api_token',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('secret_sha256', sa.String(), nullable=False),
    sa.Column('created_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.Column('revoked_at', storage.columns.UtcTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('secret_sha256')
    )
    op.create_index('ix_api_token_owner', 'api_token', ['owner'])
    op.create_table('idempotency_key',
    sa.Column('scope', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('body_sha256', sa.String(), nullable=False),
    sa.Column('job_id', sa.String(), nullable=False),
    sa.Column('created_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'key')
    )
    op.create_index('ix_idempotency_key_job_id', 'idempotency_key', ['job_id'])
    op.create_table('callback',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('job_id', sa.String(), nullable=False),
    sa.Column('ended_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('n_attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('next_at', storage.columns.UtcTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('job_id', 'ended_at', name='uq_callback_job_end')
    )
    op.create_index('ix_callback_next', 'callback', ['status', 'next_at'])
    op.create_table('callback_attempt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('callback_id', sa.String(), nullable=False),
    sa.Column('at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.Column('http_status', sa.Integer(), nullable=True),
    sa.Column('latency_s', sa.Float(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_callback_attempt_callback_id', 'callback_attempt', ['callback_id'])
