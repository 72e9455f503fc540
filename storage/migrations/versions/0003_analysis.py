"""surveys of jobs."""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('analysis',
    sa.Column('job_id', sa.String(), nullable=False),
    sa.Column('n_seen', sa.Integer(), nullable=False),
    sa.Column('made_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.Column('record', storage.columns.Json, nullable=True),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('job_id')
    )
