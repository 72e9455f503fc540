"""what was handed to a provider's Batch API."""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    op.create_table('provider_batch',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('job_id', sa.String(), nullable=False),
    sa.Column('chunk', sa.Integer(), nullable=False),
    sa.Column('layout', storage.columns.Json, nullable=False),
    sa.Column('again', storage.columns.Json, nullable=True),
    sa.Column('input_file_id', sa.String(), nullable=True),
    sa.Column('batch_id', sa.String(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('n_requests', sa.Integer(), nullable=False),
    sa.Column('n_done', sa.Integer(), nullable=False),
    sa.Column('n_failed', sa.Integer(), nullable=False),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('intended_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.Column('submitted_at', storage.columns.UtcTime(timezone=True), nullable=True),
    sa.Column('expires_at', storage.columns.UtcTime(timezone=True), nullable=True),
    sa.Column('read_at', storage.columns.UtcTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_provider_batch_job', 'provider_batch', ['job_id', 'chunk', 'intended_at'], unique=False)
    op.create_index('ix_provider_batch_unread', 'provider_batch', ['job_id'], unique=False,
                    sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
