"""people and their roles; what an API token may do."""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0011'
down_revision = '0010'


def upgrade() -> None:
    op.create_table('person_role',
    sa.Column('who', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('granted_by', sa.String(), nullable=False),
    sa.Column('granted_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('who')
    )
    with op.batch_alter_table('api_token') as token:
        token.add_column(sa.Column('role', sa.String(), server_default='analyst', nullable=False))
