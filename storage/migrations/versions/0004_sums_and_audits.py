"""sums of attempts, attributions, labels, audits; indexes for every list of items."""

from alembic import op
import sqlalchemy as sa
import storage.columns

revision = '0004'
down_revision = '0003'

INDEXES = {
    "ix_item_failed": ("status = 'failed'", "position", "error_kind", "expected"),
    "ix_item_wrong": ("status = 'classified' AND expected IS NOT NULL AND expected <> coalesce(notation, verdict)",
                      "expected", "notation", "position", "verdict"),
    "ix_item_no_category": ("status = 'classified' AND notation IS NULL", "verdict", "position"),
    "ix_item_notation": ("notation IS NOT NULL", "notation", "position", "expected"),
    "ix_item_expected": ("expected IS NOT NULL", "expected", "position"),
    "ix_item_confidence": ("confidence IS NOT NULL", "confidence", "position"),
}
SUMS = """
    INSERT INTO spend_tally (job_id, model, day, kind, n_attempts, n_unpriced, n_items, n_sound, input_tokens,
        cached_input_tokens, output_tokens, reasoning_tokens, latency_s, cost_usd, wasted_usd)
    SELECT job_id, model, {day}, kind, count(*), count(*) - count(cost_usd), sum(n_items), sum(n_sound),
        sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(reasoning_tokens), sum(latency_s),
        coalesce(sum(cost_usd), 0), coalesce(sum(cost_usd * (n_items - n_sound) / n_items), 0)
    FROM attempt GROUP BY job_id, model, {day}, kind
"""
PACE = """
    INSERT INTO pace (job_id, at_s, n_ended, n_failed, n_attempts, cost_usd, wasted_usd)
    SELECT job_id, at_s, sum(n_ended), sum(n_failed), sum(n_attempts), sum(cost_usd), sum(wasted_usd) FROM (
        SELECT job_id, {finished} AS at_s, 1 AS n_ended, CASE WHEN status = 'failed' THEN 1 ELSE 0 END AS n_failed,
            0 AS n_attempts, 0 AS cost_usd, 0 AS wasted_usd
        FROM item WHERE status IN ('classified', 'failed') AND finished_at IS NOT NULL
        UNION ALL
        SELECT job_id, {answered}, 0, 0, 1, coalesce(cost_usd, 0), coalesce(cost_usd * (n_items - n_sound) / n_items, 0)
        FROM attempt
    ) AS told GROUP BY job_id, at_s
"""


def _job():
    return sa.Column('job_id', sa.String(), sa.ForeignKey('job.id', ondelete='CASCADE'), nullable=False)


def _count(name):
    return sa.Column(name, sa.BigInteger(), server_default='0', nullable=False)


def _usd(name):
    return sa.Column(name, storage.columns.Usd(), server_default='0', nullable=False)


def _moment(name, nullable=False):
    return sa.Column(name, storage.columns.UtcTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.drop_index('ix_item_failed', 'item')
    for name, (condition, *columns) in INDEXES.items():
        op.create_index(name, 'item', ['job_id', *columns], sqlite_where=sa.text(condition),
                        postgresql_where=sa.text(condition))
    _sums()
    _knowledge()
    _audits()


def _sums() -> None:
    op.create_table('spend_tally', _job(),
        sa.Column('model', sa.String(), nullable=False), sa.Column('day', sa.String(), nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        *map(_count, ('n_attempts', 'n_unpriced', 'n_items', 'n_sound', 'input_tokens', 'cached_input_tokens',
                      'output_tokens', 'reasoning_tokens')),
        sa.Column('latency_s', sa.Float(), server_default='0', nullable=False), _usd('cost_usd'), _usd('wasted_usd'),
        sa.PrimaryKeyConstraint('job_id', 'model', 'day', 'kind'))
    op.create_table('pace', _job(), sa.Column('at_s', sa.BigInteger(), autoincrement=False, nullable=False),
        *map(_count, ('n_ended', 'n_failed', 'n_attempts')), _usd('cost_usd'), _usd('wasted_usd'),
        sa.PrimaryKeyConstraint('job_id', 'at_s'))
    if op.get_bind().dialect.name == 'sqlite':
        day, tens = "date(started_at)", "CAST(({}) AS INTEGER) / 10 * 10"
        finished = tens.format("CAST(strftime('%s', finished_at) AS INTEGER)")
        answered = tens.format("CAST(strftime('%s', started_at) AS INTEGER) + latency_s")
    else:
        day, tens = "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')", "CAST(floor(({}) / 10) AS BIGINT) * 10"
        finished = tens.format("extract(epoch FROM finished_at)")
        answered = tens.format("extract(epoch FROM started_at) + latency_s")
    op.execute(SUMS.format(day=day))
    op.execute(PACE.format(finished=finished, answered=answered))


def _knowledge() -> None:
    op.create_table('attribution', _job(), sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('notation', sa.String(), nullable=False), sa.Column('source', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('job_id', 'position'))
    op.create_index('ix_attribution_notation', 'attribution', ['job_id', 'notation', 'position'])
    op.create_table('label',
        sa.Column('taxonomy_id', sa.String(), sa.ForeignKey('taxonomy_version.id'), nullable=False),
        sa.Column('text_key', sa.String(), nullable=False), sa.Column('text', sa.Text(), nullable=False),
        sa.Column('notation', sa.String(), nullable=False), sa.Column('actor', sa.String(), nullable=False),
        _moment('at'), sa.Column('job_id', sa.String(), nullable=True),
        sa.PrimaryKeyConstraint('taxonomy_id', 'text_key'))


def _audits() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.create_table('audit', sa.Column('id', whole, nullable=False), _job(), _moment('drawn_at'),
        sa.Column('actor', sa.String(), nullable=False), sa.Column('seed', sa.BigInteger(), nullable=False),
        sa.Column('strata', storage.columns.Json, nullable=True), sa.PrimaryKeyConstraint('id'))
    op.create_index('ix_audit_job_id', 'audit', ['job_id'])
    op.create_table('audit_item',
        sa.Column('audit_id', whole, sa.ForeignKey('audit.id', ondelete='CASCADE'), autoincrement=False, nullable=False),
        sa.Column('n', sa.Integer(), nullable=False), sa.Column('position', sa.BigInteger(), nullable=False),
        sa.Column('stratum', sa.String(), nullable=False), sa.Column('text', sa.Text(), nullable=False),
        sa.Column('text_key', sa.String(), nullable=False), sa.Column('answer', sa.String(), nullable=False),
        sa.Column('confidence', sa.Float(), nullable=True), sa.Column('is_right', sa.Boolean(), nullable=True),
        sa.Column('notation', sa.String(), nullable=True), sa.Column('actor', sa.String(), nullable=True),
        _moment('checked_at', nullable=True), sa.PrimaryKeyConstraint('audit_id', 'n'))
