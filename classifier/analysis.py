"""The use case of analysis: survey a job's stored results, keep the record, read it back as figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from classifier.bootstrap import Services
from classifier.build import lexicon
from classifier.calibration import N_BINS, ConfidenceBin
from classifier.concentration import Concentration, Group, concentrations
from classifier.normalisation import fold
from classifier.spec import Spec
from classifier.survey import Infer, Row, Survey
from storage import ItemFilter, Job

MAX_INFERRED = 5_000  # failed products that the retriever looks at; the rest stay unattributed
MIN_GUESS = 0.05


@dataclass(frozen=True)
class Analysis:
    """A job's survey, read back. n_seen items had ended when it was made."""

    record: dict[str, Any]

    @property
    def n_seen(self) -> int:
        """Items that the survey saw."""
        return int(self.record["n_seen"])

    def concentrations(self, of: str = "failed") -> list[Concentration]:
        """Groups that fail ("failed") or are wrong ("wrong") more often than the rest, ranked."""
        k_at, n_at = (3, 2) if of == "failed" else (5, 4)
        groups = [Group(g[0], g[1], g[k_at], g[n_at]) for g in self.record["groups"]]
        k_all, n_all = (("n_failed", "n_seen") if of == "failed" else ("n_wrong", "n_labelled_answered"))
        return concentrations(groups, self.record[k_all], self.record[n_all])

    @property
    def bins(self) -> list[ConfidenceBin]:
        """Histogram of the confidences of answers that name a concept."""
        width = 1 / N_BINS
        return [ConfidenceBin(i * width, (i + 1) * width, int(n), int(labelled), int(right), total)
                for i, (n, labelled, right, total) in enumerate(self.record["bins"])]  # fmt: skip


def analyse(services: Services, job: Job) -> Analysis:
    """Survey all ended items of a job in two streamed passes and keep the record."""
    survey = Survey(services.builder.taxonomy(job.taxonomy_id), _brands(), _retriever(services, job))
    for row in _rows(services, job.id):
        survey.see(row)
    for row in _rows(services, job.id):
        survey.see_again(row)
    record = survey.record()
    services.store.keep_analysis(job.id, survey.n_seen, record)
    return Analysis(record)


def latest(services: Services, job: Job, *, fresh: bool = True) -> Analysis | None:
    """Return the kept analysis; with fresh, make it anew when more items have ended since."""
    kept = services.store.analysis(job.id)
    n_ended = job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed
    if kept is not None and (not fresh or kept["n_seen"] == n_ended):
        return Analysis(kept)
    return analyse(services, job) if fresh else None


def _rows(services: Services, job_id: str) -> Iterator[Row]:
    pages: Iterator[Sequence[Any]] = services.store.stream_items(job_id, ItemFilter(ended=True))
    for page in pages:
        yield from page


def _brands() -> frozenset[str]:
    return frozenset(fold(brand) for brand in lexicon().brands if " " not in brand)


def _retriever(services: Services, job: Job) -> Infer:
    """Guess by the embedded engine's retriever, for a bounded number of products."""
    engine = services.builder.local_engine(job.taxonomy_id, Spec.from_record(job.spec or {}).language)
    n_left = MAX_INFERRED

    def infer(text: str) -> str | None:
        nonlocal n_left
        if n_left <= 0:
            return None
        n_left -= 1
        found = engine.candidates(text, 1)
        return found[0].notation if found and found[0].score >= MIN_GUESS else None

    return infer
