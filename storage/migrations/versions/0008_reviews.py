"""every word on a text, what files had said before, and where texts stand"""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.create_table('label_event', sa.Column('id', whole, nullable=False),
        sa.Column('taxonomy_id', sa.String(), sa.ForeignKey('taxonomy_version.id'), nullable=False),
        sa.Column('text_key', sa.String(), nullable=False), sa.Column('text', sa.Text(), nullable=False),
        sa.Column('notation', sa.String(), nullable=True), sa.Column('actor', sa.String(), nullable=False),
        sa.Column('at', storage.columns.UtcTime(timezone=True), nullable=False),
        sa.Column('job_id', sa.String(), nullable=True), sa.Column('kind', sa.String(), nullable=False),
        sa.Column('act', sa.String(), nullable=False),
        sa.Column('restores', sa.BigInteger(), nullable=True), sa.PrimaryKeyConstraint('id'))
    op.create_index('ix_label_event_text', 'label_event', ['text_key', 'id'])
    op.create_index('ix_label_event_act', 'label_event', ['act'])
    op.create_table('file_label',
        sa.Column('job_id', sa.String(), sa.ForeignKey('job.id', ondelete='CASCADE'), nullable=False),
        sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('expected', sa.String(), nullable=True), sa.PrimaryKeyConstraint('job_id', 'position'))
    op.add_column('job', sa.Column('label_seq', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('job', sa.Column('is_indexed', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_table('item_text',
        sa.Column('job_id', sa.String(), sa.ForeignKey('job.id', ondelete='CASCADE'), nullable=False),
        sa.Column('text_key', sa.String(), nullable=False),
        sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint('job_id', 'text_key', 'position'), sqlite_with_rowid=False)
    op.execute("""
        INSERT INTO label_event (taxonomy_id, text_key, text, notation, actor, at, job_id, kind, act)
        SELECT taxonomy_id, text_key, text, notation, actor, at, job_id, 'said', 'before' FROM label ORDER BY at
    """)
