"""what all workers share: limits and budgets; which chunks are at work, without reading the open ones."""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0009'
down_revision = '0008'


def upgrade() -> None:
    op.create_table('rate_gate',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('free_at_s', sa.Float(53), nullable=False),
    sa.PrimaryKeyConstraint('key')
    )
    op.create_table('allowance',
    sa.Column('job_id', sa.String(), nullable=False),
    sa.Column('worker', sa.String(), nullable=False),
    sa.Column('usd', storage.columns.Usd(), nullable=False),
    sa.Column('asked_at_s', sa.Float(53), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['job.id']),
    sa.PrimaryKeyConstraint('job_id', 'worker')
    )
    op.create_index('ix_chunk_leased', 'chunk', ['job_id', 'lease_until_s'],
                    sqlite_where=sa.text('owner IS NOT NULL'), postgresql_where=sa.text('owner IS NOT NULL'))
