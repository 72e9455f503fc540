"""Surveys of jobs, kept so that pages read one row instead of a million."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select

from storage.database import Database
from storage.status import FINAL
from storage.tables import jobs
from storage.tables_analysis import analyses, attributions

ROWS_A_BATCH = 5_000
Attributed = tuple[int, str, str]  # position, notation, source


@dataclass(frozen=True, slots=True)
class KeptAnalysis:
    """A survey as it was kept; n_seen items had ended when it was made."""

    n_seen: int
    made_at: datetime
    record: dict[str, Any]


class Analyses(Database):
    """One kept survey for each job, as JSON, and where its failed products most likely belong."""

    def keep_analysis(self, job_id: str, n_seen: int, record: dict[str, Any],
                      attributed: Iterable[Attributed] = ()) -> None:  # fmt: skip
        """Replace the job's survey and attributions. A job that was removed meanwhile is left alone."""
        self._replace_attributions(job_id, attributed)
        row = {"job_id": job_id, "n_seen": n_seen, "record": record, "made_at": datetime.now(UTC)}
        with self._write() as connection:
            connection.execute(delete(analyses).where(analyses.c.job_id == job_id))
            if connection.execute(select(jobs.c.id).where(jobs.c.id == job_id)).first():
                connection.execute(insert(analyses), row)

    def analysis(self, job_id: str) -> KeptAnalysis | None:
        """Return the job's kept survey, None when there is none."""
        columns = (analyses.c.n_seen, analyses.c.made_at, analyses.c.record)
        with self._read() as connection:
            row = connection.execute(select(*columns).where(analyses.c.job_id == job_id)).first()
        return KeptAnalysis(*row) if row else None

    def jobs_to_analyse(self, n: int = 10) -> list[str]:
        """Ended jobs whose survey is missing or older than their last result, the newest first."""
        ended = jobs.c.n_classified + jobs.c.n_not_a_product + jobs.c.n_unsure + jobs.c.n_failed
        stale = or_(analyses.c.job_id.is_(None), analyses.c.n_seen != ended)
        wanted = and_(jobs.c.status.in_(FINAL), jobs.c.deleted_at.is_(None), ended > 0, stale)
        query = select(jobs.c.id).select_from(jobs.outerjoin(analyses, analyses.c.job_id == jobs.c.id)).where(wanted)
        with self._read() as connection:
            return list(connection.execute(query.order_by(jobs.c.created_at.desc()).limit(n)).scalars())

    def _replace_attributions(self, job_id: str, attributed: Iterable[Attributed]) -> None:
        """Write in batches, each in its own short transaction: the recorder must not wait."""
        with self._write() as connection:
            connection.execute(delete(attributions).where(attributions.c.job_id == job_id))
        rows = iter(attributed)
        while some := list(islice(rows, ROWS_A_BATCH)):
            with self._write() as connection:
                if not connection.execute(select(jobs.c.id).where(jobs.c.id == job_id)).first():
                    return
                values = [{"job_id": job_id, "position": p, "notation": n, "source": s} for p, n, s in some]
                connection.execute(insert(attributions), values)
