"""editions of taxonomies and prompts."""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.add_column('taxonomy_version', sa.Column('base_id', sa.String(), nullable=True))
    op.create_table('edition',
    sa.Column('id', whole, nullable=False),
    sa.Column('base_id', sa.String(), sa.ForeignKey('taxonomy_version.id'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('parent_id', sa.BigInteger(), nullable=True),
    sa.Column('taxonomy_id', sa.String(), sa.ForeignKey('taxonomy_version.id'), nullable=True),
    sa.Column('content', storage.columns.Json, nullable=True),
    sa.Column('author', sa.String(), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('counter', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.Column('saved_at', storage.columns.UtcTime(timezone=True), nullable=False),
    sa.Column('saved_by', sa.String(), nullable=False),
    sa.Column('published_at', storage.columns.UtcTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'))
    draft = sa.text('published_at IS NULL')
    op.create_index('ix_edition_taxonomy_id', 'edition', ['taxonomy_id'])
    op.create_index('uq_edition_number', 'edition', ['base_id', 'number'], unique=True)
    op.create_index('uq_edition_draft', 'edition', ['base_id'], unique=True, sqlite_where=draft, postgresql_where=draft)
