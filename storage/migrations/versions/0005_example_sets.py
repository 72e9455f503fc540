"""what jobs learned from."""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    op.create_table('example_set',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('n_examples', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
